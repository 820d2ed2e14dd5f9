/** Contexts that a trace pushed and nobody popped. */
import { contextsOf } from "./contexts";
import type { Sleeve } from "./contract";
import type { EventLog, EventView } from "./log";

/**
 * Those of a trace that is over. A reader's own `LocalStack` may well keep what it has, and of a trace
 * that was not recorded whole the pops may have been dropped.
 */
export function leaksOf(log: EventLog, trace: string): Sleeve[] {
  const events = log.eventsOf(trace).map((index) => log.event(index) as EventView);
  const root = events.find(({ kind }) => kind === "request" || kind === "run");
  const end = events.findLast(({ phase, spanId }) => phase === "end" && spanId === root?.spanId);
  if (root === undefined || end === undefined) return [];
  if (end.attributes.truncated !== undefined || end.attributes.dropped !== undefined) return [];
  const contexts = contextsOf(log);
  return [...new Set(events.map(({ lane }) => lane))].flatMap((lane) =>
    contexts
      .sleevesIn(lane, root.t, end.t, Number.POSITIVE_INFINITY)
      .filter(
        ({ traceId, type, pushEvent, popEvent }) =>
          traceId === trace && type !== "LocalStack" && pushEvent !== null && popEvent === null,
      ),
  );
}
