/** The names of what has no duration, beside its stroke where nothing else stands. */
import { INSTANT } from "../model/span_row";
import { writeFree } from "./draw_text";
import type { LaneLayout, RowLayout } from "./layout";
import { fontOf, type Scene, textEnd, xOf, yOf } from "./scene";

const BESIDE = 6;
const CLEAR = 6;
/** Spans of a row that are looked at: where there are more, none has room. */
const MOST = 200;
/** No name is narrower, CSS pixels. */
const LEAST_ROOM = 12;

export function drawInstants(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
): void {
  const { palette, texts, view } = scene;
  const font = fontOf(palette, "small");
  for (const placed of lane.rows) {
    const { row } = placed;
    const from = row.firstEndingFrom(view.start);
    for (let i = from; i < Math.min(row.length, from + MOST); i++) {
      const start = row.start[i] as number;
      if (start > view.end) break;
      if (((row.style[i] as number) & INSTANT) === 0) continue;
      const x = xOf(scene, start);
      const next = i + 1 < row.length ? xOf(scene, row.start[i + 1] as number) : textEnd(scene);
      const toNext = Math.min(next, textEnd(scene)) - CLEAR - x - BESIDE;
      if (toNext < LEAST_ROOM) continue;
      const room = Math.min(toNext, frameEnd(lane, placed, x) - CLEAR - x - BESIDE);
      const text = texts
        .labelsOf(row.event[i] as number, false)
        .find((candidate) => texts.measure(candidate, font) <= room);
      if (text === undefined) continue;
      const y = yOf(scene, placed.y) + 14;
      writeFree(context, scene, text, x + BESIDE, y, font, palette.color["text-2"]);
    }
  }
}

/** The next edge of a frame on the right of this place. */
function frameEnd(lane: LaneLayout, { y }: RowLayout, x: number): number {
  let end = Number.POSITIVE_INFINITY;
  for (const { left, right, top, bottom } of lane.sleeves) {
    if (top > y || bottom < y || right < x) continue;
    end = Math.min(end, left > x ? left : right);
  }
  return end;
}
