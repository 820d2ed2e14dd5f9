/** How much happened when, and which requests failed: what the overview draws. */
import type { EventLog, StoredBlock } from "./log";

const FAILED = 500;
const FIRST_SLOT = 1e7;

/** Events by slots of time and by app, counted once as they come in. */
export class Activity {
  private log: EventLog | null = null;
  private generation = -1;
  private done = 0;
  private readonly perHue: Map<number, number>[] = [];
  private slotLength = FIRST_SLOT;
  private failed: number[] = [];

  /** Counts per bucket: `byHue[hue][bucket]`, and their sums. */
  within(
    log: EventLog,
    start: number,
    end: number,
    buckets: number,
  ): { byHue: (Float64Array | undefined)[]; totals: Float64Array } {
    this.update(log, (end - start) / buckets);
    const totals = new Float64Array(buckets);
    const byHue: (Float64Array | undefined)[] = [];
    this.perHue.forEach((slots, hue) => {
      const counts = new Float64Array(buckets);
      for (const [slot, count] of slots) {
        const t = (slot + 0.5) * this.slotLength;
        const bucket = Math.floor(((t - start) / (end - start)) * buckets);
        if (bucket < 0 || bucket >= buckets) continue;
        counts[bucket] = (counts[bucket] as number) + count;
        totals[bucket] = (totals[bucket] as number) + count;
      }
      byHue[hue] = counts;
    });
    return { byHue, totals };
  }

  /** Start times of requests that failed, in order. */
  failures(log: EventLog): readonly number[] {
    this.update(log, this.slotLength);
    return this.failed;
  }

  private update(log: EventLog, bucketLength: number): void {
    const tooCoarse = this.slotLength > bucketLength * 1.01 || this.slotLength < bucketLength / 8;
    if (log !== this.log || log.generation !== this.generation || tooCoarse) {
      this.log = log;
      this.generation = log.generation;
      this.done = 0;
      this.perHue.length = 0;
      this.failed = [];
      this.slotLength = bucketLength / 2;
    }
    const blocks = log.blocks();
    for (; this.done < blocks.length; this.done++) this.take(blocks[this.done] as StoredBlock);
  }

  private take(stored: StoredBlock): void {
    const { block, offset, hues, start } = stored;
    const request = block.strings.indexOf("request");
    for (let row = 0; row < block.count; row++) {
      const hue = hues[block.app[row] as number] as number;
      const slot = Math.floor(((block.ts[row] as number) + offset) / this.slotLength);
      let slots = this.perHue[hue];
      if (slots === undefined) {
        slots = new Map();
        this.perHue[hue] = slots;
      }
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      if (block.kind[row] === request && block.phase[row] === 1) this.noteFailure(start + row);
    }
  }

  private noteFailure(index: number): void {
    const event = this.log?.event(index);
    const { status, left_by } = event?.attributes ?? {};
    if (event && (left_by !== undefined || Number(status) >= FAILED)) this.failed.push(event.t);
  }
}
