/** What lies over the bars: cursor, labels, signals, dispatch, flags, exceptions, selection, hover. */
import { ERROR, INSTANT, OPEN, SHORT_CIRCUIT } from "../model/span_row";
import { Claims } from "./claims";
import { drawExceptions } from "./draw_exceptions";
import { drawFlag } from "./draw_flag";
import { drawSignals } from "./draw_signals";
import { drawHem } from "./draw_sleeves";
import { write } from "./draw_text";
import type * as Extras from "./extras";
import { type Placed, paddingOf, placeLabel } from "./labels";
import { BAR } from "./layout";
import { drawCursor, drawPlate, drawRuler } from "./ruler";
import { type DrawnBar, fontOf, isVisible, RULER, type Scene, textEnd, xOf, yOf } from "./scene";

const LEAST_LABELLED = 18;

/** `extras`: null until they are there. */
export function drawFront(
  context: CanvasRenderingContext2D,
  scene: Scene,
  extras: typeof Extras | null,
): void {
  context.save();
  context.beginPath();
  context.rect(0, RULER, scene.width, scene.height - RULER);
  context.clip();
  scene.claims = new Claims();
  drawCursor(context, scene);
  extras?.drawDispatches(context, scene);
  extras?.drawHandOvers(context, scene);
  // Texts in the order of what they are worth: where two would overlap, the later one stays away.
  for (const lane of scene.layout.lanes) extras?.drawRepeats(context, scene, lane);
  for (const bar of scene.bars) drawBarLabel(context, scene, bar, extras);
  drawExceptions(context, scene);
  for (const bar of scene.bars) {
    if ((bar.style & SHORT_CIRCUIT) !== 0) drawFlag(context, scene, bar.right, yOf(scene, bar.y));
  }
  extras?.drawGhosts(context, scene);
  extras?.drawJumps(context, scene);
  const lanes = scene.layout.lanes.filter((lane) => isVisible(scene, lane));
  for (const lane of lanes) for (const box of lane.sleeves) drawHem(context, scene, box);
  for (const lane of lanes) {
    drawSignals(context, scene, lane);
    extras?.drawInstants(context, scene, lane);
    extras?.drawRibbonTexts(context, scene, lane);
  }
  drawRings(context, scene);
  context.restore();
  drawRuler(context, scene);
  drawCursorTop(context, scene);
  drawScrollbar(context, scene);
}

function drawCursorTop(context: CanvasRenderingContext2D, scene: Scene): void {
  context.save();
  context.beginPath();
  context.rect(0, 0, scene.width, RULER);
  context.clip();
  drawCursor(context, scene);
  context.restore();
  drawPlate(context, scene);
}

function drawBarLabel(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  extras: typeof Extras | null,
): void {
  if (bar.right - bar.left < LEAST_LABELLED || (bar.style & INSTANT) !== 0) return;
  const { palette, texts } = scene;
  const thin = bar.height < BAR;
  const font = fontOf(palette, thin ? "small" : "label");
  const small = fontOf(palette, "small");
  const placed = placeLabel(
    texts.labelsOf(bar.event, (bar.style & OPEN) !== 0),
    thin ? "" : texts.duration(bar.duration),
    {
      left: bar.left,
      right: bar.right,
      padding: paddingOf(thin),
      glyph: (bar.style & SHORT_CIRCUIT) !== 0 ? 2 : 0,
    },
    textEnd(scene),
    (text) => texts.measure(text, font),
    (text) => texts.measure(text, small),
  );
  if (placed === null) return;
  const baseline = yOf(scene, bar.y) + (thin ? 11 : 14);
  if ((bar.style & ERROR) !== 0) drawPlateUnder(context, scene, bar, placed);
  scene.claims.take(placed.x, placed.x + placed.width, baseline, palette.labelSize);
  write(context, placed.text, placed.x, baseline, font, palette.color[thin ? "text-2" : "text"]);
  if (placed.durationRight === null) return;
  const duration = texts.duration(bar.duration);
  const durationX = placed.durationRight - texts.measure(duration, small);
  if ((bar.style & ERROR) !== 0) {
    plate(context, scene, bar, durationX - 2, texts.measure(duration, small) + 4);
  }
  write(context, duration, durationX, baseline, small, palette.color["text-2"]);
  extras?.drawMount(context, scene, bar, placed, durationX);
}

/** Text never stands on hatch. */
function drawPlateUnder(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  placed: Placed,
): void {
  plate(context, scene, bar, placed.x - 2, placed.width + 4);
}

function plate(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  x: number,
  width: number,
): void {
  context.fillStyle = scene.palette.color["fill-error"];
  context.beginPath();
  context.roundRect(x, yOf(scene, bar.y) + 3, width, bar.height - 6, 2);
  context.fill();
}

function drawRings(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette, selection, hover } = scene;
  for (const bar of scene.bars) {
    if (bar.event === hover && bar.event !== selection) {
      ring(context, scene, bar, palette.color.text, 1, -0.5, 3);
    }
  }
  const selected = scene.bars.find((bar) => bar.event === selection);
  if (selected) ring(context, scene, selected, palette.color.accent, 2, 1.5, 5);
  else if (selection !== null) drawTinyRing(context, scene, selection);
}

function ring(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: { left: number; right: number; y: number; height: number },
  color: string,
  width: number,
  outside: number,
  radius: number,
): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.roundRect(
    Math.max(bar.left, -10) - outside,
    yOf(scene, bar.y) - outside,
    Math.min(bar.right, scene.width + 10) - Math.max(bar.left, -10) + 2 * outside,
    bar.height + 2 * outside,
    radius,
  );
  context.stroke();
}

/** A selected span that is too narrow to be drawn by itself still shows where it is. */
function drawTinyRing(context: CanvasRenderingContext2D, scene: Scene, selection: number): void {
  const place = scene.spans.place(selection);
  if (place === null) return;
  const lane = scene.layout.lanes.find((candidate) => candidate.lane === place.lane);
  const row = lane?.rows[place.depth];
  if (row === undefined) return;
  const left = xOf(scene, place.row.start[place.i] as number);
  const end = Math.min(place.row.end[place.i] as number, scene.now);
  const width = Math.max(2, xOf(scene, end) - left);
  if (left + width < 0 || left > scene.width) return;
  const bar = { left, right: left + width, y: row.y, height: row.height };
  ring(context, scene, bar, scene.palette.color.accent, 2, 1.5, 3);
}

function drawScrollbar(context: CanvasRenderingContext2D, scene: Scene): void {
  const pane = scene.height - RULER;
  if (scene.layout.height <= pane) return;
  const length = Math.max(24, (pane * pane) / scene.layout.height);
  const y = RULER + (scene.scroll / (scene.layout.height - pane)) * (pane - length);
  context.fillStyle = scene.palette.color["line-strong"];
  context.beginPath();
  context.roundRect(scene.width - 8, y + 2, 5, length - 4, 2.5);
  context.fill();
}
