/** What the selected request skipped, and why: the timeline's dashed steps, from the lifecycle's table. */
import { signal } from "@preact/signals";
import { loadTexts } from "../i18n/catalogue";
import type { Page } from "../state/page";
import type { Workspace } from "../state/workspace";
import type { SkippedSteps } from "../timeline/values";

type SkippedIn = typeof import("./skipped").skippedIn;
const skippedIn = signal<SkippedIn | null>(null);
const NOTHING: SkippedSteps = new Map();
/** Rises when more is known than before: then the timeline is drawn anew. */
export const ghostsRevision = signal(0);

/** Fetches the model of the lifecycle; nobody waits for it. */
export async function loadGhosts(): Promise<void> {
  const [model] = await Promise.all([import("./skipped"), loadTexts("map")]);
  skippedIn.value = model.skippedIn;
  moreKnown();
}

function moreKnown(): void {
  ghostsRevision.value = ghostsRevision.peek() + 1;
}

/** Nothing as long as the model is on its way. */
export function ghostsIn(page: Page, workspace: Workspace): SkippedSteps {
  return skippedIn.peek()?.(page, workspace, moreKnown) ?? NOTHING;
}
