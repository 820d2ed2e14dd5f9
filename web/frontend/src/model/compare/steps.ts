/** One request as a tree of steps, ready to be laid beside another: no labels, no absolute times. */
import { contextsOf } from "../contexts";
import { nameOf } from "../kinds";
import type { Attributes, EventLog, EventView } from "../log";

export interface Step {
  kind: string;
  name: string;
  app: string | null;
  /** The begin event, or the instant; the first of several. */
  event: number;
  /** How many alike, one after the other, this stands for. */
  count: number;
  /** Nanoseconds from the trace's first event. */
  start: number;
  /** Nanoseconds, of all that it stands for together; null for instants and while it is open. */
  duration: number | null;
  /** Of these, nanoseconds in no step below it on the same lane. */
  own: number;
  /** True for a span whose end is missing. */
  open: boolean;
  failed: boolean;
  /** Of begin and end; of the first, when there are several. */
  attributes: Attributes;
  /** Types and applications of the contexts on the stack, bottom to top. */
  contexts: string;
  lane: number;
  children: Step[];
}

/** Told by other means, or of the tracer's doing. */
const LEFT_OUT: ReadonlySet<string> = new Set(["state"]);
const STACK_CHANGE = /^(app_context|request_context|local_stack)\.(push|pop)$/;

/** The steps that have no parent, in order: as a rule one, the request. O(events). */
export function stepsOf(log: EventLog, traceId: string): Step[] {
  const contexts = contextsOf(log);
  const structure = new Map<number, string>();
  const spans = new Map<string, { step: Step; t: number }>();
  const roots: Step[] = [];
  let zero: number | null = null;
  for (const index of log.eventsOf(traceId)) {
    const event = log.event(index);
    if (event === undefined || LEFT_OUT.has(event.kind)) continue;
    zero ??= event.t;
    if (event.phase === "end") {
      const begun = spans.get(event.spanId ?? "");
      if (begun) close(begun.step, event, begun.t);
      continue;
    }
    if (STACK_CHANGE.test(event.kind) || !structure.has(event.lane)) {
      const frames = contexts.stackAt(event.lane, event);
      structure.set(event.lane, frames.map(({ type, app }) => `${type} ${app ?? ""}`).join(" › "));
    }
    const step = begin(event, zero, structure.get(event.lane) ?? "");
    (spans.get(event.parentId ?? "")?.step.children ?? roots).push(step);
    if (event.spanId !== null) spans.set(event.spanId, { step, t: event.t });
  }
  for (const { step } of spans.values()) {
    for (const child of step.children) {
      if (child.lane === step.lane) step.own -= child.duration ?? 0;
    }
    step.own = Math.max(0, step.own);
    step.children = folded(step.children);
  }
  return folded(roots);
}

function begin(event: EventView, zero: number, contexts: string): Step {
  return {
    kind: event.kind,
    name: nameOf(event),
    app: event.app,
    event: event.index,
    count: 1,
    start: event.t - zero,
    duration: null,
    own: 0,
    open: event.phase === "begin",
    failed: event.kind === "exception",
    attributes: event.attributes,
    contexts,
    lane: event.lane,
    children: [],
  };
}

function close(step: Step, end: EventView, begun: number): void {
  step.duration = step.own = end.t - begun;
  step.open = false;
  step.attributes = { ...step.attributes, ...end.attributes };
  step.failed ||= step.attributes.left_by !== undefined;
}

/** Neighbours that are alike and have nothing below them become one step, `×n`. */
function folded(steps: readonly Step[]): Step[] {
  const kept: Step[] = [];
  for (const step of steps) {
    const last = kept.at(-1);
    if (last === undefined || !areAlike(last, step)) kept.push(step);
    else kept[kept.length - 1] = together(last, step);
  }
  return kept;
}

function areAlike(one: Step, other: Step): boolean {
  return (
    one.children.length === 0 &&
    other.children.length === 0 &&
    one.kind === other.kind &&
    one.name === other.name &&
    one.app === other.app &&
    one.contexts === other.contexts &&
    one.failed === other.failed &&
    !STACK_CHANGE.test(one.kind)
  );
}

function together(one: Step, other: Step): Step {
  return {
    ...one,
    count: one.count + other.count,
    duration:
      one.duration === null && other.duration === null
        ? null
        : (one.duration ?? 0) + (other.duration ?? 0),
    own: one.own + other.own,
    open: one.open || other.open,
  };
}
