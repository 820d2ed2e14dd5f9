/** The one line that says what a trace did, as parts that a view sets and a catalogue translates. */
import { formatTotal } from "../lib/format";
import { plural, type Sentence, type Translate } from "../lib/translate";
import type { StoryPart } from "./contract";
import { HOOK_KINDS, nameOf } from "./kinds";
import type { EventLog, EventView } from "./log";

/** What the story needs to know of a trace, gathered in one pass. */
interface Facts {
  root: EventView | null;
  end: EventView | null;
  /** Nothing more will come of it. */
  isCutOff: boolean;
  view: EventView | null;
  match: EventView | null;
  answeredBy: EventView | null;
  exception: EventView | null;
  handler: EventView | null;
  hooks: number;
  queries: number;
  templates: number;
  nested: number;
  flashes: number;
}

/** Empty when nothing of the trace is held. */
export function storyOf(
  log: EventLog,
  traceId: string,
  translate: Translate,
  isCutOff = false,
): StoryPart[] {
  const facts = gather(log, traceId, isCutOff);
  if (facts.root === null) return [];
  const parts: StoryPart[] = [{ kind: "strong", text: facts.root.name }];
  parts.push(...(facts.root.kind === "run" ? ran(facts, translate) : answered(facts, translate)));
  const counts = countsOf(facts, translate);
  if (counts !== "") parts.push({ kind: "text", text: `: ${counts}` });
  return parts;
}

/** The same as plain text, for titles and live regions. */
export function storyText(parts: readonly StoryPart[]): string {
  return parts.map((part) => part.text).join("");
}

function answered(facts: Facts, translate: Translate): StoryPart[] {
  const { end, view, match, answeredBy, exception, handler } = facts;
  const parts: StoryPart[] = [];
  if (exception !== null) {
    if (view !== null) parts.push(arrow(), { kind: "code", text: nameOf(view) });
    parts.push(arrow(), { kind: "error", text: exception.name });
    if (handler !== null) parts.push(arrow(), { kind: "code", text: handler.name });
  } else if (answeredBy !== null) {
    parts.push(arrow(), { kind: "code", text: answeredBy.name });
  } else if (view !== null) {
    parts.push(arrow(), { kind: "code", text: nameOf(view) });
  } else if (match !== null && typeof match.attributes.endpoint === "string") {
    parts.push(arrow(), { kind: "code", text: match.attributes.endpoint });
  }
  const status = end?.attributes.status;
  if (status !== undefined) parts.push(arrow(), { kind: "text", text: String(status) });
  if (answeredBy !== null && exception === null) {
    parts.push({ kind: "text", text: ` ${translate("(answered before the view)")}` });
  }
  parts.push(...durationPart(facts, translate));
  return parts;
}

function ran(facts: Facts, translate: Translate): StoryPart[] {
  const parts: StoryPart[] = [{ kind: "text", text: ` ${translate("ran outside a request")}` }];
  if (facts.exception !== null) parts.push(arrow(), { kind: "error", text: facts.exception.name });
  parts.push(...durationPart(facts, translate));
  return parts;
}

function durationPart({ root, end, isCutOff }: Facts, translate: Translate): StoryPart[] {
  if (root === null || end === null) {
    const said = isCutOff ? "was cut off when its process went away" : "is still running";
    return [{ kind: "text", text: ` ${translate(said)}` }];
  }
  return [
    { kind: "text", text: ` ${translate("in")} ` },
    { kind: "strong", text: formatTotal(end.t - root.t) },
  ];
}

function countsOf(facts: Facts, translate: Translate): string {
  const counted: [number, Sentence, Sentence][] = [
    [facts.hooks, "{count} hook", "{count} hooks"],
    [facts.queries, "{count} query", "{count} queries"],
    [facts.templates, "{count} template", "{count} templates"],
    [facts.nested, "{count} nested app context", "{count} nested app contexts"],
    [facts.flashes, "{count} flashed message", "{count} flashed messages"],
  ];
  return counted
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => plural(translate, count, one, many))
    .join(translate(", "));
}

function gather(log: EventLog, traceId: string, isCutOff: boolean): Facts {
  const facts: Facts = {
    root: null,
    end: null,
    isCutOff,
    view: null,
    match: null,
    answeredBy: null,
    exception: null,
    handler: null,
    hooks: 0,
    queries: 0,
    templates: 0,
    nested: 0,
    flashes: 0,
  };
  const begins = new Map<string, EventView>();
  let appContexts = 0;
  for (const index of log.eventsOf(traceId)) {
    const event = log.event(index);
    if (event === undefined) continue;
    if (event.phase === "begin" && event.spanId !== null) begins.set(event.spanId, event);
    if (event.phase === "end") readEnd(facts, event, begins);
    else appContexts += readBegin(facts, event);
  }
  const expected = facts.root?.kind === "run" || appContexts > 0 ? 1 : 0;
  facts.nested = appContexts - expected;
  return facts;
}

/** Answers 1 when an application context was pushed. */
function readBegin(facts: Facts, event: EventView): number {
  facts.root ??= event.kind === "request" || event.kind === "run" ? event : null;
  if (HOOK_KINDS.has(event.kind) && event.attributes.framework !== true) facts.hooks++;
  if (event.kind === "db.query" || event.kind === "redis.command") facts.queries++;
  if (event.kind === "template.render" || event.kind === "template.stream") facts.templates++;
  if (event.kind === "flash") facts.flashes++;
  if (event.kind === "view") facts.view ??= event;
  if (event.kind === "url_match") facts.match ??= event;
  if (event.kind === "exception") facts.exception ??= event;
  if (event.kind === "error_handler") facts.handler ??= event;
  return event.kind === "app_context.push" ? 1 : 0;
}

function readEnd(facts: Facts, event: EventView, begins: Map<string, EventView>): void {
  const begin = begins.get(event.spanId ?? "");
  if (facts.root !== null && event.spanId === facts.root.spanId) facts.end = event;
  if (event.kind === "url_match" && typeof event.attributes.endpoint === "string")
    facts.match = event;
  if (event.attributes.short_circuit === true && begin) facts.answeredBy ??= begin;
}

function arrow(): StoryPart {
  return { kind: "text", text: " → " };
}
