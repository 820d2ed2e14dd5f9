/**
 * The events that the page holds, as the columns in which they arrived.
 *
 * Bounded: beyond `maxEvents` the oldest whole blocks leave, except those of pinned traces. An
 * event's index is given once and never reused, so that a selection survives what leaves or comes
 * late. Plain data without a framework; whoever wants to know of changes subscribes.
 */

import { countUpTo } from "../lib/growable";
import type { Block } from "../protocol/decode";
import type { LaneTuple } from "../protocol/generated";
import { Clocks } from "./clocks";
import { hueOf } from "./hues";
import {
  type EventView,
  type Lane,
  type StoredBlock,
  StoredEvent,
  selectRows,
  startOf,
} from "./stored";

export type { Attributes, EventView, Lane, StoredBlock } from "./stored";

interface TraceEntry {
  events: number[];
  blocks: Set<StoredBlock>;
}

/** `renumber`: which number an event has now that had another before, null if it is not here. */
export type Follow = (other: EventLog, renumber: (index: number) => number | null) => void;

const EMPTY: readonly number[] = [];

/** What is kept after a clear-out, as a share of `maxEvents`; the rest leaves at once, not block by block. */
const KEPT = 0.75;

export class EventLog {
  readonly maxEvents: number;
  /** The zero of all times, nanoseconds since the Unix epoch; null before the first block. */
  epoch: bigint | null = null;
  lanes: Lane[] = [];
  /** Rises with every change. */
  version = 0;
  /** Rises when what was derived from the log must be derived anew: events left or came late. */
  generation = 0;
  /** Events now held. */
  count = 0;
  /** Events that left because of `maxEvents`. */
  evicted = 0;
  /** The trace that began last, null while there is none. */
  newestTrace: string | null = null;
  /** Where a process's clock was set back: the first event after it, and by how much, ns. */
  jumps: { event: number; by: number }[] = [];
  /** Earliest and latest time held, in ns; both 0 while the log is empty. */
  startTime = 0;
  endTime = 0;

  protected stored: StoredBlock[] = [];
  protected nextIndex = 0;
  protected agents = new Map<string, number>();
  protected lastSeq: number[] = [];
  protected clocks = new Clocks();
  protected laneNumbers = new Map<string, number>();
  protected traces = new Map<string, TraceEntry>();
  protected readonly pinned = new Set<string>();
  protected readonly listeners = new Set<() => void>();
  protected readonly followers = new Set<Follow>();

  constructor({ maxEvents = 300_000 }: { maxEvents?: number } = {}) {
    this.maxEvents = maxEvents;
  }

  /** Takes the events of `block` that are not held yet; answers how many that were. */
  append(block: Block): number {
    const fresh = this.withoutKnown(block);
    if (fresh.count === 0) return 0;
    this.epoch ??= fresh.baseTs;
    for (const part of this.aroundHeld(fresh)) {
      const stored = this.store(part);
      this.indexTraces(stored);
      this.widenTime(stored);
      this.count += part.count;
    }
    this.evict();
    this.changed();
    return fresh.count;
  }

  /** The event with this index, undefined if it left or never was. */
  event(index: number): EventView | undefined {
    const stored = this.blockOf(index);
    return stored && new StoredEvent(stored, index);
  }

  /** Indexes of a trace's events, in the order in which they happened. */
  eventsOf(traceId: string): readonly number[] {
    return this.traces.get(traceId)?.events ?? EMPTY;
  }

  /** Traces with at least one event here, oldest first. */
  traceIds(): IterableIterator<string> {
    return this.traces.keys();
  }

  /** Keeps a trace's events here until `unpin`, whatever else must leave. */
  pin(traceId: string): void {
    this.pinned.add(traceId);
  }

  unpin(traceId: string): void {
    this.pinned.delete(traceId);
  }

  /** The blocks in order of time; for those who derive things from the whole. */
  blocks(): readonly StoredBlock[] {
    return this.stored;
  }

  clear(): void {
    this.stored = [];
    this.jumps.length = 0;
    this.traces.clear();
    this.newestTrace = null;
    this.count = this.startTime = this.endTime = 0;
    this.generation++;
    this.changed();
  }

  /** Tells `follow` of a log that this one has adopted, before others hear of it; the answer ends that. */
  onAdoption(follow: Follow): () => void {
    this.followers.add(follow);
    return () => this.followers.delete(follow);
  }

  /** Index of the event with this number of a process start, null if it is not here. */
  indexOf(agent: string, seq: number): number | null {
    const owner = this.agents.get(agent);
    for (const { start, block, agent: holder } of this.stored) {
      if (holder !== owner || (block.seq[block.count - 1] as number) < seq) continue;
      const row = countUpTo(block.seq, block.count, seq) - 1;
      if (row >= 0 && block.seq[row] === seq) return start + row;
    }
    return null;
  }

  /** Calls `listener` after every change; the answer ends that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Nanoseconds since the Unix epoch of a time of this log. */
  absolute(t: number): bigint {
    return (this.epoch ?? 0n) + BigInt(Math.round(t));
  }

  private changed(): void {
    this.version++;
    for (const listener of [...this.listeners]) listener();
  }

  /** `block` without the events that are held already: a trace that was fetched while it streamed in. */
  private withoutKnown(block: Block): Block {
    const agent = this.agents.get(block.agent);
    if (agent === undefined || block.count === 0) return block;
    const low = block.seq[0] as number;
    const high = block.seq[block.count - 1] as number;
    const known = new Set<number>();
    for (const { block: held, agent: owner } of this.stored) {
      if (owner !== agent) continue;
      if ((held.seq[0] as number) > high || (held.seq[held.count - 1] as number) < low) continue;
      for (const seq of held.seq) known.add(seq);
    }
    if (known.size === 0) return block;
    const rows: number[] = [];
    block.seq.forEach((seq, row) => {
      if (!known.has(seq)) rows.push(row);
    });
    return rows.length === block.count ? block : selectRows(block, rows);
  }

  /**
   * `block` in parts, of which none reaches around what is held: of a trace that was fetched before,
   * the events before and behind it must not stand in one block, or its lane would be out of order.
   */
  private aroundHeld(block: Block): Block[] {
    const agent = this.agents.get(block.agent);
    const last = agent === undefined ? undefined : this.lastSeq[agent];
    if (last === undefined || (block.seq[0] as number) > last) return [block];
    const ends = this.stored
      .filter((held) => held.agent === agent)
      .flatMap(({ block: { seq, count } }) => [seq[0] as number, seq[count - 1] as number]);
    const cuts = new Set([0, block.count]);
    for (const end of ends) cuts.add(countUpTo(block.seq, block.count, end));
    const places = [...cuts].sort((a, b) => a - b);
    if (places.length === 2) return [block];
    return places.slice(1).map((to, i) => {
      const from = places[i] as number;
      return selectRows(
        block,
        Array.from({ length: to - from }, (_, row) => from + row),
      );
    });
  }

  private store(block: Block): StoredBlock {
    const agent = numberOf(this.agents, block.agent);
    const stored: StoredBlock = {
      start: this.nextIndex,
      block,
      offset: Number(block.baseTs - (this.epoch as bigint)),
      agent,
      lanes: this.translateLanes(block),
      hues: huesIn(block),
      parsed: [],
    };
    this.nextIndex += block.count;
    this.stored.push(stored);
    const last = block.seq[block.count - 1] as number;
    if (!(last < (this.lastSeq[agent] ?? 0))) this.jumps.push(...this.clocks.straighten(stored));
    const late = (block.seq[0] as number) < (this.lastSeq[agent] ?? Number.NEGATIVE_INFINITY);
    this.lastSeq[agent] = Math.max(last, this.lastSeq[agent] ?? last);
    if (late) this.sortBlocks();
    return stored;
  }

  private sortBlocks(): void {
    this.stored.sort((a, b) =>
      a.agent === b.agent
        ? (a.block.seq[0] as number) - (b.block.seq[0] as number)
        : startOf(a) - startOf(b),
    );
    this.generation++;
  }

  private translateLanes(block: Block): Int32Array {
    return Int32Array.from(block.lanes, (tuple) => {
      const key = `${block.agent}\n${JSON.stringify(tuple)}`;
      const id = this.laneNumbers.get(key) ?? this.addLane(block.agent, tuple);
      this.laneNumbers.set(key, id);
      return id;
    });
  }

  protected addLane(agent: string, [pid, thread, threadName, greenlet, task]: LaneTuple): number {
    const added = { agent, pid, thread, threadName, greenlet, task };
    const foretold = this.lanes.find(
      (lane) =>
        lane.agent === "" && isThread(added) && lane.pid === pid && lane.threadName === threadName,
    );
    if (foretold !== undefined) return Object.assign(foretold, added).id;
    return this.lanes.push({ id: this.lanes.length, ...added }) - 1;
  }

  private indexTraces(stored: StoredBlock): void {
    const { block, start } = stored;
    const entries: (TraceEntry | undefined)[] = [];
    const touched = new Set<TraceEntry>();
    for (let row = 0; row < block.count; row++) {
      const local = block.trace[row] as number;
      if (local === 0) continue;
      let entry = entries[local];
      if (entry === undefined) {
        entry = this.traceEntry(block.strings[local] as string);
        entries[local] = entry;
        entry.blocks.add(stored);
        touched.add(entry);
      }
      entry.events.push(start + row);
    }
    if (this.stored.at(-1) !== stored) for (const entry of touched) this.sortEvents(entry);
  }

  private traceEntry(traceId: string): TraceEntry {
    let entry = this.traces.get(traceId);
    if (entry === undefined) {
      entry = { events: [], blocks: new Set() };
      this.newestTrace = traceId;
      this.traces.set(traceId, entry);
    }
    return entry;
  }

  private sortEvents(entry: TraceEntry): void {
    const order = new Map(this.stored.map((stored, i) => [stored, i]));
    const rank = (index: number) => order.get(this.blockOf(index) as StoredBlock) as number;
    entry.events.sort((a, b) => rank(a) - rank(b) || a - b);
  }

  private widenTime({ block, offset }: StoredBlock): void {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const ts of block.ts) {
      if (ts < low) low = ts;
      if (ts > high) high = ts;
    }
    this.startTime = this.count === 0 ? low + offset : Math.min(this.startTime, low + offset);
    this.endTime = this.count === 0 ? high + offset : Math.max(this.endTime, high + offset);
  }

  private evict(): void {
    if (this.count <= this.maxEvents) return;
    const kept: StoredBlock[] = [];
    let surplus = this.count - this.maxEvents * KEPT;
    // The newest block stays even when it alone is too large: what just happened is never hidden.
    this.stored.forEach((stored, i) => {
      if (surplus <= 0 || i === this.stored.length - 1 || this.isPinned(stored)) {
        kept.push(stored);
        return;
      }
      surplus -= stored.block.count;
      this.count -= stored.block.count;
      this.evicted += stored.block.count;
      this.forget(stored);
    });
    if (kept.length === this.stored.length) return;
    this.stored = kept;
    this.startTime = Math.min(...kept.map(startOf));
    this.generation++;
  }

  private isPinned(stored: StoredBlock): boolean {
    for (const traceId of this.pinned) {
      if (this.traces.get(traceId)?.blocks.has(stored)) return true;
    }
    return false;
  }

  private forget(stored: StoredBlock): void {
    const gone = new Set<string>();
    for (const local of stored.block.trace) {
      if (local !== 0) gone.add(stored.block.strings[local] as string);
    }
    const end = stored.start + stored.block.count;
    for (const traceId of gone) {
      const entry = this.traces.get(traceId);
      if (entry === undefined) continue;
      entry.blocks.delete(stored);
      entry.events = entry.events.filter((index) => index < stored.start || index >= end);
      if (entry.events.length === 0) this.traces.delete(traceId);
    }
  }

  private blockOf(index: number): StoredBlock | undefined {
    // Blocks stand in order of time; only one that came late breaks the order of their indexes.
    let low = 0;
    let high = this.stored.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const stored = this.stored[middle] as StoredBlock;
      if (index < stored.start) high = middle - 1;
      else if (index >= stored.start + stored.block.count) low = middle + 1;
      else return stored;
    }
    return this.stored.find(({ start, block }) => index >= start && index < start + block.count);
  }
}

export function isThread({ greenlet, task }: Pick<Lane, "greenlet" | "task">): boolean {
  return greenlet === null && task === null;
}

function numberOf(numbers: Map<string, number>, key: string): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(key, number);
  }
  return number;
}

/** Block's string → hue, filled for strings that are applications. */
function huesIn({ strings, app }: Block): Uint8Array {
  const hues = new Uint8Array(strings.length);
  for (const local of app) {
    if (local !== 0 && hues[local] === 0) hues[local] = hueOf(strings[local] as string);
  }
  return hues;
}
