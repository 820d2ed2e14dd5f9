/** Contexts as tinted frames behind the bars, with brackets at both ends and their names in the hem. */
import { isolate } from "../lib/isolate";
import type { Sleeve } from "../model/contract";
import { writeFree } from "./draw_text";
import type { SleeveBox } from "./layout";
import { appColor, faded, type Palette } from "./palette";
import { fontOf, type Scene, yOf } from "./scene";

/** A narrower sleeve has no room for round corners and hooks, CSS pixels. */
const LEAST_ROUND = 32;

export function drawSleeve(context: CanvasRenderingContext2D, scene: Scene, box: SleeveBox): void {
  const { palette } = scene;
  const color = appColor(palette, box.sleeve.hue);
  const top = yOf(scene, box.top) + 0.5;
  const bottom = yOf(scene, box.bottom) - 0.5;
  const left = Math.max(box.left, -20);
  const right = Math.min(box.right, scene.width + 20);
  if (right - left < LEAST_ROUND) {
    drawNarrow(context, color, box, left, right, top, bottom);
    return;
  }
  context.fillStyle = faded(color, 0.05);
  context.strokeStyle = faded(color, 0.55);
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, 5);
  context.fill();
  context.stroke();
  if (!box.openLeft) bracket(context, color, left, top, bottom, 1);
  if (box.torn) hatchEnd(context, palette, right, top, bottom);
  else if (!box.growing) bracket(context, color, right, top, bottom, -1);
}

/** The same from upright and level pieces: many contexts in view are narrow, and curves cost most. */
function drawNarrow(
  context: CanvasRenderingContext2D,
  color: string,
  { openLeft, growing, torn }: SleeveBox,
  left: number,
  right: number,
  top: number,
  bottom: number,
): void {
  const x = Math.round(left);
  const y = Math.round(top);
  const width = Math.round(right) - x;
  const height = Math.round(bottom) - y;
  context.fillStyle = faded(color, 0.05);
  context.fillRect(x, y, width, height);
  context.fillStyle = faded(color, 0.55);
  context.fillRect(x, y, width, 1);
  context.fillRect(x, y + height - 1, width, 1);
  context.fillStyle = color;
  if (!openLeft) context.fillRect(x, y, 2, height);
  if (!torn && !growing) context.fillRect(x + width - 2, y, 2, height);
}

/** A thick end with 4 px hooks; `side` 1 is the left one. */
function bracket(
  context: CanvasRenderingContext2D,
  color: string,
  x: number,
  top: number,
  bottom: number,
  side: 1 | -1,
): void {
  const line = x + 0.5 * side;
  context.strokeStyle = color;
  context.lineWidth = 2.5;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(line + 6 * side, top + 0.5);
  context.lineTo(line + 3 * side, top + 0.5);
  context.quadraticCurveTo(line, top + 0.5, line, top + 3.5);
  context.lineTo(line, bottom - 3.5);
  context.quadraticCurveTo(line, bottom - 0.5, line + 3 * side, bottom - 0.5);
  context.lineTo(line + 6 * side, bottom - 0.5);
  context.stroke();
  context.lineCap = "butt";
}

function hatchEnd(
  context: CanvasRenderingContext2D,
  palette: Palette,
  right: number,
  top: number,
  bottom: number,
): void {
  context.save();
  context.beginPath();
  context.rect(right - 12, top, 12, bottom - top);
  context.clip();
  context.strokeStyle = palette.color["text-3"];
  context.lineWidth = 1;
  context.beginPath();
  for (let y = top - 12; y < bottom + 12; y += 5) {
    context.moveTo(right - 12, y + 12);
    context.lineTo(right, y);
  }
  context.stroke();
  context.restore();
}

/** The name in the lower edge; drawn over the cursor. */
export function drawHem(context: CanvasRenderingContext2D, scene: Scene, box: SleeveBox): void {
  if (box.names.length === 0) return;
  const color = appColor(scene.palette, box.sleeve.hue);
  const left = Math.max(box.left, -20);
  const right = Math.min(box.right, scene.width + 20);
  const font = fontOf(scene.palette, "strong");
  const x = Math.max(left, 0) + 9.5;
  const room = Math.min(right, scene.width) - 8 - x;
  const measure = (text: string) => scene.texts.measure(text, font);
  const y = yOf(scene, box.bottom) - 5;
  hemTexts(box.names)
    .filter((candidate) => measure(candidate) <= room)
    .some((text) => writeFree(context, scene, text, x, y, font, color));
}

/** What a hem says for these contexts, longest first. */
export function hemTexts(names: readonly Sleeve[]): string[] {
  const short = names.map(({ depth, type }) => `${depth} ${type}`).join(" + ");
  const innermost = names.at(-1) as Sleeve;
  const name = isolate(innermost.name);
  // A LocalStack's own name says already what it is.
  const isNamed = names.length === 1 && innermost.name.startsWith(innermost.type);
  return [
    isNamed ? `${innermost.depth} ${name}` : `${short} ${name}`,
    short,
    `${innermost.depth} ${innermost.type}`,
    `${innermost.depth}`,
  ];
}
