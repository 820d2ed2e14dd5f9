/** The WSGI layers that a request went through, each inside the other: an onion. */
import type { EventLog, EventView } from "./log";

export interface Layer {
  /** Index of its begin event. */
  event: number;
  kind: "request" | "middleware" | "wsgi_app";
  /** Class of a middleware, name of an application; method and path for the server's ring. */
  name: string;
  app: string | null;
  /** As the layer was called with them; null when the one around handed on others, and nobody saw which. */
  scriptName: string | null;
  pathInfo: string | null;
  /** A dispatcher's choice: the mount point ("" for the application that gets the rest). */
  mount: string | null;
  inner: Layer[];
}

/** What a layer calls the next one with. */
type Paths = Pick<Layer, "scriptName" | "pathInfo">;

const RINGS: ReadonlySet<string> = new Set(["request", "middleware", "wsgi_app"]);
const UNKNOWN: Paths = { scriptName: null, pathInfo: null };

/** The outermost layers of a trace: one for a request, more where a script calls applications. */
export function layersOf(log: EventLog, trace: string): Layer[] {
  const outermost: Layer[] = [];
  const ringAround = new Map<string, Layer>();
  const handedOn = new Map<Layer, Paths>();
  const rewriting = rewritersIn(log, trace);
  for (const index of log.eventsOf(trace)) {
    const event = log.event(index) as EventView;
    const around = event.parentId === null ? undefined : ringAround.get(event.parentId);
    if (event.kind === "dispatch" && around !== undefined) {
      around.mount = event.name;
      handedOn.set(around, {
        scriptName: second(event, "script_name"),
        pathInfo: second(event, "path_info"),
      });
    }
    if (event.phase !== "begin" || event.spanId === null) continue;
    const ring = RINGS.has(event.kind) ? layerOf(event, around && handedOn.get(around)) : around;
    if (ring === undefined) continue;
    ringAround.set(event.spanId, ring);
    if (ring === around) continue;
    (around?.inner ?? outermost).push(ring);
    // What an application calls itself is another request, of which nobody saw with what.
    const isOther = ring.kind === "wsgi_app" || rewriting.has(event.spanId);
    handedOn.set(ring, isOther ? UNKNOWN : ring);
  }
  return outermost;
}

/** Rings from which on a picture of them tells more than the timeline does. */
export const LEAST_RINGS = 3;

/** How many rings lie inside each other. */
export function depthOf(layers: readonly Layer[]): number {
  return layers.reduce((most, { inner }) => Math.max(most, 1 + depthOf(inner)), 0);
}

function layerOf(event: EventView, handedOn: Paths | undefined): Layer {
  const kind = event.kind as Layer["kind"];
  const paths = kind === "request" ? pathsOf(event) : (handedOn ?? UNKNOWN);
  return {
    ...{ event: event.index, kind, name: event.name, app: event.app },
    ...{ scriptName: paths.scriptName, pathInfo: paths.pathInfo },
    ...{ mount: null, inner: [] },
  };
}

/** A request tells its whole path, below which its server mounted what it serves. */
function pathsOf({ attributes }: EventView): Paths {
  const scriptName = text(attributes.script_root);
  const path = text(attributes.path);
  const isBelow = scriptName !== null && path?.startsWith(scriptName);
  return { scriptName, pathInfo: isBelow ? (path as string).slice(scriptName.length) : path };
}

/** Spans of middlewares that changed where the request is; their end tells it. */
function rewritersIn(log: EventLog, trace: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const index of log.eventsOf(trace)) {
    const { kind, phase, spanId, attributes } = log.event(index) as EventView;
    if (kind !== "middleware" || phase !== "end" || spanId === null) continue;
    const changed = Array.isArray(attributes.environ) ? attributes.environ : [];
    if (changed.includes("SCRIPT_NAME") || changed.includes("PATH_INFO")) found.add(spanId);
  }
  return found;
}

function second(event: EventView, name: string): string | null {
  const pair = event.attributes[name];
  return Array.isArray(pair) ? text(pair[1]) : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
