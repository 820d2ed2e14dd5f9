/**
 * Which contexts were on the stack, when, and what the proxies resolved to.
 *
 * Drawn is what was reported: one, two or more boxes. The order is that of the pushes in a lane; the
 * `stack` that an event reports corrects it where a push or a pop was not recorded.
 */

import type { Block } from "../protocol/decode";
import { PHASES } from "../protocol/generated";
import type { ContextType, Proxies, ProxyName, Sleeve, StackChange, StackFrame } from "./contract";
import { derived } from "./derived";
import { hueOf } from "./hues";
import type { EventLog, EventView, StoredBlock } from "./log";

/** A step chart of stack depth: from `t[i]` on the depth is `depth[i]`. */
export interface Ribbon {
  t: number[];
  depth: number[];
  /** Of the context on top, 0 for none. */
  hue: number[];
}

/** A context on a stack; what it is and when it was pushed tells its sleeve. */
interface Held {
  sleeve: Sleeve;
  pushCount: number;
  merged: boolean;
}

interface Change {
  t: number;
  seq: number;
  event: number;
  /** Bottom → top, after the change. Never altered once it stands here. */
  frames: readonly Held[];
}

interface LaneContexts {
  changes: Change[];
  sleeves: Sleeve[];
  ribbon: Ribbon;
}

type Operation = "push" | "pop";

const TYPES: Readonly<Record<string, ContextType>> = {
  app_context: "AppContext",
  request_context: "RequestContext",
  local_stack: "LocalStack",
};

/** What each kind of event does to which stack. */
const CHANGES: ReadonlyMap<string, { type: ContextType; operation: Operation }> = new Map(
  Object.entries(TYPES).flatMap(([what, type]) =>
    (["push", "pop"] as const).map((operation) => [`${what}.${operation}`, { type, operation }]),
  ),
);

/** Flask ≤ 2.1 keeps its contexts in these; their own events tell the same thing better. */
const FLASK_STACKS: ReadonlySet<string> = new Set(["_request_ctx_stack", "_app_ctx_stack"]);
const ROOTS: ReadonlySet<string> = new Set(["request", "run"]);
const PROXIES: readonly ProxyName[] = ["current_app", "g", "request", "session"];
const NO_SLEEVES: readonly Sleeve[] = [];
const NO_RIBBON: Ribbon = { t: [], depth: [], hue: [] };

export class ContextStore {
  private lanes = new Map<number, LaneContexts>();
  private requestLines = new Map<string, string>();
  private done = 0;
  private version = -1;
  private generation = -1;

  constructor(private log: EventLog) {
    this.update();
  }

  /** From now on these are the contexts of `log`, which holds what the log did that they were read from. */
  moveTo(log: EventLog): void {
    this.update();
    this.log = log;
    this.generation = log.generation;
    this.version = log.version;
  }

  /** Takes in what the log got since the last call. Cheap when nothing changed. */
  update(): void {
    if (this.version === this.log.version) return;
    this.version = this.log.version;
    if (this.generation !== this.log.generation) {
      this.generation = this.log.generation;
      this.lanes = new Map();
      this.requestLines = new Map();
      this.done = 0;
    }
    const blocks = this.log.blocks();
    for (; this.done < blocks.length; this.done++) this.take(blocks[this.done] as StoredBlock);
  }

  /** The contexts of one lane, in the order of their pushes. */
  sleevesOf(lane: number): readonly Sleeve[] {
    return this.lanes.get(lane)?.sleeves ?? NO_SLEEVES;
  }

  /**
   * The contexts of a lane that are on the stack at some time between `start` and `end`. Those pushed
   * in between are left out when there are more than `limit` of them: too many to be told apart.
   */
  sleevesIn(lane: number, start: number, end: number, limit: number): Sleeve[] {
    const { changes, sleeves } = this.lanes.get(lane) ?? { changes: [], sleeves: [] };
    const before = changes[countBy(changes, start, (change) => change.t) - 1];
    const found = (before?.frames ?? []).map((held) => held.sleeve);
    const from = countBy(sleeves, start, (sleeve) => sleeve.start);
    const to = countBy(sleeves, end, (sleeve) => sleeve.start);
    return to - from > limit ? found : found.concat(sleeves.slice(from, to));
  }

  ribbonOf(lane: number): Ribbon {
    return this.lanes.get(lane)?.ribbon ?? NO_RIBBON;
  }

  /** The stack of a lane, bottom → top, at a time or right after an event. */
  stackAt(lane: number, at: number | EventView): StackFrame[] {
    return (this.changeAt(lane, at)?.frames ?? []).map(publicFrame);
  }

  /** Where the proxies point at a time or right after an event. */
  proxiesAt(lane: number, at: number | EventView): Proxies {
    return resolve(this.changeAt(lane, at)?.frames ?? []);
  }

  /** What an event did to the stack; null when it left it alone. */
  changedAt(eventIndex: number): StackChange | null {
    const event = this.log.event(eventIndex);
    const operation = event && operationOf(event.kind);
    if (!event || !operation) return null;
    const changes = this.lanes.get(event.lane)?.changes ?? [];
    const position = changes.findLastIndex((change) => change.event === eventIndex);
    if (position < 0) return null;
    const after = (changes[position] as Change).frames;
    const before = changes[position - 1]?.frames ?? [];
    const label = labelIn(event);
    return {
      pushed: operation === "push" ? label : null,
      popped: operation === "pop" ? label : null,
      proxies: movedProxies(before, after),
    };
  }

  private take(stored: StoredBlock): void {
    const { block, start } = stored;
    const interesting = block.strings.map(
      (text) => operationOf(text) !== null || ROOTS.has(text) || text === "wsgi_app",
    );
    for (let row = 0; row < block.count; row++) {
      if (!interesting[block.kind[row] as number]) continue;
      if (PHASES[block.phase[row] as number] === "end") {
        if (isCut(block, row)) this.cut(this.log.event(start + row) as EventView);
        continue;
      }
      const event = this.log.event(start + row);
      if (event === undefined) continue;
      if (operationOf(event.kind) === null) this.rememberRequest(event);
      else if (event.kind.startsWith("local_stack") && FLASK_STACKS.has(event.name)) continue;
      else this.apply(event);
    }
  }

  /** The rest of a trace was not recorded, its pops neither: nobody knows of its contexts any more. */
  private cut(end: EventView): void {
    const lane = this.lanes.get(end.lane);
    const before = lane?.changes.at(-1)?.frames ?? [];
    const frames = before.filter(({ sleeve }) => sleeve.traceId !== end.traceId);
    if (lane === undefined || frames.length === before.length) return;
    for (const held of before) if (!frames.includes(held)) finish(held, end, false);
    this.note(lane, end, frames);
  }

  /** What a request context is named after: the trace's request, or one sent from inside it. */
  private rememberRequest(event: EventView): void {
    if (event.traceId === null) return;
    if (ROOTS.has(event.kind)) {
      if (!this.requestLines.has(event.traceId)) this.requestLines.set(event.traceId, event.name);
      return;
    }
    const { method, path } = event.attributes;
    if (typeof path === "string") {
      this.requestLines.set(`${event.traceId} ${event.app}`, `${String(method)} ${path}`);
    }
  }

  private apply(event: EventView): void {
    const lane = this.lane(event.lane);
    const before = lane.changes.at(-1)?.frames ?? [];
    const operation = operationOf(event.kind);
    let frames =
      operation === "push" ? [...before, this.push(lane, event, before)] : pop(before, event);
    frames = this.reconcile(frames, lane, event);
    this.note(lane, event, frames);
  }

  private note(lane: LaneContexts, event: EventView, frames: readonly Held[]): void {
    lane.changes.push({ t: event.t, seq: event.seq, event: event.index, frames });
    lane.ribbon.t.push(event.t);
    lane.ribbon.depth.push(frames.length);
    lane.ribbon.hue.push(frames.at(-1)?.sleeve.hue ?? 0);
  }

  private push(lane: LaneContexts, event: EventView, before: readonly Held[]): Held {
    const held = this.hold(event, labelIn(event), typeOf(event.kind), before.length + 1);
    held.sleeve.start = event.t;
    held.sleeve.pushEvent = event.index;
    held.pushCount = numberIn(event, "push_count", 1);
    lane.sleeves.push(held.sleeve);
    return held;
  }

  private hold(event: EventView, label: string, type: ContextType, depth: number): Held {
    const merged = event.attributes.has_request === true;
    const app = event.app;
    const isRequest = type === "RequestContext" || merged;
    const lines = this.requestLines;
    const line = lines.get(`${event.traceId} ${app}`) ?? lines.get(event.traceId ?? "");
    const name =
      (isRequest ? line : undefined) ?? (type === "LocalStack" ? event.name : (app ?? ""));
    const sleeve: Sleeve = {
      label,
      type,
      app,
      hue: hueOf(app),
      name,
      lane: event.lane,
      start: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
      depth,
      balanced: true,
      pushEvent: null,
      popEvent: null,
      traceId: event.traceId,
    };
    return { sleeve, pushCount: 1, merged };
  }

  /** Brings the frames in line with the stack that the event reports, where it reports one. */
  private reconcile(frames: Held[], lane: LaneContexts, event: EventView): Held[] {
    const reported = event.attributes.stack;
    if (!Array.isArray(reported)) return frames;
    const own = typeOf(event.kind);
    if (isAsReported(frames, own, reported)) return frames;
    const labels = reported.map(String);
    const kept = frames.filter((held) => {
      // A report is taken at its word for contexts of its own kind only: Flask has one stack for each.
      const covered = held.sleeve.type === own;
      const present = !covered || labels.includes(held.sleeve.label);
      if (!present) finish(held, event, false);
      return present;
    });
    const unknown = labels.filter((label) => !kept.some(({ sleeve }) => sleeve.label === label));
    const below = unknown.map((label, i) => {
      const held = this.hold(event, label, own, i + 1);
      lane.sleeves.push(held.sleeve);
      return held;
    });
    return [...below, ...kept];
  }

  private changeAt(lane: number, at: number | EventView): Change | undefined {
    const changes = this.lanes.get(lane)?.changes ?? [];
    const [t, seq] = typeof at === "number" ? [at, Number.POSITIVE_INFINITY] : [at.t, at.seq];
    let position = countBy(changes, t, (change) => change.t);
    // Several things may happen within the clock's resolution: their numbers tell their order.
    while (position > 0 && isAfter(changes[position - 1] as Change, t, seq)) position--;
    return changes[position - 1];
  }

  private lane(number: number): LaneContexts {
    let lane = this.lanes.get(number);
    if (lane === undefined) {
      lane = { changes: [], sleeves: [], ribbon: { t: [], depth: [], hue: [] } };
      this.lanes.set(number, lane);
    }
    return lane;
  }
}

/** The end of a root whose trace reached its bound. */
function isCut({ kind, strings, attributes, attributeTexts }: Block, row: number): boolean {
  if (!ROOTS.has(strings[kind[row] as number] as string)) return false;
  return attributeTexts[attributes[row] as number]?.includes('"truncated":') === true;
}

/** The log's contexts, shared by all who look at them, brought up to date. */
export const contextsOf = derived((log) => new ContextStore(log));

function isAfter(change: Change, t: number, seq: number): boolean {
  return change.t === t && change.seq > seq;
}

/** Number of leading items whose time is ≤ `t`; the items stand in order of time. */
function countBy<T>(items: readonly T[], t: number, timeOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(items[middle] as T) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

function operationOf(kind: string): Operation | null {
  return CHANGES.get(kind)?.operation ?? null;
}

function typeOf(kind: string): ContextType {
  return CHANGES.get(kind)?.type as ContextType;
}

function labelIn(event: EventView): string {
  const { context, value } = event.attributes;
  return String(context ?? value ?? event.name);
}

function numberIn(event: EventView, key: string, otherwise: number): number {
  const value = event.attributes[key];
  return typeof value === "number" ? value : otherwise;
}

function pop(before: readonly Held[], event: EventView): Held[] {
  const label = labelIn(event);
  const position = before.findLastIndex(({ sleeve }) => sleeve.label === label);
  if (position < 0) return [...before];
  const held = before[position] as Held;
  finish(held, event, position === before.length - 1);
  held.sleeve.popEvent = event.index;
  return before.filter((_, i) => i !== position);
}

function finish({ sleeve }: Held, event: EventView, balanced: boolean): void {
  sleeve.end = event.t;
  sleeve.balanced = balanced;
}

function resolve(frames: readonly Held[]): Proxies {
  const top = (fits: (held: Held) => boolean): number | null => {
    const position = frames.findLastIndex(fits);
    return position < 0 ? null : position;
  };
  const app = top(({ sleeve }) => sleeve.type === "AppContext");
  // The merged context of Flask 3.2 is the active one or nothing: an app context above it hides it.
  const merged = app !== null && (frames[app] as Held).merged ? app : null;
  const request = top(({ sleeve }) => sleeve.type === "RequestContext") ?? merged;
  return { current_app: app, g: app, request, session: request };
}

function isAsReported(
  frames: readonly Held[],
  type: ContextType,
  reported: readonly unknown[],
): boolean {
  let found = 0;
  for (const { sleeve } of frames) {
    if (sleeve.type === type && sleeve.label !== String(reported[found++])) return false;
  }
  return found === reported.length;
}

function movedProxies(before: readonly Held[], after: readonly Held[]): ProxyName[] {
  const was = resolve(before);
  const is = resolve(after);
  const target = (frames: readonly Held[], position: number | null) =>
    position === null ? null : (frames[position] as Held).sleeve;
  return PROXIES.filter((name) => target(before, was[name]) !== target(after, is[name]));
}

function publicFrame({ sleeve, pushCount }: Held): StackFrame {
  const { label, type, app, name, start, pushEvent } = sleeve;
  const pushedAt = pushEvent === null ? null : start;
  return { label, type, app, name, pushedAt, event: pushEvent, pushCount };
}
