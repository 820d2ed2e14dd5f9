/** What an interception skipped, and why: the timeline's dashed steps, from the lifecycle's table. */
import { signal } from "@preact/signals";
import { loadTexts } from "../i18n/catalogue";
import type { Page } from "../state/page";
import type { Workspace } from "../state/workspace";
import type { EventRef, Skipped } from "../timeline/types";

type SkippedBy = typeof import("./skipped").skippedBy;
const skippedBy = signal<SkippedBy | null>(null);
/** Rises when more is known than before: then the timeline is drawn anew. */
export const ghostsRevision = signal(0);

/** Fetches the model of the lifecycle; nobody waits for it. */
export async function loadGhosts(): Promise<void> {
  const [model] = await Promise.all([import("./skipped"), loadTexts("map")]);
  skippedBy.value = model.skippedBy;
  moreKnown();
}

function moreKnown(): void {
  ghostsRevision.value = ghostsRevision.peek() + 1;
}

/** Null for what skipped nothing, and as long as the model is on its way. */
export function ghostsOf(page: Page, workspace: Workspace, event: EventRef): Skipped | null {
  return skippedBy.peek()?.(page, workspace, event, moreKnown) ?? null;
}
