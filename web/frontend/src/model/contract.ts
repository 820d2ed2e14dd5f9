/**
 * The shapes that the models hand to the views. Times are nanoseconds since the log's epoch.
 */
import type { EventView } from "./log";

/** Soft fill of a bar; `--fill-<phase>` in the tokens. */
export type FillPhase =
  | "request"
  | "context"
  | "hook"
  | "view"
  | "template"
  | "session"
  | "io"
  | "signal"
  | "error";

// --- contexts.ts --------------------------------------------------------------------------------

export type ContextType = "AppContext" | "RequestContext" | "LocalStack";

/** One context on the stack at some instant. */
export interface StackFrame {
  /** The object's stable label, as the tracer gave it. */
  label: string;
  type: ContextType;
  app: string | null;
  /** What stands in its box: the app's name, or the request line. */
  name: string;
  /** Null when it was pushed before the events begin. */
  pushedAt: number | null;
  /** Index of the push event, null when it was not recorded. */
  event: number | null;
  pushCount: number;
}

export type ProxyName = "current_app" | "g" | "request" | "session";

/** Proxy → position in the stack (0 = bottom), null when it is unbound. */
export type Proxies = Record<ProxyName, number | null>;

/** What an event did to the stack. */
export interface StackChange {
  pushed: string | null;
  popped: string | null;
  /** Proxies that resolve to another box than before. */
  proxies: ProxyName[];
}

/** A context from its push to its pop, for the timeline. */
export interface Sleeve {
  label: string;
  type: ContextType;
  app: string | null;
  hue: number;
  name: string;
  lane: number;
  start: number;
  /** Infinity while it is on the stack. */
  end: number;
  /** 1 = bottom of the stack when it was pushed. */
  depth: number;
  /** False when the pop is missing or happened out of order. */
  balanced: boolean;
  pushEvent: number | null;
  popEvent: number | null;
  traceId: string | null;
}

// ContextStore: sleevesOf(lane): readonly Sleeve[]; ribbonOf(lane): Ribbon
//   stackAt(lane: number, at: number | EventView): StackFrame[]  bottom → top; a number is a time
//   proxiesAt(lane, at): Proxies; changedAt(eventIndex): StackChange | null
// contextsOf(log): ContextStore (kept per log and brought up to date at each call)

// --- story.ts -----------------------------------------------------------------------------------

/** A piece of a sentence; `strong` and `code` say how it is set. */
export interface StoryPart {
  kind: "text" | "strong" | "code" | "error";
  text: string;
  /** Index of the event that it names. */
  event?: number;
}

// storyOf(log, traceId, translate, isCutOff?): StoryPart[]

// --- explain.ts ---------------------------------------------------------------------------------

export interface Explanation {
  /** One plain sentence. */
  sentence: string;
  /** Flask's documentation, null where it has nothing to say. */
  link: string | null;
}

// explain(event: EventView, translate): Explanation

// --- tree.ts ------------------------------------------------------------------------------------

/** One visible row of the table of a trace. */
export interface TreeRow {
  /** Index of the begin or instant event; the selection. */
  event: number;
  /** From 1, as aria-level. */
  level: number;
  /** Null for a leaf. */
  expanded: boolean | null;
  /** How many like steps begin with this one, 0 when it stands for itself. */
  like: number;
  /** All of them are this row; its duration is theirs together. */
  folded: boolean;
  /** From 1 among its siblings, as aria-posinset. */
  position: number;
  siblings: number;
  phase: FillPhase;
  kind: string;
  name: string;
  app: string | null;
  /** Of the first event of the trace on. */
  start: number;
  /** Null for an instant and for an open span. */
  duration: number | null;
  open: boolean;
  error: boolean;
  shortCircuit: boolean;
  /** What came out: a status, a returned value's type, an error; "" when nothing is known. */
  result: string;
  view: EventView;
}

// buildTree(log, traceId): Tree; tree.rows(collapsed, unfolded): TreeRow[]
//   tree.find(event): ancestors to be opened so that the row of an event is visible

// --- lanes.ts -----------------------------------------------------------------------------------

export interface LaneName {
  /** "MainThread", or the task's or greenlet's name. */
  title: string;
  /** "pid 4711 · gthread worker" */
  detail: string;
}

// laneName(lane: Lane, translate): LaneName
