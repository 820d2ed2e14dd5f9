/** What the selected request skipped, as dashed ghosts with the reason, by the step that is the cause. */
import { SHORT_CIRCUIT } from "../model/span_row";
import { write } from "./draw_text";
import { shorten } from "./labels";
import type { SleeveBox } from "./layout";
import { type DrawnBar, fontOf, type Scene, yOf } from "./scene";
import type { Skipped } from "./values";

const PADDING = 7.5;
const GAP = 6;
const HEIGHT = 19;
const ROW = 24;
/** From a ghost's upper edge to the baseline of its name. */
const BASELINE = 14;
/** Ghosts stand this far right of the request that they belong to. */
const ASIDE = 46;
/** Ghosts below a bar begin this far right of its end. */
const BESIDE = 14;
/** Between the pane's edges and a row of ghosts. */
const LEFT_EDGE = 12;
const RIGHT_EDGE = 24;
/** With less room than this on the right of the bar, a row that does not fit reaches back below it. */
const LEAST_ROOM = 260;
/** Between the ghosts and a reason beside them. */
const REASON_GAP = 4;
/** From the baseline of the ghosts to that of a reason below them. */
const REASON_BELOW = 20;

interface Written {
  text: string;
  x: number;
  baseline: number;
}

/** A row of ghosts where it stands in the host, CSS pixels. */
export interface GhostRow {
  boxes: readonly { name: string; x: number; width: number }[];
  y: number;
  /** Null where there is no room for it. */
  reason: Written | null;
  /** Right edge of the ghosts and of a reason beside them. */
  right: number;
  /** What is the cause, where the row stands apart from it. */
  title: Written | null;
  /** Where the dashed line from the bar ends. */
  threadTo: number;
}

export function drawGhosts(context: CanvasRenderingContext2D, scene: Scene): void {
  const rows: GhostRow[] = [];
  for (const bar of scene.bars) {
    const skipped = scene.skipped.get(bar.event) ?? [];
    for (const row of placeGhosts(scene, bar, skipped, rows)) drawRow(context, scene, bar, row);
  }
}

/**
 * A row for each reason: beside the request where nothing else runs, else below the bar. Takes their
 * place among the frame's texts and adds them to `taken`, the rows that stand already.
 */
export function placeGhosts(
  scene: Scene,
  bar: DrawnBar,
  skipped: readonly Skipped[],
  taken: GhostRow[] = [],
): GhostRow[] {
  const [only, another] = skipped;
  const aside = only && !another ? placeAside(scene, bar, only) : null;
  const placed = aside === null ? [] : [aside];
  taken.push(...placed);
  if (aside !== null) return placed;
  for (const group of skipped) {
    const row = placeBelow(scene, bar, group, taken);
    if (row === null) continue;
    placed.push(row);
    taken.push(row);
  }
  return placed;
}

/** Null when there is no room on the right of the request. */
function placeAside(scene: Scene, bar: DrawnBar, { names, reason }: Skipped): GhostRow | null {
  const { texts } = scene;
  const roots = scene.bars.filter((other) => other.lane === bar.lane && other.depth === 0);
  const root = roots.find((other) => covers(other, bar));
  if (root === undefined) return null;
  const title = titleOf(scene, bar);
  const x = root.right + ASIDE;
  const next = roots.find((other) => other.left > root.right);
  const room = Math.min(next?.left ?? scene.width, scene.width) - LEFT_EDGE - x;
  const said = [measured(scene, reason), texts.measure(title, strong(scene))];
  if (Math.max(totalOf(scene, names), ...said) > room) return null;
  const y = yOf(scene, bar.y + bar.height) + 3.5;
  if (!takeRow(scene, names, x, y)) return null;
  const [titled, reasoned] = [
    { text: title, x, baseline: yOf(scene, root.y) + BASELINE },
    { text: reason, x, baseline: y - 17 },
  ];
  return {
    boxes: boxesOf(scene, names, x),
    y,
    title: takeText(scene, titled, strong(scene)),
    reason: takeText(scene, reasoned, small(scene)),
    right: x + Math.max(totalOf(scene, names), ...said),
    threadTo: x - 4.5,
  };
}

/** In the first free row below; the layout keeps one for each reason. */
function placeBelow(
  scene: Scene,
  bar: DrawnBar,
  { names, reason }: Skipped,
  taken: readonly GhostRow[],
): GhostRow | null {
  const total = totalOf(scene, names);
  const room = roomFor(scene, bar);
  const { left, right: end } = room;
  const beside = bar.right + BESIDE;
  const isTight = end - beside < Math.min(total, LEAST_ROOM);
  const besideReason = end - total - measured(scene, reason) - REASON_GAP;
  const back = besideReason >= left ? besideReason : Math.max(left, end - total);
  const x = isTight ? Math.min(beside, back) : beside;
  const fitting = total <= end - x ? names : fitNames(scene, names, reason, end - x);
  if (fitting === null) return null;
  const right = x + totalOf(scene, fitting);
  const y = freeY(scene, bar, { left: x, right, reason: measured(scene, reason) }, taken);
  if (y === null || !takeRow(scene, fitting, x, y)) return null;
  const said = placeReason(scene, reason, { x, y, right }, room);
  return {
    boxes: boxesOf(scene, fitting, x),
    y,
    title: null,
    reason: said,
    right: said === null ? right : Math.max(right, said.x + measured(scene, said.text)),
    threadTo: x - 3,
  };
}

/** As many of the names as leave half of the room to the reason, and the number of the others. */
function fitNames(
  scene: Scene,
  names: readonly string[],
  reason: string,
  room: number,
): readonly string[] | null {
  const said = Math.min(measured(scene, reason) + GAP, room / 2);
  for (let count = names.length - 1; count > 0; count--) {
    const some = [...names.slice(0, count), `+${names.length - count}`];
    if (totalOf(scene, some) <= room - said) return some;
  }
  return null;
}

/**
 * Upper edge in the host of the first row below a bar in which nothing stands between two places;
 * null where that would be outside of the context around the bar. What another context holds, whose
 * frame lies in the way, is not crossed: the lifecycle map has what is left out here.
 */
function freeY(
  scene: Scene,
  bar: DrawnBar,
  { left, right, reason }: { left: number; right: number; reason: number },
  taken: readonly GhostRow[],
): number | null {
  const from = Math.min(left, bar.right) - 2;
  const end = Math.min(right + REASON_GAP + reason, roomFor(scene, bar).right);
  const [around, others] = contextsAt(bar);
  const isBlocked = (y: number) =>
    scene.bars.some(
      (other) =>
        other.lane === bar.lane &&
        other.y < y + 20 &&
        other.y + other.height > y &&
        other.right > from &&
        other.left < right,
    ) ||
    others.some(
      (box) => box.top < y + 20 && box.bottom > y && box.right > from && box.left < end,
    ) ||
    taken.some((row) => crosses(row, left, right, yOf(scene, y)));
  const lowest = Math.min(...around.map(({ bottom }) => bottom)) - HEIGHT;
  let y = bar.y + bar.height + 4;
  while (isBlocked(y)) y += ROW;
  return y > lowest ? null : yOf(scene, y) - 0.5;
}

/** The frames of contexts in the bar's lane: those around it, and the others. */
function contextsAt(bar: DrawnBar): [around: SleeveBox[], others: SleeveBox[]] {
  const isAround = (box: SleeveBox) =>
    box.left <= bar.left && box.right >= bar.right && box.top <= bar.y && box.bottom >= bar.y;
  const { sleeves } = bar.lane;
  return [sleeves.filter(isAround), sleeves.filter((box) => !isAround(box))];
}

/** Whether another row of ghosts, or its reason, stands there. */
function crosses(row: GhostRow, left: number, right: number, top: number): boolean {
  const from = Math.min(row.boxes[0]?.x ?? 0, row.reason?.x ?? Number.POSITIVE_INFINITY);
  const bottom = Math.max(row.y + HEIGHT, row.reason?.baseline ?? 0);
  return right >= from && left <= row.right && top < bottom + 4 && top + HEIGHT > row.y;
}

interface Room {
  left: number;
  right: number;
}

/** Beside the ghosts, or below them, where the context's name leaves room; else what there is room for. */
function placeReason(
  scene: Scene,
  reason: string,
  ghosts: { x: number; y: number; right: number },
  room: Room,
): Written | null {
  const font = small(scene);
  const width = measured(scene, reason);
  const baseline = ghosts.y + BASELINE;
  const beside = { text: reason, x: ghosts.right + REASON_GAP, baseline };
  if (width <= room.right - beside.x) return takeText(scene, beside, font);
  const x = Math.max(room.left, Math.min(ghosts.x, room.right - width));
  const below = { text: reason, x, baseline: baseline + REASON_BELOW };
  const isBelow = width <= room.right - room.left ? takeText(scene, below, font) : null;
  if (isBelow !== null) return isBelow;
  const text = shorten(reason, room.right - beside.x, (cut) => measured(scene, cut));
  return text === null ? null : takeText(scene, { ...beside, text }, font);
}

/** Inside of the innermost context around a bar; the whole pane where that is too narrow. */
function roomFor(scene: Scene, bar: DrawnBar): Room {
  const pane = { left: LEFT_EDGE, right: scene.width - RIGHT_EDGE };
  const around = bar.lane.sleeves.filter((box) => box.left <= bar.left && box.right >= bar.right);
  const left = Math.max(pane.left, ...around.map((box) => box.left + 8));
  const right = Math.min(pane.right, ...around.map((box) => box.right - 8));
  return right - left < LEAST_ROOM ? pane : { left, right };
}

/** False where other text stands. */
function takeRow(scene: Scene, names: readonly string[], x: number, y: number): boolean {
  const { labelSize } = scene.palette;
  return scene.claims.take(x, x + totalOf(scene, names), y + BASELINE, labelSize);
}

function takeText(scene: Scene, written: Written, font: string): Written | null {
  const { text, x, baseline } = written;
  const right = x + scene.texts.measure(text, font);
  return scene.claims.take(x, right, baseline, scene.palette.labelSize) ? written : null;
}

function boxesOf(scene: Scene, names: readonly string[], x: number): GhostRow["boxes"] {
  let left = x;
  return names.map((name) => {
    const box = { name, x: left, width: widthOf(scene, name) };
    left += box.width + GAP;
    return box;
  });
}

function totalOf(scene: Scene, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + widthOf(scene, name) + GAP, 0);
}

function widthOf(scene: Scene, name: string): number {
  return measured(scene, name) + 2 * PADDING;
}

function measured(scene: Scene, text: string): number {
  return scene.texts.measure(text, small(scene));
}

function small(scene: Scene): string {
  return fontOf(scene.palette, "small");
}

function strong({ palette }: Scene): string {
  return `600 ${palette.labelSize}px ${palette.fontUi}`;
}

function covers(outer: DrawnBar, inner: DrawnBar): boolean {
  return outer.left <= inner.left && outer.right >= inner.right;
}

/** `Returned: guard → str`, `guard ✕ ValueError`. */
function titleOf({ log, texts, label }: Scene, bar: DrawnBar): string {
  const name = log.event(bar.event)?.name ?? "";
  const { returned, left_by } = texts.endOf(bar.event)?.attributes ?? {};
  if ((bar.style & SHORT_CIRCUIT) === 0) return left_by ? `${name} ✕ ${left_by}` : name;
  return label("Returned: {name}", { name: returned ? `${name} → ${returned}` : name });
}

// --- drawing ---------------------------------------------------------------------------------------

function drawRow(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  { boxes, y, reason, title, threadTo }: GhostRow,
): void {
  const { color } = scene.palette;
  drawThread(context, scene, bar, threadTo, y);
  for (const { name, x, width } of boxes) {
    drawGhost(context, scene, x, y, width, HEIGHT);
    write(context, name, x + PADDING, y + BASELINE, small(scene), color["text-2"]);
  }
  if (title !== null) {
    write(context, title.text, title.x, title.baseline, strong(scene), color.text);
  }
  if (reason !== null) {
    write(context, reason.text, reason.x, reason.baseline, small(scene), color["text-3"]);
  }
}

export function drawGhost(
  context: CanvasRenderingContext2D,
  scene: Scene,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.strokeStyle = scene.palette.color["line-strong"];
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.roundRect(Math.round(x) + 0.5, Math.round(y) + 0.5, width, height, 3);
  context.stroke();
  context.setLineDash([]);
}

/** From the bar down to its ghosts, and to their left edge where they stand right of it. */
function drawThread(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  endX: number,
  top: number,
): void {
  const isBelow = endX < bar.right + 3;
  const y = isBelow ? top : top + HEIGHT / 2;
  context.strokeStyle = scene.palette.color["line-strong"];
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(bar.right, yOf(scene, bar.y + bar.height) + 2);
  context.lineTo(bar.right, isBelow ? y : y - 3);
  if (!isBelow) {
    context.quadraticCurveTo(bar.right, y, bar.right + 3, y);
    context.lineTo(endX, y);
  }
  context.stroke();
  context.setLineDash([]);
}
