/**
 * A bend of the time axis: inside one trace's interval every step gets the room that it needs to be
 * read, outside nothing changes. Monotone and piecewise linear between the trace's events, and the
 * interval keeps its length; so only the axis is bent, and each bar still begins and ends at its
 * own two events.
 */
import { countUpTo } from "../lib/growable";
import type { EventLog } from "./log";
import { type Measured, type Rooms, type Stretch, stepsOf } from "./warp_steps";
import { widthsOf } from "./warp_widths";

export type { Measured, Room, Rooms, Stretch } from "./warp_steps";

/** The share of its steps' room that a trace under way has at most for the time since its last event. */
const TAIL = 0.35;
/** How near to the end of the tail a place may come, so that its time stays finite. */
const NEAREST = 1e-9;

/** A trace with more events has no room for each step anyway. */
export const MOST_EVENTS = 20_000;

export class Warp {
  /** `times` rise; position `k` of `places` is where `times[k]` stands, in ns as well. */
  constructor(
    private readonly times: Float64Array,
    private readonly places: Float64Array,
    /** Whether the trace goes on: what passes after its last event takes a part of the axis that fills ever slower. */
    private readonly isOpen = false,
  ) {}

  /** First and last time of the bent part. */
  get start(): number {
    return this.times[0] as number;
  }

  get end(): number {
    return this.isOpen ? Number.POSITIVE_INFINITY : this.last;
  }

  /** From the trace's first to its last event. */
  get length(): number {
    return this.last - this.start;
  }

  /** The same bend for a trace that goes on. */
  opened(): Warp {
    return new Warp(this.times, this.places, true);
  }

  /** Where a time stands on the axis. */
  to(t: number): number {
    const later = t - this.last;
    if (!this.isOpen || !(later > 0)) return between(this.times, this.places, t);
    const room = this.length * TAIL;
    return later === Number.POSITIVE_INFINITY
      ? this.last + room
      : this.last + (room * later) / (later + room);
  }

  /** The time that stands at a place of the axis. */
  from(place: number): number {
    const beyond = place - this.last;
    if (!this.isOpen || !(beyond > 0)) return between(this.places, this.times, place);
    const room = this.length * TAIL;
    const taken = Math.min(beyond, room * (1 - NEAREST));
    return this.last + (room * taken) / (room - taken);
  }

  private get last(): number {
    return this.times[this.times.length - 1] as number;
  }
}

/**
 * The bend for a trace, null when there is nothing to bend. `width` is what the whole interval has
 * when it is fitted, in the unit of `rooms` (CSS pixels); `frames` are further stretches of time
 * that want room, such as contexts with a name to write.
 */
export function buildWarp(
  log: EventLog,
  traceId: string,
  width: number,
  rooms: Rooms,
  frames: readonly Stretch[] = [],
): Warp | null {
  const count = log.eventsOf(traceId).length;
  if (count < 3 || count > MOST_EVENTS) return null;
  const steps = stepsOf(log, traceId, rooms, frames);
  return steps.times.length < 3 ? null : bend(steps, width);
}

function bend(steps: Measured, width: number): Warp {
  const { times } = steps;
  const widths = widthsOf(steps, width);
  const total = widths.reduce((sum, each) => sum + each, 0);
  const last = times.length - 1;
  const start = times[0] as number;
  const scale = ((times[last] as number) - start) / total;
  const places = new Float64Array(times.length);
  let passed = 0;
  for (let i = 0; i < last; i++) {
    places[i] = start + passed * scale;
    passed += widths[i] as number;
  }
  places[last] = times[last] as number;
  return new Warp(times, places);
}

function between(keys: Float64Array, values: Float64Array, key: number): number {
  const last = keys.length - 1;
  // Beyond either end, and at an infinity, the axis is straight.
  if (!(key > (keys[0] as number) && key < (keys[last] as number))) return key;
  const i = countUpTo(keys, keys.length, key) - 1;
  const from = keys[i] as number;
  const share = (key - from) / ((keys[i + 1] as number) - from);
  const low = values[i] as number;
  return low + share * ((values[i + 1] as number) - low);
}
