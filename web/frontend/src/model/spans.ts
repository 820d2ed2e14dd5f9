/**
 * Spans as rows of typed arrays: one row per lane and depth, in which no two spans overlap. Signals
 * have no bar, and some instants are drawn by other means; they stand beside the rows.
 */
import { Floats, Words } from "../lib/growable";
import { derived } from "./derived";
import { isMark } from "./kinds";
import type { EventLog, StoredBlock } from "./log";
import { ERROR, HUE_SHIFT, INSTANT, SHORT_CIRCUIT, SpanRow, styleOf, TRUNCATED } from "./span_row";

/** The signals that were sent in one lane. */
export class SignalRail {
  readonly t = new Floats();
  readonly end = new Floats();
  readonly event = new Words();
  /** Number of receivers that listened. */
  readonly receivers = new Words();
  /** Row below which the signal was sent. */
  readonly depth = new Words();
  /** Position `i`: how many of the signals before `i + 1` somebody listened to. */
  private readonly heard = new Words();

  /** Whether somebody listened to one of the signals from one position up to another. */
  isHeard(from: number, to: number): boolean {
    const { heard, receivers } = this;
    for (let i = heard.length; i < to; i++) {
      const before = i === 0 ? 0 : (heard.data[i - 1] as number);
      heard.push(before + ((receivers.data[i] as number) > 0 ? 1 : 0));
    }
    return (
      to > from &&
      (heard.data[to - 1] as number) > (from === 0 ? 0 : (heard.data[from - 1] as number))
    );
  }

  /** A signal has ended: so many listened. */
  close(i: number, t: number, receivers: number): void {
    this.end.data[i] = t;
    // How many listened is known at the begin only when nobody did.
    if (this.receivers.data[i] !== 0 || receivers === 0) return;
    this.receivers.data[i] = receivers;
    this.heard.length = Math.min(this.heard.length, i);
  }
}

/** Instants that are drawn as lines between bars. */
export class Marks {
  readonly t = new Floats(4);
  readonly event = new Words(4);
}

export interface LaneSpans {
  lane: number;
  rows: SpanRow[];
  signals: SignalRail;
  exceptions: Marks;
  dispatches: Marks;
  /** Spans whose parent is not open in this lane: another one may have handed the work over. */
  handed: Marks;
  /** What is known of that: the begin event of a span here → that of its parent. */
  askers: Map<number, number>;
}

/** A lane in which nothing has happened. */
export function emptyLane(lane: number): LaneSpans {
  return {
    lane,
    rows: [],
    signals: new SignalRail(),
    exceptions: new Marks(),
    dispatches: new Marks(),
    handed: new Marks(),
    askers: new Map(),
  };
}

/** Where a span is drawn. */
export interface SpanPlace {
  lane: number;
  depth: number;
  i: number;
  row: SpanRow;
}

interface OpenSpan {
  lane: number;
  /** Row in which spans directly inside this one begin to look for room. */
  childDepth: number;
  /** Null for a signal, which has no bar. */
  row: SpanRow | null;
  i: number;
}

/** All spans of a log (or of a part of it), kept up to date by {@link update}. */
export class SpanStore {
  lanes: (LaneSpans | undefined)[] = [];
  /** Rises when rows were thrown away and built anew. */
  generation = -1;
  /** By process start, then by the span's number there: small whole numbers are the fastest keys. */
  private openSpans: Map<number, OpenSpan>[] = [];
  private done = 0;
  private version = -1;

  constructor(
    private log: EventLog,
    private readonly range: { start: number; end: number } | null = null,
  ) {
    this.update();
  }

  /** Takes in what the log got since the last call. Cheap when nothing changed. */
  update(): void {
    if (this.version === this.log.version) return;
    this.version = this.log.version;
    if (this.generation !== this.log.generation) {
      this.generation = this.log.generation;
      this.lanes = [];
      this.openSpans = [];
      this.done = 0;
    }
    const blocks = this.log.blocks();
    for (; this.done < blocks.length; this.done++) this.take(blocks[this.done] as StoredBlock);
  }

  /** From now on these are the spans of `log`, which holds what the log did that they were read from. */
  moveTo(log: EventLog): void {
    this.update();
    this.log = log;
    this.generation = log.generation;
    this.version = log.version;
  }

  /** Spans that have begun and not ended. */
  get openCount(): number {
    return this.openSpans.reduce((sum, spans) => sum + spans.size, 0);
  }

  /** The bar of a begin or instant event, null when it has none (a signal, a context's push). */
  place(event: number): SpanPlace | null {
    const view = this.log.event(event);
    const lane = view && this.lanes[view.lane];
    if (!view || !lane) return null;
    for (let depth = 0; depth < lane.rows.length; depth++) {
      const row = lane.rows[depth] as SpanRow;
      const i = row.find(view.t, event);
      if (i >= 0) return { lane: view.lane, depth, i, row };
    }
    return null;
  }

  private take(stored: StoredBlock): void {
    const { block, offset } = stored;
    this.openSpans[stored.agent] ??= new Map();
    const reader: Reader = {
      stored,
      open: this.openSpans[stored.agent] as Map<number, OpenSpan>,
      kinds: [],
      flags: new Int32Array(block.attributeTexts.length).fill(-1),
      receivers: new Int32Array(block.attributeTexts.length).fill(-1),
    };
    for (let row = 0; row < block.count; row++) {
      const t = (block.ts[row] as number) + offset;
      if (this.range && (t < this.range.start || t > this.range.end)) continue;
      if (block.phase[row] === 1) this.takeEnd(reader, row, t);
      else this.takeBegin(reader, row, t, block.phase[row] === 2);
    }
  }

  private takeEnd(reader: Reader, row: number, t: number): void {
    const { stored, open, flags } = reader;
    const { block } = stored;
    const number = block.span[row] as number;
    const span = open.get(number);
    if (span === undefined) return;
    open.delete(number);
    if (span.row === null) {
      const { signals } = this.lanes[span.lane] as LaneSpans;
      signals.close(span.i, t, receiversIn(reader, row));
      return;
    }
    const attributes = block.attributes[row] as number;
    if (flags[attributes] === -1) {
      flags[attributes] = endFlags(block.attributeTexts[attributes] as string);
    }
    span.row.close(span.i, t, flags[attributes] as number);
    // A request's end ends all that is below it in this lane: what is still open was cut off.
    if (kindOf(reader, block.kind[row] as number).isRoot) {
      for (const row of (this.lanes[span.lane] as LaneSpans).rows) row.closeLast(t);
    }
  }

  private takeBegin(reader: Reader, row: number, t: number, isInstant: boolean): void {
    const { block, start, lanes, hues } = reader.stored;
    const kind = kindOf(reader, block.kind[row] as number);
    const lane = this.lane(lanes[block.lane[row] as number] as number);
    const event = start + row;
    if (isInstant && !kind.isMark) {
      noteMark(lane, kind.text, t, event);
      return;
    }
    // A parent in another lane handed the work over; here it starts at the top.
    const parent = reader.open.get(block.parent[row] as number);
    const depth = parent?.lane === lane.lane ? parent.childDepth : 0;
    if (kind.text === "signal" && !isInstant) {
      const i = addSignal(lane.signals, t, event, receiversIn(reader, row), depth);
      reader.open.set(block.span[row] as number, {
        lane: lane.lane,
        childDepth: depth,
        row: null,
        i,
      });
      return;
    }
    const hue = hues[block.app[row] as number] as number;
    if (block.parent[row] !== 0 && parent?.lane !== lane.lane) {
      lane.handed.t.push(t);
      lane.handed.event.push(event);
    }
    const place = addBar(lane, t, event, kind.style | (hue << HUE_SHIFT), depth);
    if (isInstant) place.row.close(place.i, t, INSTANT);
    else reader.open.set(block.span[row] as number, place);
  }

  private lane(number: number): LaneSpans {
    let lane = this.lanes[number];
    if (lane === undefined) {
      lane = emptyLane(number);
      this.lanes[number] = lane;
    }
    return lane;
  }
}

/** What is remembered while one block is read. */
interface Reader {
  stored: StoredBlock;
  open: Map<number, OpenSpan>;
  /** By the block's string number. */
  kinds: (Kind | undefined)[];
  /** By the block's attribute number, -1 while not looked at. */
  flags: Int32Array;
  receivers: Int32Array;
}

interface Kind {
  text: string;
  style: number;
  isMark: boolean;
  isRoot: boolean;
}

function kindOf({ stored, kinds }: Reader, number: number): Kind {
  let kind = kinds[number];
  if (kind === undefined) {
    const text = stored.block.strings[number] as string;
    kind = {
      text,
      style: styleOf(text),
      isMark: isMark(text),
      isRoot: text === "request" || text === "run",
    };
    kinds[number] = kind;
  }
  return kind;
}

function noteMark(
  { exceptions, dispatches }: LaneSpans,
  kind: string,
  t: number,
  event: number,
): void {
  const marks = kind === "exception" ? exceptions : kind === "dispatch" ? dispatches : null;
  marks?.t.push(t);
  marks?.event.push(event);
}

function addSignal(
  signals: SignalRail,
  t: number,
  event: number,
  receivers: number,
  depth: number,
): number {
  signals.t.push(t);
  signals.end.push(Number.POSITIVE_INFINITY);
  signals.event.push(event);
  signals.receivers.push(receivers);
  signals.depth.push(depth);
  return signals.t.length - 1;
}

/** Puts a span into the first row from `depth` on that has room for it. */
function addBar(
  lane: LaneSpans,
  t: number,
  event: number,
  style: number,
  depth: number,
): OpenSpan & { row: SpanRow } {
  let free = depth;
  while (free < lane.rows.length && !(lane.rows[free] as SpanRow).isFreeAt(t)) free++;
  while (lane.rows.length <= free) lane.rows.push(new SpanRow());
  const row = lane.rows[free] as SpanRow;
  return { lane: lane.lane, childDepth: free + 1, row, i: row.open(t, event, style) };
}

/** The spans of a log, or of its events between two times. */
export function buildSpans(
  log: EventLog,
  range: { start: number; end: number } | null = null,
): SpanStore {
  return new SpanStore(log, range);
}

/** The log's own store, shared by all who look at it, brought up to date. */
export const spansOf = derived((log) => new SpanStore(log));

/** Read off the text: parsing every end event's JSON would cost more than everything else here. */
function endFlags(text: string): number {
  if (text === "{}") return 0;
  return (
    (text.includes('"left_by":') ? ERROR : 0) |
    (text.includes('"short_circuit":true') ? SHORT_CIRCUIT : 0) |
    (text.includes('"left_open":') || text.includes('"truncated":true') ? TRUNCATED : 0)
  );
}

function receiversIn({ stored: { block }, receivers }: Reader, row: number): number {
  const attributes = block.attributes[row] as number;
  if (receivers[attributes] === -1) {
    receivers[attributes] = countReceivers(block.attributeTexts[attributes] as string);
  }
  return receivers[attributes] as number;
}

function countReceivers(text: string): number {
  const counted = /"receivers":(?:(\d+)|\[(.?))/.exec(text);
  if (counted === null) return 0;
  if (counted[1] !== undefined) return Number(counted[1]);
  return counted[2] === "]" ? 0 : (JSON.parse(text) as { receivers: unknown[] }).receivers.length;
}
