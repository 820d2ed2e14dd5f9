/** What ran in all of a recording of which the page holds a part. */
import type { RecordingLog } from "../model/recording_log";
import { RunCounts } from "../model/runs";
import type { Block } from "../protocol/decode";
import type { Replay } from "./replay";
import { type Passing, WholeCount } from "./whole_count";

export type WholeRuns = WholeCount<RunCounts>;

/** Holds one block at a time. */
export class PassingRuns implements Passing<RunCounts> {
  private readonly counted: RunCounts;

  constructor(private readonly log: RecordingLog) {
    this.counted = new RunCounts(log);
  }

  take(block: Block): void {
    this.log.append(block);
    for (const stored of this.log.blocks()) this.counted.take(stored);
    this.log.clear();
  }

  counts(): RunCounts {
    return this.counted;
  }
}

const known = new WeakMap<Replay, WholeRuns>();

/** The counts of an opened recording, made when they are asked for first. */
export function wholeRunsOf(replay: Replay): WholeRuns {
  const found = known.get(replay) ?? new WholeCount(replay, (log) => new PassingRuns(log));
  known.set(replay, found);
  return found;
}
