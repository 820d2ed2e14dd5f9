/**
 * Repeated siblings as one bar: `query ×37` where no single one has room for its name. Nearer by each
 * stands by itself again; and after it was opened, above a line that closes it.
 */
import { INSTANT, OPEN, phaseIndexOf, type SpanRow } from "../model/span_row";
import { writeFree } from "./draw_text";
import { paddingOf, RIGHT_PADDING } from "./labels";
import type { LaneLayout, RowLayout } from "./layout";
import { fontOf, isVisible, type Scene, xOf, yOf } from "./scene";
import type { EventRef } from "./values";

/** So many make a fold. */
const LEAST = 3;
/** Spans of a row that are looked at: where more are in view, none has a name anyway. */
const MOST = 300;
/** The line below an opened fold, and what the pointer finds of it. */
const LINE = 2;
const LINE_REACH = 4;

export interface Fold {
  row: RowLayout;
  /** Positions in the row; `to` is the one behind the last. */
  from: number;
  to: number;
  /** CSS pixels. */
  left: number;
  right: number;
  label: string;
  /** Its spans stand by themselves, though they have no room for their names. */
  isOpen: boolean;
}

const known = new WeakMap<LaneLayout, Fold[]>();

/** The folds of a lane in view; kept with a frame's layout. */
export function foldsOf(scene: Scene, lane: LaneLayout): readonly Fold[] {
  let folds = known.get(lane);
  if (folds === undefined) {
    folds = lane.rows.flatMap((row) => foldsIn(scene, row));
    known.set(lane, folds);
  }
  return folds;
}

/** The fold at a point of the canvas: on its bar, or on the line below it once it is opened. */
export function foldAt(scene: Scene, x: number, y: number): Fold | null {
  for (const lane of scene.layout.lanes) {
    for (const fold of foldsOf(scene, lane)) {
      const top = yOf(scene, fold.row.y);
      const bottom = top + fold.row.height;
      const [from, to] = fold.isOpen ? [bottom + 1, bottom + 1 + LINE_REACH] : [top, bottom];
      if (x >= fold.left && x <= fold.right && y >= from && y <= to) return fold;
    }
  }
  return null;
}

/** The fold that a span lies in, as far as it is in view. */
export function foldAround(scene: Scene, event: EventRef): Fold | null {
  const place = scene.spans.place(event);
  const lane = scene.layout.lanes.find((item) => item.lane === place?.lane);
  if (place === null || lane === undefined) return null;
  const isAround = ({ row, from, to }: Fold) =>
    row.row === place.row && place.i >= from && place.i < to;
  return foldsOf(scene, lane).find(isAround) ?? null;
}

/** The spans of a fold, those outside of the view as well. */
export function membersOf(scene: Scene, { row: { row }, from }: Fold): EventRef[] {
  let first = from;
  const least = Math.max(0, from - MOST);
  while (first > least && endOfRun(scene, row, first - 1, from + 1) > from) first--;
  const end = endOfRun(scene, row, first, Math.min(row.length, from + MOST));
  return [...row.event.subarray(first, end)];
}

/** From the start of the first to the end of the last of a fold in view. */
export function timesOf({ row: { row }, from, to }: Fold): { start: number; end: number } {
  return { start: row.start[from] as number, end: row.end[to - 1] as number };
}

export function drawRepeats(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
): void {
  if (!isVisible(scene, lane)) return;
  const { palette } = scene;
  const font = fontOf(palette, "label");
  for (const fold of foldsOf(scene, lane)) {
    const { row, from, left, right, label } = fold;
    if (fold.isOpen) {
      drawLine(context, scene, fold);
      continue;
    }
    const phase = phaseIndexOf(row.row.style[from] as number);
    const y = yOf(scene, row.y);
    context.fillStyle = palette.fill[phase] as string;
    context.strokeStyle = palette.border[phase] as string;
    context.lineWidth = 1;
    // Two edges behind one another: a pile, not one long step.
    for (const shift of [2, 0]) {
      context.beginPath();
      context.roundRect(left + shift + 0.5, y - shift + 0.5, right - left - 3, row.height - 1, 3);
      context.fill();
      context.stroke();
    }
    const x = Math.max(left, 0) + paddingOf(true);
    writeFree(context, scene, label, x, y + 14, font, palette.color.text);
  }
}

function drawLine(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { row, left, right }: Fold,
): void {
  context.fillStyle = scene.palette.color.accent;
  context.fillRect(left, yOf(scene, row.y) + row.height + 1, right - left, LINE);
}

function foldsIn(scene: Scene, placed: RowLayout): Fold[] {
  const { row } = placed;
  const from = row.firstEndingFrom(scene.view.start);
  const to = Math.min(row.length, from + MOST + 1);
  if (placed.thin || from + LEAST > to) return [];
  if (to - from > MOST && (row.start[to - 1] as number) < scene.view.end) return [];
  const folds: Fold[] = [];
  for (let i = from; i < to && (row.start[i] as number) < scene.view.end; ) {
    const end = endOfRun(scene, row, i, to);
    const fold = end - i < LEAST ? null : foldOf(scene, placed, i, end);
    if (fold !== null) folds.push(fold);
    i = Math.max(end, i + 1);
  }
  return folds;
}

/** Behind the last of the like spans that begin with `from`: of one kind, name, parent and outcome. */
function endOfRun(scene: Scene, row: SpanRow, from: number, to: number): number {
  const style = row.style[from] as number;
  if ((style & (INSTANT | OPEN)) !== 0) return from;
  const first = scene.log.event(row.event[from] as number);
  const name = nameOf(scene, row, from);
  let end = from + 1;
  while (end < to && row.style[end] === style && nameOf(scene, row, end) === name) {
    if (scene.log.event(row.event[end] as number)?.parentId !== first?.parentId) break;
    end++;
  }
  return end;
}

/** The whole label: what a bar would say first. */
function nameOf(scene: Scene, row: SpanRow, i: number): string {
  return scene.texts.labelsOf(row.event[i] as number, false)[0] ?? "";
}

/** Null where one of them has room for its own name, or all together have none for theirs. */
function foldOf(scene: Scene, row: RowLayout, from: number, to: number): Fold | null {
  const { texts, palette } = scene;
  const spans = row.row;
  const font = fontOf(palette, "label");
  const labels = texts.labelsOf(spans.event[from] as number, false);
  const around = paddingOf(false) + RIGHT_PADDING;
  const needed = texts.measure(labels.at(-1) ?? "", font) + around;
  for (let i = from; i < to; i++) {
    const width = xOf(scene, spans.end[i] as number) - xOf(scene, spans.start[i] as number);
    if (width >= needed) return null;
  }
  const left = xOf(scene, spans.start[from] as number);
  const right = xOf(scene, spans.end[to - 1] as number);
  const room = Math.min(right, scene.width) - Math.max(left, 0) - around;
  const label = labels
    .map((text) => `${text} ×${to - from}`)
    .find((text) => texts.measure(text, font) <= room);
  const isOpen = scene.unfolded.has(spans.event[from] as number);
  return label === undefined ? null : { row, from, to, left, right, label, isOpen };
}
