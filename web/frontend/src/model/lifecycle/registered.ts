/** What is registered in an application for a step, and in which order a request calls it. */
import type { EventView } from "../log";
import type { Happening, Pass } from "./pass";

/** What one process announced of one application. */
export interface Registered {
  app: string;
  agent: string;
  /** Of its framework. */
  version: string | null;
  registry: readonly Entry[];
}

export interface Entry {
  kind: string;
  name: string;
  /** Blueprint, null for the whole application. */
  scope?: string | null;
  /** From 1 in the order of registration within the scope. */
  order?: number | null;
  file?: string | null;
  line?: number | null;
  /** Installed package, null for the application's own code. */
  registered_by?: string | null;
  /** Code or class of an error handler. */
  registered_for?: string | null;
}

/** A function that is registered for a step, or that ran in it. */
export interface StepFunction {
  name: string;
  scope: string | null;
  order: number | null;
  file: string | null;
  line: number | null;
  by: string | null;
}

export const FRAMEWORK = "flask";

/** The announcement of the process that sent a pass, else of another one that runs the same. */
export function announcementOf(
  announced: readonly Registered[],
  pass: Pick<Pass, "app" | "agent">,
): Registered | null {
  const same = announced.filter(({ app }) => app === pass.app);
  return same.find(({ agent }) => agent === pass.agent) ?? same[0] ?? null;
}

/** The blueprints of an endpoint, the outermost first: `shop.cart.view` → `shop`, `shop.cart`. */
export function blueprintsOf(endpoint: string | null): string[] {
  const names = (endpoint ?? "").split(".").slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join("."));
}

/** Functions for a kind of step, in the order in which a request with these blueprints calls them. */
export function functionsFor(
  registry: readonly Entry[],
  kind: string,
  blueprints: readonly string[],
  line: string,
): StepFunction[] {
  const scopes: (string | null)[] = [null, ...blueprints];
  const isBackwards = kind === "after_request" || kind.startsWith("teardown");
  if (isBackwards) scopes.reverse();
  if (kind === "teardown_request" && line === "1.1") scopes.reverse();
  return scopes.flatMap((scope) => {
    const found = entriesOf(registry, kind).filter((entry) => (entry.scope ?? null) === scope);
    return (isBackwards ? found.reverse() : found).map(functionOf);
  });
}

/** Functions of blueprints that the request does not belong to. */
export function functionsElsewhere(
  registry: readonly Entry[],
  kind: string,
  blueprints: readonly string[],
): StepFunction[] {
  return entriesOf(registry, kind)
    .filter((entry) => entry.scope != null && !blueprints.includes(entry.scope))
    .map(functionOf);
}

export function functionThatRan({ event, attributes }: Happening): StepFunction {
  const { scope, file, line, registered_by: by } = attributes;
  // Middleware is counted from the outside.
  const order = attributes.order ?? attributes.position;
  return {
    name: event.name,
    scope: typeof scope === "string" ? scope : null,
    order: typeof order === "number" ? order : null,
    file: typeof file === "string" ? file : null,
    line: typeof line === "number" ? line : null,
    by: typeof by === "string" ? by : null,
  };
}

/** Whether a run is one of a registered function. */
export function isSame(one: StepFunction, other: StepFunction): boolean {
  const sameName = one.name === other.name && one.scope === other.scope;
  if (!sameName) return false;
  if (one.file !== null && other.file !== null) {
    return one.file === other.file && one.line === other.line;
  }
  return one.order === null || other.order === null || one.order === other.order;
}

/** `shop/auth.py:15`, "" when it is not known. */
export function placeOf({ file, line }: Pick<StepFunction, "file" | "line">): string {
  if (file === null) return "";
  return line === null ? file : `${file}:${line}`;
}

export function isFrameworks(event: EventView): boolean {
  return event.attributes.framework === true;
}

function entriesOf(registry: readonly Entry[], kind: string): Entry[] {
  return registry
    .filter((entry) => entry.kind === kind && entry.registered_by !== FRAMEWORK)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

function functionOf(entry: Entry): StepFunction {
  return {
    name: entry.name,
    scope: entry.scope ?? null,
    order: entry.order ?? null,
    file: entry.file ?? null,
    line: entry.line ?? null,
    by: entry.registered_by ?? null,
  };
}
