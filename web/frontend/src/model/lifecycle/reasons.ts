/** Why a request did not take a step: from what was recorded, never from a guess. */
import type { Facts } from "./facts";
import { placeOf, type StepFunction } from "./registered";
import type { Step } from "./table";

export type ReasonId =
  | "answeredBefore"
  | "noFlask"
  | "intercepted"
  | "raised"
  | "raisedAfter"
  | "routing"
  | "redirected"
  | "options"
  | "noBlueprint"
  | "propagated"
  | "teardownRaised"
  | "sessionOpened"
  | "noSession"
  | "contextReused"
  | "contextLeft"
  | "notFirst"
  | "noTemplate"
  | "notRendered"
  | "nothingRaised"
  | "handled"
  | "httpAnswer"
  | "noHandler"
  | "redirectAnswers"
  | "noBody"
  | "running"
  | "truncated"
  | "unknown";

/** Reasons that say there was no occasion; the others, that something kept the request from it. */
const IDLE: ReadonlySet<ReasonId> = new Set([
  "sessionOpened",
  "contextReused",
  "notFirst",
  "noTemplate",
  "nothingRaised",
  "handled",
  "httpAnswer",
  "noHandler",
  "redirectAnswers",
  "noBody",
]);

export interface Reason {
  id: ReasonId;
  /** What stands in its sentence. */
  params: Readonly<Record<string, string>>;
  /** The event that is the cause; selecting it shows it. */
  event: number | null;
}

export function isIdle(reason: Reason): boolean {
  return IDLE.has(reason.id);
}

/** Why no function of *step*, or not *fn*, was called. */
export function whyNot(step: Step, facts: Facts, fn: StepFunction | null): Reason {
  return (
    outsideOfFlask(step, facts) ??
    notReached(step, facts) ??
    byCondition(step, facts, fn) ??
    diverted(step, facts) ??
    reason("unknown")
  );
}

function outsideOfFlask(step: Step, { pass }: Facts): Reason | null {
  if (pass.flask !== null || step.kind === "request" || step.kind.startsWith("response.")) {
    return null;
  }
  const last = pass.happenings.findLast(({ event }) => event.kind === "middleware");
  if (last === undefined) return reason("noFlask");
  return reason("answeredBefore", { name: last.event.name }, last.event.index);
}

function notReached(step: Step, facts: Facts): Reason | null {
  if (facts.indexOf(step) <= facts.reached) return null;
  if (facts.pass.truncated) return reason("truncated");
  return facts.pass.root.end === null ? reason("running") : null;
}

/** What the table says that it depends on. */
function byCondition(step: Step, facts: Facts, fn: StepFunction | null): Reason | null {
  switch (step.when) {
    case "own_context":
      return facts.took("app_context.push") ? null : reason("contextReused");
    case "no_session":
      return facts.took("url_match") ? reason("sessionOpened") : null;
    case "first":
      return fn === null ? null : reason("notFirst");
    case "registered":
      return fn?.scope != null && facts.endpoint === null ? noBlueprint(facts, fn) : null;
    case "matched":
      return unmatched(facts);
    case "template":
      return untemplated(step, facts);
    case "exception":
    case "unhandled":
    case "handled":
      return unraised(step, facts);
    case "session":
      return facts.propagated === null && facts.noSession !== null
        ? reason("noSession", { name: facts.noSession.event.name }, facts.noSession.event.index)
        : null;
    case "body":
      return facts.propagated === null && facts.teardownRaiser === null ? reason("noBody") : null;
    default:
      return null;
  }
}

function noBlueprint(facts: Facts, fn: StepFunction): Reason | null {
  if (facts.routing === null) return null;
  const { event, error } = facts.routing;
  return reason("noBlueprint", { error, scope: fn.scope ?? "" }, event);
}

function unmatched(facts: Facts): Reason | null {
  const before = diversionBefore(facts.indexOfId("view"), facts);
  if (before !== null) return before;
  if (facts.routing !== null) {
    const { event, error, redirect } = facts.routing;
    return redirect !== null
      ? reason("redirected", { to: redirect }, event)
      : reason("routing", { error }, event);
  }
  return facts.method === "OPTIONS" && facts.took("make_response") ? reason("options") : null;
}

function untemplated(step: Step, facts: Facts): Reason | null {
  if (!facts.took("view")) return reason("notRendered");
  if (!facts.took("template.load") && !facts.took("template.render")) {
    return facts.viewRaiser === null ? reason("noTemplate") : raised(facts.viewRaiser, "raised");
  }
  const broken = facts.raisers.find(({ event }) => event.kind.startsWith("template."));
  if (broken !== undefined) return raised(broken, "raised");
  return step.kind === "context_processor" ? reason("noTemplate") : null;
}

function unraised(step: Step, facts: Facts): Reason | null {
  const exception = facts.exception;
  if (exception === null) return reason("nothingRaised");
  const { event, attributes } = exception;
  const error = event.name;
  if (step.when === "handled") {
    if (facts.propagated !== null) return reason("propagated", { error }, event.index);
    const isRedirect = facts.routing !== null && facts.routing.redirect !== null;
    return reason(isRedirect ? "redirectAnswers" : "noHandler", { error }, event.index);
  }
  const by = attributes.handled_by;
  if (typeof by === "string") return reason("handled", { error, name: by }, event.index);
  return reason("httpAnswer", { error }, event.index);
}

/** What turned the request off the way before this step. */
function diverted(step: Step, facts: Facts): Reason | null {
  const before = diversionBefore(facts.indexOf(step), facts);
  if (before !== null) return before;
  const at = facts.indexOf(step);
  if (at >= facts.indexOfId("teardown_request")) {
    if (facts.teardownRaiser !== null) return raised(facts.teardownRaiser, "teardownRaised");
    // `with client` keeps them until later.
    if (!facts.took("app_context.pop") && !facts.took("request_context.pop")) {
      return reason("contextLeft");
    }
  }
  if (facts.propagated !== null && at > facts.indexOfId("exception")) {
    const event = facts.exception?.event.index ?? null;
    return reason("propagated", { error: facts.propagated }, event);
  }
  const late = facts.raisers.find(
    (one) => facts.placeOf(one) >= facts.indexOfId("make_response") && facts.placeOf(one) <= at,
  );
  if (late !== undefined) return raised(late, "raisedAfter");
  return null;
}

/** An interception or an exception on the way to the view. */
function diversionBefore(at: number, facts: Facts): Reason | null {
  if (at > facts.indexOfId("view")) return null;
  const { intercept } = facts;
  if (intercept !== null && at >= facts.placeOf(intercept)) {
    const { name } = intercept.event;
    return reason(
      "intercepted",
      { name, place: placeIn(intercept.attributes) },
      intercept.event.index,
    );
  }
  const early = facts.raisers.find((one) => facts.placeOf(one) <= at);
  return early === undefined ? null : raised(early, "raised");
}

function raised(
  { event, attributes }: Facts["raisers"][number],
  id: "raised" | "raisedAfter" | "teardownRaised",
): Reason {
  const error = String(attributes.left_by);
  return reason(id, { name: event.name, error, place: placeIn(attributes) }, event.index);
}

function placeIn({ file, line }: Readonly<Record<string, unknown>>): string {
  return placeOf({
    file: typeof file === "string" ? file : null,
    line: typeof line === "number" ? line : null,
  });
}

function reason(
  id: ReasonId,
  params: Readonly<Record<string, string>> = {},
  event: number | null = null,
): Reason {
  return { id, params, event };
}
