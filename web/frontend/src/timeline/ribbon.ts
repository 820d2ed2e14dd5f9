/** The depth ribbon's steps, from which its pixels and its texts are made. */
import { type LaneLayout, lowerBound, nextBound } from "./layout";
import { type Scene, timeAt, xOf, yOf } from "./scene";

const LEAST_LEVELS = 3;
/** CSS pixels that stay free on the right of the newest step. */
const ROOM_AT_END = 23;
/** Where there are more steps than this can show, one in so many CSS pixels is drawn. */
const COARSE = 2;

/** Where the depth changes, from left to right. Columns: there may be a step in every pixel. */
export interface RibbonSteps {
  /** CSS pixels from the left edge. */
  x: Float64Array;
  depth: Uint32Array;
  hue: Uint32Array;
  length: number;
}

/** A lane's ribbon where it stands, in CSS pixels of the host. */
export interface Ribbon {
  steps: RibbonSteps;
  /** Lower edge. */
  base: number;
  /** Height of one context. */
  unit: number;
  /** Levels that there is room for. */
  levels: number;
  /** The first step that is as deep as any. */
  highest: number;
  left: number;
  right: number;
  /** When the stack changed last before the end of the view. */
  lastChange: number;
  /** The lane's own hue: that of what lies lowest; what is pushed above may be another's. */
  hue: number;
}

/** Kept with a frame's layout: asked for by levels, pixels and texts. */
const known = new WeakMap<LaneLayout, Ribbon | null>();

/** Null where the lane has no context up to the end of the view. */
export function ribbonOf(scene: Scene, lane: LaneLayout): Ribbon | null {
  let ribbon = known.get(lane);
  if (ribbon === undefined) {
    ribbon = makeRibbon(scene, lane);
    known.set(lane, ribbon);
  }
  return ribbon;
}

function makeRibbon(scene: Scene, lane: LaneLayout): Ribbon | null {
  if (lane.ribbon === null) return null;
  const steps = stepsOf(scene, lane);
  const { x, depth, hue, length } = steps;
  if (length === 0) return null;
  let highest = 0;
  let lowest = -1;
  for (let i = 0; i < length; i++) {
    if ((depth[i] as number) > (depth[highest] as number)) highest = i;
    if (hue[i] === 0) continue;
    if (lowest < 0 || (depth[i] as number) < (depth[lowest] as number)) lowest = i;
  }
  const levels = Math.max(LEAST_LEVELS, depth[highest] as number);
  const left = x[0] as number;
  return {
    steps,
    base: Math.round(yOf(scene, lane.ribbon.y + lane.ribbon.height)),
    unit: lane.ribbon.height / levels,
    levels,
    highest,
    left,
    right: Math.max(left, Math.min(scene.width - ROOM_AT_END, xOf(scene, scene.now))),
    lastChange: lastChange(scene, lane),
    hue: lowest < 0 ? 1 : (hue[lowest] as number),
  };
}

function lastChange(scene: Scene, lane: LaneLayout): number {
  const { t } = scene.contexts.ribbonOf(lane.lane);
  return t[lowerBound(t, t.length, scene.view.end) - 1] ?? scene.view.start;
}

function stepsOf(scene: Scene, lane: LaneLayout): RibbonSteps {
  const { t, depth, hue } = scene.contexts.ribbonOf(lane.lane);
  const from = lowerBound(t, t.length, scene.view.start);
  const to = lowerBound(t, t.length, scene.view.end);
  const isMany = to - from > scene.width / COARSE;
  const steps = emptySteps(1 + (isMany ? Math.ceil(scene.width / COARSE) : to - from));
  const add = (i: number, x: number) => {
    const at = steps.length++;
    steps.x[at] = x;
    steps.depth[at] = depth[i] ?? 0;
    steps.hue[at] = hue[i] ?? 0;
  };
  if (from > 0) add(from - 1, 0);
  if (!isMany) {
    for (let i = from; i < to; i++) add(i, xOf(scene, t[i] as number));
    return steps;
  }
  // What holds at the end of each is enough to see a leak.
  let i = Math.max(0, from - 1);
  for (let x = 0; x < scene.width; x += COARSE) {
    const end = nextBound(t, to, timeAt(scene, x + COARSE), i) - 1;
    if (end < 0 || (end === i && steps.length > 0)) continue;
    i = end;
    add(i, x);
  }
  return steps;
}

function emptySteps(capacity: number): RibbonSteps {
  return {
    x: new Float64Array(capacity),
    depth: new Uint32Array(capacity),
    hue: new Uint32Array(capacity),
    length: 0,
  };
}
