/** An exception: a line from where it was raised, climbing to the handler that caught it. */
import { ERROR } from "../model/span_row";
import { arrow } from "./draw_arrow";
import { writeFree } from "./draw_text";
import { type LaneLayout, lowerBound } from "./layout";
import type { Palette } from "./palette";
import { barOf, type DrawnBar, fontOf, type Scene, type Texts, xOf, yOf } from "./scene";

const MOST = 100;

/** Where an exception's sign is, for hit tests. */
export interface ExceptionMark {
  event: number;
  x: number;
  y: number;
  width: number;
}

export function drawExceptions(context: CanvasRenderingContext2D, scene: Scene): void {
  for (const mark of exceptionMarks(scene)) drawException(context, scene, mark);
}

interface Drawn extends ExceptionMark {
  raised: DrawnBar | undefined;
  handler: DrawnBar | undefined;
  name: string;
}

export function exceptionMarks(scene: Scene): Drawn[] {
  const marks: Drawn[] = [];
  const failed = scene.bars.filter((bar) => (bar.style & ERROR) !== 0);
  // Without a bar to start from the request is too small to carry a line.
  if (failed.length === 0) return marks;
  for (const lane of scene.layout.lanes) {
    const { t, event } = lane.spans.exceptions;
    const from = lowerBound(t.data, t.length, scene.view.start);
    const to = lowerBound(t.data, t.length, scene.view.end);
    if (lane.collapsed || to - from > MOST) continue;
    for (let i = from; i < to; i++) {
      const mark = markOf(scene, lane, failed, event.data[i] as number);
      if (mark !== null) marks.push(mark);
    }
  }
  return marks;
}

function markOf(
  scene: Scene,
  lane: LaneLayout,
  failed: readonly DrawnBar[],
  event: number,
): Drawn | null {
  const view = scene.log.event(event);
  if (view === undefined) return null;
  const raised = raisedIn(scene, lane, failed, event, view.traceId);
  if (raised === undefined) return null;
  const handler = handlerOf(scene, event, view.traceId);
  const font = fontOf(scene.palette, "small");
  const y = yOf(scene, raised.y) + 14;
  return {
    event,
    raised,
    handler,
    name: view.name,
    x: raised.right + 12,
    y,
    width: scene.texts.measure(view.name, font),
  };
}

/** The innermost failed bar that began before the exception was seen: it may have ended just before. */
function raisedIn(
  scene: Scene,
  lane: LaneLayout,
  failed: readonly DrawnBar[],
  event: number,
  traceId: string | null,
): DrawnBar | undefined {
  return failed
    .filter((bar) => bar.lane === lane && bar.event < event)
    .filter((bar) => scene.log.event(bar.event)?.traceId === traceId)
    .sort((a, b) => a.event - b.event)
    .at(-1);
}

function handlerOf(scene: Scene, event: number, traceId: string | null): DrawnBar | undefined {
  if (traceId === null) return undefined;
  const next = scene.log
    .eventsOf(traceId)
    .find((index) => index > event && scene.log.event(index)?.kind === "error_handler");
  return next === undefined ? undefined : barOf(scene, next);
}

/** What a class's name and its line need between the failed bar and the next one, CSS pixels. */
export function raisedWidth(name: string, texts: Texts, palette: Palette): number {
  return texts.measure(`✕ ${name}`, fontOf(palette, "small")) + 22;
}

/** Where the next bar of the same row begins, or the pane ends. */
function roomBeside(scene: Scene, bar: DrawnBar): number {
  const row = bar.lane.rows[bar.depth]?.row;
  const next = bar.i + 1;
  if (row === undefined || next >= row.length) return scene.width;
  return Math.min(scene.width, xOf(scene, row.start[next] as number));
}

function drawException(context: CanvasRenderingContext2D, scene: Scene, mark: Drawn): void {
  const { raised, handler, name } = mark;
  if (raised === undefined) return;
  const { palette } = scene;
  const font = fontOf(palette, "small");
  const from = yOf(scene, raised.y) + 10;
  context.strokeStyle = context.fillStyle = palette.color.error;
  context.lineWidth = 1.5;
  const x = raised.right + 6;
  context.beginPath();
  context.moveTo(raised.right, from);
  if (handler === undefined) {
    context.lineTo(x, from);
    context.stroke();
    const room = roomBeside(scene, raised) - x - 4;
    const fits = (text: string) => scene.texts.measure(text, font) <= room;
    const text = [`✕ ${name}`, "✕"].find(fits) ?? "";
    writeFree(context, scene, text, x + 4, from + 4, font, palette.color.error, true);
    return;
  }
  const to = yOf(scene, handler.y) + 10;
  const tip = handler.left - 1;
  const turn = Math.min(x, Math.max(raised.right + 2, tip - 8));
  const radius = Math.min(3, Math.abs(to - from) / 2);
  const side = Math.sign(to - from);
  context.lineTo(turn - radius, from);
  context.quadraticCurveTo(turn, from, turn, from + side * radius);
  context.lineTo(turn, to - side * radius);
  context.quadraticCurveTo(turn, to, turn + radius, to);
  context.lineTo(Math.max(tip - 5, turn + radius), to);
  context.stroke();
  arrow(context, tip, to, "right");
  if (Math.abs(to - from) < 8 && tip - turn < mark.width + 12) return;
  writeFree(context, scene, name, turn + 5, from + 4, font, palette.color.error, true);
}
