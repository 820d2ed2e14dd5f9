/** What an idle lane did last, or does next. */
import { formatTotal } from "../lib/format";
import { isolate } from "../lib/isolate";
import type { Scene } from "./scene";

const NO_SLEEVE = { pushEvent: null, start: 0, end: 0 };

/** Event of what a lane did last before the view, or else first after it; null if it never did anything. */
export function nearestWork(scene: Scene, lane: number): { event: number; away: number } | null {
  const { spans, contexts, view } = scene;
  const root = spans.lanes[lane]?.rows[0];
  if (root === undefined || root.length === 0) {
    const { pushEvent, start, end } = contexts.sleevesOf(lane).at(-1) ?? NO_SLEEVE;
    // One that nobody popped has no end: what is known is when it was pushed.
    const last = Number.isFinite(end) ? end : start;
    const away = start > view.end ? start - view.end : last - view.start;
    return pushEvent === null ? null : { event: pushEvent, away };
  }
  const next = root.firstEndingFrom(view.start);
  const event = root.event[Math.max(0, next - 1)] as number;
  if (next > 0) return { event, away: (root.end[next - 1] as number) - view.start };
  return { event, away: (root.start[0] as number) - view.end };
}

/** Which request that was, and how far from here. */
export function idleText(scene: Scene, lane: number): string {
  const work = nearestWork(scene, lane);
  const trace = work && scene.log.event(work.event)?.traceId;
  const request = trace == null ? undefined : scene.log.event(scene.log.eventsOf(trace)[0] ?? -1);
  if (!work || request === undefined) return "";
  const values = { name: isolate(request.name), time: formatTotal(Math.abs(work.away)) };
  const said = work.away < 0 ? "{name}, {time} earlier" : "{name}, {time} later";
  return scene.label(said, values);
}
