/** What is known of one event, or of the span that it begins, taken together. */
import type { EventLog, EventView } from "../model/log";

/** An event, or the span that it begins, with everything that is known of it at its end. */
export interface SpanFacts {
  event: EventView;
  /** Of the begin and of the end together. */
  attributes: Readonly<Record<string, unknown>>;
  /** Nanoseconds from begin to end; null for an instant and while it is open. */
  span: number | null;
  /** Of these, nanoseconds in no span below it on the same lane. */
  own: number;
  failed: boolean;
  /** What the step changed, of a `state` event or of the one right after a span; else undefined. */
  changes: unknown;
}

/** The facts of a span from its begin event, or of an instant. */
export function factsOf(log: EventLog, begin: EventView): SpanFacts {
  let end: EventView | null = null;
  let below = 0;
  let after: EventView | null = null;
  const open = new Map<string | null, number>();
  for (const index of begin.traceId === null ? [] : log.eventsOf(begin.traceId)) {
    const event = log.event(index) as EventView;
    if (end !== null && event.lane === (end as EventView).lane) after ??= event;
    if (event.spanId === null || begin.spanId === null) continue;
    if (event.spanId === begin.spanId) {
      if (event.phase === "end") end = event;
    } else if (event.phase === "begin") {
      if (event.parentId === begin.spanId && event.lane === begin.lane)
        open.set(event.spanId, event.t);
    } else if (open.has(event.spanId)) {
      below += event.t - (open.get(event.spanId) as number);
    }
  }
  const attributes = { ...begin.attributes, ...end?.attributes };
  const span = end === null ? null : end.t - begin.t;
  const state = begin.kind === "state" ? begin : stateAfter(begin, after);
  return {
    event: begin,
    attributes,
    span,
    own: Math.max(0, (span ?? 0) - below),
    failed:
      begin.kind === "exception" ||
      attributes.left_by !== undefined ||
      (begin.kind === "proxy" && attributes.error !== undefined) ||
      (begin.kind === "setup" && attributes.refused !== undefined),
    changes: state?.attributes.changes,
  };
}

/** `next`, the event after the span's end, if it is the state that the span left behind. */
function stateAfter(begin: EventView, next: EventView | null): EventView | null {
  return next?.kind === "state" && next.attributes.after === begin.kind ? next : null;
}
