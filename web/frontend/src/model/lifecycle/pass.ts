/**
 * One application's handling of one request: its events, without those of other applications that
 * took part, of contexts pushed within a view, and of copies of the context in other threads.
 */
import { HOOK_KINDS } from "../kinds";
import type { Attributes, EventLog, EventView } from "../log";

/** A span, or an instant, which has no end. */
export interface Happening {
  event: EventView;
  end: EventView | null;
  /** Of begin and end together. */
  attributes: Attributes;
}

export interface Pass {
  app: string | null;
  agent: string;
  /** The `request` span. */
  root: Happening;
  /** Flask's own part; null when something in front of the application answered. */
  flask: Happening | null;
  /** In order, the root first. */
  happenings: readonly Happening[];
  /** The trace was cut at its cap. */
  truncated: boolean;
  /** A request that an application made within another one's handling: it has no root of its own. */
  isNested: boolean;
}

interface Node extends Happening {
  parent: Node | null;
  /** The nearest `wsgi_app` span at or above it. */
  flask: Node | null;
  /** It happened within a function of the application. */
  isInner: boolean;
}

/** Functions of the application, and what runs them. */
const WITHIN: ReadonlySet<string> = new Set([
  ...HOOK_KINDS,
  "view",
  "error_handler",
  "signal_receiver",
  "template.render",
  "template.stream",
  "response.close",
]);
/** Steps that are taken within a view. */
const INNER_STEPS = /^(template\.(load|render|stream)|context_processor)$/;
const INNER_SIGNALS = /^(before_render_template|template_rendered)$/;
const PUSH = /^(app|request)_context\.push$/;

/** The handlings of a trace, in the order in which they began; none for a script. */
export function passesOf(log: EventLog, traceId: string): Pass[] {
  const nodes = nodesOf(log, traceId);
  const root = nodes.find((node) => node.event.kind === "request");
  if (root === undefined) return [];
  const truncated = root.attributes.truncated === true;
  const flasks = nodes.filter((node) => node.event.kind === "wsgi_app");
  if (flasks.length === 0) return [passOf(root, null, nodes, truncated)];
  return flasks.map((flask) => passOf(root, flask, nodes, truncated));
}

function passOf(root: Node, flask: Node | null, nodes: readonly Node[], truncated: boolean): Pass {
  const own = nodes.filter((node) => belongs(node, flask));
  const copies = new Set(
    own.filter((node) => PUSH.test(node.event.kind)).map((node) => node.event.lane),
  );
  const lane = (flask ?? root).event.lane;
  copies.delete(lane);
  return {
    app: flask?.event.app ?? root.event.app,
    agent: root.event.agent,
    root,
    flask,
    happenings: own.filter((node) => !copies.has(node.event.lane) && isStep(node)),
    truncated,
    isNested: flask !== null && isNested(flask),
  };
}

/** Below the application's own part; or around it, as request, middleware and response are. */
function belongs(node: Node, flask: Node | null): boolean {
  if (node.flask !== null) return node.flask === flask;
  if (flask === null) return true;
  const { event } = node;
  if (/^(request|middleware|response\.)/.test(event.kind)) return !isNested(flask);
  // A stream pushes its contexts once more.
  return event.app === flask.event.app && event.seq > flask.event.seq;
}

function isNested(flask: Node): boolean {
  return flask.parent?.flask != null;
}

function isStep({ event, isInner }: Node): boolean {
  if (!isInner || INNER_STEPS.test(event.kind)) return true;
  return event.kind === "signal" && INNER_SIGNALS.test(event.name);
}

function nodesOf(log: EventLog, traceId: string): Node[] {
  const bySpan = new Map<string, Node>();
  const nodes: Node[] = [];
  for (const index of log.eventsOf(traceId)) {
    const event = log.event(index);
    if (event === undefined) continue;
    if (event.phase === "end") {
      const node = bySpan.get(event.spanId ?? "");
      if (node === undefined) continue;
      node.end = event;
      node.attributes = { ...node.attributes, ...event.attributes };
      continue;
    }
    const parent = bySpan.get(event.parentId ?? "") ?? null;
    const node: Node = {
      event,
      end: null,
      attributes: event.attributes,
      parent,
      flask: parent?.flask ?? null,
      isInner: parent !== null && (parent.isInner || WITHIN.has(parent.event.kind)),
    };
    if (event.kind === "wsgi_app") {
      node.flask = node;
      node.isInner = false;
    }
    nodes.push(node);
    if (event.spanId !== null) bySpan.set(event.spanId, node);
  }
  return nodes;
}
