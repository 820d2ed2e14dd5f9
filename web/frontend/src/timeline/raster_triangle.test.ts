/** Triangles of signals as pixels: their shape at every ratio, and nothing outside of the pane. */
import { HEIGHT, paintStamp, STROKE, triangleStamp, WIDTH } from "./raster_triangle";

const STROKE_INK = 0xff0000ff;
const FILL_INK = 0xff00ff00;
const WIDE = 60;
const HIGH = 40;

function painted(x: number, y: number, ratio: number): (x: number, y: number) => number {
  const words = new Uint32Array(WIDE * HIGH);
  const stamp = triangleStamp(ratio, STROKE_INK, FILL_INK);
  paintStamp({ words, width: WIDE, height: HIGH }, stamp, x, y, ratio);
  return (px, py) => (px < 0 || px >= WIDE ? 0 : (words[py * WIDE + px] ?? 0));
}

function opacity(inkAt: (x: number, y: number) => number): number {
  let sum = 0;
  for (let i = 0; i < WIDE * HIGH; i++) sum += inkAt(i % WIDE, Math.floor(i / WIDE)) >>> 24;
  return sum / 255;
}

test.each([1, 1.25, 1.5, 2, 3])("a triangle is as large as it should be (ratio %f)", (ratio) => {
  // The outline reaches half its width beyond the sides and the three corners.
  const sides = WIDTH + 2 * Math.hypot(WIDTH / 2, HEIGHT);
  const area = (WIDTH * HEIGHT) / 2 + (sides * STROKE) / 2 + (Math.PI * STROKE ** 2) / 4;
  expect(opacity(painted(10, 3, ratio)) / ratio ** 2 / area).toBeCloseTo(1, 1);
});

test("its top is level, its point is down in the middle, and inside it is filled", () => {
  const inkAt = painted(10.5, 4, 2);
  const strip = (y: number) => Array.from({ length: WIDE }, (_, x) => inkAt(x, y) >>> 24);
  expect(strip(8)).toEqual(strip(7));
  for (let y = 0; y < HIGH; y++) {
    const across = strip(y);
    expect(across.slice(0, 42)).toEqual(across.slice(0, 42).reverse());
  }
  expect([inkAt(21, 8), inkAt(21, 14), inkAt(21, 24) >>> 24 > 127]).toEqual([
    STROKE_INK,
    FILL_INK,
    true,
  ]);
});

test.each([
  [0, 3],
  [WIDE, 3],
  [30, -4],
  [30, HIGH - 4],
  [-40, 3],
])("what reaches beyond the pane is cut there (%i, %i)", (x, y) => {
  const inkAt = painted(x, y, 1);
  const inside = painted(30, 10, 1);
  for (let py = 0; py < HIGH; py++) {
    for (let px = 0; px < WIDE; px++) expect(inkAt(px, py)).toBe(inside(px + 30 - x, py + 10 - y));
  }
});
