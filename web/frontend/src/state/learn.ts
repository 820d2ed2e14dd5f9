/** What the Learn screen keeps: the lesson in the address, the reader's progress, what was fired. */
import { type Signal, signal } from "@preact/signals";
import type { Moment } from "../model/lessons/moment";
import type { Way } from "../model/lessons/names";
import {
  type AllProgress,
  advanced,
  type Progress,
  parseProgress,
} from "../model/lessons/progress";
import type { ApplicationItem, FireAnswer, LessonItem, LessonRequest } from "../transport/items";
import type { Page } from "./page";

/** One request of a lesson that was fired from here. */
export interface Fired extends Moment {
  answer: FireAnswer;
}

/** Threads that a request started may still be at work when it was answered. */
const AFTERWARDS_MS = 1000;

/** `10B 0` → the last time that the lesson's first request was fired. */
export type AllFired = ReadonlyMap<string, Fired>;

/** Where the progress stays in localStorage. */
const PROGRESS_KEY = "flaskscope.lessons";

/** The lesson that the query names, "" for none. */
export function readLesson(own: string): string {
  return new URLSearchParams(own).get("lesson") ?? "";
}

export function readWay(own: string): Way {
  return new URLSearchParams(own).get("way") === "hour" ? "hour" : "sections";
}

export function writeLesson(lesson: string, way: Way = "sections"): string {
  if (lesson === "") return "";
  return new URLSearchParams(way === "hour" ? { lesson, way } : { lesson }).toString();
}

/** The progress of this browser's reader; a storage that refuses keeps it for this visit only. */
export class ProgressStore {
  readonly all: Signal<AllProgress>;
  private readonly storage: Storage;

  constructor(storage: Storage = localStorage) {
    this.storage = storage;
    this.all = signal(this.kept() ?? {});
  }

  /** Remembers a step of one lesson, beside what another window did meanwhile. */
  advance(id: string, step: Progress): void {
    this.all.value = advanced({ ...this.all.peek(), ...this.kept() }, id, step);
    try {
      this.storage.setItem(PROGRESS_KEY, JSON.stringify(this.all.value));
    } catch {
      // No room, or a private window.
    }
  }

  private kept(): AllProgress | null {
    try {
      return parseProgress(this.storage.getItem(PROGRESS_KEY));
    } catch {
      return null;
    }
  }
}

/** Lives as long as its page: whoever comes back from the timeline finds what was fired. */
export interface LearnState {
  progress: ProgressStore;
  fired: Signal<AllFired>;
}

const states = new WeakMap<Page, LearnState>();

export function learnState(page: Page): LearnState {
  let state = states.get(page);
  if (state === undefined) {
    state = { progress: new ProgressStore(), fired: signal(new Map()) };
    states.set(page, state);
  }
  return state;
}

export function firedKey(lesson: string, request: number): string {
  return `${lesson} ${request}`;
}

/** The connected application that gets *request* of *lesson*, null while the samples do not run. */
export function appFor(
  apps: readonly ApplicationItem[],
  lesson: LessonItem,
  request: LessonRequest,
): ApplicationItem | null {
  return (
    apps.find(
      (app) =>
        app.connected &&
        app.base_url?.endsWith(request.mount) &&
        app.samples.some((sample) => sample.lesson === lesson.id),
    ) ?? null
  );
}

/** Sends one request of a lesson as the composer does, and remembers it. Throws `ProblemError`. */
export async function fireLesson(
  page: Page,
  app: ApplicationItem,
  lesson: LessonItem,
  number: number,
): Promise<void> {
  const { label: _label, mount: _mount, ...request } = lesson.requests[number] as LessonRequest;
  const { progress, fired } = learnState(page);
  const from = Date.now();
  // What happens from now on is not of those before.
  fired.value = new Map(
    [...fired.value].map(([key, run]) => [key, { ...run, until: Math.min(run.until, from) }]),
  );
  const answer = await page.fire(app.id, request);
  const { trace_id: trace } = answer;
  const run = { trace, answer, agent: app.agent, from, until: Date.now() + AFTERWARDS_MS };
  fired.value = new Map(fired.value).set(firedKey(lesson.id, number), run);
  progress.advance(lesson.id, { fired: true });
}
