/** The calls that registered things, as far as the log holds them: they lie outside of requests. */
import type { EventLog, EventView } from "../log";
import type { StepFunction } from "./registered";

const kept = new WeakMap<EventLog, { version: number; setups: EventView[] }>();

/** All `setup` events that the log holds, in order. */
export function setupsOf(log: EventLog): readonly EventView[] {
  const known = kept.get(log);
  if (known?.version === log.version) return known.setups;
  const setups: EventView[] = [];
  for (const { block, start } of log.blocks()) {
    const kind = block.strings.indexOf("setup");
    if (kind < 0) continue;
    for (let row = 0; row < block.count; row++) {
      const event = block.kind[row] === kind ? log.event(start + row) : undefined;
      if (event !== undefined) setups.push(event);
    }
  }
  kept.set(log, { version: log.version, setups });
  return setups;
}

/** The last call that registered a function as *what*; null when the log does not hold it. */
export function setupOf(
  log: EventLog,
  what: string,
  fn: StepFunction,
  app: string | null,
): EventView | null {
  const name = `${what} ${fn.name}`;
  const isIts = (event: EventView) =>
    event.name === name && isAt(event, fn.scope, fn.order) && isFor(event, app);
  return setupsOf(log).findLast(isIts) ?? null;
}

/** The call that registered a view for an endpoint: a blueprint's own, rather than its copy. */
export function ruleOf(
  log: EventLog,
  view: { name: string; endpoint: string },
  app: string | null,
): EventView | null {
  const blueprint = view.endpoint.split(".").at(-2) ?? null;
  const isIts = (event: EventView) => {
    const { what, refused, endpoint, function: named, scope } = event.attributes;
    if (what !== "rule" || refused !== undefined || !isFor(event, app)) return false;
    if ((scope ?? null) !== blueprint) return endpoint === view.endpoint && blueprint === null;
    return named === view.name || endpoint === view.endpoint.split(".").at(-1);
  };
  return setupsOf(log).findLast(isIts) ?? null;
}

/** As people write it: `app.before_request`, `shop.before_app_request`, `app.route`. */
export function decoratorOf({ attributes }: EventView): string {
  const { what, scope, for_app: isForApp } = attributes;
  const owner = typeof scope === "string" ? scope : "app";
  if (what === "rule") return `${owner}.route / add_url_rule`;
  if (what === "error_handler") return `${owner}.errorhandler / register_error_handler`;
  if (isForApp !== true) return `${owner}.${String(what)}`;
  const [first, ...rest] = String(what).split("_");
  const isTimed = first === "before" || first === "after" || first === "teardown";
  return isTimed ? `${owner}.${first}_app_${rest.join("_")}` : `${owner}.app_${String(what)}`;
}

function isAt({ attributes }: EventView, scope: string | null, order: number | null): boolean {
  if (attributes.refused !== undefined) return false;
  if (attributes.for_app === true) return scope === null;
  if ((attributes.scope ?? null) !== (scope?.split(".").at(-1) ?? null)) return false;
  return typeof attributes.order !== "number" || order === null || attributes.order === order;
}

function isFor(event: EventView, app: string | null): boolean {
  return event.app === null || event.app === app;
}
