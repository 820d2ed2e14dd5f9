/** Numbers in circles at the events that a text beside the timeline speaks of. */
import { fontOf, RULER, type Scene, xOf, yOf } from "./scene";
import type { Callout, EventRef } from "./values";

const RADIUS = 8;
/** How far the circle stands over the upper edge of what it belongs to. */
const OVER = 4;
/** Between the centres of two circles. */
const STEP = 2 * RADIUS + 2;

interface Spot {
  x: number;
  y: number;
}

export function drawCallouts(
  context: CanvasRenderingContext2D,
  scene: Scene,
  callouts: readonly Callout[],
): void {
  const placed = placeCallouts(scene, callouts);
  if (placed.length === 0) return;
  const { palette } = scene;
  context.save();
  context.beginPath();
  context.rect(0, RULER, scene.width, scene.height - RULER);
  context.clip();
  context.font = fontOf(palette, "small");
  context.textAlign = "center";
  for (const { x, y, number } of placed) {
    context.beginPath();
    context.arc(x, y, RADIUS, 0, 2 * Math.PI);
    context.fillStyle = palette.color.accent;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = palette.color.surface;
    context.stroke();
    context.fillStyle = palette.color["on-accent"];
    context.fillText(String(number), x, y + 4);
  }
  context.restore();
}

/** Where the circles stand, CSS pixels of the host; none covers another. */
export function placeCallouts(
  scene: Scene,
  callouts: readonly Callout[],
): (Spot & { number: number })[] {
  const placed: (Spot & { number: number })[] = [];
  for (const { ref, number } of callouts) {
    const spot = spotOf(scene, ref);
    if (spot === null) continue;
    const isTaken = ({ x, y }: Spot) => Math.abs(x - spot.x) < STEP && Math.abs(y - spot.y) < STEP;
    while (placed.some(isTaken)) spot.x += STEP;
    placed.push({ ...spot, number });
  }
  return placed;
}

/** The upper right corner of a bar; the bracket of a context; the triangle of a signal. */
function spotOf(scene: Scene, ref: EventRef): Spot | null {
  const event = scene.log.event(ref);
  const lane = scene.layout.lanes.find((candidate) => candidate.lane === event?.lane);
  if (event === undefined || lane === undefined || lane.collapsed) return null;
  const place = scene.spans.place(ref);
  const row = place && lane.rows[place.depth];
  if (place && row) {
    const left = xOf(scene, place.row.start[place.i] as number);
    const right = xOf(scene, Math.min(place.row.end[place.i] as number, scene.now));
    return { x: Math.max(left + RADIUS, right - OVER), y: yOf(scene, row.y) - OVER };
  }
  for (const { sleeve, left, right, top } of lane.sleeves) {
    if (sleeve.pushEvent === ref) return { x: left, y: yOf(scene, top) };
    if (sleeve.popEvent === ref) return { x: right, y: yOf(scene, top) };
  }
  const y = lane.rail ?? lane.rows[0]?.y;
  return y === undefined ? null : { x: xOf(scene, event.t), y: yOf(scene, y) - OVER };
}
