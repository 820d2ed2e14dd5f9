/** The sentences about events and requests: they come right after the first picture, with the details' texts. */
import { batch, signal } from "@preact/signals";
import { loadTexts } from "../i18n/catalogue";
import { sentence } from "../i18n/translate";
import type { Explanation, StoryPart } from "../model/contract";
import type { EventLog, EventView } from "../model/log";

type Explain = typeof import("../model/explain").explain;
type StoryOf = typeof import("../model/story").storyOf;
const explain = signal<Explain | null>(null);
const story = signal<StoryOf | null>(null);

/** Fetches them; whoever asked for one before is drawn anew. */
export async function loadExplanations(): Promise<void> {
  const [explained, told] = await Promise.all([
    import("../model/explain"),
    import("../model/story"),
    loadTexts("details"),
  ]);
  batch(() => {
    explain.value = explained.explain;
    story.value = told.storyOf;
  });
}

/** What *event* means, null as long as the sentences are on their way. */
export function explanationOf(event: EventView): Explanation | null {
  return explain.value?.(event, sentence) ?? null;
}

/** What a request did, null as long as the sentences are on their way. */
export function storyOf(log: EventLog, trace: string, isCutOff: boolean): StoryPart[] | null {
  return story.value?.(log, trace, sentence, isCutOff) ?? null;
}
