/** The ruler leaves out what has no room. */
import { expect, test } from "vitest";
import { drawRuler } from "./ruler";
import type { Scene } from "./scene";

const WIDE = 150;

test("texts that are wider than their ticks are apart leave every other one out", () => {
  const written: number[] = [];
  const context = {
    fillRect: () => {},
    fillText: (_: string, x: number) => written.push(x),
  } as unknown as CanvasRenderingContext2D;
  const scene = {
    axis: { start: 0, end: 1000 },
    view: { start: 0, end: 1000 },
    width: 1000,
    zero: 0,
    warp: null,
    cursor: null,
    palette: { color: {}, fonts: {} },
    texts: { measure: () => WIDE },
  } as unknown as Scene;
  drawRuler(context, scene);
  expect(written.length).toBeGreaterThan(3);
  const gaps = written.slice(1).map((x, i) => x - (written[i] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(WIDE);
});
