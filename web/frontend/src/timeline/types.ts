/** What the page and a timeline say to each other. */
import type { Translate } from "../lib/translate";
import type { EventLog, EventView } from "../model/log";
import type { Beyond } from "./scene";
import type {
  Callout,
  EventRef,
  Foldable,
  Folds,
  Hit,
  Move,
  SkippedSteps,
  TimeScale,
  View,
} from "./values";

export interface TimelineOptions {
  log: EventLog;
  /** `description` is one sentence for the page's live region. */
  onSelect(ref: EventRef | null, description: string): void;
  onCursor(t: number | null): void;
  onView(view: View): void;
  /** `x` and `y` in CSS pixels from the host's left upper corner; after 120 ms of rest. */
  onHover(ref: EventRef | null, x: number, y: number): void;
  label: Translate;
  /** What an event means, in one sentence that the description ends with. */
  explain?(event: EventView): string;
  /** What did not run in the shown trace; asked at each drawing. */
  skipped?(): SkippedSteps;
  /** Whether a process is gone, so that nothing goes on there. */
  isGone?(pid: number | null): boolean;
  /** Asked at each drawing; null where all events are here. */
  beyond?(): Beyond | null;
  /** A request was chosen of which no event is here. */
  onTrace?(trace: string): void;
  /** Asked at each drawing. */
  callouts?(): readonly Callout[];
  /** "time" unless told otherwise. */
  scale?: TimeScale;
  /** Part of a page that scrolls: the wheel alone is the page's, with Ctrl it zooms. */
  embedded?: boolean;
  /** What is folded, kept from one timeline to the next; `onFolds` says that the reader changed it. */
  folds?: Folds;
  onFolds?(): void;
  /** What a screen reader calls it; the keys of the main one unless told otherwise. */
  name?: string;
  /** CSS pixels that would show all of it, whenever that has changed. */
  onHeight?(height: number): void;
}

export interface Timeline {
  setLog(log: EventLog): void;
  setSelection(ref: EventRef | null): void;
  setCursor(t: number | null): void;
  setView(view: View, animate?: boolean): void;
  view(): View;
  /** All times told and taken stay true ones; only where they stand changes. */
  setScale(scale: TimeScale): void;
  /** Shows one trace whole, with a small margin. */
  fitTrace(traceId: string): void;
  /** Shows the selected span (or instant) with a small margin. */
  fitSelection(): void;
  fitAll(): void;
  /** Whether the shown trace is under way: its open bars reach to the moment of the drawing. */
  setRunning(on: boolean): void;
  /** Draws the dashed sample request that explains the signs; for the empty state. */
  setGhostLegend(on: boolean): void;
  /** Names of languages, apps or colours changed: measure and draw everything anew. */
  refresh(): void;
  /** Above 1 goes nearer; about `at` (a time), or about the cursor or the middle. */
  zoom(factor: number, at?: number): void;
  /** Moves by this share of the view, negative to earlier times. */
  pan(fraction: number): void;
  moveSelection(move: Move): void;
  /** Follows a dispatch or a hand-over between threads from the selection; false if there is none. */
  followLink(direction: 1 | -1): boolean;
  /** Opens what is folded, or folds it; what was done as one sentence, null where there is none. */
  toggleFold(what: Foldable): string | null;
  /** `x` and `y` in CSS pixels from the host's left upper corner. */
  hitTest(x: number, y: number): Hit;
  destroy(): void;
}

export interface OverviewOptions {
  log: EventLog;
  onView(view: View): void;
  label: Translate;
  /** Length of a live overview in ns, ending now; null shows the whole log. */
  span?: number | null;
  /** Asked at each drawing; where it is there, it is what is drawn. */
  beyond?(): Beyond | null;
}

export interface Overview {
  setLog(log: EventLog): void;
  /** The frame: what the timeline shows. */
  setView(view: View): void;
  setSpan(span: number | null): void;
  refresh(): void;
  destroy(): void;
}

// timeline.ts: createTimeline(host: HTMLElement, options: TimelineOptions): Timeline
// overview.ts: createOverview(host: HTMLElement, options: OverviewOptions): Overview
