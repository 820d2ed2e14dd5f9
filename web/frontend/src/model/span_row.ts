/**
 * One row of spans, and how the looks of a bar are packed into one word.
 *
 * Each row carries a mipmap: level k holds, for every aligned group of 2^k spans, the position of the
 * longest. Since a row's spans follow each other, a group reaches from its first start to its last
 * end, and a span is final as soon as it is closed: levels only grow, appends rebuild nothing.
 */
import { countUpTo, Words } from "../lib/growable";
import { FILL_PHASES, phaseOfKind } from "./kinds";

// --- style: what a bar looks like, packed into one word ------------------------------------------

const PHASE_BITS = 0xf;
export const HUE_SHIFT = 4;
const HUE_BITS = 0xff;

export const ERROR = 1 << 12;
export const SHORT_CIRCUIT = 1 << 13;
export const OPEN = 1 << 14;
/** Its true end is not known: the tracer had to close it, or its trace was cut off. */
export const TRUNCATED = 1 << 15;
/** Something that happened at one instant and has no duration. */
export const INSTANT = 1 << 16;
/** Drawn as a thin bar without an app: middleware. */
export const THIN = 1 << 17;

export function phaseIndexOf(style: number): number {
  return style & PHASE_BITS;
}

export function hueIn(style: number): number {
  return (style >>> HUE_SHIFT) & HUE_BITS;
}

/** The looks of a kind, without app and flags. */
export function styleOf(kind: string): number {
  const phase = FILL_PHASES.indexOf(phaseOfKind(kind));
  return phase | (kind === "middleware" ? THIN : 0);
}

// --- rows ----------------------------------------------------------------------------------------

/** A thread may serve one request only: thousands of rows hold a span or two. */
const FIRST_CAPACITY = 4;

export class SpanRow {
  /** Replaced when the row grows: do not keep them. Only the first `length` entries count. */
  start = new Float64Array(FIRST_CAPACITY);
  /** Infinity while a span is open; only the last one of a row can be. */
  end = new Float64Array(FIRST_CAPACITY);
  /** Index of the begin (or instant) event. */
  event = new Uint32Array(FIRST_CAPACITY);
  style = new Uint32Array(FIRST_CAPACITY);
  length = 0;
  /** `levels[k - 1]` holds the longest span of each complete group of 2^k closed spans. */
  readonly levels: Words[] = [];
  private closed = 0;

  /** Whether a span that starts at `t` has room in this row. */
  isFreeAt(t: number): boolean {
    return this.length === 0 || (this.end[this.length - 1] as number) <= t;
  }

  open(t: number, event: number, style: number): number {
    if (this.length === this.start.length) this.grow();
    const i = this.length++;
    this.start[i] = t;
    this.end[i] = Number.POSITIVE_INFINITY;
    this.event[i] = event;
    this.style[i] = style | OPEN;
    return i;
  }

  close(i: number, t: number, flags: number): void {
    // Closed before, by the end of what it lay in.
    if (i < this.closed) return;
    this.end[i] = Math.max(t, this.start[i] as number);
    this.style[i] = ((this.style[i] as number) & ~OPEN) | flags;
    this.closed = i + 1;
    this.growLevels();
  }

  duration(i: number): number {
    return (this.end[i] as number) - (this.start[i] as number);
  }

  /** Closes what was left open, since nothing here can outlast the span that it lies in. */
  closeLast(t: number): void {
    if (this.closed < this.length) this.close(this.length - 1, t, TRUNCATED);
  }

  /** Position of the first span that ends at or after `t`. */
  firstEndingFrom(t: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.end[middle] as number) < t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Position of the span that covers `t`, -1 if there is a gap. */
  at(t: number): number {
    const i = countUpTo(this.start, this.length, t) - 1;
    return i >= 0 && (this.end[i] as number) >= t ? i : -1;
  }

  /** Position of the span with this begin event, -1 if it is not here. */
  find(t: number, event: number): number {
    for (let i = countUpTo(this.start, this.length, t) - 1; i >= 0; i--) {
      if (this.event[i] === event) return i;
      if ((this.start[i] as number) < t) return -1;
    }
    return -1;
  }

  private grow(): void {
    const capacity = this.length * 2;
    this.start = doubled(this.start, new Float64Array(capacity));
    this.end = doubled(this.end, new Float64Array(capacity));
    this.event = doubled(this.event, new Uint32Array(capacity));
    this.style = doubled(this.style, new Uint32Array(capacity));
  }

  private growLevels(): void {
    for (let level = 1; (this.closed & ((1 << level) - 1)) === 0 && this.closed > 0; level++) {
      const below = this.levels[level - 2];
      const group = (this.closed >> level) - 1;
      const left = below ? (below.data[2 * group] as number) : 2 * group;
      const right = below ? (below.data[2 * group + 1] as number) : 2 * group + 1;
      let words = this.levels[level - 1];
      if (words === undefined) {
        words = new Words(4);
        this.levels.push(words);
      }
      words.push(this.duration(right) > this.duration(left) ? right : left);
    }
  }
}

function doubled<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
