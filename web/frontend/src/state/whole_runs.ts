/**
 * What ran in all of a recording of which the page holds a part: its events pass by once, are counted
 * and forgotten.
 */
import { batch, type Signal, signal } from "@preact/signals";
import type { RecordingLog } from "../model/recording_log";
import { RunCounts } from "../model/runs";
import type { Block } from "../protocol/decode";
import { blocksFrom } from "../transport/block_source";
import type { Replay } from "./replay";

/** While events are counted, the page is drawn and heard at least this often, ms. */
const BREATH_MS = 8;

export class WholeRuns {
  /** Null before all are counted. */
  readonly counts: Signal<RunCounts | null> = signal(null);
  /** How much was counted; null while nothing is. */
  readonly share: Signal<number | null> = signal(null);
  readonly problem: Signal<unknown> = signal(null);
  private off = new AbortController();

  constructor(private readonly replay: Replay) {}

  /** Counts, unless that was done. */
  async start(): Promise<void> {
    if (this.counts.value !== null || this.share.value !== null) return;
    const { signal } = this.renewed();
    try {
      const counts = await this.counted(signal);
      batch(() => {
        this.counts.value = counts;
        this.share.value = null;
      });
    } catch (error) {
      if (signal.aborted) return;
      batch(() => {
        this.problem.value = error;
        this.share.value = null;
      });
    }
  }

  stop(): void {
    this.off.abort();
    this.share.value = null;
  }

  private renewed(): AbortController {
    this.off = new AbortController();
    batch(() => {
      this.share.value = 0;
      this.problem.value = null;
    });
    return this.off;
  }

  private async counted(signal: AbortSignal): Promise<RunCounts> {
    const { id, api, workspace } = this.replay;
    const passing = new Passing((workspace.log as RecordingLog).successor());
    const part = "events.bin";
    const fetched = () => api.recordingPart(id, part, signal);
    let breath = performance.now();
    const blocks = blocksFrom(api.recordingAddress(id, part), fetched, signal);
    for await (const { block, done, announced } of blocks) {
      signal.throwIfAborted();
      passing.take(block);
      if (performance.now() - breath < BREATH_MS) continue;
      this.share.value = done / announced;
      await new Promise((resolve) => setTimeout(resolve));
      breath = performance.now();
    }
    signal.throwIfAborted();
    return passing.counts;
  }
}

/** Holds one block at a time. */
export class Passing {
  readonly counts: RunCounts;

  constructor(private readonly log: RecordingLog) {
    this.counts = new RunCounts(log);
  }

  take(block: Block): void {
    this.log.append(block);
    for (const stored of this.log.blocks()) this.counts.take(stored);
    this.log.clear();
  }
}

const known = new WeakMap<Replay, WholeRuns>();

/** The counts of an opened recording, made when they are asked for first. */
export function wholeRunsOf(replay: Replay): WholeRuns {
  const found = known.get(replay) ?? new WholeRuns(replay);
  known.set(replay, found);
  return found;
}
