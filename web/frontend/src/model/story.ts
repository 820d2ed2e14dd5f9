/** The one line that says what a trace did, as parts that a view sets and a catalogue translates. */
import { formatTotal } from "../lib/format";
import { plural, type Sentence, type Translate } from "../lib/translate";
import type { Sleeve, StoryPart } from "./contract";
import { HOOK_KINDS, nameOf } from "./kinds";
import { leaksOf } from "./leaks";
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
  /** Contexts that nobody popped. */
  leaks: readonly Sleeve[];
  /** Who pushed the first of them and where, or in which step, "" when that is not known. */
  leakedIn: string;
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
  parts.push(...leakPart(facts, translate), ...cutPart(facts, translate));
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
    if (view !== null) parts.push(arrow(), code(view));
    parts.push(arrow(), { kind: "error", text: exception.name, event: exception.index });
    if (handler !== null) parts.push(arrow(), code(handler));
  } else if (answeredBy !== null) {
    parts.push(arrow(), code(answeredBy));
  } else if (view !== null) {
    parts.push(arrow(), code(view));
  } else if (match !== null && typeof match.attributes.endpoint === "string") {
    parts.push(arrow(), { kind: "code", text: match.attributes.endpoint });
  }
  const status = end?.attributes.status;
  if (status !== undefined) parts.push(arrow(), { kind: "text", text: String(status) });
  if (answeredBy !== null && exception === null) {
    parts.push({ kind: "text", text: ` ${translate("(answered before the view)")}` });
  }
  parts.push(...leftPart(facts, translate));
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

/** The exception that left the request: a server answers in its own words while nothing was sent. */
function leftPart({ end, exception }: Facts, translate: Translate): StoryPart[] {
  const { status, chunks, left_by: left } = end?.attributes ?? {};
  if (end === null || typeof left !== "string") return [];
  const parts: StoryPart[] = [];
  if (status !== undefined && chunks === 0) {
    parts.push({ kind: "text", text: ` ${translate("(never sent)")}` });
  }
  if (exception?.name !== left) parts.push(arrow(), { kind: "error", text: left });
  return parts;
}

function leakPart({ leaks, leakedIn }: Facts, translate: Translate): StoryPart[] {
  const [first, ...others] = leaks;
  if (first === undefined) return [];
  const isOne = others.length === 0;
  const what = isOne
    ? `${first.depth} ${first.type} ${first.name}`
    : translate("{count} contexts", { count: leaks.length });
  const said = !isOne
    ? translate("were never popped")
    : leakedIn === ""
      ? translate("was never popped")
      : translate("was never popped, pushed in {step}", { step: leakedIn });
  return [
    { kind: "text", text: translate(", ") },
    { kind: "error", text: `✕ ${what}`, event: first.pushEvent as number },
    { kind: "text", text: ` ${said}` },
  ];
}

/** What reached the bound of one request. */
function cutPart({ end }: Facts, translate: Translate): StoryPart[] {
  const { truncated, dropped } = end?.attributes ?? {};
  if (truncated === undefined) return [];
  const said =
    typeof dropped === "number"
      ? translate("cut off: {count} events were not recorded", { count: dropped })
      : translate("cut off");
  return [
    { kind: "text", text: translate(", ") },
    { kind: "error", text: `✕ ${said}` },
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
    leaks: [],
    leakedIn: "",
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
  facts.leaks = facts.end === null ? [] : leaksOf(log, traceId);
  const push = log.event(facts.leaks[0]?.pushEvent ?? -1);
  facts.leakedIn = pusherOf(push, begins.get(push?.parentId ?? ""), facts.root);
  return facts;
}

function pusherOf(
  push: EventView | undefined,
  step: EventView | undefined,
  root: EventView | null,
): string {
  const { function: name, file, line } = push?.attributes ?? {};
  if (typeof name === "string") return `${name} (${file}:${line})`;
  return step === undefined || step === root ? "" : nameOf(step);
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

function code(event: EventView): StoryPart {
  return { kind: "code", text: nameOf(event), event: event.index };
}

function arrow(): StoryPart {
  return { kind: "text", text: " → " };
}
