/** What all parts of a timeline speak in. Times are nanoseconds since the log's epoch. */

/** What is selected or pointed at: the index of a begin or instant event in the log. */
export type EventRef = number;

export interface View {
  start: number;
  end: number;
}

/** What a reader folded and opened: it outlives the timeline, which the table takes the place of. */
export interface Folds {
  /** Folded lanes, by `laneKey`. */
  lanes: Set<string>;
  /** Whether each idle lane has a line; null: where there is room. */
  idle: boolean | null;
  /** Spans of opened repeats, and what was in view before: that is where closing leads back to. */
  opened: Map<EventRef, View>;
  /** One span of each of the repeats that a link wants opened. */
  wanted: readonly EventRef[];
}

/** What a key opens and folds: repeats and lane are those of the selection. */
export type Foldable = "repeats" | "lane" | "idle";

/** How the axis shows time: each step of the shown trace with room for its name, or evenly. */
export type TimeScale = "steps" | "time";

export type Move = "next" | "prev" | "parent" | "child" | "left" | "right";

/** What lies under a point of the canvas. */
export interface Hit {
  what: "span" | "signal" | "sleeve" | "exception" | "lane" | "idle" | "ruler" | "empty";
  ref: EventRef | null;
  /** The time at that point. */
  t: number;
  lane: number | null;
}

/** Steps that did not run, for one reason: drawn dashed, with the reason once beside them. */
export interface Skipped {
  names: readonly string[];
  reason: string;
}

/** By the step that kept them from running. */
export type SkippedSteps = ReadonlyMap<EventRef, readonly Skipped[]>;

/** A number at an event, that a text beside the timeline speaks of. */
export interface Callout {
  ref: EventRef;
  number: number;
}

/** Height of a lane's head, of the strip of idle lanes and of each of its lines, CSS pixels. */
export const HEADER = 24;
