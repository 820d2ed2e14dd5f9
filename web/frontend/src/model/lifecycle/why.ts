/** Why an event stands where it stands: who registered it, among which others, by which rule. */
import type { EventLog, EventView } from "../log";
import { type Candidate, candidatesOf } from "./handlers";
import { type LifecycleMap, type Row, rowAround } from "./map";
import { functionThatRan, placeOf } from "./registered";
import { decoratorOf, ruleOf, setupOf } from "./setups";

export type SaidId =
  | "registered"
  | "registeredByPackage"
  | "registeredBefore"
  | "fromPackage"
  | "scopeApp"
  | "scopeBlueprint"
  | "only"
  | "place"
  | "forward"
  | "backward"
  | "backwardFrom"
  | "registeredAs"
  | "asked"
  | "receivers"
  | "rule"
  | "chosen"
  | "search"
  | "raisedIn"
  | "unhandled"
  | "position"
  | "byFlask"
  | "flasksOwn"
  | "pushed"
  | "inside";

/** One plain sentence. */
export interface Said {
  id: SaidId;
  params: Readonly<Record<string, string>>;
  /** What it speaks of and what can be shown. */
  event: number | null;
}

export interface Why {
  said: readonly Said[];
  /** The event's row on the map, and the rows beside it in the same step. */
  row: Row | null;
  siblings: readonly Row[];
  candidates: readonly Candidate[];
}

/** Kinds that `setup` events have the registration of. */
const REGISTERED =
  /^(before_|after_request|teardown_|context_processor|url_|template_(filter|global|test)|error_handler)/;
/** Chosen, not called in turn; or said otherwise. */
const UNORDERED = /^(error_handler|middleware|after_this_request)$/;
const BACKWARD = /^(after_request|teardown_)/;

export function whyHere(log: EventLog, event: EventView, map: LifecycleMap | null): Why {
  if (event.attributes.framework === true) {
    return { said: [said("flasksOwn")], row: null, siblings: [], candidates: [] };
  }
  const near = map === null ? null : rowAround(map.rows, event);
  const isOwn = near?.runs.some((run) => run.event.index === event.index) === true;
  const row = isOwn ? near : null;
  const siblings = row?.fn == null ? [] : (map?.rows ?? []).filter(({ step }) => step === row.step);
  const exception = exceptionOf(event, map);
  return {
    said: [
      ...registration(log, event),
      ...order(row, siblings, map),
      ...special(event, map, exception),
      ...pushed(event),
      ...inside(log, event, row),
    ],
    row,
    siblings,
    candidates:
      exception === null || map === null
        ? []
        : candidatesOf(map.registered?.registry ?? [], exception.attributes, map.facts.endpoint),
  };
}

function registration(log: EventLog, event: EventView): Said[] {
  const { endpoint } = event.attributes;
  const isView = event.kind === "view" && typeof endpoint === "string";
  if (!isView && (!REGISTERED.test(event.kind) || event.kind === "url_match")) return [];
  if (event.kind === "url_for") return [];
  const fn = functionThatRan({ event, end: null, attributes: event.attributes });
  const setup = isView
    ? ruleOf(log, { name: event.name, endpoint }, event.app)
    : setupOf(log, event.kind, fn, event.app);
  const scope = isView || event.kind.startsWith("template_") ? [] : [scopeOf(fn.scope)];
  return [
    setup === null ? said("registeredBefore") : registeredBy(setup),
    ...scope,
    ...from(fn.by),
  ];
}

function registeredBy(setup: EventView): Said {
  const { file, line, who, registered_by: by } = setup.attributes;
  const place = placeOf({
    file: typeof file === "string" ? file : null,
    line: typeof line === "number" ? line : null,
  });
  const params = { decorator: decoratorOf(setup), who: String(who ?? ""), place };
  if (typeof by === "string") {
    return said("registeredByPackage", { ...params, package: by }, setup.index);
  }
  return said("registered", params, setup.index);
}

function scopeOf(scope: string | null): Said {
  return scope === null ? said("scopeApp") : said("scopeBlueprint", { scope });
}

function from(by: string | null): Said[] {
  return by === null ? [] : [said("fromPackage", { package: by })];
}

/** Its place among the functions of the step, as this request calls them. */
function order(row: Row | null, siblings: readonly Row[], map: LifecycleMap | null): Said[] {
  if (row === null || siblings.length === 0 || UNORDERED.test(row.step.kind)) return [];
  const { kind } = row.step;
  if (siblings.length === 1) return [said("only", { kind })];
  const n = siblings.indexOf(row) + 1;
  const all = siblings.length;
  const place = said("place", { n: String(n), all: String(all), kind });
  // There the application's come first, then the blueprint's, each backwards.
  if (map?.line === "1.1" && kind === "teardown_request") return [place];
  const isBackward = BACKWARD.test(kind);
  const rule = said(isBackward ? "backward" : "forward");
  const like = siblings.filter(({ fn }) => fn?.scope === row.fn?.scope).length;
  const registered = row.runs[0]?.event.attributes.order;
  if (typeof registered !== "number" || registered > like) return [place, rule];
  const params = { kind, order: String(registered), like: String(like) };
  // Of several parts of an application, each counts its own.
  if (like < all) return [place, ...(registered === n ? [] : [said("registeredAs", params)]), rule];
  if (!isBackward || registered !== all + 1 - n) return [place, rule];
  return [said("backwardFrom", { ...params, n: String(n) })];
}

function special(event: EventView, map: LifecycleMap | null, exception: EventView | null): Said[] {
  const { attributes, kind } = event;
  switch (kind) {
    case "signal_receiver":
      return [said("receivers", { signal: String(attributes.signal ?? "") })];
    case "view":
      return map?.facts.match == null
        ? []
        : [said("rule", { rule: map.facts.match.event.name }, map.facts.match.event.index)];
    case "after_this_request":
      return [said("asked")];
    case "middleware":
      return [said("position", { n: String(attributes.position ?? "?") })];
    case "error_handler":
    case "exception":
      return exception === null ? [] : choice(exception, kind);
    default:
      return [];
  }
}

function choice(exception: EventView, kind: string): Said[] {
  const { handled_by: by, chosen_because: because, stage } = exception.attributes;
  const raised =
    kind === "exception" && typeof stage === "string" ? [said("raisedIn", { stage })] : [];
  if (typeof by !== "string") return [...raised, said("unhandled", { error: exception.name })];
  const params = { error: exception.name, name: by, because: String(because ?? "") };
  return [...raised, said("chosen", params, exception.index), said("search")];
}

/** Who pushed a context, where that was the application's own doing. */
function pushed({ kind, attributes }: EventView): Said[] {
  const { function: name, file, line } = attributes;
  if (!kind.endsWith("_context.push") || typeof name !== "string") return [];
  return [said("pushed", { name, place: `${file}:${line}` })];
}

/** What it happened in; of a step of the sequence, that Flask takes it by itself. */
function inside(log: EventLog, event: EventView, row: Row | null): Said[] {
  if (row !== null && row.fn === null && !["view", "exception"].includes(event.kind)) {
    return [said("byFlask")];
  }
  if (row !== null || event.parentId === null || event.traceId === null) return [];
  for (const index of log.eventsOf(event.traceId)) {
    const other = log.event(index);
    if (other?.phase === "begin" && other.spanId === event.parentId) {
      return [said("inside", { kind: other.kind, name: other.name }, other.index)];
    }
  }
  return [];
}

/** The exception that an event is, or that its handler was called for. */
function exceptionOf(event: EventView, map: LifecycleMap | null): EventView | null {
  if (event.kind === "exception") return event;
  if (event.kind !== "error_handler") return null;
  const before = map?.pass.happenings.findLast(
    (one) => one.event.kind === "exception" && one.event.seq < event.seq,
  );
  return before?.event ?? null;
}

function said(
  id: SaidId,
  params: Readonly<Record<string, string>> = {},
  event: number | null = null,
): Said {
  return { id, params, event };
}
