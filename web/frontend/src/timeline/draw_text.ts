/** Text on the canvas. */
import type { Palette } from "./palette";
import type { Scene } from "./scene";

export function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  baseline: number,
  font: string,
  color: string,
): void {
  if (text === "") return;
  context.font = font;
  context.fillStyle = color;
  context.fillText(text, x, baseline);
}

/** Text on lines, set off by the surface around it. */
export function writeHalo(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  baseline: number,
  font: string,
  color: string,
  palette: Palette,
): void {
  context.font = font;
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = palette.color.surface;
  context.strokeText(text, x, baseline);
  context.lineJoin = "miter";
  write(context, text, x, baseline, font, color);
}

/** Writes where no other text of this frame stands; answers whether it did. */
export function writeFree(
  context: CanvasRenderingContext2D,
  scene: Pick<Scene, "claims" | "texts" | "palette">,
  text: string,
  x: number,
  baseline: number,
  font: string,
  color: string,
  halo = false,
): boolean {
  const { claims, texts, palette } = scene;
  if (text === "") return false;
  if (!claims.take(x, x + texts.measure(text, font), baseline, palette.labelSize)) return false;
  if (halo) writeHalo(context, text, x, baseline, font, color, palette);
  else write(context, text, x, baseline, font, color);
  return true;
}
