/**
 * Where lanes, rows, sleeves and ribbons stand, in CSS pixels below the ruler. Pure: the same model,
 * view and width always give the same picture.
 */

import type { ContextStore } from "../model/contexts";
import type { Sleeve } from "../model/contract";
import { SHORT_CIRCUIT, SpanRow, THIN } from "../model/span_row";
import { emptyLane, type LaneSpans, type SpanStore } from "../model/spans";
import { foldIdle, heightOf, type IdleLanes } from "./idle";
import { HEADER, type SkippedSteps, type View } from "./values";

export const BAR = 20;
const THIN_BAR = 14;
const ROW_GAP = 4;
const THIN_GAP = 7;
const LANE_TOP = 9;
/** Holds the ribbon's caption where it starts too far left to have it beside itself. */
const RIBBON_GAP = 13;
const LANE_BOTTOM = 12;
const RAIL = 14;
const HEM = 18;
/** Sleeves reach no further than this beyond the pane. */
const OUTSIDE = 100;
/** A narrower context is told by the ribbon alone. */
const LEAST_SLEEVE = 10;
/** A hem narrower than this holds no name and is no reason for space. */
const LEAST_HEM = 60;
/** Spans that are looked at to tell what a row is like. */
const PEEK = 32;
/** For a context without a single step in it. */
const EMPTY_ROW = new SpanRow();

/** Steps that differ between a lane drawn at ease and one among many. */
interface Metrics {
  nest: number;
  top: number;
  quietRail: number;
  hemPerSleeve: boolean;
  ribbon: number;
}
const ROOMY: Metrics = { nest: 6, top: 6, quietRail: 8, hemPerSleeve: true, ribbon: 18 };
const COMPACT: Metrics = { nest: 4, top: 3, quietRail: 5, hemPerSleeve: false, ribbon: 16 };

export interface RowLayout {
  y: number;
  height: number;
  thin: boolean;
  row: SpanRow;
}

export interface SleeveBox {
  sleeve: Sleeve;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Names in its hem, outermost first; empty when an inner one names it too. */
  names: Sleeve[];
  /** It began before anything was recorded or before the view. */
  openLeft: boolean;
  /** Its pop is missing or came out of order. */
  torn: boolean;
  /** Still on the stack and growing. */
  growing: boolean;
}

export interface LaneLayout {
  lane: number;
  /** Upper edge of the header strip. */
  y: number;
  height: number;
  collapsed: boolean;
  rows: RowLayout[];
  sleeves: SleeveBox[];
  /** Upper edge of the triangles, null without signals. */
  rail: number | null;
  /** Upper edge and height of the depth ribbon, null without contexts. */
  ribbon: { y: number; height: number } | null;
  spans: LaneSpans;
}

export interface Layout {
  lanes: LaneLayout[];
  /** The lanes without anything in the view. */
  folded: IdleLanes | null;
  height: number;
}

export interface LayoutInput {
  spans: SpanStore;
  contexts: ContextStore;
  /** Lanes in their order. */
  order: readonly number[];
  /** Whether the reader folded a lane. */
  isCollapsed: (lane: number) => boolean;
  view: View;
  /** Where a time stands, CSS pixels from the left edge. */
  xOf: (t: number) => number;
  /** CSS pixels. */
  width: number;
  height: number;
  now: number;
  /** The lane that keeps its full size. */
  focus: number | null;
  /** Whether the reader wants a line for each idle lane; null: where there is room. */
  idleOpen: boolean | null;
  /** Whether a lane's process is gone: what is open there does not go on. */
  isGone: (lane: number) => boolean;
  /** Lanes in which something happens of which no event is here. */
  busy: ReadonlySet<number>;
  /** What did not run: dashed rows below the bar that is the cause. */
  skipped: SkippedSteps;
  /** What a context's hem says is so wide, CSS pixels. */
  hemWidth: (sleeve: Sleeve) => number;
}

export function layOut(input: LayoutInput): Layout {
  const shown = input.order.filter((lane) => input.busy.has(lane) || hasSomething(input, lane));
  const roomy = stack(input, shown, () => ROOMY);
  const needed = roomy.folded ? roomy.folded.y + HEADER : roomy.height;
  if (needed <= input.height) return roomy;
  return stack(input, shown, (lane) => (lane === input.focus ? ROOMY : COMPACT));
}

function stack(
  input: LayoutInput,
  shown: readonly number[],
  metrics: (lane: number) => Metrics,
): Layout {
  let y = 0;
  const lanes = shown.map((lane) => {
    const layout = layOutLane(input, input.spans.lanes[lane] ?? emptyLane(lane), y, metrics(lane));
    y += layout.height;
    return layout;
  });
  const open = new Set(shown);
  const idle = input.order.filter((lane) => input.spans.lanes[lane] && !open.has(lane));
  const folded = foldIdle(idle, y, input.height, input.idleOpen);
  return { lanes, folded, height: y + (folded ? heightOf(folded) : 0) };
}

function hasSomething({ spans, contexts, view, isGone }: LayoutInput, lane: number): boolean {
  const { rows, signals } = spans.lanes[lane] ?? {};
  if (rows === undefined || signals === undefined) return false;
  const { t, depth } = contexts.ribbonOf(lane);
  const last = Math.max(t[t.length - 1] ?? Number.NEGATIVE_INFINITY, ...rows.map(lastIn));
  if (isGone(lane) && last < view.start) return false;
  if (rows.some((row) => touches(row, view.start, view.end))) return true;
  // A thread may push contexts without a single step; one that leaks them is not busy for ever.
  const change = lowerBound(t, t.length, view.start);
  const isHeld = change > 0 && (depth[change - 1] as number) > 0;
  if (change < t.length && (isHeld || (t[change] as number) <= view.end)) return true;
  const signal = lowerBound(signals.t.data, signals.t.length, view.start);
  return signal < signals.t.length && (signals.t.data[signal] as number) <= view.end;
}

/** When the last span of a row ended, or began if its end never came. */
function lastIn({ start, end, length }: SpanRow): number {
  const at = end[length - 1] ?? Number.NEGATIVE_INFINITY;
  return at === Number.POSITIVE_INFINITY ? (start[length - 1] as number) : at;
}

function touches(row: SpanRow, start: number, end: number): boolean {
  const i = row.firstEndingFrom(start);
  return i < row.length && (row.start[i] as number) <= end;
}

function layOutLane(input: LayoutInput, spans: LaneSpans, y: number, metrics: Metrics): LaneLayout {
  const collapsed = input.isCollapsed(spans.lane);
  const lane: LaneLayout = {
    lane: spans.lane,
    y,
    height: HEADER,
    collapsed,
    rows: [],
    sleeves: [],
    rail: null,
    ribbon: null,
    spans,
  };
  if (collapsed) return lane;
  const nests = nestSleeves(drawnSleeves(input, spans));
  const signalDepth = railDepthOf(spans, nests, input.view);
  placeRows(lane, input, nests, signalDepth, metrics);
  placeSleeves(lane, input, nests, metrics);
  const last = lane.rows.at(-1);
  const rowsEnd = last ? last.y + last.height : y + HEADER + LANE_TOP;
  let bottom = Math.max(rowsEnd, ...lane.sleeves.map((box) => box.bottom));
  if (input.contexts.ribbonOf(spans.lane).t.length > 0) {
    lane.ribbon = { y: bottom + RIBBON_GAP, height: metrics.ribbon };
    bottom = lane.ribbon.y + metrics.ribbon;
  }
  lane.height = bottom + LANE_BOTTOM - y;
  return lane;
}

// --- sleeves -------------------------------------------------------------------------------------

interface Nest {
  sleeve: Sleeve;
  end: number;
  parent: Nest | null;
  children: Nest[];
  /** First row that lies inside. */
  depth: number;
  /** Sleeves around this one that begin above the same row. */
  level: number;
  left: number;
  right: number;
}

function drawnSleeves(input: LayoutInput, spans: LaneSpans): Nest[] {
  const { view, width, contexts, now, xOf } = input;
  const nests: Nest[] = [];
  for (const sleeve of contexts.sleevesIn(spans.lane, view.start, view.end, width)) {
    const end = endOf(sleeve, spans, now);
    const left = Math.max(xOf(sleeve.start), -OUTSIDE);
    const right = Math.min(xOf(end), width + OUTSIDE);
    if (right - left < LEAST_SLEEVE) continue;
    nests.push({
      sleeve,
      end,
      parent: null,
      children: [],
      depth: depthAt(spans, sleeve.start, view.start),
      level: 0,
      left,
      right,
    });
  }
  return nests;
}

/** A context that is never popped is drawn to the end of the request that left it behind. */
function endOf(sleeve: Sleeve, spans: LaneSpans, now: number): number {
  if (sleeve.end !== Number.POSITIVE_INFINITY) return sleeve.end;
  const root = spans.rows[0];
  const i = root?.at(sleeve.start) ?? -1;
  return i < 0 ? now : Math.min(now, root?.end[i] as number);
}

/** The row below every span that was open at `t`. */
function depthAt(spans: LaneSpans, t: number, viewStart: number): number {
  const at = t === Number.NEGATIVE_INFINITY ? viewStart : t;
  for (let depth = spans.rows.length - 1; depth >= 0; depth--) {
    const row = spans.rows[depth] as SpanRow;
    const i = row.at(at);
    if (i >= 0 && (row.start[i] as number) <= at && (row.end[i] as number) > at) return depth + 1;
  }
  return 0;
}

/** Turns the list (in order of pushes) into trees by time; answers all of them, parents first. */
function nestSleeves(nests: Nest[]): Nest[] {
  const around: Nest[] = [];
  for (const nest of nests) {
    while (around.length > 0 && (around.at(-1) as Nest).end <= nest.sleeve.start) around.pop();
    const parent = around.at(-1);
    parent?.children.push(nest);
    nest.parent = parent ?? null;
    nest.level = parent && parent.depth === nest.depth ? parent.level + 1 : 0;
    around.push(nest);
  }
  return nests;
}

function placeSleeves(
  lane: LaneLayout,
  input: LayoutInput,
  nests: readonly Nest[],
  metrics: Metrics,
): void {
  const deepest = new Map<number, number>();
  for (const { depth, level } of nests)
    deepest.set(depth, Math.max(level, deepest.get(depth) ?? 0));
  const bottoms = new Map<Nest, number>();
  // Children stand after their parents, so that going backwards finds their lower edges known.
  for (const nest of [...nests].reverse())
    bottoms.set(nest, bottomOf(lane, nest, bottoms, input, metrics));
  const railRow = lane.rail;
  for (const nest of nests) {
    const row = lane.rows[nest.depth] as RowLayout;
    const head =
      railRow !== null && railRow < row.y && row.y - railRow <= RAIL
        ? RAIL
        : headOf(nest.depth, nests, metrics);
    const top = row.y - head - metrics.nest * ((deepest.get(nest.depth) as number) - nest.level);
    lane.sleeves.push(boxOf(nest, top, bottoms.get(nest) as number, input, metrics));
  }
}

function boxOf(
  nest: Nest,
  top: number,
  bottom: number,
  input: LayoutInput,
  metrics: Metrics,
): SleeveBox {
  const { sleeve, end, left, right } = nest;
  return {
    sleeve,
    left,
    right,
    top,
    bottom,
    names: namesOf(nest, metrics),
    openLeft: sleeve.start < input.view.start,
    torn: !sleeve.balanced || (sleeve.end === Number.POSITIVE_INFINITY && end < input.now),
    growing: sleeve.end === Number.POSITIVE_INFINITY,
  };
}

function namesOf(nest: Nest, metrics: Metrics): Sleeve[] {
  if (metrics.hemPerSleeve) return [nest.sleeve];
  if (isTight(nest)) return [];
  const names = [nest.sleeve];
  for (let { parent } = nest; parent && isTight(parent); parent = parent.parent)
    names.unshift(parent.sleeve);
  return names;
}

function headOf(depth: number, nests: readonly Nest[], metrics: Metrics): number {
  const outermost = nests.every((nest) => nest.depth >= depth);
  return outermost ? metrics.quietRail : metrics.nest;
}

function bottomOf(
  lane: LaneLayout,
  nest: Nest,
  bottoms: ReadonlyMap<Nest, number>,
  input: LayoutInput,
  metrics: Metrics,
): number {
  const { hemWidth } = input;
  const hem = nest.right - nest.left >= LEAST_HEM ? HEM : metrics.nest;
  const content =
    contentBottom(lane, nest, input) + ROW_GAP + (metrics.hemPerSleeve || !isTight(nest) ? hem : 0);
  const inner = nest.children.map((child) => {
    const collides = metrics.hemPerSleeve && child.left - nest.left < hemWidth(nest.sleeve);
    const step = collides && hem === HEM ? HEM : metrics.hemPerSleeve ? 8 : metrics.nest;
    return (bottoms.get(child) as number) + step;
  });
  return Math.max(content, ...inner);
}

/** One context directly inside the other from end to end, as a request's two always are. */
function isTight(nest: Nest): boolean {
  return nest.children.length === 1 && (nest.children[0] as Nest).depth === nest.depth;
}

function contentBottom(lane: LaneLayout, nest: Nest, input: LayoutInput): number {
  let bottom = (lane.rows[nest.depth] as RowLayout).y + BAR;
  for (let depth = lane.rows.length - 1; depth >= nest.depth; depth--) {
    const { row, y, height } = lane.rows[depth] as RowLayout;
    const i = row.firstEndingFrom(Math.max(nest.sleeve.start, Number.MIN_SAFE_INTEGER));
    if (i >= row.length || (row.start[i] as number) >= nest.end) continue;
    bottom = Math.max(bottom, y + height + hangingRows(row, input) * (BAR + ROW_GAP));
  }
  return bottom;
}

// --- rows ----------------------------------------------------------------------------------------

function placeRows(
  lane: LaneLayout,
  input: LayoutInput,
  nests: readonly Nest[],
  signalDepth: number | null,
  metrics: Metrics,
): void {
  const { rows } = lane.spans;
  const used = rows.findLastIndex((row) => touches(row, input.view.start, input.view.end)) + 1;
  const count = Math.max(1, used, ...nests.map((nest) => nest.depth + 1));
  const railDepth = signalDepth === null ? null : Math.min(signalDepth, count - 1);
  let y = lane.y + HEADER + LANE_TOP;
  for (let depth = 0; depth < count; depth++) {
    const row = rows[depth] ?? EMPTY_ROW;
    const thin = isThin(row, input.view);
    y += headroom(depth, nests, railDepth, metrics);
    if (depth === railDepth) lane.rail = y - RAIL + 2;
    lane.rows.push({ y, height: thin ? THIN_BAR : BAR, thin, row });
    y += thin ? THIN_BAR + THIN_GAP : BAR + ROW_GAP;
  }
}

/** What a row needs above itself for sleeves that begin there and for the signals' rail. */
function headroom(
  depth: number,
  nests: readonly Nest[],
  railDepth: number | null,
  metrics: Metrics,
): number {
  let levels = 0;
  for (const nest of nests) if (nest.depth === depth) levels = Math.max(levels, nest.level + 1);
  if (levels === 0) return depth === railDepth ? RAIL - ROW_GAP + 2 : 0;
  const nesting = metrics.nest * (levels - 1) + metrics.top - ROW_GAP;
  if (depth === railDepth) return nesting + RAIL;
  return nesting + headOf(depth, nests, metrics);
}

/** A row is as high as its longest spans need; what happens after a response may share its row. */
function isThin(row: SpanRow, view: View): boolean {
  const from = row.firstEndingFrom(view.start);
  const to = Math.min(row.length, from + PEEK);
  let longest = from;
  for (let i = from; i < to && (row.start[i] as number) < view.end; i++) {
    if (row.duration(i) > row.duration(longest)) longest = i;
  }
  return from < to && ((row.style[longest] as number) & THIN) !== 0;
}

/**
 * Rows that are kept below a row for what hangs from it: the flag of a function that answered instead
 * of the view, and what was skipped, a row for each reason. One reason is written beside it or next to
 * the context's name; several need a line each.
 */
function hangingRows(row: SpanRow, { view, skipped }: LayoutInput): number {
  const from = row.firstEndingFrom(view.start);
  const to = Math.min(row.length, from + PEEK);
  let flags = 0;
  let reasons = 0;
  for (let i = from; i < to && (row.start[i] as number) < view.end; i++) {
    if (((row.style[i] as number) & SHORT_CIRCUIT) !== 0) flags = 1;
    reasons += skipped.get(row.event[i] as number)?.length ?? 0;
  }
  return Math.max(flags, reasons > 1 ? 2 * reasons : reasons);
}

/**
 * The row above which the signals' rail lies: the first one in the outermost context, whichever
 * signals are in view, so that it stays where it is while the view moves. Null without signals.
 */
function railDepthOf({ signals }: LaneSpans, nests: readonly Nest[], view: View): number | null {
  const { t, depth } = signals;
  if (t.length === 0) return null;
  if (nests.length > 0) return Math.min(...nests.map((nest) => nest.depth));
  const first = lowerBound(t.data, t.length, view.start);
  const isInView = first < t.length && (t.data[first] as number) <= view.end;
  return isInView ? (depth.data[first] as number) : null;
}

/** Position of the first value that is ≥ `value` in a rising array. */
export function lowerBound(data: ArrayLike<number>, length: number, value: number): number {
  return boundWithin(data, 0, length, value);
}

/** The same where it is known to be `from` or a little later. */
export function nextBound(
  data: ArrayLike<number>,
  length: number,
  value: number,
  from: number,
): number {
  let low = from;
  let step = 1;
  while (low + step <= length && (data[low + step - 1] as number) < value) {
    low += step;
    step *= 2;
  }
  return boundWithin(data, low, Math.min(length, low + step - 1), value);
}

function boundWithin(data: ArrayLike<number>, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((data[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
