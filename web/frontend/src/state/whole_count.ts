/** What is counted in all of a recording of which the page holds a part: its events pass by once. */
import { batch, type Signal, signal } from "@preact/signals";
import type { RecordingLog } from "../model/recording_log";
import type { Block } from "../protocol/decode";
import { blocksFrom } from "../transport/block_source";
import type { Replay } from "./replay";

/** While events are counted, the page is drawn and heard at least this often, ms. */
const BREATH_MS = 8;

/** What counts the blocks that pass by. */
export interface Passing<T> {
  take(block: Block): void;
  /** Asked for once, behind the last block. */
  counts(): T;
}

export class WholeCount<T> {
  /** Null before all are counted. */
  readonly counts: Signal<T | null> = signal(null);
  /** How much was counted; null while nothing is. */
  readonly share: Signal<number | null> = signal(null);
  readonly problem: Signal<unknown> = signal(null);
  private off = new AbortController();

  /** @param begin - what counts, with an empty log for itself alone */
  constructor(
    private readonly replay: Replay,
    private readonly begin: (log: RecordingLog) => Passing<T>,
  ) {}

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

  private async counted(signal: AbortSignal): Promise<T> {
    const { id, api, workspace } = this.replay;
    const passing = this.begin((workspace.log as RecordingLog).successor());
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
    return passing.counts();
  }
}
