/** How often each step ran in all of a recording of which the page holds a part. */
import { Counting, type Counts } from "../model/lifecycle/counts";
import { mapOf } from "../model/lifecycle/map";
import { passesOf } from "../model/lifecycle/pass";
import type { Registered } from "../model/lifecycle/registered";
import type { RecordingLog } from "../model/recording_log";
import type { Block } from "../protocol/decode";
import type { Replay } from "./replay";
import { type Passing, WholeCount } from "./whole_count";

/** Events that are held at once: a request's may be spread over many blocks. */
const HELD = 50_000;

export type WholeMaps = WholeCount<Counts>;

/** Whose requests are counted, and by which sequence. */
export interface MapsOf {
  app: string | null;
  announced: readonly Registered[];
  /** Null for each request's own. */
  line: string | null;
}

/** Counts a request when all of it is here, and lets go what came before those that are not. */
export class PassingMaps implements Passing<Counts> {
  private readonly counting: Counting;
  private blocks: Block[] = [];
  /** Of those whose events are held still. */
  private done = new Set<string>();

  constructor(
    private readonly log: RecordingLog,
    private readonly of: MapsOf,
    private readonly held = HELD,
  ) {
    this.counting = new Counting(of.app);
  }

  take(block: Block): void {
    this.log.append(block);
    this.blocks.push(block);
    if (this.log.count > this.held) this.letGo();
  }

  counts(): Counts {
    for (const traceId of this.log.traceIds()) this.count(traceId);
    return this.counting.counts();
  }

  private letGo(): void {
    const { log, held } = this;
    let kept = Number.POSITIVE_INFINITY;
    for (const traceId of log.traceIds()) {
      if (this.isWhole(traceId)) this.count(traceId);
      else if (!this.done.has(traceId)) kept = Math.min(kept, log.eventsOf(traceId)[0] ?? kept);
    }
    const stored = log.blocks();
    const first = stored.findIndex(({ start, block }) => start + block.count > kept);
    // One that does not end must not hold up all others: it is counted by what is here.
    const latest = this.latestWithin(held / 2);
    const from = first < 0 ? stored.length : Math.max(first, latest);
    for (const traceId of log.traceIds()) {
      const begins = log.eventsOf(traceId)[0] as number;
      if (begins < (stored[from]?.start ?? Number.POSITIVE_INFINITY)) this.count(traceId);
    }
    this.blocks = this.blocks.slice(from);
    log.clear();
    for (const block of this.blocks) log.append(block);
    this.done = new Set([...this.done].filter((traceId) => log.eventsOf(traceId).length > 0));
  }

  /** The first of the latest blocks that have this many events at most, or of the last one alone. */
  private latestWithin(events: number): number {
    let from = this.blocks.length - 1;
    for (let left = events - (this.blocks[from] as Block).count; from > 0; from--) {
      left -= (this.blocks[from - 1] as Block).count;
      if (left < 0) break;
    }
    return from;
  }

  private count(traceId: string): void {
    if (this.done.has(traceId)) return;
    this.done.add(traceId);
    const { announced, line } = this.of;
    this.counting.take(passesOf(this.log, traceId).map((pass) => mapOf(pass, announced, line)));
  }

  private isWhole(traceId: string): boolean {
    const events = this.log.eventsOf(traceId);
    const root = this.log.event(events[0] ?? -1)?.spanId;
    const last = this.log.event(events.at(-1) ?? -1);
    return last?.phase === "end" && last.spanId === root;
  }
}

interface Known extends MapsOf {
  count: WholeMaps;
}

const known = new WeakMap<Replay, Known>();

/** The counts of an opened recording; made anew when they are asked for of something else. */
export function wholeMapsOf(replay: Replay, of: MapsOf): WholeMaps {
  const found = known.get(replay);
  if (found?.app === of.app && found.announced === of.announced && found.line === of.line) {
    return found.count;
  }
  found?.count.stop();
  const count = new WholeCount(replay, (log) => new PassingMaps(log, of));
  known.set(replay, { ...of, count });
  return count;
}
