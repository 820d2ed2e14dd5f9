/** The flag of a function that answered instead of the view. */
import type { Scene } from "./scene";

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
