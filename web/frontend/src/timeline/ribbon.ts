/** The depth ribbon's steps, from which its pixels and its texts are made. */
import { type LaneLayout, lowerBound } from "./layout";
import { type Scene, timeAt, xOf, yOf } from "./scene";

const LEAST_LEVELS = 3;
/** CSS pixels that stay free on the right of the newest step. */
const ROOM_AT_END = 23;

export interface RibbonStep {
  /** CSS pixels from the left edge. */
  x: number;
  depth: number;
  app: number;
}

/** A lane's ribbon where it stands, in CSS pixels of the host. */
export interface Ribbon {
  steps: readonly RibbonStep[];
  /** Lower edge. */
  base: number;
  /** Height of one context. */
  unit: number;
  highest: number;
  left: number;
  right: number;
  /** When the stack changed last before the end of the view. */
  lastChange: number;
  /** The lane's own app: that of what lies lowest; what is pushed above may be another's. */
  app: number;
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
  const first = steps[0];
  if (first === undefined) return null;
  let highest = LEAST_LEVELS;
  let lowest: RibbonStep | null = null;
  for (const step of steps) {
    highest = Math.max(highest, step.depth);
    if (step.app !== 0 && (lowest === null || step.depth < lowest.depth)) lowest = step;
  }
  return {
    steps,
    base: Math.round(yOf(scene, lane.ribbon.y + lane.ribbon.height)),
    unit: lane.ribbon.height / highest,
    highest,
    left: first.x,
    right: Math.max(first.x, Math.min(scene.width - ROOM_AT_END, xOf(scene, scene.now))),
    lastChange: lastChange(scene, lane),
    app: lowest?.app ?? 1,
  };
}

function lastChange(scene: Scene, lane: LaneLayout): number {
  const { t } = scene.contexts.ribbonOf(lane.lane);
  return t[lowerBound(t, t.length, scene.view.end) - 1] ?? scene.view.start;
}

function stepsOf(scene: Scene, lane: LaneLayout): RibbonStep[] {
  const { t, depth, app } = scene.contexts.ribbonOf(lane.lane);
  const from = lowerBound(t, t.length, scene.view.start);
  const to = lowerBound(t, t.length, scene.view.end);
  const stepAt = (i: number, x: number): RibbonStep => ({
    x,
    depth: depth[i] ?? 0,
    app: app[i] ?? 0,
  });
  const steps: RibbonStep[] = from > 0 ? [stepAt(from - 1, 0)] : [];
  if (to - from <= scene.width / 2) {
    for (let i = from; i < to; i++) steps.push(stepAt(i, xOf(scene, t[i] as number)));
    return steps;
  }
  // Many steps: what holds at the end of each pixel is enough to see a leak.
  let i = Math.max(0, from - 1);
  for (let x = 0; x < scene.width; x++) {
    const end = lowerBound(t, to, timeAt(scene, x + 1), i) - 1;
    if (end < 0 || (end === i && steps.length > 0)) continue;
    i = end;
    steps.push(stepAt(i, x));
  }
  return steps;
}
