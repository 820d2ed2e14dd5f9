/**
 * Depth ribbons as pixels. A step chart has only upright and level edges, which are a few stores in
 * the buffer of the bars; as a path it costs more than all bars together where contexts are many.
 */
import type { Pixels } from "./raster";

/** A ribbon in device pixels, from the left to the right. */
export interface RibbonPixels {
  /** Left edge of each step; the last ends at `right`. */
  x: Int32Array;
  /** Upper edge of each step. */
  y: Int32Array;
  /** The ink of each step's line. */
  line: Uint32Array;
  length: number;
  right: number;
  base: number;
  /** Height of a line. */
  thickness: number;
  /** Strength of the ink below a line, 0 to 255. */
  area: number;
}

/** Paints the area and the lines. Whatever stood there is overwritten. */
export function paintRibbon(pixels: Pixels, ribbon: RibbonPixels): void {
  const { x, y, line, length, right, base, thickness, area } = ribbon;
  let before = base;
  for (let i = 0; i < length; i++) {
    const left = x[i] as number;
    const end = i + 1 < length ? (x[i + 1] as number) : right;
    const top = y[i] as number;
    const ink = line[i] as number;
    block(pixels, left, top, end, base, ((ink & 0xffffff) | (area << 24)) >>> 0);
    block(pixels, left, top, Math.max(end, left + thickness), top + thickness, ink);
    // The upright line to the step before.
    block(
      pixels,
      left,
      Math.min(before, top),
      left + thickness,
      Math.max(before, top) + thickness,
      ink,
    );
    before = top;
  }
}

function block(
  { words, width, height }: Pixels,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  ink: number,
): void {
  const left = Math.max(0, x0);
  const right = Math.min(width, x1);
  if (right <= left) return;
  const bottom = Math.min(height, y1) * width;
  for (let line = Math.max(0, y0) * width; line < bottom; line += width) {
    // A call costs more than a few stores.
    if (right - left < 8) for (let x = line + left; x < line + right; x++) words[x] = ink;
    else words.fill(ink, line + left, line + right);
  }
}
