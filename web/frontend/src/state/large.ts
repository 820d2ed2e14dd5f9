/**
 * A recording of which not all events are in the page. It is shown at once from an outline, which
 * the dashboard makes without reading an event; then the events come for what is in view, and in the
 * end all of them, if that is not too many to be held.
 */
import { batch, effect } from "@preact/signals";
import { number, t } from "../i18n/translate";
import { contextsOf } from "../model/contexts";
import type { EventLog } from "../model/log";
import { eventsOf, Outline, type OutlineItem } from "../model/outline";
import type { RecordingLog } from "../model/recording_log";
import { spansOf } from "../model/spans";
import { blocksOf } from "../model/trace_blocks";
import type { Block } from "../protocol/decode";
import { OutlineLayer } from "../timeline/outline_layer";
import type { View } from "../timeline/values";
import type { Api } from "../transport/api";
import { blocksFrom } from "../transport/block_source";
import type { RecordingItem } from "../transport/items";
import type { Workspace } from "./workspace";

export interface Limits {
  /** Events of a recording that is held whole in the end; some 100 MB. */
  whole: number;
  /** Events that are fetched for what is in view, with what lies beside it. */
  view: number;
  /** Events of the beginning, which is shown first. */
  first: number;
}

const LIMITS: Limits = { whole: 1_500_000, view: 100_000, first: 5_000 };
/** How long the view has rested before events are fetched for it, ms. */
const REST_MS = 120;
/** While events are taken in, the page is drawn and heard at least this often: less than a frame. */
const BREATH_MS = 8;
/** A view that is so much shorter than its outline's times has an outline made for it. */
const COARSE = 8;

interface Fetching {
  view: View;
  off: AbortController;
  /** Resolves when it is here, or will not come. */
  done: Promise<void>;
}

export class LargeRecording {
  /** Of the events, while all are fetched: which share is here. */
  onProgress: (share: number) => void = () => {};

  private outline: Outline | null = null;
  /** Finer, for a part in which there are more events than are fetched for a view. */
  private detail: Outline | null = null;
  /** Events that belong to no request, and are in no outline. */
  private others = 0;
  private loaded: View | null = null;
  private isWhole = false;
  private share = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private fetching: Fetching | null = null;
  private stopFollowing = () => {};

  constructor(
    private readonly workspace: Workspace,
    /** Its log. */
    private readonly log: RecordingLog,
    private readonly api: Api,
    private readonly item: RecordingItem,
    private readonly signal: AbortSignal,
    private readonly limits: Limits = LIMITS,
  ) {
    signal.addEventListener("abort", () => this.dispose());
  }

  /** Whether all events will be here in the end. */
  get becomesWhole(): boolean {
    return this.item.events <= this.limits.whole;
  }

  /** Nanoseconds since the recording's beginning. */
  since(t: number): number {
    return t - (this.outline?.times.start ?? 0);
  }

  get length(): number {
    const { start, end } = this.outline?.times ?? { start: 0, end: 0 };
    return end - start;
  }

  /** Shows all of it from afar, and from then on fetches what is looked at. */
  async show(): Promise<void> {
    const { workspace, item } = this;
    const told = await this.ask();
    this.others = Math.max(0, item.events - eventsOf(told));
    this.outline = this.outlined(told);
    this.tell();
    this.stopFollowing = effect(() => {
      const view = workspace.view.value;
      clearTimeout(this.resting);
      if (view === null) return;
      this.resting = setTimeout(() => void this.see({ start: view[0], end: view[1] }), REST_MS);
    });
  }

  /** Fetches the beginning. */
  async loadStart(): Promise<void> {
    if (this.outline === null) return;
    await this.load(this.whole(this.outline.firstOf(this.limits.first)));
  }

  /** Fetches all events; the answer is whether they are here. */
  async loadAll(): Promise<boolean> {
    await this.firstIsHere();
    if (this.signal.aborted) return false;
    const next = await this.built(undefined, this.signal, (share) => {
      this.share = share;
      this.onProgress(share);
      this.say();
    });
    this.isWhole = true;
    this.fetching?.off.abort();
    this.take(next, this.outline?.times ?? { start: 0, end: 0 });
    this.stopFollowing();
    return true;
  }

  /** What the reader looks at comes before the rest. */
  private async firstIsHere(): Promise<void> {
    // Behind the view that came to rest in the meantime.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    await this.fetching?.done;
  }

  private dispose(): void {
    clearTimeout(this.resting);
    this.stopFollowing();
    this.fetching?.off.abort();
  }

  /** The view has come to rest. */
  private async see(view: View): Promise<void> {
    const { outline } = this;
    if (outline === null || this.isWhole) return;
    this.say();
    const part = clipped(view, outline.times);
    if (part === null || isIn(part, this.loaded)) return;
    if (this.isFar(part)) {
      if (part.end - part.start < (outline.times.end - outline.times.start) / COARSE) {
        await this.refine(part);
      }
      return;
    }
    if (this.fetching !== null && isIn(part, this.fetching.view)) return;
    await this.load(this.around(part));
  }

  /** Whether more events lie there than are fetched. */
  private isFar(view: View): boolean {
    return this.eventsIn(view) > this.limits.view;
  }

  private eventsIn(view: View): number {
    const { detail, outline } = this;
    const finest = detail !== null && isIn(view, detail.times) ? detail : outline;
    return finest?.eventsIn(view) ?? 0;
  }

  /** What is fetched for a view: as much on both sides, if that is not too much, and whole requests. */
  private around(view: View): View {
    const { times, whole } = { times: this.outline?.times ?? view, whole: this.whole };
    const length = view.end - view.start;
    const wide = clipped({ start: view.start - length, end: view.end + length }, times) ?? view;
    const candidates = [whole(wide), wide, whole(view)];
    return candidates.find((candidate) => !this.isFar(candidate)) ?? view;
  }

  private readonly whole = (view: View): View => this.outline?.whole(view) ?? view;

  private async load(view: View): Promise<void> {
    this.fetching?.off.abort();
    const off = new AbortController();
    const fetching: Fetching = { view, off, done: this.fetch(view, off) };
    this.fetching = fetching;
    this.workspace.loading.value = true;
    await fetching.done;
    if (this.fetching === fetching) {
      this.fetching = null;
      this.workspace.loading.value = false;
    }
  }

  private async fetch(view: View, off: AbortController): Promise<void> {
    try {
      const next = await this.built(view, off.signal);
      if (off.signal.aborted || this.isWhole) return;
      this.workspace.problem.value = null;
      this.take(next, view);
    } catch (error) {
      if (!off.signal.aborted) this.workspace.problem.value = error;
    }
  }

  /** An outline of this part alone. */
  private async refine(view: View): Promise<void> {
    const length = view.end - view.start;
    const { times } = this.outline as Outline;
    const wanted = clipped({ start: view.start - length, end: view.end + length }, times) ?? view;
    const { detail } = this;
    const isFine = detail !== null && detail.times.end - detail.times.start < length * COARSE;
    if (isFine && isIn(view, detail.times)) return;
    try {
      const told = await this.ask(wanted);
      if (this.isWhole) return;
      this.detail = this.outlined(told);
      this.tell();
    } catch (error) {
      // The coarse one is there all the same.
      if (!this.signal.aborted) this.workspace.problem.value = error;
    }
  }

  /** An outline of all, or between two times. */
  private async ask(times?: View): Promise<OutlineItem> {
    const { api, item, signal } = this;
    return (await api.recordingPart(item.id, `outline${this.inTime(times)}`, signal)).json();
  }

  private outlined(told: OutlineItem): Outline {
    const { log, length, others } = this;
    const share = length === 0 ? 1 : (told.end_ts - told.start_ts) / length;
    const several = (pid: number | null) => t(pid === null ? "beyond.others" : "beyond.threads");
    return new Outline(log, told, several, others * share);
  }

  private inTime(times: View | undefined): string {
    if (times === undefined) return "";
    const { log } = this;
    const [start, end] = [Math.floor(times.start), Math.ceil(times.end)];
    return `?start=${log.absolute(start)}&end=${log.absolute(end)}`;
  }

  /** A log of the events between two times, or of all, with what is derived from them. */
  private async built(
    times: View | undefined,
    signal: AbortSignal,
    progress: (share: number) => void = () => {},
  ): Promise<RecordingLog> {
    const { api, item, workspace, log } = this;
    const next = log.successor();
    // What is selected stays: what lies before the rest has to come before it.
    const first = times && workspace.selectedEvent.peek();
    if (times && first && first.t < times.start) this.keepSelected(next);
    const part = `events.bin${this.inTime(times)}`;
    const events = blocksFrom(
      api.recordingAddress(item.id, part),
      () => api.recordingPart(item.id, part, signal),
      signal,
    );
    let breath = performance.now();
    let told = breath;
    for await (const { block, done, announced } of events) {
      signal.throwIfAborted();
      takeIn(next, block);
      const now = performance.now();
      if (now - breath < BREATH_MS) continue;
      if (now - told > 100) {
        progress(done / announced);
        told = now;
      }
      await pause();
      breath = performance.now();
    }
    return next;
  }

  /** Shows what `next` holds: all events between these times, and those of the selected request. */
  private take(next: RecordingLog, view: View): void {
    const { workspace, log } = this;
    this.keepSelected(next);
    this.loaded = view;
    const event = workspace.selectedEvent.peek();
    batch(() => {
      log.adopt(next);
      if (event !== null) workspace.event.value = log.indexOf(event.agent, event.seq);
      workspace.revision.value++;
    });
    this.tell();
  }

  /** The events of the selected request as far as they are here. */
  private keepSelected(next: RecordingLog): void {
    const { log } = this;
    const selected = this.workspace.trace.peek();
    if (selected === null) return;
    if (next.eventsOf(selected).length >= log.eventsOf(selected).length) return;
    for (const block of blocksOf(log, selected)) takeIn(next, block);
  }

  private tell(): void {
    const { outline, detail, loaded, workspace } = this;
    if (outline === null) return;
    const [start, end] = workspace.view.peek() ?? [outline.times.start, outline.times.end];
    const shown = detail !== null && isIn({ start, end }, detail.times) ? detail : outline;
    workspace.beyond.value = new OutlineLayer(outline, shown, loaded === null ? [] : [loaded]);
    this.say();
  }

  /** Says why there are requests and no steps. */
  private say(): void {
    const view = this.workspace.view.peek();
    const part = view && clipped({ start: view[0], end: view[1] }, this.outline?.times);
    const isPlain = this.isWhole || part === null || isIn(part, this.loaded) || !this.isFar(part);
    const count = isPlain ? 0 : Math.round(this.eventsIn(part));
    this.workspace.note.value = isPlain
      ? ""
      : this.becomesWhole
        ? t("beyond.loading", { count: number(count), share: Math.round(this.share * 100) })
        : t("beyond.far", { count: number(count) });
  }
}

/** Lets the page be drawn and heard. A timer inside of timers would sleep for 4 ms each time. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Appends a block and derives what is drawn, so that none of it is left for the drawing. */
function takeIn(log: EventLog, block: Block): void {
  log.append(block);
  spansOf(log);
  contextsOf(log);
}

function clipped(view: View, times: View | undefined): View | null {
  if (times === undefined) return null;
  const start = Math.max(view.start, times.start);
  const end = Math.min(view.end, times.end);
  return start < end ? { start, end } : null;
}

function isIn(view: View, around: View | null): boolean {
  return around !== null && view.start >= around.start && view.end <= around.end;
}
