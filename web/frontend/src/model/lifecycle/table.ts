/**
 * The documented sequence of a request, for each Flask: the one source of the lifecycle map, of the
 * dashed steps in the timeline and of their help.
 *
 * `table.json` is data; `tests/golden/test_lifecycle_table.py` holds it against what every Flask
 * really did. The help stands in the catalogues, under `step.<id>` and `note.<id>`.
 */
import table from "./table.json";

/** On what it depends that a request takes a step. */
export type When =
  /** In every request, whatever happens. */
  | "always"
  /** Unless a context of the same application was on the stack already; always since 3.2. */
  | "own_context"
  /** Unless something raised before. */
  | "unbroken"
  /** When an answer goes out, rather than an exception. */
  | "answer"
  | "session"
  | "no_session"
  /** In the first request of a process. */
  | "first"
  /** When a function is registered for it. */
  | "registered"
  /** When routing found a view, and nothing answered or raised before it. */
  | "matched"
  | "template"
  | "exception"
  | "unhandled"
  | "handled"
  /** When this request asked for it. */
  | "asked"
  | "body";

export type ContextName = "AppContext" | "RequestContext";

export interface Step {
  /** Kind, and the name of a signal behind it. */
  id: string;
  kind: string;
  /** Kinds of event that are this step. */
  kinds: readonly string[];
  /** Of a signal; null when every name is this step. */
  name: string | null;
  when: When;
  /** The step may come once more, later than its place. */
  again: boolean;
  opens: ContextName | null;
  closes: ContextName | null;
  docs: string;
  notes: readonly string[];
}

interface Row {
  kind: string;
  kinds?: string[];
  name?: string;
  when: string;
  since?: string;
  until?: string;
  again?: boolean;
  opens?: string;
  closes?: string;
  docs: string;
  notes?: string[];
}

interface Range {
  since?: string;
  until?: string;
}

const NOTES = table.notes as Readonly<Record<string, Range>>;

/** Lines of Flask that the table knows, oldest first. */
export const FLASKS: readonly string[] = table.flasks;

/** The line of the table for a version of Flask, the nearest one for what it does not know. */
export function lineOf(version: string | null): string {
  const newest = FLASKS.at(-1) as string;
  if (version === null || !/^\d+\.\d+/.test(version)) return FLASKS.at(-2) as string;
  const known = FLASKS.filter((line) => compare(line, shortened(version)) <= 0);
  return known.at(-1) ?? (compare(version, newest) > 0 ? newest : (FLASKS[0] as string));
}

/** The steps of a Flask (a line such as "3.1"), in order. */
export function stepsOf(line: string): Step[] {
  return (table.steps as Row[]).filter((row) => covers(row, line)).map(stepOf);
}

/** What the table says of a step in other Flasks than *line*: id of the note, and of which ones. */
export function notesOf(step: Step, line: string): { id: string; flasks: string }[] {
  return step.notes
    .map((id) => ({ id, range: NOTES[id] as Range }))
    .filter(({ range }) => !covers({ ...range, since: shortened(range.since ?? "0.0") }, line))
    .map(({ id, range }) => ({ id, flasks: rangeText(range) }));
}

function stepOf(row: Row): Step {
  return {
    id: row.name === undefined ? row.kind : `${row.kind} ${row.name}`,
    kind: row.kind,
    kinds: row.kinds ?? [row.kind],
    name: row.name ?? null,
    when: row.when as When,
    again: row.again === true,
    opens: (row.opens as ContextName | undefined) ?? null,
    closes: (row.closes as ContextName | undefined) ?? null,
    docs: table.docs + row.docs,
    notes: row.notes ?? [],
  };
}

function covers({ since, until }: Range, line: string): boolean {
  return compare(since ?? "0", line) <= 0 && compare(line, until ?? "99") <= 0;
}

function rangeText({ since, until }: Range): string {
  if (since === undefined) return `≤ ${until}`;
  return until === undefined ? `≥ ${since}` : `${since} – ${until}.x`;
}

/** "3.1.3" → "3.1". */
function shortened(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

function compare(one: string, other: string): number {
  const [a, b] = [one, other].map((text) =>
    text.split(".").map((part) => Number.parseInt(part, 10)),
  );
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
