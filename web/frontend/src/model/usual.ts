/**
 * What is usual for a route: the sequence of steps that most of its requests took, of those whose
 * events are here. Times do not count, nor values; which steps, of which function, in which order.
 */
import { HOOK_KINDS, nameOf } from "./kinds";
import type { EventLog, EventView } from "./log";

/** A request, and what it is compared with: requests of the same route. */
export interface Routed {
  id: string;
  route: string;
}

/** Steps that it took and the usual one does not, and the other way round; none: the order differs. */
export interface Difference {
  more: readonly string[];
  less: readonly string[];
}

export interface Usual {
  /** Only of those that differ. */
  differences: ReadonlyMap<string, Difference>;
  /** Requests of routes that have something usual. */
  judged: number;
  /** Requests of routes that do not, or of which not all events are here. */
  unknown: number;
}

/** Fewer say nothing about what is usual. */
const LEAST = 3;

/** Recorded in more detail than others, or as often as the body has pieces. */
const LEFT_OUT = /^(state|proxy|log)$|^local\./;
const NAMED =
  /^(view|error_handler|exception|middleware|signal|signal_receiver|start_response|template\..+)$/;

/** Holds the sequences that it has read: a request that is complete is read once. */
export class UsualFinder {
  private readonly read = new Map<string, { events: number; steps: readonly string[] }>();

  constructor(private readonly log: EventLog) {}

  of(requests: readonly Routed[]): Usual {
    const routes = new Map<string, string[]>();
    for (const { id, route } of requests) {
      if (!routes.has(route)) routes.set(route, []);
      if (this.stepsOf(id).length > 0) routes.get(route)?.push(id);
    }
    const differences = new Map<string, Difference>();
    let judged = 0;
    for (const ids of routes.values()) {
      const usual = this.usualAmong(ids);
      if (usual === null) continue;
      judged += ids.length;
      for (const id of ids) {
        const steps = this.stepsOf(id);
        if (keyOf(steps) !== keyOf(usual)) differences.set(id, difference(steps, usual));
      }
    }
    return { differences, judged, unknown: requests.length - judged };
  }

  /** Null when there are too few, or two sequences are equally common. */
  private usualAmong(ids: readonly string[]): readonly string[] | null {
    if (ids.length < LEAST) return null;
    const counts = new Map<string, { count: number; steps: readonly string[] }>();
    for (const id of ids) {
      const steps = this.stepsOf(id);
      const known = counts.get(keyOf(steps)) ?? { count: 0, steps };
      known.count++;
      counts.set(keyOf(steps), known);
    }
    const [first, second] = [...counts.values()].sort((a, b) => b.count - a.count);
    return first === undefined || first.count === second?.count ? null : first.steps;
  }

  private stepsOf(id: string): readonly string[] {
    const events = this.log.eventsOf(id);
    const known = this.read.get(id);
    if (known?.events === events.length) return known.steps;
    const steps = stepsIn(this.log, events);
    this.read.set(id, { events: events.length, steps });
    return steps;
  }
}

/** Which steps a request took, of which function, in which order. */
export function stepsIn(log: EventLog, events: readonly number[]): string[] {
  const steps: string[] = [];
  for (const index of events) {
    const event = log.event(index);
    if (event === undefined || LEFT_OUT.test(event.kind)) continue;
    const step = stepOf(event);
    // A body has as many pieces as it has.
    if (step === "response.chunk" && steps.at(-1) === step) continue;
    if (step !== null) steps.push(step);
  }
  return steps;
}

/** Null for an end that says nothing new. */
function stepOf(event: EventView): string | null {
  const { kind, phase, attributes } = event;
  if (phase === "end") return attributes.short_circuit === true ? `⚑ ${nameOf(event)}` : null;
  return HOOK_KINDS.has(kind) || NAMED.test(kind) ? `${kind} ${nameOf(event)}` : kind;
}

function keyOf(steps: readonly string[]): string {
  return steps.join("\n");
}

function difference(steps: readonly string[], usual: readonly string[]): Difference {
  return { more: without(steps, usual), less: without(usual, steps) };
}

/** Those of *steps* that *others* have not, or not as often. */
function without(steps: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const step of others) left.set(step, (left.get(step) ?? 0) + 1);
  return steps.filter((step) => {
    const count = left.get(step) ?? 0;
    left.set(step, count - 1);
    return count <= 0;
  });
}
