/** The heads of lines that lead somewhere. */

export function arrow(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  direction: "right" | "down",
): void {
  context.beginPath();
  context.moveTo(x, y);
  if (direction === "right") {
    context.lineTo(x - 5, y - 3.5);
    context.lineTo(x - 5, y + 3.5);
  } else {
    context.lineTo(x - 3.5, y - 5);
    context.lineTo(x + 3.5, y - 5);
  }
  context.fill();
}
