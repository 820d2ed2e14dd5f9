/** Which signals share a triangle in the rail: those that would touch. */
import { type LaneLayout, lowerBound, nextBound } from "./layout";
import { WIDTH } from "./raster_triangle";
import { type Scene, timeAt, xOf, yOf } from "./scene";

/** Triangles nearer than this become one with a count. */
const NEAR = 12;

/** A triangle, and the signals that it stands for. */
export interface SignalGroup {
  x: number;
  y: number;
  /** Positions in the lane's rail. */
  from: number;
  to: number;
}

/** Kept with a frame's layout: asked for by pixels, texts and the pointer. */
const known = new WeakMap<LaneLayout, SignalGroup[]>();

/** The triangles of a lane from left to right, in CSS pixels of the host. */
export function signalGroups(scene: Scene, lane: LaneLayout): readonly SignalGroup[] {
  let groups = known.get(lane);
  if (groups === undefined) {
    groups = lane.rail === null ? [] : groupsAt(scene, lane, yOf(scene, lane.rail));
    known.set(lane, groups);
  }
  return groups;
}

function groupsAt(scene: Scene, lane: LaneLayout, y: number): SignalGroup[] {
  const { t } = lane.spans.signals;
  const groups: SignalGroup[] = [];
  let from = lowerBound(t.data, t.length, timeAt(scene, -WIDTH));
  while (from < t.length) {
    const x = xOf(scene, t.data[from] as number);
    if (x > scene.width + WIDTH) break;
    const to = nextBound(t.data, t.length, timeAt(scene, x + NEAR), from + 1);
    groups.push({ x, y, from, to });
    from = to;
  }
  return groups;
}
