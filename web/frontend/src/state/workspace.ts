/**
 * What is looked at: one log of events with its traces, the selection in it, the cursor and the view.
 *
 * Live has one for as long as the page is open, an opened recording its own; the views are the same
 * for both. All times here are nanoseconds since the log's epoch.
 */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { EventLog, type EventView } from "../model/log";
import { isOwn } from "../model/own";
import { decodeFrame } from "../protocol/decode";
import type { Beyond } from "../timeline/scene";
import type { Timeline } from "../timeline/types";
import type { Folds } from "../timeline/values";
import type { TraceItem } from "../transport/items";
import { factsOf, type SpanFacts } from "./facts";
import type { Finder } from "./finder";
import type { Whole } from "./whole_search";

/** Traces in the list; the oldest leave it first. */
export const MAX_LISTED = 500;

/** Between two drawings of what arrives; frames come up to twenty times a second. */
const DRAW_MS = 33;

export type View = readonly [start: number, end: number];

/** Where the cursor stands: a lane, a time there, and the event when it stands exactly at one. */
export interface Position {
  lane: number;
  time: number;
  event: EventView | null;
}

const STACK_CHANGE = /^(app_context|request_context|local_stack)\.(push|pop)$/;
const PUSH = /\.push$/;

type LoadTrace = (trace: string) => Promise<ArrayBuffer>;

export class Workspace {
  readonly log: EventLog;
  /** Newest first. */
  readonly items: Signal<readonly TraceItem[]> = signal([]);
  readonly filter = signal("");
  /** Here as soon as something was looked for. */
  readonly finder: Signal<Finder | null> = signal(null);
  /** The items that the filter finds; all while it is being fetched. */
  readonly listed: ReadonlySignal<readonly TraceItem[]>;
  readonly trace: Signal<string | null> = signal(null);
  /** Index of the selected event in the log. */
  readonly event: Signal<number | null> = signal(null);
  readonly cursor: Signal<number | null> = signal(null);
  readonly view: Signal<View | null> = signal(null);
  readonly table = signal(false);
  /** What is folded in the timeline; the revision rises with each change. */
  readonly folds: Folds = { lanes: new Set(), idle: null, opened: new Map(), wanted: [] };
  readonly foldsRevision = signal(0);
  /** Begins of the spans whose rows the table hides. */
  readonly closedRows: Signal<ReadonlySet<number>> = signal(new Set());
  /** The table, and steps by key, leave out what the framework does for every application. */
  readonly ownOnly = signal(false);
  /** The reader chose what is shown: newer traces do not take its place. */
  readonly pinned = signal(false);
  /** Nothing that is shown moves; what arrives is kept and counted. */
  readonly frozen = signal(false);
  /** Traces that came while the list stood still. */
  readonly waiting = signal(0);
  /** Rises when the log has changed and it is time to draw. */
  readonly revision = signal(0);
  /** What is known of a recording of which not all events are here; null where all are. */
  readonly beyond: Signal<Beyond | null> = signal(null);
  /** Of a recording of which not all requests are listed. */
  readonly whole: Signal<Whole | null> = signal(null);
  /** The selected request, if the list does not know it. */
  readonly unlisted: Signal<TraceItem | null> = signal(null);
  /** What is to be said about that, where the timeline is. */
  readonly note = signal("");
  readonly loading = signal(false);
  readonly problem: Signal<unknown> = signal(null);
  /** The timeline on the screen, null while the table is there instead. */
  timeline: Timeline | null = null;
  /** The reader moved the view: it is not fitted anew while the request grows. */
  viewTouched = false;

  private readonly load: LoadTrace;
  private readonly byId = new Map<string, TraceItem>();
  private drawing = false;
  /** Events of the selected trace when it was last brought into view. */
  private shownEvents = 0;
  /** The selected event was chosen by the reader, or named by the address. */
  private eventChosen = false;

  constructor(load: LoadTrace, log: EventLog = new EventLog()) {
    this.load = load;
    this.log = log;
    this.listed = computed(() => {
      const finder = this.filter.value.trim() === "" ? null : this.finder.value;
      return finder === null ? this.items.value : finder.found.value;
    });
    effect(() => {
      if (this.filter.value !== "" && this.finder.peek() === null) void this.fetchFinder();
    });
    log.subscribe(() => this.changed());
  }

  /** The item of the selected trace, if it is known. */
  readonly selectedItem = computed(() => {
    const wanted = this.trace.value;
    const unlisted = this.unlisted.value;
    const listed = this.items.value.find((item) => item.id === wanted);
    return listed ?? (unlisted?.id === wanted ? unlisted : null);
  });

  /** The selected event itself; reads anew when the log has changed. */
  readonly selectedEvent: ReadonlySignal<EventView | null> = computed(() => {
    this.revision.value;
    const index = this.event.value;
    return index === null ? null : (this.log.event(index) ?? null);
  });

  /** What the timeline and the table select for the event: an end stands for its span's begin. */
  readonly selectedRef: ReadonlySignal<number | null> = computed(() => {
    const event = this.selectedEvent.value;
    return event === null ? null : this.beginOf(event).index;
  });

  readonly selectedFacts: ReadonlySignal<SpanFacts | null> = computed(() => {
    const event = this.selectedEvent.value;
    return event === null ? null : factsOf(this.log, this.beginOf(event));
  });

  /** Time of the selected trace's first event. */
  readonly traceStart: ReadonlySignal<number | null> = computed(() => {
    this.revision.value;
    return this.trace.value === null ? null : this.startOf(this.trace.value);
  });

  readonly position: ReadonlySignal<Position | null> = computed(() => {
    const event = this.selectedEvent.value;
    const time = this.cursor.value;
    if (event === null || time === null) return null;
    return { lane: event.lane, time, event: event.t === time ? event : null };
  });

  /** The last push or pop at or before the cursor, in its lane and trace. */
  readonly lastStackChange: ReadonlySignal<EventView | null> = computed(() => {
    const at = this.position.value;
    const trace = this.trace.value;
    if (at === null || trace === null) return null;
    let last: EventView | null = null;
    for (const index of this.log.eventsOf(trace)) {
      const event = this.log.event(index) as EventView;
      if (event.t > at.time) break;
      if (event.lane === at.lane && STACK_CHANGE.test(event.kind)) last = event;
      if (event.index === at.event?.index) break;
    }
    return last;
  });

  /** Fetches what reads the filter; what goes wrong stands in {@link problem}. */
  async fetchFinder(): Promise<void> {
    try {
      const { Finder } = await import("./finder");
      this.finder.value ??= new Finder(this);
    } catch (error) {
      this.problem.value = error;
    }
  }

  /** Takes the events of a frame; answers how many it held and at which position it ends. */
  append(frame: ArrayBuffer): { count: number; toSeq: number } {
    const { blocks, toSeq } = decodeFrame(frame);
    let count = 0;
    for (const block of blocks) {
      this.log.append(block);
      count += block.count;
    }
    return { count, toSeq };
  }

  /** New or changed traces; of one that is known with more events, the answer was overtaken. */
  update(changed: readonly TraceItem[]): void {
    for (const item of changed) {
      if (item.events >= (this.byId.get(item.id)?.events ?? 0)) this.byId.set(item.id, item);
    }
    if (!this.frozen.value) this.relist();
    else this.waiting.value = this.byId.size - this.items.value.length;
  }

  /** Brings the list up to date after it stood still. */
  relist(): void {
    const sorted = [...this.byId.values()].sort((a, b) => b.start_ts - a.start_ts);
    for (const item of sorted.slice(MAX_LISTED)) this.byId.delete(item.id);
    batch(() => {
      this.items.value = sorted.slice(0, MAX_LISTED);
      this.waiting.value = 0;
    });
  }

  /** Forgets every trace and event. */
  clear(): void {
    batch(() => {
      this.byId.clear();
      this.items.value = [];
      this.deselect();
      this.log.clear();
    });
  }

  /** Selects a trace, fetching its events if they are not here. *fit* brings it into view. */
  async select(trace: string, { byHand = true, fit = true, fetch = true } = {}): Promise<void> {
    const before = this.trace.value;
    if (before !== null && before !== trace) this.log.unpin(before);
    this.log.pin(trace);
    batch(() => {
      if (before !== trace) {
        this.event.value = null;
        this.cursor.value = null;
        this.eventChosen = false;
      }
      this.trace.value = trace;
      if (byHand) this.pinned.value = true;
    });
    if (fetch) await this.fetchMissing(trace);
    if (this.trace.value !== trace) return;
    this.shownEvents = this.log.eventsOf(trace).length;
    this.suggestEvent();
    if (fit) this.fit();
  }

  /** Shows the selected trace whole, and again whenever it has grown. */
  fit(): void {
    this.viewTouched = false;
    if (this.trace.value !== null) this.timeline?.fitTrace(this.trace.value);
  }

  /** Selects an event, and its trace with it; the cursor goes to its time. */
  selectEvent(index: number | null): void {
    const event = index === null ? undefined : this.log.event(index);
    batch(() => {
      this.event.value = event?.index ?? null;
      this.eventChosen = event !== undefined;
      if (event === undefined) return;
      this.pinned.value = true;
      this.cursor.value = event.t;
      if (event.traceId !== null && event.traceId !== this.trace.value) {
        if (this.trace.value !== null) this.log.unpin(this.trace.value);
        this.log.pin(event.traceId);
        this.trace.value = event.traceId;
      }
    });
  }

  moveCursor(t: number): void {
    batch(() => {
      this.cursor.value = t;
      this.pinned.value = true;
    });
  }

  /** Nothing selected: the newest trace is shown again as soon as it comes. */
  deselect(): void {
    if (this.trace.value !== null) this.log.unpin(this.trace.value);
    batch(() => {
      this.trace.value = null;
      this.event.value = null;
      this.cursor.value = null;
      this.pinned.value = false;
      this.eventChosen = false;
    });
  }

  /** The event *steps* before or behind the selected one in its trace. */
  step(steps: number): void {
    const trace = this.trace.value;
    if (trace === null) return;
    const own = this.ownOnly.value;
    const events = this.log
      .eventsOf(trace)
      .filter(
        (index) => !own || index === this.event.value || isOwn(this.log.event(index) as EventView),
      );
    const at = this.event.value === null ? -1 : events.indexOf(this.event.value);
    const wanted = Math.min(Math.max(at + steps, 0), events.length - 1);
    const index = events[wanted];
    if (index !== undefined) this.selectEvent(index);
  }

  /** Index of the event with this `seq` in a trace, null if it is not here. */
  indexOfSeq(trace: string, seq: number): number | null {
    return this.log.eventsOf(trace).find((i) => this.log.event(i)?.seq === seq) ?? null;
  }

  /** Time of a trace's first event, null before it is here. */
  startOf(trace: string): number | null {
    const first = this.log.eventsOf(trace)[0];
    return first === undefined ? null : (this.log.event(first)?.t ?? null);
  }

  private beginOf(event: EventView): EventView {
    if (event.phase !== "end" || event.traceId === null) return event;
    for (const index of this.log.eventsOf(event.traceId)) {
      const other = this.log.event(index) as EventView;
      if (other.phase === "begin" && other.spanId === event.spanId) return other;
    }
    return event;
  }

  private async fetchMissing(trace: string): Promise<void> {
    const item = this.byId.get(trace);
    const held = this.log.eventsOf(trace).length;
    if (item !== undefined && held >= item.events) return;
    // One that still runs streams in by itself.
    if (item !== undefined && !item.complete && held > 0) return;
    this.loading.value = true;
    try {
      this.append(await this.load(trace));
      this.problem.value = null;
    } catch (error) {
      if (this.trace.value === trace && held === 0) this.problem.value = error;
    } finally {
      this.loading.value = false;
    }
  }

  /**
   * Unless the reader chose one: the view, or what answered in its place, or in a script the last
   * context that was pushed; there contexts stand.
   */
  suggestEvent(): void {
    const trace = this.trace.value;
    if (trace === null || this.eventChosen) return;
    const events = this.log.eventsOf(trace).map((index) => this.log.event(index) as EventView);
    const answered = events.find((event) => event.attributes.short_circuit === true);
    const shown =
      events.find((event) => event.kind === "view") ??
      (answered && this.beginOf(answered)) ??
      events.find((event) => event.kind === "url_match") ??
      events.findLast((event) => PUSH.test(event.kind)) ??
      events[0];
    if (shown === undefined) return;
    batch(() => {
      this.event.value = shown.index;
      this.cursor.value = shown.t;
    });
  }

  private changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    // No animation frame: in a hidden page none ever comes.
    setTimeout(() => {
      this.drawing = false;
      if (this.frozen.value) return;
      this.revision.value++;
      this.keepInView();
    }, DRAW_MS);
  }

  /** The selected trace may have grown: then it is fitted anew, unless the reader moved the view. */
  private keepInView(): void {
    const trace = this.trace.value;
    const events = trace === null ? 0 : this.log.eventsOf(trace).length;
    if (events === this.shownEvents) return;
    this.shownEvents = events;
    this.suggestEvent();
    if (!this.viewTouched) this.fit();
  }
}
