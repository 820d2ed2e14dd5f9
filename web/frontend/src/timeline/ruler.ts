/** The ruler above the lanes, and the cursor's time plate in it. */
import { formatCursor, formatTick, formatUneven, tickStep } from "../lib/format";
import { write } from "./draw_text";
import { fontOf, RULER, type Scene, timeAt, xOf } from "./scene";

const LEAST_TICK = 64;
/** On a bent axis the cursor tells so many places of the view apart. */
const FINEST = 1000;
const PLATE_WIDTH = 60;
const PLATE_HEIGHT = 18;
/** Between the plate and the text of a tick. */
const CLEAR = 6;

/** How far ticks are apart, in ns of the axis: times only where it is straight. */
function stepOf({ axis, width }: Scene): number {
  return tickStep(((axis.end - axis.start) * LEAST_TICK) / width);
}

/** Calls `visit` for each tick in view with its x and its true time. They stand evenly. */
export function eachTick(scene: Scene, visit: (x: number, t: number) => void): void {
  const { axis, width, zero } = scene;
  const step = stepOf(scene);
  const from = Math.ceil((axis.start - zero) / step);
  const to = Math.floor((axis.end - zero) / step);
  for (let i = from; i <= to; i++) {
    const x = ((zero + i * step - axis.start) * width) / (axis.end - axis.start);
    visit(x, timeAt(scene, x));
  }
}

/** A time on the ruler. On a bent axis it has to be told from the times of the ticks beside it. */
function textAt(scene: Scene, x: number, t: number): string {
  const step = stepOf(scene);
  if (scene.warp === null) return formatTick(t - scene.zero, step);
  const pixels = (step * scene.width) / (scene.axis.end - scene.axis.start);
  const nearest = Math.min(timeAt(scene, x + pixels) - t, t - timeAt(scene, x - pixels));
  return formatUneven(t - scene.zero, nearest);
}

export function drawRuler(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette, width } = scene;
  const font = fontOf(palette, "small");
  context.fillStyle = palette.color.surface;
  context.fillRect(0, 0, width, RULER - 1);
  context.fillStyle = palette.color.line;
  context.fillRect(0, RULER - 1, width, 1);
  const plate = plateOf(scene);
  let taken = Number.NEGATIVE_INFINITY;
  eachTick(scene, (x, t) => {
    const text = textAt(scene, x, t);
    const right = x + 4 + scene.texts.measure(text, font);
    if (right > width || x < taken) return;
    if (plate && right + CLEAR > plate.left && x < plate.left + plate.width + CLEAR) return;
    taken = right;
    write(context, text, x + 4, 16, font, palette.color["text-3"]);
  });
}

export function drawCursor(context: CanvasRenderingContext2D, scene: Scene): void {
  const { cursor, palette, width, height } = scene;
  if (cursor === null) return;
  const x = xOf(scene, cursor);
  if (x < 0 || x > width) return;
  context.fillStyle = palette.color.accent;
  context.fillRect(x - 0.75, 20, 1.5, height - 20);
}

/** Where the cursor's time stands, and how it reads; null without a cursor in view. */
function plateOf(scene: Scene): { left: number; width: number; text: string } | null {
  const { cursor, palette, view, zero } = scene;
  if (cursor === null) return null;
  const x = xOf(scene, cursor);
  if (x < 0 || x > scene.width) return null;
  const text =
    scene.warp === null
      ? formatCursor(cursor - zero, stepOf(scene))
      : formatUneven(
          cursor - zero,
          // No finer than the whole view, or the plate jumps about wherever the axis is stretched.
          Math.max(timeAt(scene, x + 1) - timeAt(scene, x - 1), (view.end - view.start) / FINEST),
        );
  const width = Math.max(PLATE_WIDTH, scene.texts.measure(text, fontOf(palette, "strong")) + 12);
  return { left: Math.min(Math.max(x - width / 2, 0), scene.width - width), width, text };
}

/** Drawn last: it lies over everything in the ruler. */
export function drawPlate(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette } = scene;
  const plate = plateOf(scene);
  if (plate === null) return;
  const font = fontOf(palette, "strong");
  const x = plate.left + (plate.width - scene.texts.measure(plate.text, font)) / 2;
  context.fillStyle = palette.color.accent;
  context.beginPath();
  context.roundRect(plate.left, 3, plate.width, PLATE_HEIGHT, 3);
  context.fill();
  write(context, plate.text, x, 16, font, palette.color["on-accent"]);
}
