/** How Flask chose among the error handlers: blueprint before application, code before class. */
import type { Attributes } from "../log";
import { blueprintsOf, type Entry, FRAMEWORK, placeOf } from "./registered";

/** Groups in the order in which Flask looks; the words of `chosen_because`. */
export const LOOKUP = ["blueprint code", "app code", "blueprint class", "app class"] as const;
export type Group = (typeof LOOKUP)[number];

export interface Candidate {
  name: string;
  scope: string | null;
  /** Code or class. */
  handles: string;
  place: string;
  group: Group;
  /**
   * `chosen`; `other`: looked at before, so it is for something else; `later`: not looked at any
   * more; `elsewhere`: of a blueprint that the request does not belong to.
   */
  state: "chosen" | "other" | "later" | "elsewhere" | "none";
}

/** The registered handlers in the order of the search. *exception* is that event's attributes. */
export function candidatesOf(
  registry: readonly Entry[],
  exception: Attributes,
  endpoint: string | null,
): Candidate[] {
  const blueprints = blueprintsOf(endpoint).reverse();
  const handlers = registry.filter(
    (entry) => entry.kind === "error_handler" && entry.registered_by !== FRAMEWORK,
  );
  const chosenGroup = LOOKUP.indexOf(exception.chosen_because as Group);
  const chosenName = exception.handled_by;
  const found = handlers.map((entry) => candidateOf(entry));
  const rank = ({ scope }: Candidate) => (scope === null ? 99 : blueprints.indexOf(scope));
  const sorted = found
    .filter((one) => one.scope === null || blueprints.includes(one.scope))
    .sort((a, b) => LOOKUP.indexOf(a.group) - LOOKUP.indexOf(b.group) || rank(a) - rank(b));
  const chosen = sorted.findIndex(
    (one) => one.name === chosenName && LOOKUP.indexOf(one.group) === chosenGroup,
  );
  sorted.forEach((one, i) => {
    if (chosen < 0) one.state = "none";
    else if (i === chosen) one.state = "chosen";
    else one.state = LOOKUP.indexOf(one.group) > chosenGroup ? "later" : "other";
  });
  const others = found.filter((one) => one.scope !== null && !blueprints.includes(one.scope));
  return [...sorted, ...others];
}

function candidateOf(entry: Entry): Candidate {
  const handles = entry.registered_for ?? "";
  const scope = entry.scope ?? null;
  const by = /^\d/.test(handles) ? "code" : "class";
  return {
    name: entry.name,
    scope,
    handles: shown(handles),
    place: placeOf({ file: entry.file ?? null, line: entry.line ?? null }),
    group: `${scope === null ? "app" : "blueprint"} ${by}`,
    state: "elsewhere",
  };
}

/** `404 werkzeug.exceptions.NotFound` → `404`, `builtins.RuntimeError` → `RuntimeError`. */
function shown(handles: string): string {
  const [first] = handles.split(" ");
  return /^\d/.test(handles) ? (first as string) : (handles.split(".").at(-1) as string);
}
