/**
 * What stood in g, the session and the response at any step of a trace, and which step put it there.
 *
 * Told by `state` events, each the difference to the one before, and by the names with which the
 * session was opened. What was there before and never changed is not known, but for those names.
 */
import { changesOf } from "./changes";
import { contextsOf } from "./contexts";
import type { EventLog, EventView } from "./log";

export type Part = "g" | "session" | "response";

/** One name and what it has. */
export interface Known {
  part: Part;
  name: string;
  /** As it was described; null when only the name is known. */
  value: string | null;
  /** Index of the begin of the step that set it. */
  setBy: number;
}

export interface StateRow {
  part: Part;
  name: string;
  glyph: "+" | "−" | "~" | "";
  before: Known | null;
  after: Known | null;
}

interface Step {
  /** The `state` event, or the end of `session.open` or `session.save`. */
  event: EventView;
  /** Index of the begin of what was done. */
  by: number;
  /** Label of the context whose g it is, "" when none was pushed. */
  g: string;
}

export class StateHistory {
  /** Whether `state` events were recorded at all. */
  readonly isRecorded: boolean;
  private readonly steps: readonly Step[];

  constructor(
    private readonly log: EventLog,
    trace: string,
  ) {
    this.steps = stepsOf(log, trace);
    this.isRecorded = this.steps.some((step) => step.event.kind === "state");
  }

  /** What is known at *event*: before and after the step that it begins, or is the end of. */
  rowsAt(event: EventView): StateRow[] {
    const own = this.steps.findIndex((step) => step.by === event.index);
    const from = own >= 0 ? own : this.countBefore(event);
    const to = own >= 0 ? own + 1 : this.countWithin(event, from);
    // What lies around all contexts, a request as a whole, has those of its first step.
    const first = own >= 0 || to > from ? this.steps[from] : undefined;
    const owner = topApp(this.log, event) || (first?.g ?? "");
    const app = event.app ?? first?.event.app ?? null;
    return rowsOf(this.fold(from, owner, app), this.fold(to, owner, app));
  }

  /** What g of the context with this label held at a time or right after an event. */
  contentsOf(label: string, at: EventView | number): Known[] {
    const count =
      typeof at === "number"
        ? this.steps.filter(({ event }) => event.t <= at).length
        : this.countBefore(at, true);
    const found = this.fold(count, label, null);
    return [...found.values()].filter(({ part }) => part === "g");
  }

  /** Steps that were over when *event* happened; with *included*, it may have been the last itself. */
  private countBefore({ t, seq, lane }: EventView, included = false): number {
    const isOver = ({ event }: Step) =>
      event.t < t || (event.t === t && (event.lane !== lane || event.seq < seq + Number(included)));
    return this.steps.filter(isOver).length;
  }

  /** Steps that were over when the span that *event* begins ended; `from` when it has no end. */
  private countWithin({ phase, spanId, traceId }: EventView, from: number): number {
    if (phase !== "begin" || spanId === null || traceId === null) return from;
    for (const index of this.log.eventsOf(traceId)) {
      const end = this.log.event(index);
      if (end?.phase === "end" && end.spanId === spanId) return this.countBefore(end);
    }
    return from;
  }

  private fold(count: number, g: string, app: string | null): Map<string, Known> {
    const found = new Map<string, Known>();
    for (const step of this.steps.slice(0, count)) {
      if (step.event.kind !== "state") {
        if (step.event.app !== app) continue;
        if (step.event.kind === "session.open") openSession(found, step);
        else setCookie(found, step);
        continue;
      }
      for (const { part, name, after } of changesOf(step.event.attributes.changes)) {
        if (part === "g" ? step.g !== g : step.event.app !== app) continue;
        const key = `${part} ${name}`;
        if (after === null) found.delete(key);
        else found.set(key, { part: part as Part, name, value: after, setBy: step.by });
      }
    }
    return found;
  }
}

const SESSION_KINDS: ReadonlySet<string> = new Set(["session.open", "session.save"]);

/** In order of time, over all lanes. */
function stepsOf(log: EventLog, trace: string): Step[] {
  const steps: Step[] = [];
  const begins = new Map<string, number>();
  const ended = new Map<number, number>();
  for (const index of log.eventsOf(trace)) {
    const event = log.event(index);
    if (event === undefined) continue;
    if (event.phase === "begin" && event.spanId !== null) begins.set(event.spanId, index);
    if (event.phase === "end") ended.set(event.lane, begins.get(event.spanId ?? "") ?? index);
    const isSession = SESSION_KINDS.has(event.kind) && event.phase === "end";
    if (event.kind !== "state" && !isSession) continue;
    const by = ended.get(event.lane) ?? index;
    // A step may push a context and leave it there; its g is the one that it found.
    steps.push({ event, by, g: topApp(log, log.event(by) ?? event) });
  }
  return steps;
}

function topApp(log: EventLog, event: EventView): string {
  const frames = contextsOf(log).stackAt(event.lane, event);
  return frames.findLast((frame) => frame.type === "AppContext")?.label ?? "";
}

/** The names that the session's cookie brought, and their values where those were recorded. */
function openSession(found: Map<string, Known>, { event, by }: Step): void {
  const { keys, values } = event.attributes;
  const known = typeof values === "object" && values !== null ? values : {};
  for (const name of Array.isArray(keys) ? keys.map(String) : []) {
    const value = (known as Record<string, unknown>)[name];
    found.set(`session ${name}`, {
      part: "session",
      name,
      value: typeof value === "string" ? value : null,
      setBy: by,
    });
  }
}

/** Saved into a cookie after the last hook, which no `state` event tells of. */
function setCookie(found: Map<string, Known>, { event, by }: Step): void {
  if (event.attributes.set_cookie !== true) return;
  const name = "Set-Cookie (session)";
  found.set(`response ${name}`, { part: "response", name, value: null, setBy: by });
}

const ORDER: readonly Part[] = ["g", "session", "response"];

function rowsOf(before: ReadonlyMap<string, Known>, after: ReadonlyMap<string, Known>): StateRow[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const rows = keys.map((key): StateRow => {
    const [was, is] = [before.get(key) ?? null, after.get(key) ?? null];
    const { part, name } = (is ?? was) as Known;
    const glyph = was === null ? "+" : is === null ? "−" : was.value === is.value ? "" : "~";
    return { part, name, glyph, before: was, after: is };
  });
  return rows.sort((a, b) => ORDER.indexOf(a.part) - ORDER.indexOf(b.part));
}

const kept = new WeakMap<EventLog, { version: number; trace: string; history: StateHistory }>();

/** The history of one trace, made anew only when the log has changed. */
export function stateOf(log: EventLog, trace: string): StateHistory {
  const known = kept.get(log);
  if (known?.version === log.version && known.trace === trace) return known.history;
  const history = new StateHistory(log, trace);
  kept.set(log, { version: log.version, trace, history });
  return history;
}
