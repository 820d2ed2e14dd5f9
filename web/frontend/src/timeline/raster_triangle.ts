/**
 * The triangles of signals as pixels. There are hundreds in a frame, and each as an image of its own
 * costs the canvas more than all their pixels cost here.
 */
import type { Pixels } from "./raster";

/** CSS pixels. */
export const WIDTH = 9;
export const HEIGHT = 8;
export const STROKE = 1.3;
/** Space around a triangle in its stamp, CSS pixels. */
const MARGIN = 1;
/** A pixel's ink is that of so many points across and down in it. */
const POINTS = 4;

/** A small picture as RGBA words, `width` a line; what is 0 is left as it is. */
export interface Stamp {
  words: Uint32Array;
  width: number;
  height: number;
}

/** A triangle with its point down, filled and with an outline. */
export function triangleStamp(ratio: number, stroke: number, fill: number): Stamp {
  const margin = marginOf(ratio);
  const width = Math.ceil(WIDTH * ratio) + 2 * margin;
  const height = Math.ceil(HEIGHT * ratio) + 2 * margin;
  const words = new Uint32Array(width * height);
  const inkAt = (x: number, y: number) => {
    const distance = distanceTo(Math.abs(x / ratio - WIDTH / 2), y / ratio);
    return Math.abs(distance) <= STROKE / 2 ? stroke : distance < 0 ? fill : 0;
  };
  for (let i = 0; i < words.length; i++) {
    const x = (i % width) - margin;
    const y = Math.floor(i / width) - margin;
    words[i] = mixed((dx, dy) => inkAt(x + dx, y + dy));
  }
  return { words, width, height };
}

/** Puts a triangle onto the device pixels that are nearest, its middle at `x`, its top at `y`. */
export function paintStamp(
  pixels: Pixels,
  stamp: Stamp,
  x: number,
  y: number,
  ratio: number,
): void {
  const left = Math.round((x - WIDTH / 2) * ratio) - marginOf(ratio);
  const top = Math.round(y * ratio) - marginOf(ratio);
  const from = Math.max(0, -left);
  const to = Math.min(stamp.width, pixels.width - left);
  const bottom = Math.min(stamp.height, pixels.height - top);
  for (let line = Math.max(0, -top); line < bottom; line++) {
    const source = line * stamp.width;
    const target = (top + line) * pixels.width + left;
    for (let i = from; i < to; i++) {
      const ink = stamp.words[source + i] as number;
      if (ink !== 0) pixels.words[target + i] = ink;
    }
  }
}

function marginOf(ratio: number): number {
  return Math.ceil(MARGIN * ratio);
}

/** From the outline to a point on its right half, by the middle and the top; negative inside. */
function distanceTo(x: number, y: number): number {
  const half = WIDTH / 2;
  const length = Math.hypot(half, HEIGHT);
  const along = Math.min(1, Math.max(0, (x * half + (HEIGHT - y) * HEIGHT) / length ** 2));
  const toSide = Math.hypot(x - along * half, HEIGHT - y - along * HEIGHT);
  const toTop = Math.hypot(Math.max(0, x - half), y);
  const isInside = y > 0 && x * HEIGHT < half * (HEIGHT - y);
  return Math.min(toSide, toTop) * (isInside ? -1 : 1);
}

/** The mean of the inks of a pixel's points, each weighted by its opacity. */
function mixed(inkAt: (dx: number, dy: number) => number): number {
  const sums = [0, 0, 0, 0];
  for (let point = 0; point < POINTS * POINTS; point++) {
    const ink = inkAt(
      ((point % POINTS) + 0.5) / POINTS,
      (Math.floor(point / POINTS) + 0.5) / POINTS,
    );
    const alpha = ink >>> 24;
    sums[3] = (sums[3] as number) + alpha;
    for (let byte = 0; byte < 3; byte++) {
      sums[byte] = (sums[byte] as number) + ((ink >>> (8 * byte)) & 0xff) * alpha;
    }
  }
  const [r, g, b, alpha] = sums as [number, number, number, number];
  if (alpha === 0) return 0;
  const channel = (sum: number, shift: number) => Math.round(sum / alpha) << shift;
  const opacity = Math.round(alpha / POINTS ** 2) << 24;
  return (channel(r, 0) | channel(g, 8) | channel(b, 16) | opacity) >>> 0;
}
