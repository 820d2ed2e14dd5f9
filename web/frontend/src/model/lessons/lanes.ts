/** The way of a request through one system, in phases that all systems have in common. */
import type { PictureLine } from "./picture";

/** `framework.*` of `docs/events.md`. */
export type Phase =
  | "connection"
  | "parse"
  | "context"
  | "session_load"
  | "route"
  | "pre_hooks"
  | "view"
  | "template"
  | "post_hooks"
  | "session_save"
  | "response_start"
  | "iterate"
  | "close"
  | "teardown"
  | "error";

/** What Flask's own events are in that vocabulary. */
const OF_FLASK: Readonly<Record<string, Phase>> = {
  "app_context.push": "context",
  "request_context.push": "context",
  "session.open": "session_load",
  url_match: "route",
  before_request: "pre_hooks",
  view: "view",
  "template.render": "template",
  error_handler: "error",
  exception: "error",
  after_request: "post_hooks",
  "session.save": "session_save",
  start_response: "response_start",
  "response.chunk": "iterate",
  "response.close": "close",
  teardown_request: "teardown",
  teardown_appcontext: "teardown",
  "request_context.pop": "teardown",
  "app_context.pop": "teardown",
};
/** Their names are functions; those of the others say no more than the kind. */
const NAMED: ReadonlySet<string> = new Set([
  "before_request",
  "view",
  "after_request",
  "error_handler",
  "exception",
  "teardown_request",
  "teardown_appcontext",
]);

export interface Step {
  phase: Phase;
  kind: string;
  /** The system's own name for it. */
  name: string;
  /** An exception left it. */
  failed: boolean;
}

/** The steps of one request, in their order; the views of all lanes stand below one another. */
export interface Lane {
  before: Step[];
  view: Step[];
  after: Step[];
}

/** The lane of one request's *lines*. A step that is repeated at once is told once. */
export function laneOf(lines: readonly PictureLine[]): Lane {
  const steps = lines.flatMap((line, at) => stepOf(line, lines.slice(at)) ?? []);
  const told = steps.filter((step, at) => !isSame(step, steps[at - 1]));
  const view = told.findIndex(({ phase }) => phase === "view");
  if (view < 0) return { before: told, view: [], after: [] };
  return {
    before: told.slice(0, view),
    view: told.slice(view, view + 1),
    after: told.slice(view + 1),
  };
}

function stepOf({ words }: PictureLine, rest: readonly PictureLine[]): Step | null {
  const [mark, kind = "", ...others] = words;
  if (mark !== ">" && mark !== "·") return null;
  const phase = kind.startsWith("framework.")
    ? (kind.slice("framework.".length) as Phase)
    : OF_FLASK[kind];
  if (phase === undefined) return null;
  const own = others.filter((word) => !word.includes("=")).join(" ");
  const end = rest.find(
    (line) => line.words[0] === "<" && line.words[1] === kind && line.words[2] === others[0],
  );
  const failed = end?.words.some((word) => word.startsWith("left_by=")) ?? false;
  const isNamed = kind.startsWith("framework.") || NAMED.has(kind);
  return { phase, kind, name: isNamed ? own : kind, failed };
}

function isSame(step: Step, other: Step | undefined): boolean {
  return other !== undefined && step.kind === other.kind && step.name === other.name;
}

/** The lines of a lesson's picture, as it lies beside the lesson. */
export function linesOf(picture: string): PictureLine[] {
  return picture.split("\n").map((line) => ({ words: line.trim().split(/\s+/), event: null }));
}
