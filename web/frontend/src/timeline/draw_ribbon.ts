/** What is written about a depth ribbon; its own pixels come with the bars. */
import { writeFree } from "./draw_text";
import type { LaneLayout } from "./layout";
import { type Ribbon, ribbonOf } from "./ribbon";
import { fontOf, type Scene } from "./scene";

/** Where the ribbon's caption stands, and the space behind each of its words. */
const CAPTION_LEFT = 16;
const GAP = 6;

export function drawRibbonTexts(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
): void {
  const ribbon = ribbonOf(scene, lane);
  if (ribbon === null) return;
  const { steps, base, unit, right } = ribbon;
  const { palette, texts, label } = scene;
  const font = fontOf(palette, "small");
  const last = steps.length - 1;
  const [lastX, lastDepth] = [steps.x[last] as number, steps.depth[last] as number];
  const isLeak = lastDepth > 0 && !isRunning(scene, lane, ribbon);
  const end = endText(label, lastDepth, isLeak);
  const color = palette.color[isLeak ? "error" : "text-3"];
  const x = lastX + 6;
  const captionEnd = CAPTION_LEFT + texts.measure(label("depth"), font) + GAP;
  const fits = x >= captionEnd && x + texts.measure(end, font) <= Math.max(right, lastX);
  if (fits) writeFree(context, scene, end, x, base - lastDepth * unit - 4, font, color);
  drawCaption(context, scene, ribbon, fits ? "" : end, color);
  drawHighest(context, scene, ribbon);
}

function drawHighest(context: CanvasRenderingContext2D, scene: Scene, ribbon: Ribbon): void {
  const { steps, base, unit, left, highest } = ribbon;
  const [top, depth] = [steps.x[highest] as number, steps.depth[highest] as number];
  if (depth <= 2 || top <= left + 20) return;
  const font = fontOf(scene.palette, "small");
  const text = String(depth);
  const x = top - 5 - scene.texts.measure(text, font);
  const y = base - depth * unit + 7;
  writeFree(context, scene, text, x, y, font, scene.palette.color["text-2"], true);
}

function endText(label: Scene["label"], depth: number, isLeak: boolean): string {
  if (isLeak) return `✕ ${label("{count} left at end", { count: depth })}`;
  return depth === 0 ? label("0 at end") : "";
}

/** Left of the ribbon where that is free, otherwise above it; with what has no room at the end. */
function drawCaption(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { steps, base, unit }: Ribbon,
  endSaid: string,
  endColor: string,
): void {
  const { palette, texts, label } = scene;
  const font = fontOf(palette, "small");
  const name = label("depth");
  const nameWidth = texts.measure(name, font);
  const right =
    CAPTION_LEFT + nameWidth + (endSaid === "" ? 0 : GAP + texts.measure(endSaid, font)) + GAP;
  let highest = -1;
  for (let i = 0; i < steps.length && (steps.x[i] as number) < right; i++) {
    const end = i + 1 < steps.length ? (steps.x[i + 1] as number) : right;
    if (end > CAPTION_LEFT) highest = Math.max(highest, steps.depth[i] as number);
  }
  const y = highest < 0 ? base - 6 : base - highest * unit - 4;
  writeFree(context, scene, name, CAPTION_LEFT, y, font, palette.color["text-3"], true);
  const endX = CAPTION_LEFT + nameWidth + GAP;
  if (endSaid !== "") writeFree(context, scene, endSaid, endX, y, font, endColor, true);
}

/** Whether a root span is open where the ribbon ends, so that its contexts may well be on the stack. */
function isRunning(scene: Scene, lane: LaneLayout, { lastChange }: Ribbon): boolean {
  const root = lane.spans.rows[0];
  const i = root?.at(lastChange) ?? -1;
  return i >= 0 && (root?.end[i] as number) > scene.view.end;
}
