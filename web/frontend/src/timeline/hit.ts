/** What lies under a point of the canvas. Looks at the spans themselves, not at the pixels. */
import { exceptionMarks } from "./draw_exceptions";
import { idleLaneAt } from "./idle";
import type { LaneLayout } from "./layout";
import { RULER, type Scene, timeAt, xOf } from "./scene";
import { signalGroups } from "./signal_groups";
import type { Hit } from "./values";
import { HEADER } from "./values";

/** Bars are at least this wide for the pointer, CSS pixels. */
const REACH = 3;

export function hitAt(scene: Scene, x: number, y: number): Hit {
  const t = timeAt(scene, x);
  const empty: Hit = { what: "empty", ref: null, t, lane: null };
  if (y < RULER) return { ...empty, what: "ruler" };
  const inside = y - RULER + scene.scroll;
  const lane = scene.layout.lanes.find((item) => inside >= item.y && inside < item.y + item.height);
  if (lane === undefined) {
    const idle = idleLaneAt(scene.layout.folded, inside);
    return idle === undefined ? empty : { ...empty, what: "idle", lane: idle };
  }
  const here = { ...empty, lane: lane.lane };
  if (inside < lane.y + HEADER) return { ...here, what: "lane" };
  return (
    hitBar(scene, lane, x, inside, here) ??
    hitSignal(scene, lane, x, y, here) ??
    hitException(scene, x, y, here) ??
    hitSleeve(lane, x, inside, here) ??
    here
  );
}

function hitBar(scene: Scene, lane: LaneLayout, x: number, y: number, here: Hit): Hit | null {
  const layout = lane.rows.find((row) => y >= row.y && y < row.y + row.height);
  if (layout === undefined) return null;
  const { row } = layout;
  const latest = timeAt(scene, x + REACH);
  let best = -1;
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = row.firstEndingFrom(timeAt(scene, x - REACH)); i < row.length; i++) {
    const start = row.start[i] as number;
    if (start > latest) break;
    const left = xOf(scene, start);
    const right = xOf(scene, Math.min(row.end[i] as number, scene.now));
    const distance = x < left ? left - x : Math.max(0, x - right);
    if (distance < nearest) [best, nearest] = [i, distance];
    if (distance === 0) break;
  }
  return best < 0 ? null : { ...here, what: "span", ref: row.event[best] as number };
}

function hitSignal(scene: Scene, lane: LaneLayout, x: number, y: number, here: Hit): Hit | null {
  const group = signalGroups(scene, lane).find(
    (item) => Math.abs(item.x - x) <= 6 && y >= item.y - 2 && y <= item.y + 10,
  );
  if (group === undefined) return null;
  return { ...here, what: "signal", ref: lane.spans.signals.event.data[group.from] as number };
}

function hitException(scene: Scene, x: number, y: number, here: Hit): Hit | null {
  const mark = exceptionMarks(scene).find(
    (item) =>
      x >= item.x - 2 && x <= item.x + item.width + 12 && y >= item.y - 12 && y <= item.y + 4,
  );
  return mark === undefined ? null : { ...here, what: "exception", ref: mark.event };
}

/** The innermost sleeve whose frame or hem is here; the tint in between belongs to nobody. */
function hitSleeve(lane: LaneLayout, x: number, y: number, here: Hit): Hit | null {
  const box = lane.sleeves.findLast(
    (item) =>
      x >= item.left - 3 &&
      x <= item.right + 3 &&
      y >= item.top - 2 &&
      y <= item.bottom + 2 &&
      (x <= item.left + 5 || x >= item.right - 5 || y >= item.bottom - 16),
  );
  if (box === undefined || box.sleeve.pushEvent === null) return null;
  return { ...here, what: "sleeve", ref: box.sleeve.pushEvent };
}
