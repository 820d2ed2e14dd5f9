/**
 * Clocks that were set back. In one lane things happen one after the other, so a time before the one
 * before is no time: from there on the process's times are moved on, and nothing lies in the past.
 */
import type { StoredBlock } from "./stored";

export interface Jump {
  /** Index of the first event after it. */
  event: number;
  /** Nanoseconds. */
  by: number;
}

export class Clocks {
  /** By process start: what is added to its times. */
  private readonly shifts: number[] = [];
  /** By lane: its latest time, moved on. */
  private readonly latest: number[] = [];

  /** Moves the times of a block that follows those before; answers where its clock was set back. */
  straighten({ block, lanes, agent, start, offset }: StoredBlock): Jump[] {
    const jumps: Jump[] = [];
    let shift = this.shifts[agent] ?? 0;
    for (let row = 0; row < block.count; row++) {
      const lane = lanes[block.lane[row] as number] as number;
      const before = this.latest[lane] ?? Number.NEGATIVE_INFINITY;
      let t = (block.ts[row] as number) + offset + shift;
      if (t < before) {
        jumps.push({ event: start + row, by: before - t });
        shift += before - t;
        t = before;
      }
      block.ts[row] = t - offset;
      this.latest[lane] = t;
    }
    this.shifts[agent] = shift;
    return jumps;
  }
}
