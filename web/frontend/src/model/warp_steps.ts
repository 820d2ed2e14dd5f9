/** What wants room in a trace: its points in time, and the stretches between them that carry a name. */
import { countUpTo } from "../lib/growable";
import { HOOK_KINDS, isMark } from "./kinds";
import type { EventLog, EventView } from "./log";

/** Widths that a bar needs: for its shortest name, for its usual one, for all words, with its duration. */
export interface Room {
  short: number;
  name: number;
  whole: number;
  timed: number;
}

/** Measures what has to be read. */
export interface Rooms {
  /** A bar; `end` is undefined while it is open. */
  bar(begin: EventView, end: EventView | undefined): Room;
  /** The name of an exception's class, behind the bar that it left. */
  raised(name: string): number;
}

/** A stretch of time, ns, that wants `short` at least and `whole` if it can be had. */
export interface Stretch {
  start: number;
  end: number;
  short: number;
  whole: number;
}

/** Which names go first when there is not room for all. */
export type Rank = "own" | "framework" | "frame" | "signal";

/** A wish: the gaps from point `from` to point `to` shall be as wide as `room` together. */
export interface Wish {
  rank: Rank;
  room: Room;
  from: number;
  to: number;
  /** Pairs of points: the parts where nothing else of this lane lies above; there it may grow. */
  bare: readonly number[];
}

export interface Measured {
  /** Rising, without repetition. */
  times: Float64Array;
  /** What each point wants free on either side of it. */
  pads: Float64Array;
  /** Innermost first. */
  wishes: Wish[];
  /** 1 for gaps that are one bar's own time from begin to end. */
  isStep: Uint8Array;
}

/** Functions of the reader's own, and what belongs to them. */
const OWN_KINDS: ReadonlySet<string> = new Set([
  ...HOOK_KINDS,
  "view",
  "span",
  "error_handler",
  "signal_receiver",
  "template.render",
  "template.stream",
  "template_filter",
  "template_global",
  "template_test",
  "db.query",
  "redis.command",
]);
const STACK_CHANGE = /^(?:app_context|request_context|local_stack)\.(?:push|pop)$/;
const DISPATCH_PAD = 16;
const FLAG_PAD = 12;
const STACK_PAD = 3.5;
const BAR_PAD = 1.5;
const MARK_PAD = 3;
const SIGNAL_PAD = 1;
const HIDDEN_PAD = 0.5;
/** Two triangles nearer than this become one. */
const SIGNAL_ROOM = 13;

interface OpenStep {
  begin: EventView;
  from: number;
  bare: number[];
  /** Where its present bare part began, -1 while something lies above. */
  bareFrom: number;
}

interface LaneState {
  /** Spans that are open, innermost last. */
  open: OpenStep[];
  lastSignal: number;
  /** Where an exception left its first span, while nothing has begun since. */
  failed: { point: number; name: string } | null;
}

/** Reads a trace once, from its first event to its last. */
export function stepsOf(
  log: EventLog,
  traceId: string,
  rooms: Rooms,
  frames: readonly Stretch[],
): Measured {
  const reader = new Reader(rooms);
  for (const event of sorted(log, traceId)) reader.read(event);
  return reader.finish(frames);
}

class Reader {
  private readonly times: number[] = [];
  private readonly pads: number[] = [];
  private readonly wishes: Wish[] = [];
  private readonly lanes = new Map<number, LaneState>();
  /** By process start, then by the span's number there. */
  private readonly open = new Map<string, Map<number, OpenStep>>();

  constructor(private readonly rooms: Rooms) {}

  read(event: EventView): void {
    const { phase, kind } = event;
    const point = this.pointAt(event.t, padOf(event));
    if (phase === "begin") this.begin(event, point);
    else if (phase === "end") this.end(event, point);
    else if (kind === "signal") this.signal(this.lane(event.lane), point);
  }

  finish(frames: readonly Stretch[]): Measured {
    const last = this.times.length - 1;
    for (const steps of this.open.values()) {
      for (const step of steps.values()) this.close(step, last, undefined);
    }
    const times = Float64Array.from(this.times);
    const isStep = new Uint8Array(Math.max(0, last));
    for (const { from, to, rank } of this.wishes) {
      if (to === from + 1 && rank !== "signal") isStep[from] = 1;
    }
    for (const frame of frames) this.frame(frame, last);
    this.wishes.sort((a, b) => a.to - a.from - (b.to - b.from));
    return { times, pads: Float64Array.from(this.pads), wishes: this.wishes, isStep };
  }

  private pointAt(t: number, pad: number): number {
    const last = this.times.length - 1;
    if (last >= 0 && this.times[last] === t) {
      this.pads[last] = Math.max(this.pads[last] as number, pad);
      return last;
    }
    this.times.push(t);
    this.pads.push(pad);
    return last + 1;
  }

  private lane(number: number): LaneState {
    let lane = this.lanes.get(number);
    if (lane === undefined) {
      lane = { open: [], lastSignal: -1, failed: null };
      this.lanes.set(number, lane);
    }
    return lane;
  }

  private openOf(agent: string): Map<number, OpenStep> {
    let open = this.open.get(agent);
    if (open === undefined) {
      open = new Map();
      this.open.set(agent, open);
    }
    return open;
  }

  private begin(event: EventView, point: number): void {
    const lane = this.lane(event.lane);
    if (event.kind === "signal") this.signal(lane, point);
    else this.raised(lane, point);
    const above = lane.open.at(-1);
    if (above) cover(above, point);
    const step = { begin: event, from: point, bare: [], bareFrom: point };
    lane.open.push(step);
    this.openOf(event.agent).set(event.spanNumber, step);
  }

  private end(event: EventView, point: number): void {
    const open = this.openOf(event.agent);
    const step = open.get(event.spanNumber);
    if (step === undefined) return;
    open.delete(event.spanNumber);
    this.close(step, point, event);
    const lane = this.lane(step.begin.lane);
    const name = event.attributes.left_by;
    if (typeof name === "string") lane.failed ??= { point, name };
    if (lane.open.at(-1) === step) lane.open.pop();
    else lane.open = lane.open.filter((other) => other !== step);
    const below = lane.open.at(-1);
    if (below && below.bareFrom < 0) below.bareFrom = point;
  }

  private close(step: OpenStep, to: number, end: EventView | undefined): void {
    cover(step, to);
    const { begin, from, bare } = step;
    if (begin.kind === "signal" || to <= from) return;
    const rank = OWN_KINDS.has(begin.kind) ? "own" : "framework";
    this.wishes.push({ rank, room: this.rooms.bar(begin, end), from, to, bare });
  }

  private signal(lane: LaneState, point: number): void {
    if (lane.lastSignal >= 0) this.stretch("signal", lane.lastSignal, point, SIGNAL_ROOM);
    lane.lastSignal = point;
  }

  /** The next step begins: between it and the failed one the exception's name wants to stand. */
  private raised(lane: LaneState, point: number): void {
    if (lane.failed === null) return;
    const { point: from, name } = lane.failed;
    lane.failed = null;
    this.stretch("own", from, point, this.rooms.raised(name));
  }

  private stretch(rank: Rank, from: number, to: number, short: number, whole = short): void {
    if (to <= from) return;
    const room = { short, name: whole, whole, timed: whole };
    this.wishes.push({ rank, room, from, to, bare: [from, to] });
  }

  private frame({ start, end, short, whole }: Stretch, last: number): void {
    const from = Math.max(0, countUpTo(this.times, last + 1, start) - 1);
    const to = countUpTo(this.times, last + 1, end) - 1;
    this.stretch("frame", from, to, short, whole);
  }
}

/** From `point` on something else lies above. */
function cover(step: OpenStep, point: number): void {
  if (step.bareFrom >= 0 && point > step.bareFrom) step.bare.push(step.bareFrom, point);
  step.bareFrom = -1;
}

function sorted(log: EventLog, traceId: string): EventView[] {
  const events = log.eventsOf(traceId).map((index) => log.event(index) as EventView);
  const isSorted = events.every((event, i) => i === 0 || (events[i - 1] as EventView).t <= event.t);
  // Several processes' events stand one process after the other.
  return isSorted ? events : events.sort((a, b) => a.t - b.t);
}

function padOf(event: EventView): number {
  const { phase, kind } = event;
  if (kind === "signal") return phase === "end" ? HIDDEN_PAD : SIGNAL_PAD;
  if (phase === "instant") {
    if (STACK_CHANGE.test(kind)) return STACK_PAD;
    if (kind === "dispatch") return DISPATCH_PAD;
    return isMark(kind) ? MARK_PAD : HIDDEN_PAD;
  }
  const isFlagged = phase === "end" && event.attributes.short_circuit === true;
  return isFlagged ? FLAG_PAD : BAR_PAD;
}
