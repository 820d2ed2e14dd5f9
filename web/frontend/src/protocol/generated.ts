// Written by scripts/generate_protocol.py from tracer's events, wire and vocabulary.
// Do not edit: run the script again.

export const VERSION = 1 as const;
export const BLOCK_MAGIC = "FSB1" as const;
export const FRAME_MAGIC = "FSF1" as const;
export const PHASES = ["begin", "end", "instant"] as const;
export type Phase = (typeof PHASES)[number];

export const COLUMN_NAMES = ["seq", "ts", "phase", "kind", "name", "app", "trace", "span", "parent", "lane", "attributes"] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

/** One event as the JSON API and JSON Lines carry it. */
export interface EventItem {
  seq: number;
  ts: number;
  phase: "begin" | "end" | "instant";
  kind: string;
  name: string;
  app: string | null;
  trace_id: string | null;
  span_id: string | null;
  parent_id: string | null;
  lane: LaneItem;
  attributes: Record<string, unknown>;
}

export interface LaneItem {
  pid: number;
  thread: number;
  thread_name: string;
  greenlet: number | null;
  task: string | null;
}
export type LaneTuple = [pid: number, thread: number, thread_name: string, greenlet: number | null, task: string | null];

/** Kind → whether it is a span, and its heading in docs/events.md. */
export const KINDS = {
  "run": { shape: "span", group: "request" },
  "request": { shape: "span", group: "request" },
  "middleware": { shape: "span", group: "request" },
  "dispatch": { shape: "instant", group: "request" },
  "wsgi_app": { shape: "span", group: "request" },
  "app_context.push": { shape: "instant", group: "context" },
  "app_context.pop": { shape: "instant", group: "context" },
  "request_context.push": { shape: "instant", group: "context" },
  "request_context.pop": { shape: "instant", group: "context" },
  "local_stack.push": { shape: "instant", group: "context" },
  "local_stack.pop": { shape: "instant", group: "context" },
  "local.set": { shape: "instant", group: "context" },
  "local.delete": { shape: "instant", group: "context" },
  "proxy": { shape: "instant", group: "context" },
  "url_match": { shape: "span", group: "routing" },
  "session.open": { shape: "span", group: "session" },
  "session.save": { shape: "span", group: "session" },
  "session.null": { shape: "span", group: "session" },
  "signal": { shape: "span", group: "signal" },
  "signal_receiver": { shape: "span", group: "signal" },
  "before_request": { shape: "span", group: "hook" },
  "after_request": { shape: "span", group: "hook" },
  "teardown_request": { shape: "span", group: "hook" },
  "teardown_appcontext": { shape: "span", group: "hook" },
  "after_this_request": { shape: "span", group: "hook" },
  "before_first_request": { shape: "span", group: "hook" },
  "url_value_preprocessor": { shape: "span", group: "hook" },
  "url_defaults": { shape: "span", group: "hook" },
  "context_processor": { shape: "span", group: "hook" },
  "view": { shape: "span", group: "view" },
  "make_response": { shape: "span", group: "view" },
  "exception": { shape: "instant", group: "error" },
  "error_handler": { shape: "span", group: "error" },
  "template.load": { shape: "span", group: "template" },
  "template.render": { shape: "span", group: "template" },
  "template.stream": { shape: "span", group: "template" },
  "template_filter": { shape: "span", group: "template" },
  "template_global": { shape: "span", group: "template" },
  "template_test": { shape: "span", group: "template" },
  "flash": { shape: "instant", group: "session" },
  "get_flashed_messages": { shape: "instant", group: "session" },
  "state": { shape: "instant", group: "state" },
  "form": { shape: "instant", group: "request" },
  "url_for": { shape: "instant", group: "routing" },
  "start_response": { shape: "instant", group: "response" },
  "response.chunk": { shape: "instant", group: "response" },
  "response.close": { shape: "span", group: "response" },
  "db.acquire": { shape: "span", group: "database" },
  "db.wait": { shape: "span", group: "database" },
  "db.release": { shape: "span", group: "database" },
  "db.connect": { shape: "span", group: "database" },
  "db.query": { shape: "span", group: "database" },
  "db.commit": { shape: "span", group: "database" },
  "db.rollback": { shape: "span", group: "database" },
  "redis.command": { shape: "span", group: "database" },
  "log": { shape: "instant", group: "log" },
  "thread.start": { shape: "instant", group: "lane" },
  "context.copied": { shape: "instant", group: "lane" },
  "span": { shape: "span", group: "user" },
  "setup": { shape: "instant", group: "setup" },
  "framework.connection": { shape: "span", group: "framework" },
  "framework.parse": { shape: "span", group: "framework" },
  "framework.context": { shape: "span", group: "framework" },
  "framework.session_load": { shape: "span", group: "framework" },
  "framework.route": { shape: "span", group: "framework" },
  "framework.pre_hooks": { shape: "span", group: "framework" },
  "framework.view": { shape: "span", group: "framework" },
  "framework.template": { shape: "span", group: "framework" },
  "framework.post_hooks": { shape: "span", group: "framework" },
  "framework.session_save": { shape: "span", group: "framework" },
  "framework.response_start": { shape: "span", group: "framework" },
  "framework.iterate": { shape: "span", group: "framework" },
  "framework.close": { shape: "span", group: "framework" },
  "framework.teardown": { shape: "span", group: "framework" },
  "framework.error": { shape: "span", group: "framework" },
} as const;
export type Kind = keyof typeof KINDS;
