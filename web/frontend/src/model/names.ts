/** The names that an event tells of: in g, in the session, of headers, of cookies. */
import type { EventView } from "./log";

const PARTS = ["g", "session", "headers"];
const WAYS = ["added", "removed", "changed"];
/** A header that came again has its number behind it: `Set-Cookie (2)`. */
const COOKIE = /^set-cookie(?: \(\d+\))?$/i;

/** None of an event that tells of no state. */
export function namesIn(event: EventView): string[] {
  // Reading attributes is dear; few events have such names.
  if (event.kind !== "session.open" && event.kind !== "state") return [];
  const { keys, changes } = event.attributes;
  if (event.kind === "session.open") return Array.isArray(keys) ? keys.map(String) : [];
  return PARTS.flatMap((part) =>
    WAYS.flatMap((way) =>
      Object.entries(recordIn(recordIn(changes, part), way)).flatMap(([name, value]) =>
        part === "headers" && COOKIE.test(name) ? [name, ...cookiesIn(value)] : [name],
      ),
    ),
  );
}

/** Of one value, or of the one before and the one after. */
function cookiesIn(values: unknown): string[] {
  return [values]
    .flat()
    .filter((value) => typeof value === "string")
    .map((value) => value.split("=", 1)[0] as string);
}

function recordIn(outer: unknown, name: string): Record<string, unknown> {
  const found = isRecord(outer) ? outer[name] : undefined;
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
