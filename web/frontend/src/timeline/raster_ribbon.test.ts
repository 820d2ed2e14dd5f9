/** Ribbons against their dumb twin: every pixel asked for the last rectangle that covers it. */
import { paintRibbon, type RibbonPixels } from "./raster_ribbon";

const WIDTH = 120;
const HEIGHT = 60;
const AREA = 0x24;

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomRibbon(seed: number): RibbonPixels {
  const random = randomNumbers(seed);
  const length = 1 + Math.floor(random() * 40);
  const base = 20 + Math.floor(random() * 60);
  const edges = Int32Array.from(
    { length: length + 1 },
    () => Math.floor(random() * 160) - 20,
  ).sort();
  return {
    x: edges.subarray(0, length),
    y: Int32Array.from({ length }, () => base - Math.floor(random() * 6) * 5),
    line: Uint32Array.from({ length }, (_, i) => 0xff000000 + i),
    length,
    right: edges[length] as number,
    base,
    thickness: 1 + (seed % 3),
    area: AREA,
  };
}

/** Ink of a pixel. */
function naive({ x, y, line, length, right, base, thickness }: RibbonPixels) {
  return (px: number, py: number): number => {
    let ink = 0;
    const paint = (x0: number, y0: number, x1: number, y1: number, with_: number) => {
      if (px >= x0 && px < x1 && py >= y0 && py < y1) ink = with_;
    };
    let before = base;
    for (let i = 0; i < length; i++) {
      const [left, top, own] = [x[i] as number, y[i] as number, line[i] as number];
      const end = x[i + 1] ?? right;
      paint(left, top, end, base, AREA * 2 ** 24 + (own & 0xffffff));
      paint(left, top, Math.max(end, left + thickness), top + thickness, own);
      const [upper, lower] = [Math.min(before, top), Math.max(before, top)];
      paint(left, upper, left + thickness, lower + thickness, own);
      before = top;
    }
    return ink;
  };
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  "every pixel is that of the naive drawing, inside the pane and nowhere else (%i)",
  (seed) => {
    const ribbon = randomRibbon(seed);
    const words = new Uint32Array(WIDTH * HEIGHT);
    paintRibbon({ words, width: WIDTH, height: HEIGHT }, ribbon);
    const inkAt = naive(ribbon);
    const expected = Array.from(words, (_, i) => inkAt(i % WIDTH, Math.floor(i / WIDTH)));
    expect([...words]).toEqual(expected);
  },
);
