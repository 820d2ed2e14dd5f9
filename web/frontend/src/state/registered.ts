/** What the applications announced as registered: fetched once, and again when a process is new. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Registered } from "../model/lifecycle/registered";
import type { Api } from "../transport/api";
import type { Page } from "./page";
import type { Workspace } from "./workspace";

/** Nothing is asked for again before this has passed. */
const AGAIN_MS = 5000;

class Announcements {
  readonly items: Signal<readonly Registered[]> = signal([]);
  private asked = Number.NEGATIVE_INFINITY;

  constructor(private readonly fetch: () => Promise<readonly Registered[]>) {}

  /** Fetches anew, unless that was just done. A failure leaves what is known: the map says so. */
  want(): void {
    const now = performance.now();
    if (now - this.asked < AGAIN_MS) return;
    this.asked = now;
    this.fetch().then(
      (items) => {
        this.items.value = items;
      },
      () => {},
    );
  }
}

const announcements = new WeakMap<Workspace, Announcements>();

/** What is known by now; asks when the process *agent* has not announced *app* here. */
export function registeredOf(
  page: Page,
  workspace: Workspace,
  app: string | null,
  agent: string | null,
): ReadonlySignal<readonly Registered[]> {
  let found = announcements.get(workspace);
  if (found === undefined) {
    found = new Announcements(fetcherFor(page, workspace));
    announcements.set(workspace, found);
  }
  const known = found.items.value.some((item) => item.app === app && item.agent === agent);
  if (!known && app !== null) found.want();
  return found.items;
}

/** Tells what was registered in the processes of *workspace*: nobody is asked for it any more. */
export function knowRegistered(workspace: Workspace, items: readonly Registered[]): void {
  const known = new Announcements(() => Promise.resolve(items));
  known.items.value = items;
  announcements.set(workspace, known);
}

function fetcherFor({ api, live, opened }: Page, workspace: Workspace): Api["registered"] {
  const recording = workspace === live ? null : (opened.peek()?.id ?? null);
  return recording === null ? api.registered : () => api.recordingRegistered(recording);
}

export type { Registered };
