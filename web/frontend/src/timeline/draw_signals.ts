/** What is written and pointed at in the rail of signals; its triangles come with the bars. */
import { writeFree } from "./draw_text";
import { type LaneLayout, lowerBound } from "./layout";
import { HEIGHT, STROKE, WIDTH } from "./raster_triangle";
import { fontOf, type Scene, yOf } from "./scene";
import { type SignalGroup, signalGroups } from "./signal_groups";

/** Between a count and the next triangle. */
const TEXT_GAP = 2;
/** No count is narrower, CSS pixels. */
const LEAST_COUNT = 6;

export function drawSignals(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
): void {
  const groups = signalGroups(scene, lane);
  for (const event of [scene.selection, scene.hover]) {
    const s = placeOf(scene, lane, event);
    const group = s < 0 ? undefined : groups.find(({ from, to }) => s >= from && s < to);
    if (group !== undefined) drawPointed(context, scene, lane, group, s);
  }
  drawCounts(context, scene, groups);
}

function drawCounts(
  context: CanvasRenderingContext2D,
  scene: Scene,
  groups: readonly SignalGroup[],
): void {
  const { palette, texts } = scene;
  const font = fontOf(palette, "small");
  groups.forEach(({ x, y, from, to }, i) => {
    if (to - from < 2) return;
    const left = x + WIDTH / 2 + 2;
    const room = (groups[i + 1]?.x ?? Number.POSITIVE_INFINITY) - WIDTH / 2 - TEXT_GAP - left;
    if (room < LEAST_COUNT) return;
    const text = `×${to - from}`;
    if (texts.measure(text, font) > room) return;
    writeFree(context, scene, text, left, y + HEIGHT, font, palette.color["text-2"], true);
  });
}

/** The signal that is selected or pointed at: its triangle, and hair lines to who received it. */
function drawPointed(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
  group: SignalGroup,
  s: number,
): void {
  const { ratio, palette } = scene;
  const { accent, surface } = palette.color;
  drawHairLines(context, scene, lane, group, s);
  const isHeard = lane.spans.signals.isHeard(group.from, group.to);
  // On the same pixels as the one below.
  const x = Math.round((group.x - WIDTH / 2) * ratio) / ratio + WIDTH / 2;
  const y = Math.round(group.y * ratio) / ratio;
  drawTriangle(context, x, y, accent, isHeard ? accent : surface);
}

/** Position of a signal in a lane's rail, -1 if it is not there. */
function placeOf(scene: Scene, lane: LaneLayout, event: number | null): number {
  const sent = event === null ? undefined : scene.log.event(event);
  if (sent?.lane !== lane.lane || sent.kind !== "signal") return -1;
  const { t, event: events } = lane.spans.signals;
  let s = lowerBound(t.data, t.length, sent.t);
  while (s < t.length && t.data[s] === sent.t && events.data[s] !== event) s++;
  return events.data[s] === event ? s : -1;
}

/** From the signal that is pointed at or selected to the functions that received it. */
function drawHairLines(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
  group: SignalGroup,
  s: number,
): void {
  const spanId = scene.log.event(lane.spans.signals.event.data[s] as number)?.spanId;
  context.strokeStyle = scene.palette.color.accent;
  context.lineWidth = 1;
  context.beginPath();
  for (const bar of scene.bars) {
    if (bar.lane !== lane || scene.log.event(bar.event)?.parentId !== spanId) continue;
    context.moveTo(group.x, group.y + HEIGHT);
    context.lineTo((bar.left + bar.right) / 2, yOf(scene, bar.y));
  }
  context.stroke();
}

export function drawTriangle(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  stroke: string,
  fill: string,
): void {
  context.beginPath();
  context.moveTo(x - WIDTH / 2, y);
  context.lineTo(x + WIDTH / 2, y);
  context.lineTo(x, y + HEIGHT);
  context.closePath();
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.lineWidth = STROKE;
  context.lineJoin = "round";
  context.fill();
  context.stroke();
  context.lineJoin = "miter";
}
