/** An opened recording, or one request of the live screen: its events, and the player that moves the cursor through them. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { EventLog } from "../model/log";
import type { OutlineItem } from "../model/outline";
import { RecordingLog } from "../model/recording_log";
import { blocksOf } from "../protocol/stream";
import type { Api } from "../transport/api";
import type { RecordingItem } from "../transport/items";
import type { LargeRecording } from "./large";
import type { Ask } from "./whole_search";
import { MAX_LISTED, Workspace } from "./workspace";

/** More events than this are not waited for. */
const LARGE = 100_000;
/** Between requests nothing happens, and nobody wants to watch that. */
const IDLE_LIMIT_MS = 1000;
/** While events are taken in, the page is drawn and heard at least this often. */
const BREATH_MS = 50;

/** Recordings are shown whole: nothing may leave their log. */
const emptyLog = (): EventLog =>
  __ENCLOSED__ ? new EventLog({ maxEvents: Number.MAX_SAFE_INTEGER }) : new RecordingLog();

/** What shows a part of a recording; nothing of it is in a file, which has all events in it. */
const part = __ENCLOSED__ ? null : () => import("./large");

export class Replay {
  readonly id: string;
  readonly workspace: Workspace;
  readonly recording: Signal<RecordingItem | null> = signal(null);
  readonly playing = signal(false);
  readonly speed = signal<number>(0.01);
  /** Indexes of all events in order of time; the slider's positions. */
  readonly order: Signal<ArrayLike<number>> = signal([]);
  /** Position in {@link order}. */
  readonly position = signal(0);
  readonly ready = signal(false);
  /** Set for a recording of which never all events are here. */
  readonly large: Signal<LargeRecording | null> = signal(null);
  /** Share of the events that are here. */
  readonly loaded = signal(0);

  readonly api: Api;
  private readonly off = new AbortController();
  private loading: Promise<void> | null = null;
  /** Why it could not be opened. */
  private failed: unknown = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, api: Api, workspace?: Workspace) {
    this.id = id;
    this.api = api;
    this.workspace = workspace ?? new Workspace((trace) => this.eventsOf(trace), emptyLog());
    this.workspace.pinned.value = true;
  }

  /** Plays *trace* where it is shown, from the selected event on; its events are here already. */
  static ofTrace(trace: string, api: Api, workspace: Workspace): Replay {
    const replay = new Replay(trace, api, workspace);
    const { log } = workspace;
    const time = (index: number) => log.event(index)?.t ?? 0;
    replay.order.value = [...log.eventsOf(trace)].sort((a, b) => time(a) - time(b) || a - b);
    replay.followSelection(workspace.event.value ?? -1);
    replay.ready.value = true;
    return replay;
  }

  /** Time of the position, in nanoseconds since the recording's first event. */
  readonly elapsed: ReadonlySignal<number> = computed(() => {
    const large = this.large.value;
    if (large === null) return this.timeAt(this.position.value);
    const { log } = this.workspace;
    return large.since(log.event(this.order.value[this.position.value] ?? -1)?.t ?? 0);
  });
  readonly length: ReadonlySignal<number> = computed(
    () => this.large.value?.length ?? this.timeAt(this.order.value.length - 1),
  );

  /**
   * Fetches the recording and its events, and shows its beginning as soon as that is here, unless
   * the reader waits for another part. What goes wrong stands in `workspace.problem`.
   */
  load({ fromStart = true } = {}): Promise<void> {
    this.loading ??= this.fetch(fromStart);
    return this.loading;
  }

  private async fetch(fromStart: boolean): Promise<void> {
    const { workspace, api, id } = this;
    workspace.loading.value = true;
    this.failed = null;
    try {
      const [recording, traces] = await Promise.all([
        api.recording(id),
        api.recordingTraces(id, MAX_LISTED),
      ]);
      this.recording.value = recording;
      workspace.update(traces);
      this.knowWhole(recording);
      if (part !== null && recording.events > LARGE) {
        await this.loadLarge(await part(), recording, fromStart);
        return;
      }
      await this.take(await api.recordingPart(id, "events.bin", this.off.signal), fromStart);
      this.isHere();
      if (fromStart && workspace.trace.value === null) this.seek(0);
    } catch (error) {
      this.loading = null;
      this.failed = error;
      if (!this.off.signal.aborted) workspace.problem.value = error;
    } finally {
      workspace.loading.value = false;
    }
  }

  /** Without the recording there is no request of it: the reader is to know of the recording. */
  private async eventsOf(trace: string): Promise<ArrayBuffer> {
    if (this.failed !== null) throw this.failed;
    return this.api.traceEvents(trace);
  }

  /** The list holds the latest requests alone: what is beyond it is asked for. */
  private knowWhole({ traces }: RecordingItem): void {
    const { workspace, api, id, off } = this;
    if (traces <= workspace.items.value.length) return;
    const ask: Ask = (what, signal) => api.recordingPart(id, what, signal);
    workspace.whole.value = { traces, failed: null, ask: __ENCLOSED__ ? null : ask };
    if (__ENCLOSED__) return;
    void this.countFailed(traces, ask);
    const stop = effect(() => {
      const trace = workspace.trace.value;
      if (trace !== null && workspace.selectedItem.value === null) void this.describe(trace);
    });
    off.signal.addEventListener("abort", stop);
  }

  private async countFailed(traces: number, ask: Ask): Promise<void> {
    try {
      const { lanes } = (await (
        await ask("outline?slots=1", this.off.signal)
      ).json()) as OutlineItem;
      const failed = lanes.flatMap((lane) => lane.failed).reduce((sum, one) => sum + one, 0);
      this.workspace.whole.value = { traces, failed, ask };
    } catch {
      // Then nobody says how many.
    }
  }

  private async describe(trace: string): Promise<void> {
    const { workspace, api } = this;
    try {
      workspace.unlisted.value = await api.trace(trace);
    } catch {
      // One that is gone has no events either, and that is said where they are.
    }
  }

  /** What is looked at comes first; all the rest comes while the reader looks at it, or never. */
  private async loadLarge(
    { LargeRecording }: Awaited<ReturnType<NonNullable<typeof part>>>,
    recording: RecordingItem,
    fromStart: boolean,
  ): Promise<void> {
    const { workspace, api, off } = this;
    const log = workspace.log as RecordingLog;
    const large = new LargeRecording(workspace, log, api, recording, off.signal);
    large.onProgress = (share) => {
      this.loaded.value = share;
    };
    await large.show();
    if (fromStart) {
      await large.loadStart();
      if (workspace.trace.value === null) this.showStart();
    }
    if (large.becomesWhole) void this.loadRest(large);
    else {
      this.large.value = large;
      workspace.log.subscribe(() => this.isHere());
      this.isHere();
    }
  }

  private async loadRest(large: LargeRecording): Promise<void> {
    try {
      if (await large.loadAll()) this.isHere();
    } catch (error) {
      if (!this.off.signal.aborted) this.workspace.problem.value = error;
    }
  }

  /** The events can be gone through. */
  private isHere(): void {
    const index = this.workspace.event.peek();
    batch(() => {
      this.order.value = inOrderOfTime(this.workspace.log);
      this.ready.value = true;
      if (index !== null) this.followSelection(index);
    });
  }

  private async take(events: Response, fromStart: boolean): Promise<void> {
    const { workspace } = this;
    let breath = performance.now();
    for await (const { block, done, announced } of blocksOf(events)) {
      workspace.log.append(block);
      if (fromStart && workspace.trace.value === null) this.showStart();
      if (performance.now() - breath < BREATH_MS) continue;
      this.loaded.value = done / announced;
      await new Promise((resolve) => setTimeout(resolve));
      breath = performance.now();
    }
  }

  /** Selects the first event of those that are here. */
  private showStart(): void {
    const [first] = inOrderOfTime(this.workspace.log);
    if (first === undefined) return;
    this.workspace.selectEvent(first);
    this.workspace.fit();
  }

  toggle(): void {
    if (this.playing.value) this.pause();
    else this.play();
  }

  play(): void {
    if (this.order.value.length === 0) return;
    if (this.position.value >= this.order.value.length - 1) this.seek(0);
    this.playing.value = true;
    this.schedule();
  }

  pause(): void {
    clearTimeout(this.timer);
    this.playing.value = false;
  }

  /** Moves to a position; list, timeline, stack and details go along. */
  seek(position: number): void {
    const last = this.order.value.length - 1;
    if (last < 0) return;
    const before = this.workspace.trace.value;
    // At once, or whoever follows the selection would take the position back.
    batch(() => {
      this.position.value = Math.min(Math.max(position, 0), last);
      this.workspace.selectEvent(this.order.value[this.position.value] ?? null);
    });
    if (this.workspace.trace.value !== before) this.workspace.fit();
  }

  step(steps: number): void {
    this.pause();
    this.seek(this.position.value + steps);
  }

  /** Takes over a selection that was made elsewhere, so that playing goes on from there. */
  followSelection(index: number): void {
    const order = this.order.peek();
    if (order[this.position.peek()] === index) return;
    const position = Array.prototype.indexOf.call(order, index);
    if (position >= 0) this.position.value = position;
  }

  dispose(): void {
    this.pause();
    this.off.abort();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const next = this.position.value + 1;
    if (next >= this.order.value.length) {
      this.pause();
      return;
    }
    const ahead = (this.timeAt(next) - this.timeAt(this.position.value)) / 1e6 / this.speed.value;
    const began = performance.now();
    this.timer = setTimeout(
      () => {
        if (!this.playing.value) return;
        this.seek(this.reachedBy(performance.now() - began));
        this.schedule();
      },
      Math.min(Math.max(ahead, 16), IDLE_LIMIT_MS),
    );
  }

  /** Furthest position whose time has come after *passed* ms; at least the next one. */
  private reachedBy(passed: number): number {
    const from = this.timeAt(this.position.value);
    const last = this.order.value.length - 1;
    let reached = this.position.value + 1;
    while (reached < last && (this.timeAt(reached + 1) - from) / 1e6 / this.speed.value <= passed) {
      reached++;
    }
    return reached;
  }

  private timeAt(position: number): number {
    const { log } = this.workspace;
    const first = log.event(this.order.value[0] ?? -1);
    const there = log.event(this.order.value[position] ?? -1);
    return first && there ? there.t - first.t : 0;
  }
}

function inOrderOfTime(log: EventLog): Uint32Array {
  const indexes = new Uint32Array(log.count);
  const times = new Float64Array(log.count);
  let isInOrder = true;
  let at = 0;
  for (const { start, block, offset } of log.blocks()) {
    for (let row = 0; row < block.count; row++, at++) {
      indexes[at] = start + row;
      times[at] = (block.ts[row] as number) + offset;
      isInOrder &&= at === 0 || (times[at] as number) >= (times[at - 1] as number);
    }
  }
  if (isInOrder) return indexes;
  // Several processes may have written at once; within one, the order is that of `seq` already.
  const order = Uint32Array.from(indexes, (_, i) => i);
  order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  return order.map((i) => indexes[i] as number);
}
