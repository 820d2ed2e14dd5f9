/** What the page knows about each kind of event: which fill it has and what a bar of it says. */
import { isolate } from "../lib/isolate";
import type { FillPhase } from "./contract";
import type { EventView } from "./log";

/** The order is part of {@link style}: a phase travels as its position here. */
export const FILL_PHASES: readonly FillPhase[] = [
  "request",
  "context",
  "hook",
  "view",
  "template",
  "session",
  "io",
  "signal",
  "error",
];

const PHASE_OF_KIND: Readonly<Record<string, FillPhase>> = {
  run: "request",
  request: "request",
  middleware: "request",
  dispatch: "request",
  wsgi_app: "request",
  start_response: "request",
  "response.chunk": "request",
  "response.close": "request",
  "app_context.push": "context",
  "app_context.pop": "context",
  "request_context.push": "context",
  "request_context.pop": "context",
  "local_stack.push": "context",
  "local_stack.pop": "context",
  "local.set": "context",
  "local.delete": "context",
  proxy: "context",
  url_match: "context",
  url_for: "context",
  "context.copied": "context",
  "thread.start": "context",
  setup: "context",
  before_request: "hook",
  after_request: "hook",
  teardown_request: "hook",
  teardown_appcontext: "hook",
  after_this_request: "hook",
  before_first_request: "hook",
  url_value_preprocessor: "hook",
  url_defaults: "hook",
  context_processor: "template",
  error_handler: "hook",
  view: "view",
  make_response: "view",
  span: "view",
  "template.load": "template",
  "template.render": "template",
  "template.stream": "template",
  template_filter: "template",
  template_global: "template",
  template_test: "template",
  "session.open": "session",
  "session.save": "session",
  "session.null": "session",
  flash: "session",
  get_flashed_messages: "session",
  state: "session",
  form: "request",
  "db.acquire": "io",
  "db.wait": "io",
  "db.release": "io",
  "db.connect": "io",
  "db.query": "io",
  "db.commit": "io",
  "db.rollback": "io",
  "redis.command": "io",
  log: "io",
  signal: "signal",
  signal_receiver: "signal",
  exception: "error",
  "framework.connection": "request",
  "framework.parse": "request",
  "framework.context": "context",
  "framework.session_load": "session",
  "framework.route": "context",
  "framework.pre_hooks": "hook",
  "framework.view": "view",
  "framework.template": "template",
  "framework.post_hooks": "hook",
  "framework.session_save": "session",
  "framework.response_start": "request",
  "framework.iterate": "request",
  "framework.close": "request",
  "framework.teardown": "hook",
  "framework.error": "error",
};

export function phaseOfKind(kind: string): FillPhase {
  return PHASE_OF_KIND[kind] ?? "view";
}

/** Kinds that the table above names; a test compares them with the tracer's vocabulary. */
export const KNOWN_KINDS: readonly string[] = Object.keys(PHASE_OF_KIND);

/** The functions that run around a view; what the story counts as hooks. */
export const HOOK_KINDS: ReadonlySet<string> = new Set([
  "before_first_request",
  "before_request",
  "after_request",
  "teardown_request",
  "teardown_appcontext",
  "after_this_request",
  "url_value_preprocessor",
  "url_defaults",
  "context_processor",
]);

/** Instants that the timeline shows by other means than a mark of their own. */
const SHOWN_OTHERWISE: ReadonlySet<string> = new Set([
  "app_context.push",
  "app_context.pop",
  "request_context.push",
  "request_context.pop",
  "local_stack.push",
  "local_stack.pop",
  "dispatch",
  "exception",
  "state",
]);

export function isMark(kind: string): boolean {
  return !SHOWN_OTHERWISE.has(kind);
}

/** Words before the name that say what the bar is, where the name alone does not. */
const LEADS: Readonly<Record<string, string>> = {
  view: "view",
  wsgi_app: "wsgi_app",
  url_match: "match",
  error_handler: "error handler",
  "template.render": "render",
  "template.stream": "stream",
  "template.load": "load",
  template_filter: "filter",
  template_global: "global",
  template_test: "test",
  make_response: "make_response",
  url_for: "url_for",
  flash: "flash",
  "db.acquire": "acquire",
  "db.wait": "wait for",
  "db.release": "release",
  "db.connect": "connect",
  run: "run",
};

/** What is left where a lead and a name have no room: a type or a path alone would puzzle. */
const SHORT: Readonly<Record<string, string>> = { url_match: "match", make_response: "response" };

/** Kinds whose name (an interface class, an index) says less than the kind itself. */
const NAMED_BY_KIND: ReadonlySet<string> = new Set([
  "session.open",
  "session.save",
  "session.null",
  "response.close",
  "response.chunk",
]);

/** What a bar may say, longest first: kind and name, name, the object alone. `end` is its end event. */
export function labelsOf(event: EventView, end?: EventView): string[] {
  if (NAMED_BY_KIND.has(event.kind)) return [event.kind, event.kind.split(".")[0] as string];
  const name = nameOf(event);
  const labels: string[] = [];
  const status = end?.attributes.status;
  if (event.kind === "request" && status !== undefined)
    labels.push(`${isolate(name)} → ${String(status)}`);
  const lead = LEADS[event.kind];
  if (lead !== undefined) labels.push(`${lead} ${isolate(name)}`);
  const short = SHORT[event.kind];
  if (short !== undefined) return [...labels, short];
  labels.push(name);
  const object = HOOK_KINDS.has(event.kind) ? lastWordOf(name) : objectOf(name);
  if (object !== "" && object !== name) labels.push(object);
  return labels;
}

/** The name as people say it: a view by its endpoint. */
export function nameOf(event: EventView): string {
  const endpoint = event.attributes.endpoint;
  return event.kind === "view" && typeof endpoint === "string" ? endpoint : event.name;
}

/** `before_books` → `books`: hooks of one phase often begin alike and differ at their ends. */
function lastWordOf(name: string): string {
  return /[^_.]_([^_.]{3,})$/.exec(name)?.[1] ?? "";
}

/** `SELECT user` → `user`, `shop.cart` → `cart`, `base/cart.html` → `cart`. */
function objectOf(name: string): string {
  const word = name.split(" ").at(-1) as string;
  if (word.startsWith("/")) return word;
  const file = /([^/]+)\.(?:html?|txt|xml|jinja2?|j2)$/.exec(word);
  return file ? (file[1] as string) : (word.split(".").at(-1) as string);
}
