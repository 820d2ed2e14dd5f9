/**
 * The lifecycle map of one request: each step of the documented sequence, what ran in it, and why
 * not, where nothing did. Steps of functions have a row for each function.
 */
import type { EventView } from "../log";
import { Facts, isOf } from "./facts";
import type { Happening, Pass } from "./pass";
import { isIdle, type Reason, whyNot } from "./reasons";
import {
  announcementOf,
  blueprintsOf,
  functionsElsewhere,
  functionsFor,
  functionThatRan,
  isFrameworks,
  isSame,
  type Registered,
  type StepFunction,
} from "./registered";
import { lineOf, type Step, stepsOf } from "./table";

export type RowState =
  | "ran"
  /** It answered: the request went on behind the view. */
  | "returned"
  /** An exception left it, or is what it is about. */
  | "raised"
  | "skipped"
  /** There was no occasion for it. */
  | "idle"
  /** No function is registered for it, or this request asked for none. */
  | "unregistered"
  /** It did not run, and what is registered is not known. */
  | "unseen";

export interface Row {
  /** The same for the same step and function in every request. */
  key: string;
  step: Step;
  state: RowState;
  /** Null for steps that are no functions. */
  fn: StepFunction | null;
  /** What a step without a function is about: a view's endpoint, a template; "" for none. */
  subject: string;
  /** Null unless it was skipped or idle. */
  reason: Reason | null;
  runs: readonly Happening[];
  /** Nanoseconds of all runs; null when none has ended, or it is an instant. */
  duration: number | null;
}

export interface LifecycleMap {
  pass: Pass;
  /** Line of the table that it was made by. */
  line: string;
  /** Version that was announced; null when nothing was. */
  version: string | null;
  rows: readonly Row[];
  facts: Facts;
  registered: Registered | null;
}

/** Kinds of step whose functions the application registers. */
const OF_FUNCTIONS: ReadonlySet<string> = new Set([
  "middleware",
  "before_first_request",
  "url_value_preprocessor",
  "before_request",
  "context_processor",
  "after_request",
  "teardown_request",
  "teardown_appcontext",
]);

/** What a request within a request has no part of its own in. */
const AROUND = /^(request|middleware|response\..*)$/;

/** *line* shows a request by the sequence of another Flask than its own. */
export function mapOf(
  pass: Pass,
  announced: readonly Registered[],
  line: string | null = null,
): LifecycleMap {
  const registered = announcementOf(announced, pass);
  const version = registered?.version ?? null;
  const chosen = line ?? lineOf(version);
  const steps = stepsOf(chosen).filter((step) => !pass.isNested || !AROUND.test(step.kind));
  const facts = new Facts(pass, steps);
  const rows = facts.steps.flatMap((step) => rowsOf(step, facts, registered, chosen));
  return { pass, line: chosen, version, rows, facts, registered };
}

/** The row of an event: of the step that it is, that it happened in, or that it says the outcome of. */
export function rowAround(rows: readonly Row[], event: EventView | null): Row | null {
  if (event === null) return null;
  const isOutcome = event.kind === "state";
  let found: Row | null = null;
  let nearest = -1;
  for (const row of rows) {
    for (const { event: begin, end } of row.runs) {
      const at = isOutcome ? (end?.seq ?? -1) : begin.seq;
      const isPast = at <= event.seq && at > nearest;
      const isWithin = isOutcome || (end?.seq ?? at) >= event.seq;
      if (isPast && isWithin) [found, nearest] = [row, at];
    }
  }
  return found;
}

/** The map of the handling that an event belongs to, else the first. */
export function mapAround(
  maps: readonly LifecycleMap[],
  event: EventView | null,
): LifecycleMap | null {
  const isIn = ({ pass: { flask } }: LifecycleMap) =>
    flask !== null &&
    event !== null &&
    flask.event.seq <= event.seq &&
    event.seq <= (flask.end?.seq ?? Number.POSITIVE_INFINITY);
  return maps.findLast(isIn) ?? maps[0] ?? null;
}

/** Functions of a step for blueprints that the request does not belong to. */
export function elsewhere(map: LifecycleMap, step: Step): StepFunction[] {
  if (!OF_FUNCTIONS.has(step.kind) || map.facts.endpoint === null) return [];
  const blueprints = blueprintsOf(map.facts.endpoint);
  return functionsElsewhere(map.registered?.registry ?? [], step.kind, blueprints);
}

function rowsOf(step: Step, facts: Facts, registered: Registered | null, line: string): Row[] {
  const runs = facts.pass.happenings.filter(
    (one) => isOf(step, one.event) && (step.kind === "view" || !isFrameworks(one.event)),
  );
  if (OF_FUNCTIONS.has(step.kind)) return functionRows(step, facts, registered, line, runs);
  const named = ["error_handler", "after_this_request"].includes(step.kind);
  if (runs.length === 0) return [stepRow(step, facts)];
  if (!named) return [ranRow(step, runs, null)];
  return grouped(runs).map((same) => ranRow(step, same, functionThatRan(same[0] as Happening)));
}

function functionRows(
  step: Step,
  facts: Facts,
  registered: Registered | null,
  line: string,
  runs: readonly Happening[],
): Row[] {
  const rows = grouped(runs).map((same) =>
    ranRow(step, same, functionThatRan(same[0] as Happening)),
  );
  const due = functionsDue(step, facts, registered, line);
  const left = due.filter((fn) => !rows.some((row) => row.fn !== null && isSame(row.fn, fn)));
  const skipped = left.map((fn) => skippedRow(step, fn, whyNot(step, facts, fn)));
  if (rows.length + skipped.length > 0) return [...rows, ...skipped];
  const state = registered === null ? "unseen" : "unregistered";
  return [{ ...emptyRow(step), state }];
}

function functionsDue(
  step: Step,
  facts: Facts,
  registered: Registered | null,
  line: string,
): StepFunction[] {
  const registry = registered?.registry ?? [];
  const due = functionsFor(registry, step.kind, blueprintsOf(facts.endpoint), line);
  // Where no rule fitted, no blueprint was known: theirs would have been due.
  if (facts.routing === null) return due;
  return [...due, ...functionsElsewhere(registry, step.kind, [])];
}

function stepRow(step: Step, facts: Facts): Row {
  if (step.when === "asked") return { ...emptyRow(step), state: "unregistered" };
  const subject = step.kind === "view" ? (facts.endpoint ?? "") : "";
  return { ...skippedRow(step, null, whyNot(step, facts, null)), subject };
}

function ranRow(step: Step, runs: readonly Happening[], fn: StepFunction | null): Row {
  const [first] = runs as [Happening];
  const times = runs.flatMap(({ event, end }) => (end === null ? [] : [end.t - event.t]));
  return {
    key: keyOf(step, fn),
    step,
    state: stateOf(step, runs),
    fn,
    subject: fn === null ? subjectOf(step, first) : "",
    reason: null,
    runs,
    duration: times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0),
  };
}

function skippedRow(step: Step, fn: StepFunction | null, reason: Reason): Row {
  return {
    ...emptyRow(step),
    key: keyOf(step, fn),
    fn,
    state: isIdle(reason) ? "idle" : "skipped",
    reason,
  };
}

function emptyRow(step: Step): Row {
  return {
    key: keyOf(step, null),
    step,
    state: "unregistered",
    fn: null,
    subject: "",
    reason: null,
    runs: [],
    duration: null,
  };
}

function stateOf(step: Step, runs: readonly Happening[]): RowState {
  if (step.kind === "exception") return "raised";
  if (runs.some((run) => run.attributes.left_by !== undefined)) return "raised";
  return runs.some((run) => run.attributes.short_circuit === true) ? "returned" : "ran";
}

function subjectOf(step: Step, { event, attributes }: Happening): string {
  if (step.kind === "view") return String(attributes.endpoint ?? event.name);
  return step.kind.startsWith("template.") || step.kind === "exception" ? event.name : "";
}

/** Runs of one function together, in the order of the first ones. */
function grouped(runs: readonly Happening[]): Happening[][] {
  const groups = new Map<string, Happening[]>();
  for (const run of runs) {
    const fn = functionThatRan(run);
    const key = `${fn.name}\n${fn.scope}\n${fn.order}\n${fn.file}\n${fn.line}`;
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [run]);
    else same.push(run);
  }
  return [...groups.values()];
}

function keyOf(step: Step, fn: StepFunction | null): string {
  if (fn === null) return step.id;
  return [step.id, fn.scope ?? "", fn.name, fn.order ?? ""].join("|");
}
