/**
 * Bars as pixels: which span owns which pixels of a row, and the painting of them into one buffer.
 *
 * Pure and exact: {@link resolveRuns} answers the same as drawing every span by itself would, only
 * that it skips whole groups by the row's mipmap. Every pixel that a span touches is inked (a merged
 * run's right edge is rounded up), and where several touch it, the longest owns it.
 */
import {
  ERROR,
  hueIn,
  INSTANT,
  OPEN,
  phaseIndexOf,
  type SpanRow,
  TRUNCATED,
} from "../model/span_row";

/** Bars without a right end. */
const UNFINISHED = OPEN | TRUNCATED;

/** How far outside the view a run may reach, so that no border or round corner of it shows there. */
const OUTSIDE = 64;

/** Stretches of device pixels from left to right, which never overlap. Reused from frame to frame. */
export class Runs {
  x0 = new Int32Array(0);
  x1 = new Int32Array(0);
  /** Position in the row of the span that owns the run. */
  span = new Uint32Array(0);
  /** Spans that are drawn as this run; those beside its owner were too small for pixels of their own. */
  count = new Uint32Array(0);
  duration = new Float64Array(0);
  length = 0;

  /** Empties the runs and makes room for all that `width` pixels can hold: each has one at least. */
  prepare(width: number): void {
    this.length = 0;
    const capacity = width + 2 * OUTSIDE + 1;
    if (this.x0.length >= capacity) return;
    this.x0 = new Int32Array(capacity);
    this.x1 = new Int32Array(capacity);
    this.span = new Uint32Array(capacity);
    this.count = new Uint32Array(capacity);
    this.duration = new Float64Array(capacity);
  }

  /** Adds a run that begins no further left than the one before; where they meet, the longer wins. */
  add(
    left: number,
    right: number,
    span: number,
    count: number,
    duration: number,
    width: number,
  ): void {
    const { x0, x1 } = this;
    const end = Math.min(right, width + OUTSIDE);
    let start = Math.max(left, -OUTSIDE);
    let last = this.length - 1;
    while (last >= 0 && (x1[last] as number) > start) {
      if (duration <= (this.duration[last] as number)) {
        start = x1[last] as number;
        break;
      }
      x1[last] = start;
      if ((x0[last] as number) < start) break;
      count += this.count[last--] as number;
    }
    this.length = last + 1;
    if (start >= end) {
      this.count[last] = (this.count[last] as number) + count;
      return;
    }
    const at = this.length++;
    x0[at] = start;
    x1[at] = end;
    this.span[at] = span;
    this.count[at] = count;
    this.duration[at] = duration;
  }
}

/** What is visible, in device pixels. */
export interface Scale {
  /** Time at the left edge, ns; on a bent axis the place. */
  start: number;
  /** Device pixels a nanosecond. */
  density: number;
  /** Device pixels. */
  width: number;
  /** Where open spans end for now. */
  now: number;
  /** The part of the axis that is bent: `to` tells where a time stands, `from` which time stands there. */
  bend?: { start: number; end: number; to(t: number): number; from(place: number): number } | null;
}

/** The pixels of a row's spans: fills `runs`. No span is narrower than `least` device pixels. */
export function resolveRuns(row: SpanRow, scale: Scale, least: number, runs: Runs): void {
  runs.prepare(scale.width);
  const { bend } = scale;
  const edge = scale.start - least / scale.density;
  const first = row.firstEndingFrom(bend ? bend.from(edge) : edge);
  if (bend == null) {
    resolveStraight(row, scale, least, runs, first, row.length);
    return;
  }
  // A span that only reaches to the bend's edge stands where it would stand anyway.
  const bent = Math.max(first, row.firstEndingFrom(bend.start));
  resolveStraight(row, scale, least, runs, first, bent);
  const straight = resolveBent(row, scale, least, runs, bent);
  resolveStraight(row, scale, least, runs, straight, row.length);
}

/** One span after the other, as far as they overlap the bend; answers the first that does not. */
function resolveBent(
  row: SpanRow,
  { start: zero, density, width, now, bend }: Scale,
  least: number,
  runs: Runs,
  from: number,
): number {
  const { start: starts, end: ends, length } = row;
  const endPlace = zero + width / density;
  if (bend == null) return from;
  for (let i = from; i < length; i++) {
    const start = starts[i] as number;
    if (start > bend.end) return i;
    const place = bend.to(start);
    if (place >= endPlace) return length;
    const end = Math.min(ends[i] as number, now);
    const left = Math.floor((place - zero) * density);
    const right = Math.max(Math.ceil((bend.to(end) - zero) * density), left + least);
    if (right > 0) runs.add(left, right, i, 1, end - start, width);
  }
  return length;
}

function resolveStraight(
  row: SpanRow,
  scale: Scale,
  least: number,
  runs: Runs,
  from: number,
  length: number,
): void {
  const { start: zero, density, width, now } = scale;
  const { start: starts, end: ends } = row;
  const endTime = zero + width / density;
  const perPixel = 1 / density;
  let i = from;
  while (i < length) {
    const start = starts[i] as number;
    if (start >= endTime) return;
    const left = Math.floor((start - zero) * density);
    const pixelEnd = zero + (left + 1) * perPixel;
    const end = Math.min(ends[i] as number, now);
    if (end > pixelEnd) {
      const right = Math.ceil((end - zero) * density);
      runs.add(left, Math.max(right, left + least), i, 1, end - start, width);
      i++;
      continue;
    }
    // All spans that end within this pixel are one run, which belongs to the longest of them.
    let longest = i;
    let duration = end - start;
    let next = i + 1;
    const few = Math.min(length, i + ONE_BY_ONE);
    while (next < few && (ends[next] as number) <= pixelEnd) {
      const other = (ends[next] as number) - (starts[next] as number);
      if (other > duration) [longest, duration] = [next, other];
      next++;
    }
    if (next === few && next < length) {
      const rest = longestUntil(row, next, length, pixelEnd);
      if (rest.span >= 0 && row.duration(rest.span) > duration) {
        longest = rest.span;
        duration = row.duration(longest);
      }
      next = rest.next;
    }
    runs.add(left, left + least, longest, next - i, duration, width);
    i = next;
  }
}

/** So many spans are looked at faster one by one than by groups. */
const ONE_BY_ONE = 32;

/** The longest of the spans from `i` to `length` that end by `limit` (-1: none), by whole groups. */
function longestUntil(
  row: SpanRow,
  i: number,
  length: number,
  limit: number,
): { span: number; next: number } {
  const { end: ends, levels } = row;
  let span = -1;
  let next = i;
  while (next < length && (ends[next] as number) <= limit) {
    let size = 1;
    let candidate = next;
    for (let level = 0; level < levels.length && (next & size) === 0; level++) {
      const words = levels[level] as { data: Uint32Array; length: number };
      const group = next >> (level + 1);
      const last = next + 2 * size - 1;
      if (group >= words.length || last >= length || (ends[last] as number) > limit) break;
      candidate = words.data[group] as number;
      size *= 2;
    }
    if (span < 0 || row.duration(candidate) > row.duration(span)) span = candidate;
    next += size;
  }
  return { span, next };
}

// --- painting -------------------------------------------------------------------------------------

/** Colours as little-endian RGBA words, by phase index and by app index. */
export interface Inks {
  fill: Uint32Array;
  border: Uint32Array;
  /** For several spans in one run. */
  merged: Uint32Array;
  /** `app[0]` is 0: no edge. */
  app: Uint32Array;
  error: number;
  errorFill: number;
  hatch: number;
}

export interface Band {
  /** Upper edge and height in device pixels. */
  y: number;
  height: number;
  /** Device pixels of one CSS pixel. */
  ratio: number;
  /** Whether bars show the hue of their app on the left. */
  edge: boolean;
}

/** A buffer of RGBA words, `width` a line. */
export interface Pixels {
  words: Uint32Array;
  width: number;
  height: number;
}

/** Paints the runs of one row. Whatever stood in its lines is overwritten, from `left` up to `right`. */
export function paintRow(
  pixels: Pixels,
  band: Band,
  row: SpanRow,
  runs: Runs,
  inks: Inks,
  left = 0,
  right = pixels.width,
): void {
  const { words, width } = pixels;
  const top = Math.max(0, band.y);
  const bottom = Math.min(pixels.height, band.y + band.height);
  if (top >= bottom || runs.length === 0) return;
  const scratch = top * width;
  for (let i = 0; i < runs.length; i++)
    paintMiddle(words, scratch, width, band, row, runs, i, inks);
  for (let y = top + 1; y < bottom; y++) {
    words.copyWithin(y * width + left, scratch + left, scratch + right);
  }
  const radius = Math.round(3 * band.ratio);
  for (let i = 0; i < runs.length; i++) {
    if (!isWhole(runs, i, band)) continue;
    if (isHatched(row, runs, i)) hatch(pixels, band, runs, i, inks.hatch);
    for (let line = 0; line < radius; line++) {
      paintCap(pixels, band.y + line, line, radius, band, row, runs, i, inks);
      paintCap(pixels, band.y + band.height - 1 - line, line, radius, band, row, runs, i, inks);
    }
  }
}

function paintMiddle(
  words: Uint32Array,
  line: number,
  width: number,
  band: Band,
  row: SpanRow,
  runs: Runs,
  i: number,
  inks: Inks,
): void {
  const style = row.style[runs.span[i] as number] as number;
  const phase = phaseIndexOf(style);
  const x0 = runs.x0[i] as number;
  const x1 = runs.x1[i] as number;
  if (!isWhole(runs, i, band)) {
    const failed = (style & ERROR) !== 0;
    const alone = runs.count[i] === 1;
    const ink = failed ? inks.error : ((alone ? inks.border : inks.merged)[phase] as number);
    span(words, line, width, x0, x1, ink);
    return;
  }
  const border = borderOf(style, inks);
  const thickness = Math.max(1, Math.round(band.ratio));
  span(words, line, width, x0, x1, border);
  const inner = (style & UNFINISHED) !== 0 ? x1 : x1 - thickness;
  span(words, line, width, x0 + thickness, inner, fillOf(style, inks));
  const app = edgeInk(style, band, inks);
  if (app !== 0 && hasEdge(runs, i, band)) {
    span(words, line, width, x0, x0 + Math.round(3 * band.ratio), app);
  }
}

/** One line of a rounded end: the border across, or its two sides, set in by the circle. */
function paintCap(
  pixels: Pixels,
  y: number,
  line: number,
  radius: number,
  band: Band,
  row: SpanRow,
  runs: Runs,
  i: number,
  inks: Inks,
): void {
  if (y < 0 || y >= pixels.height) return;
  const { words, width } = pixels;
  const start = y * width;
  const style = row.style[runs.span[i] as number] as number;
  const x0 = runs.x0[i] as number;
  const x1 = runs.x1[i] as number;
  const border = borderOf(style, inks);
  const app = hasEdge(runs, i, band) ? edgeInk(style, band, inks) : 0;
  const edgeEnd = x0 + Math.round(3 * band.ratio);
  const distance = radius - line - 0.5;
  const inset = radius - Math.sqrt(radius * radius - distance * distance);
  const whole = Math.floor(inset);
  const alpha = 1 - (inset - whole);
  const thickness = Math.max(1, Math.round(band.ratio));
  if (line < thickness) {
    span(words, start, width, x0 + whole + 1, x1 - whole - 1, border);
    if (app !== 0) span(words, start, width, x0 + whole + 1, edgeEnd, app);
  }
  span(words, start, width, x0, x0 + whole, 0);
  point(words, start, width, x0 + whole, withAlpha(app || border, alpha));
  if ((style & UNFINISHED) !== 0) return;
  span(words, start, width, x1 - whole, x1, 0);
  point(words, start, width, x1 - whole - 1, withAlpha(border, alpha));
}

function hatch(pixels: Pixels, band: Band, runs: Runs, i: number, ink: number): void {
  const { words, width, height } = pixels;
  const thickness = Math.max(1, Math.round(band.ratio));
  const period = Math.round(8.5 * band.ratio);
  const stroke = Math.max(1, Math.round(2 * band.ratio));
  const left = Math.max(0, (runs.x0[i] as number) + thickness);
  const right = Math.min(width, (runs.x1[i] as number) - thickness);
  const bottom = Math.min(height, band.y + band.height - thickness);
  for (let y = Math.max(0, band.y + thickness); y < bottom; y++) {
    // Lines at 45°, fixed to the bar so that they do not swim when the view moves.
    let x = (runs.x0[i] as number) + ((((band.y - y) % period) + period) % period);
    for (; x < right; x += period)
      span(words, y * width, width, Math.max(left, x), Math.min(right, x + stroke), ink);
  }
}

/** Wide enough for a border and round corners. Several spans in one run are never that wide. */
function isWhole(runs: Runs, i: number, band: Band): boolean {
  return (runs.x1[i] as number) - (runs.x0[i] as number) >= 5 * band.ratio;
}

function hasEdge(runs: Runs, i: number, band: Band): boolean {
  return (runs.x1[i] as number) - (runs.x0[i] as number) >= 8 * band.ratio;
}

function isHatched(row: SpanRow, runs: Runs, i: number): boolean {
  return ((row.style[runs.span[i] as number] as number) & ERROR) !== 0;
}

function edgeInk(style: number, band: Band, inks: Inks): number {
  if (!band.edge || (style & INSTANT) !== 0) return 0;
  const hue = hueIn(style);
  return hue === 0 ? 0 : (inks.app[hue] as number);
}

function borderOf(style: number, inks: Inks): number {
  return (style & ERROR) !== 0 ? inks.error : (inks.border[phaseIndexOf(style)] as number);
}

function fillOf(style: number, inks: Inks): number {
  return (style & ERROR) !== 0 ? inks.errorFill : (inks.fill[phaseIndexOf(style)] as number);
}

function span(
  words: Uint32Array,
  line: number,
  width: number,
  x0: number,
  x1: number,
  ink: number,
): void {
  const from = Math.max(x0, 0);
  const to = Math.min(x1, width);
  if (to <= from) return;
  // A call costs more than a few stores.
  if (to - from < 8) for (let x = line + from; x < line + to; x++) words[x] = ink;
  else words.fill(ink, line + from, line + to);
}

function point(words: Uint32Array, line: number, width: number, x: number, ink: number): void {
  if (x >= 0 && x < width) words[line + x] = ink;
}

function withAlpha(ink: number, alpha: number): number {
  return ((ink & 0xffffff) | (Math.round((ink >>> 24) * alpha) << 24)) >>> 0;
}
