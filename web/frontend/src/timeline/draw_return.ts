/** A function that answered instead of the view: its flag, and as ghosts what was skipped. */
import { write, writeFree } from "./draw_text";
import { shorten } from "./labels";
import { type DrawnBar, fontOf, type Scene, yOf } from "./scene";
import type { Skipped } from "./types";

const GHOST_PADDING = 7.5;
const GHOST_GAP = 6;
/** Ghosts stand this far right of the request that they belong to. */
const ASIDE = 46;
/** From the baseline of the ghosts to that of a reason below them. */
const REASON_BELOW = 20;

export function drawReturn(context: CanvasRenderingContext2D, scene: Scene, bar: DrawnBar): void {
  drawFlag(context, scene, bar.right, yOf(scene, bar.y));
  drawGhosts(context, scene, bar);
}

export function drawFlag(
  context: CanvasRenderingContext2D,
  scene: Scene,
  x: number,
  top: number,
): void {
  const y = top - 2;
  context.fillStyle = scene.palette.color.accent;
  context.fillRect(x - 1, y, 2, 24);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + 12, y);
  context.lineTo(x + 9, y + 4);
  context.lineTo(x + 12, y + 8);
  context.lineTo(x, y + 8);
  context.fill();
}

/** What was skipped, and why: beside the request where nothing else runs, else in the row below. */
function drawGhosts(context: CanvasRenderingContext2D, scene: Scene, bar: DrawnBar): void {
  const skipped = scene.skipped(bar.event);
  if (skipped === null) return;
  const { names, reason } = skipped;
  const small = fontOf(scene.palette, "small");
  const widths = names.map((name) => scene.texts.measure(name, small) + 2 * GHOST_PADDING);
  const ghosts = {
    names,
    reason,
    widths,
    total: widths.reduce((sum, width) => sum + width + GHOST_GAP, 0),
  };
  if (!drawAside(context, scene, bar, ghosts)) drawBelow(context, scene, bar, ghosts);
}

interface Ghosts extends Skipped {
  widths: readonly number[];
  total: number;
}

/** False when there is no room on the right of the request. */
function drawAside(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  ghosts: Ghosts,
): boolean {
  const { palette, texts, label } = scene;
  const roots = scene.bars.filter((other) => other.lane === bar.lane && other.depth === 0);
  const root = roots.find((other) => covers(other, bar));
  if (root === undefined) return false;
  const small = fontOf(palette, "small");
  const strong = `600 ${palette.labelSize}px ${palette.fontUi}`;
  const title = label("Returned: {name}", { name: returnedText(scene, bar) });
  const { reason } = ghosts;
  const x = root.right + ASIDE;
  const next = roots.find((other) => other.left > root.right);
  const room = Math.min(next?.left ?? scene.width, scene.width) - 12 - x;
  const needed = Math.max(ghosts.total, texts.measure(reason, small), texts.measure(title, strong));
  if (needed > room) return false;
  const y = yOf(scene, bar.y + bar.height) + 3.5;
  if (!drawRow(context, scene, ghosts, x, y)) return false;
  writeFree(context, scene, title, x, yOf(scene, root.y) + 14, strong, palette.color.text);
  writeFree(context, scene, reason, x, y - 17, small, palette.color["text-3"]);
  drawThread(context, scene, bar, x - 4.5, y + 9.5);
  return true;
}

/** In the first row below that is free; the layout keeps one. */
function drawBelow(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  ghosts: Ghosts,
): void {
  const x = bar.right + 14;
  if (x + ghosts.total > scene.width - 24) return;
  let y = bar.y + bar.height + 4;
  const blocked = () =>
    scene.bars.some(
      (other) =>
        other.lane === bar.lane &&
        other.y < y + 20 &&
        other.y + other.height > y &&
        other.right > bar.right - 2 &&
        other.left < x + ghosts.total,
    );
  while (blocked()) y += 24;
  const top = yOf(scene, y) - 0.5;
  if (!drawRow(context, scene, ghosts, x, top)) return;
  drawThread(context, scene, bar, x - 3, top + 9.5);
  const small = fontOf(scene.palette, "small");
  const color = scene.palette.color["text-3"];
  const end = Math.min(scene.width - 24, sleeveEnd(bar) - 8);
  const measure = (text: string) => scene.texts.measure(text, small);
  const beside = x + ghosts.total + 4;
  const fits = measure(ghosts.reason) <= end - beside;
  // Below, where the context's name leaves room; else what there is room for.
  const below = top + 14 + REASON_BELOW;
  const isBelow =
    !fits &&
    measure(ghosts.reason) <= end - x &&
    writeFree(context, scene, ghosts.reason, x, below, small, color);
  if (isBelow) return;
  const reason = fits ? ghosts.reason : (shorten(ghosts.reason, end - beside, measure) ?? "");
  writeFree(context, scene, reason, beside, top + 14, small, color);
}

/** Right edge of the innermost context around a bar. */
function sleeveEnd(bar: DrawnBar): number {
  const around = bar.lane.sleeves.filter((box) => box.left <= bar.left && box.right >= bar.right);
  return Math.min(...around.map((box) => box.right));
}

/** False where other text stands. */
function drawRow(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { names, widths, total }: Ghosts,
  x: number,
  y: number,
): boolean {
  if (!scene.claims.take(x, x + total, y + 14, scene.palette.labelSize)) return false;
  const small = fontOf(scene.palette, "small");
  let left = x;
  names.forEach((name, i) => {
    drawGhost(context, scene, left, y, widths[i] as number, 19);
    write(context, name, left + GHOST_PADDING, y + 14, small, scene.palette.color["text-2"]);
    left += (widths[i] as number) + GHOST_GAP;
  });
  return true;
}

export function drawGhost(
  context: CanvasRenderingContext2D,
  scene: Scene,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.strokeStyle = scene.palette.color["line-strong"];
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.roundRect(Math.round(x) + 0.5, Math.round(y) + 0.5, width, height, 3);
  context.stroke();
  context.setLineDash([]);
}

function drawThread(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  endX: number,
  y: number,
): void {
  context.strokeStyle = scene.palette.color["line-strong"];
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(bar.right, yOf(scene, bar.y + bar.height) + 2);
  context.lineTo(bar.right, y - 3);
  context.quadraticCurveTo(bar.right, y, bar.right + 3, y);
  context.lineTo(endX, y);
  context.stroke();
  context.setLineDash([]);
}

function covers(outer: DrawnBar, inner: DrawnBar): boolean {
  return outer.left <= inner.left && outer.right >= inner.right;
}

function returnedText(scene: Scene, bar: DrawnBar): string {
  const name = scene.log.event(bar.event)?.name ?? "";
  const returned = scene.texts.endOf(bar.event)?.attributes.returned;
  return typeof returned === "string" && returned !== "" ? `${name} → ${returned}` : name;
}
