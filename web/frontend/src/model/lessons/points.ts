/** What a lesson claims, and what a fired request's trace shows of it. */
import type { EventView } from "../stored";
import { isShown, type PictureLine, placesOf } from "./picture";

export interface Claim {
  /** They happen in this order, others between them. */
  steps: readonly string[];
  /** They do not happen at all. */
  never: readonly string[];
}

export interface Shown {
  /** The trace is whole, or has all of it already, and shows what is claimed. */
  seen: boolean;
  /** Index of the first event that shows it; null as long as there is none. */
  event: number | null;
}

/** What *lines* show of *claim*. That something never happens is known at the end: *complete*. */
export function shownIn(claim: Claim, lines: readonly PictureLine[], complete: boolean): Shown {
  const places = placesOf(claim.steps, lines);
  const against = claim.never.some((step) => lines.some((line) => isShown(step, line)));
  const events = places.map((place) => (lines[place] as PictureLine).event);
  return {
    seen:
      places.length === claim.steps.length &&
      !against &&
      (complete || (claim.never.length === 0 && claim.steps.length > 0)),
    event: events.find((event) => event !== null) ?? null,
  };
}

/** Whether the root of *events*, one trace in its order, has ended. */
export function isComplete(events: readonly EventView[]): boolean {
  const root = events[0];
  return (
    root !== undefined &&
    events.some((event) => event.phase === "end" && event.spanId === root.spanId)
  );
}
