/**
 * Everything registered in each application, with what its runs tell: the rows of Hooks & signals.
 *
 * What the applications announced is joined with the runs in the log. A function that ran without
 * having been announced (a receiver connected later, `after_this_request`) is a row as well.
 */
import type { EventLog, EventView } from "./log";
import { type RunCounts, Runs, type RunsOf } from "./runs";

/** One process's announcement of one application, as `/api/apps/registry` has it. */
export interface Announced {
  app: string;
  agent: string;
  routes: readonly AnnouncedRoute[];
  registry: readonly AnnouncedEntry[];
}

export interface AnnouncedRoute {
  rule: string;
  endpoint: string | null;
  file: string | null;
  line: number | null;
  registered_by?: string | null;
}

export interface AnnouncedEntry {
  kind: string;
  name: string;
  scope?: string | null;
  order?: number | null;
  file?: string | null;
  line?: number | null;
  registered_by?: string | null;
  registered_for?: string | null;
  /** How many receivers like this one a signal held weakly, and are gone. */
  died?: number | null;
}

export type Category = "hooks" | "views" | "templates" | "errors" | "signals" | "other";

/** Rows of a group stand under one heading, which says the rule of their order. */
export type Group =
  | "middleware"
  | "before_first_request"
  | "url_value_preprocessor"
  | "before_request"
  | "view"
  | "after_this_request"
  | "after_request"
  | "teardown"
  | "template"
  | "url_defaults"
  | "error_handler"
  | "signal"
  | "signal_receiver"
  | "other";

/** In the order in which a request meets them. */
export const GROUPS: readonly Group[] = [
  "middleware",
  "before_first_request",
  "url_value_preprocessor",
  "before_request",
  "view",
  "after_this_request",
  "after_request",
  "teardown",
  "template",
  "url_defaults",
  "error_handler",
  "signal",
  "signal_receiver",
  "other",
];

const GROUP_OF: Readonly<Record<string, Group>> = {
  middleware: "middleware",
  before_first_request: "before_first_request",
  url_value_preprocessor: "url_value_preprocessor",
  before_request: "before_request",
  view: "view",
  after_this_request: "after_this_request",
  after_request: "after_request",
  teardown_request: "teardown",
  teardown_appcontext: "teardown",
  context_processor: "template",
  template_filter: "template",
  template_global: "template",
  template_test: "template",
  url_defaults: "url_defaults",
  error_handler: "error_handler",
  signal: "signal",
  signal_receiver: "signal_receiver",
};

const CATEGORY_OF: Readonly<Record<Group, Category>> = {
  middleware: "other",
  before_first_request: "hooks",
  url_value_preprocessor: "hooks",
  before_request: "hooks",
  view: "views",
  after_this_request: "hooks",
  after_request: "hooks",
  teardown: "hooks",
  template: "templates",
  url_defaults: "hooks",
  error_handler: "errors",
  signal: "signals",
  signal_receiver: "signals",
  other: "other",
};

/** Hooks of these groups run in the reverse order of their registration. */
export const REVERSED: ReadonlySet<Group> = new Set(["after_request", "teardown"]);

/** Kinds whose place among their like means something. */
const ORDERED: ReadonlySet<Group> = new Set([
  "middleware",
  "before_first_request",
  "url_value_preprocessor",
  "before_request",
  "after_request",
  "teardown",
  "url_defaults",
]);

/** Why a function did not run, as far as the log tells. */
export type Never =
  /** Its runs are no events: an extension, a blueprint, a command. */
  | { why: "unseen" }
  | { why: "died" }
  | { why: "noRequest" }
  | { why: "noBlueprintRequest" }
  | { why: "notSent" }
  | { why: "notCalled"; sends: number }
  | { why: "notNeeded" };

export interface Registration {
  /** The same as long as the application's code is. */
  key: string;
  app: string | null;
  kind: string;
  group: Group;
  category: Category;
  name: string;
  /** Blueprint, null for the whole application. */
  scope: string | null;
  /** From 1 in the order of registration, null where it means nothing. */
  order: number | null;
  file: string | null;
  line: number | null;
  /** Installed package, null for the user's own code. */
  by: string | null;
  /** Signal of a receiver, code or class of an error handler, rule of a view; else "". */
  detail: string;
  /** False when only its runs tell of it. */
  announced: boolean;
  runs: Runs | null;
  /** Those of the runs whose events are here; null where that is all of them. */
  held: Runs | null;
  /** Null when it ran. */
  never: Never | null;
  /** Of a signal: nobody ever listened in the log. Null for what is no signal. */
  unheard: boolean | null;
  /** Of a receiver that is known to be gone: how many like it; else 0. */
  died: number;
  /** Of a receiver that ran: sends of its signal since its last run, in which it was not called. */
  sendsSince: number;
}

/** Rows in the order of a request, and within a group in that in which they run. */
export function registrationsOf(
  announced: readonly Announced[],
  counts: RunCounts,
): Registration[] {
  const rows = distinct(announced.flatMap(announcedRows));
  const candidates = new Map<string, Registration[]>();
  for (const row of rows) push(candidates, matchKey(row.app, row.kind), row);
  for (const runs of counts.all) {
    const row = bestMatch(candidates.get(matchKey(runs.of.app, runs.of.kind)) ?? [], runs.of);
    if (row === null) rows.push(ranOnly(runs));
    else if (row.runs === null) row.runs = runs;
    else row.runs = joined(row.runs, runs);
  }
  const reached = reachedBlueprints(counts);
  for (const row of rows) explain(row, counts, reached);
  return rows.sort((a, b) => inOrderOfRequest(a, b, counts));
}

/** *rows* of a whole recording, of whose events only those of *loaded* are here. */
export function heldIn(
  rows: readonly Registration[],
  loaded: readonly Registration[],
): Registration[] {
  const known = new Map(loaded.map(({ key, runs }) => [key, runs]));
  return rows.map((row) =>
    row.runs === null ? row : { ...row, held: known.get(row.key) ?? new Runs(row.runs.of) },
  );
}

/** The call that registered *row*, if the log holds it: its file, line and function are the caller's. */
export function setupOf(row: Registration, counts: RunCounts, log: EventLog): EventView | null {
  const what = row.kind === "view" ? "rule" : row.kind;
  let found: EventView | null = null;
  for (const index of counts.setups) {
    const event = log.event(index);
    if (event === undefined || event.attributes.what !== what) continue;
    if (event.app !== null && event.app !== row.app) continue;
    if (event.name !== `${what} ${what === "rule" ? row.detail : row.name}`) continue;
    if (event.app === null && (event.attributes.scope ?? null) !== row.scope) continue;
    const order = event.attributes.order;
    if (typeof order === "number" && row.order !== null && order !== row.order) continue;
    found = event;
  }
  return found;
}

function announcedRows({ app, routes, registry }: Announced): Registration[] {
  const views = routes.map((route) =>
    rowOf({
      app,
      kind: "view",
      name: route.endpoint ?? "",
      scope: /^(.+)\.[^.]*$/.exec(route.endpoint ?? "")?.[1] ?? null,
      order: null,
      file: route.file,
      line: route.line,
      by: route.registered_by ?? null,
      detail: route.rule,
    }),
  );
  const entries = registry.map((entry) => {
    const receiver = entry.kind === "signal_receiver";
    const row = rowOf({
      app,
      kind: entry.kind,
      name: entry.name,
      scope: receiver ? null : (entry.scope ?? null),
      order: entry.order ?? null,
      file: entry.file ?? null,
      line: entry.line ?? null,
      by: entry.registered_by ?? null,
      detail: (receiver ? entry.scope : entry.registered_for) ?? "",
    });
    const died = entry.died ?? 0;
    // Like ones that live have rows of their own.
    return died === 0 ? row : { ...row, died, key: `${row.key}|${row.file}:${row.line}` };
  });
  return [...views, ...entries];
}

function rowOf(of: RunsOf, announced = true): Registration {
  const group = GROUP_OF[of.kind] ?? "other";
  return {
    key: [of.app, of.kind, of.scope, of.name, of.order, of.detail].join("|"),
    ...of,
    order: ORDERED.has(group) ? of.order : null,
    group,
    category: CATEGORY_OF[group],
    announced,
    runs: null,
    held: null,
    never: null,
    unheard: null,
    died: 0,
    sendsSince: 0,
  };
}

function ranOnly(runs: Runs): Registration {
  return { ...rowOf(runs.of, false), runs };
}

/** Several processes announce the same application; one row is enough. */
function distinct(rows: readonly Registration[]): Registration[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

function bestMatch(candidates: readonly Registration[], of: RunsOf): Registration | null {
  let best: Registration | null = null;
  let most = 0;
  for (const row of candidates) {
    const score = agreement(row, of);
    if (score > most) [best, most] = [row, score];
  }
  return best;
}

/** How well a registration fits a run; 0 when it cannot be the one. */
function agreement(row: Registration, of: RunsOf): number {
  if (of.kind === "view") return row.name === of.detail ? 1 : 0;
  const samePlace = of.file !== null && row.file === of.file && row.line === of.line;
  const sameName = row.name === of.name;
  if (!samePlace && !(sameName && (of.file === null || row.file === null))) return 0;
  if (of.kind === "signal_receiver" && row.detail !== of.detail) return 0;
  if (of.kind === "error_handler" && !isFor(row.detail, of.detail)) return 0;
  if (HAS_SCOPE.has(row.group) && row.scope !== of.scope) return 0;
  const sameOrder = of.order !== null && row.order === of.order;
  return 1 + (samePlace ? 4 : 0) + (sameName ? 2 : 0) + (sameOrder ? 1 : 0);
}

const HAS_SCOPE: ReadonlySet<Group> = new Set([
  "url_value_preprocessor",
  "before_request",
  "after_request",
  "url_defaults",
  "error_handler",
]);

/** `404 werkzeug.exceptions.NotFound` is announced, `404` or the class is what an event says. */
function isFor(announced: string, ran: string): boolean {
  return announced === ran || announced.startsWith(`${ran} `) || announced.endsWith(`.${ran}`);
}

/** The file changed while the application ran: one row has the runs of the old and of the new lines. */
function joined(one: Runs, other: Runs): Runs {
  const both = new Runs(other.of);
  both.add(one);
  both.add(other);
  return both;
}

/** Application and blueprint of every view that ran; a nested blueprint counts for those around it. */
function reachedBlueprints(counts: RunCounts): Set<string> {
  const reached = new Set<string>();
  for (const { of } of counts.all) {
    if (of.kind !== "view") continue;
    const names = of.detail.split(".");
    for (let end = 1; end < names.length; end++) {
      reached.add(`${of.app}\n${names.slice(0, end).join(".")}`);
    }
  }
  return reached;
}

function explain(row: Registration, counts: RunCounts, reached: ReadonlySet<string>): void {
  if (row.kind === "signal") row.unheard = (row.runs?.receivers ?? 0) === 0;
  if (row.runs !== null) {
    if (row.kind === "signal_receiver") row.sendsSince = counts.sendsSince(row.runs);
    return;
  }
  row.never = whyNever(row, counts, reached);
}

function whyNever(row: Registration, counts: RunCounts, reached: ReadonlySet<string>): Never {
  if (row.group === "other") return { why: "unseen" };
  if (row.died > 0) return { why: "died" };
  if (row.kind === "signal_receiver") {
    const sends = counts.sendsOf(row.app, row.detail);
    return sends === 0 ? { why: "notSent" } : { why: "notCalled", sends };
  }
  if ((counts.reached.get(row.app ?? "") ?? 0) === 0) return { why: "noRequest" };
  if (row.scope !== null && row.kind !== "view" && !reached.has(`${row.app}\n${row.scope}`)) {
    return { why: "noBlueprintRequest" };
  }
  return { why: "notNeeded" };
}

/** Within a group the applications that had requests stand before those that only wait. */
function inOrderOfRequest(a: Registration, b: Registration, { reached }: RunCounts): number {
  return (
    GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
    Number(reached.has(b.app ?? "")) - Number(reached.has(a.app ?? "")) ||
    (a.app ?? "").localeCompare(b.app ?? "") ||
    a.kind.localeCompare(b.kind) ||
    inOrderOfRun(a, b)
  );
}

/** The application's own first and then each blueprint's; the other way round where hooks unwind. */
function inOrderOfRun(a: Registration, b: Registration): number {
  const way = REVERSED.has(a.group) ? -1 : 1;
  return (
    way * (Number(a.scope !== null) - Number(b.scope !== null)) ||
    (a.scope ?? "").localeCompare(b.scope ?? "") ||
    way * ((a.order ?? 0) - (b.order ?? 0)) ||
    a.detail.localeCompare(b.detail) ||
    a.name.localeCompare(b.name)
  );
}

function matchKey(app: string | null, kind: string): string {
  return `${app ?? ""}\n${kind}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
