/** A recording from afar, as the dashboard tells it: the requests of each thread, by slots of time. */
import { hueOf } from "./hues";
import type { EventLog } from "./log";
import type { RecordingLog } from "./recording_log";
import { ERROR, SpanRow, styleOf } from "./span_row";

/** A bar is a failure from one in so many requests on. */
const LEAST_FAILED = 4;

export interface Times {
  start: number;
  end: number;
}

/** Columns with one value for each slot of time in which requests began; ns after `start_ts`. */
export interface OutlineLaneItem {
  /** Null for several. */
  pid: number | null;
  thread: string | null;
  start: number[];
  length: number[];
  requests: number[];
  failed: number[];
  events: number[];
  /** Of the request that stands for them: numbers of `strings`. */
  app: number[];
  name: number[];
  trace: string[];
}

export interface OutlineItem {
  start_ts: number;
  end_ts: number;
  slots: number;
  strings: string[];
  lanes: OutlineLaneItem[];
}

/** Events that stand in an outline. */
export function eventsOf({ lanes }: OutlineItem): number {
  return lanes.reduce((all, { events }) => events.reduce((sum, count) => sum + count, all), 0);
}

/** One lane of it; a bar's `event` is its position in the columns. */
export interface OutlineLane {
  /** Number in the log. */
  lane: number;
  row: SpanRow;
  item: OutlineLaneItem;
}

/** Times are those of a log, whose zero it may set. */
export class Outline {
  readonly times: Times;
  readonly lanes: readonly OutlineLane[];
  private readonly strings: readonly string[];

  constructor(
    log: RecordingLog,
    item: OutlineItem,
    several: (pid: number | null) => string,
    /** Events that belong to no request; nobody knows better than that they came evenly. */
    private readonly others = 0,
  ) {
    log.epoch ??= BigInt(item.start_ts);
    const zero = Number(BigInt(item.start_ts) - log.epoch);
    this.times = { start: zero, end: zero + Math.max(1, item.end_ts - item.start_ts) };
    this.strings = item.strings;
    this.lanes = item.lanes.map((lane) => ({
      lane: log.laneOf(lane.pid ?? 0, lane.thread ?? several(lane.pid)),
      row: this.rowOf(lane, zero),
      item: lane,
    }));
  }

  /** About how many events lie between two times: those of a slot count as if they came evenly. */
  eventsIn({ start, end }: Times): number {
    const { times } = this;
    const part = Math.min(end, times.end) - Math.max(start, times.start);
    let sum = (this.others * Math.max(0, part)) / (times.end - times.start);
    this.each({ start, end }, ({ item, row }, i) => {
      const from = Math.max(start, row.start[i] as number);
      const share = (Math.min(end, row.end[i] as number) - from) / Math.max(1, row.duration(i));
      sum += (item.events[i] as number) * Math.min(1, Math.max(0, share));
    });
    return sum;
  }

  /** `times`, and so much more that no request which reaches into them is cut. */
  whole(times: Times): Times {
    let { start, end } = times;
    this.each(times, ({ row }, i) => {
      start = Math.min(start, row.start[i] as number);
      end = Math.max(end, row.end[i] as number);
    });
    return { start, end };
  }

  /** From `start` on, as much time as about `events` events take. */
  firstOf(events: number, start = this.times.start): Times {
    let [low, high] = [start, this.times.end];
    if (this.eventsIn({ start, end: high }) <= events) return { start, end: high };
    while (high - low > (this.times.end - start) / 4096) {
      const middle = (low + high) / 2;
      if (this.eventsIn({ start, end: middle }) < events) low = middle;
      else high = middle;
    }
    return { start, end: high };
  }

  /** What an {@link Activity} says of a log: events by bucket of time and by hue. */
  within(
    _log: EventLog,
    start: number,
    end: number,
    buckets: number,
  ): { byHue: (Float64Array | undefined)[]; totals: Float64Array } {
    const totals = new Float64Array(buckets);
    const byHue: (Float64Array | undefined)[] = [];
    const bucketOf = (t: number) => Math.floor(((t - start) / (end - start)) * buckets);
    for (const { item, row } of this.lanes) {
      for (let i = 0; i < row.length; i++) {
        const hue = hueOf(this.strings[item.app[i] as number] as string);
        byHue[hue] ??= new Float64Array(buckets);
        const counts = byHue[hue] as Float64Array;
        const first = Math.max(0, bucketOf(row.start[i] as number));
        const last = Math.min(buckets - 1, bucketOf(row.end[i] as number));
        for (let bucket = first; bucket <= last; bucket++) {
          const share = (item.events[i] as number) / (last - first + 1);
          counts[bucket] = (counts[bucket] as number) + share;
          totals[bucket] = (totals[bucket] as number) + share;
        }
      }
    }
    return { byHue, totals };
  }

  /** Where requests failed. */
  failures(): readonly number[] {
    const found: number[] = [];
    this.each(this.times, ({ item, row }, i) => {
      if ((item.failed[i] as number) > 0) found.push(row.start[i] as number);
    });
    return found.sort((a, b) => a - b);
  }

  /** Every bar that reaches into `times`. */
  private each({ start, end }: Times, visit: (lane: OutlineLane, i: number) => void): void {
    for (const lane of this.lanes) {
      const { row } = lane;
      let i = row.firstEndingFrom(start);
      for (; i < row.length && (row.start[i] as number) <= end; i++) visit(lane, i);
    }
  }

  private rowOf(item: OutlineLaneItem, zero: number): SpanRow {
    const row = new SpanRow();
    const style = styleOf("request");
    item.start.forEach((start, i) => {
      // Several greenlets or threads may share a lane: there a bar ends where the next one begins.
      const next = item.start[i + 1] ?? Number.POSITIVE_INFINITY;
      const end = Math.min(start + (item.length[i] as number), Math.max(start, next));
      row.open(start + zero, i, style);
      // One of a hundred would make all of them look failed; the overview marks every one.
      const failed = (item.failed[i] as number) * LEAST_FAILED;
      row.close(i, end + zero, failed > 0 && failed >= (item.requests[i] as number) ? ERROR : 0);
    });
    return row;
  }
}
