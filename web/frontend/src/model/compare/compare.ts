/**
 * Two requests as one merged tree: first what happened in which order in which contexts, then how long
 * it took. Level by level, the steps below two that stand for each other are aligned.
 */
import type { EventLog } from "../log";
import { align, type Item } from "./alignment";
import { type Step, stepsOf } from "./steps";

/** Time alone makes no difference here: it is never twice the same. */
export type Difference = "same" | "changed" | "onlyA" | "onlyB";

/** What is not the same in two steps that stand for each other. */
export interface Change {
  /** Name of an attribute, or `name`, `app`, `contexts`, `count`, `open`. */
  what: string;
  a: unknown;
  b: unknown;
}

export interface MergedStep {
  /** Its place in {@link Comparison.steps}. */
  id: number;
  /** From 1. */
  level: number;
  parent: number | null;
  children: number[];
  a: Step | null;
  b: Step | null;
  difference: Difference;
  changes: Change[];
  /** How many steps below it differ. */
  inside: number;
  /** Nanoseconds that B took more; all of it, where only one has the step. Null without any time. */
  delta: number | null;
  /** The same of its own time, without the steps below it. */
  ownDelta: number;
}

export interface Comparison {
  /** Every step of both, in the order of both; a parent stands before what is below it. */
  steps: MergedStep[];
  counts: Record<Difference, number>;
  /** Nanoseconds from the first event to the last end. */
  lengthA: number;
  lengthB: number;
  /** The contexts that were pushed, in order: types and applications. */
  contextsA: string[];
  contextsB: string[];
}

/** Kinds of which a request has one, as a rule: two of them stand for each other by any name. */
export const ONE_OF_A_KIND: ReadonlySet<string> = new Set([
  "request",
  "run",
  "wsgi_app",
  "url_match",
  "session.open",
  "session.save",
  "session.null",
  "view",
  "make_response",
  "error_handler",
  "exception",
  "template.load",
  "template.render",
  "template.stream",
  "start_response",
  "response.close",
]);

/** Attributes that differ from request to request and mean nothing: labels, addresses, pools. */
export const MEANINGLESS: ReadonlySet<string> = new Set([
  "client",
  "context",
  "idle",
  "ident",
  "local",
  "push_count",
  "removed",
  "removed_in",
  "removed_ms",
  "stack",
  "target",
  "thread",
  "traceparent",
  "used",
]);

/** Attributes that say where; a moved function is told once, by its source. */
export const PLACES: ReadonlySet<string> = new Set(["line"]);

/** Compares a trace of the one log with a trace of the other; they may be the same log. */
export function compare(
  one: { log: EventLog; trace: string },
  other: { log: EventLog; trace: string },
): Comparison {
  const a = stepsOf(one.log, one.trace);
  const b = stepsOf(other.log, other.trace);
  const steps = merge(a, b, new Numbers());
  const counts = { same: 0, changed: 0, onlyA: 0, onlyB: 0 };
  for (const step of steps) counts[step.difference]++;
  return {
    steps,
    counts,
    lengthA: lengthOf(a),
    lengthB: lengthOf(b),
    contextsA: pushes(steps, "a"),
    contextsB: pushes(steps, "b"),
  };
}

/** Gives equal texts equal numbers, so that an alignment compares numbers alone. */
class Numbers {
  private readonly known = new Map<string, number>();
  private readonly items = new Map<Step, Item>();

  itemOf(step: Step): Item {
    let item = this.items.get(step);
    if (item === undefined) {
      const named = `${step.kind}\n${step.name}`;
      item = {
        exact: this.of(`${named}\n${step.app ?? ""}\n${step.contexts}`),
        named: this.of(named),
        kind: this.of(ONE_OF_A_KIND.has(step.kind) ? step.kind : named),
      };
      this.items.set(step, item);
    }
    return item;
  }

  private of(text: string): number {
    let number = this.known.get(text);
    if (number === undefined) {
      number = this.known.size;
      this.known.set(text, number);
    }
    return number;
  }
}

interface Waiting {
  a: Step | null;
  b: Step | null;
  parent: MergedStep | null;
}

/** Without recursion: a trace may nest deeper than the browser's stack. */
function merge(a: readonly Step[], b: readonly Step[], numbers: Numbers): MergedStep[] {
  const steps: MergedStep[] = [];
  const waiting = paired(a, b, null, numbers).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const step = mergedStep(next, steps.length);
    steps.push(step);
    next.parent?.children.push(step.id);
    const below = paired(next.a?.children ?? [], next.b?.children ?? [], step, numbers);
    waiting.push(...below.reverse());
  }
  // What stands further down is counted before what it is below.
  for (const step of steps.toReversed()) {
    const parent = step.parent === null ? undefined : steps[step.parent];
    if (step.difference === "same" && step.inside > 0) step.difference = "changed";
    if (parent) parent.inside += step.inside + (step.difference === "same" ? 0 : 1);
  }
  return steps;
}

function paired(
  a: readonly Step[],
  b: readonly Step[],
  parent: MergedStep | null,
  numbers: Numbers,
): Waiting[] {
  const item = (step: Step) => numbers.itemOf(step);
  return align(a.map(item), b.map(item)).map(([i, j]) => ({
    a: i === null ? null : (a[i] as Step),
    b: j === null ? null : (b[j] as Step),
    parent,
  }));
}

function mergedStep({ a, b, parent }: Waiting, id: number): MergedStep {
  const changes = a !== null && b !== null ? changesOf(a, b) : [];
  const timed = (a?.duration ?? null) !== null || (b?.duration ?? null) !== null;
  return {
    id,
    level: (parent?.level ?? 0) + 1,
    parent: parent?.id ?? null,
    children: [],
    a,
    b,
    difference:
      b === null ? "onlyA" : a === null ? "onlyB" : changes.length > 0 ? "changed" : "same",
    changes,
    inside: 0,
    delta: timed ? (b?.duration ?? 0) - (a?.duration ?? 0) : null,
    ownDelta: (b?.own ?? 0) - (a?.own ?? 0),
  };
}

function changesOf(a: Step, b: Step): Change[] {
  const changes: Change[] = [];
  const note = (what: string, one: unknown, other: unknown) => {
    if (!isEqual(one, other)) changes.push({ what, a: one, b: other });
  };
  note("name", a.name, b.name);
  note("app", a.app, b.app);
  note("contexts", a.contexts, b.contexts);
  note("count", a.count, b.count);
  note("open", a.open, b.open);
  for (const what of new Set([...Object.keys(a.attributes), ...Object.keys(b.attributes)])) {
    if (MEANINGLESS.has(what) || PLACES.has(what) || (what === "app" && a.app !== b.app)) continue;
    note(what, a.attributes[what], b.attributes[what]);
  }
  return changes;
}

function isEqual(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function lengthOf(steps: readonly Step[]): number {
  return Math.max(0, ...steps.map(({ start, duration }) => start + (duration ?? 0)));
}

function pushes(steps: readonly MergedStep[], side: "a" | "b"): string[] {
  return steps.flatMap((merged) => {
    const step = merged[side];
    if (!step?.kind.endsWith("_context.push")) return [];
    const type = step.kind.startsWith("app") ? "AppContext" : "RequestContext";
    return [`${type} ${step.app ?? ""}`.trim()];
  });
}

/** Where the time went: the steps whose own time differs most, and what is left of the whole. */
export interface Share {
  step: MergedStep;
  delta: number;
}

export function largestShares(
  comparison: Comparison,
  most: number,
): { shares: Share[]; rest: number; total: number } {
  const total = comparison.lengthB - comparison.lengthA;
  const shares = comparison.steps
    .filter(({ ownDelta }) => ownDelta !== 0)
    .sort((a, b) => Math.abs(b.ownDelta) - Math.abs(a.ownDelta))
    .slice(0, most)
    .sort((a, b) => b.ownDelta - a.ownDelta)
    .map((step) => ({ step, delta: step.ownDelta }));
  const rest = total - shares.reduce((sum, { delta }) => sum + delta, 0);
  return { shares, rest, total };
}

/** What is shown: without what is below closed steps, and without what is the same, if so wished. */
export function visibleSteps(
  comparison: Comparison,
  closed: ReadonlySet<number>,
  hideSame: boolean,
): MergedStep[] {
  const shown: MergedStep[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const step of comparison.steps) {
    if (step.level > hiddenBelow) continue;
    hiddenBelow = Number.POSITIVE_INFINITY;
    if (hideSame && step.difference === "same") continue;
    shown.push(step);
    if (closed.has(step.id)) hiddenBelow = step.level;
  }
  return shown;
}
