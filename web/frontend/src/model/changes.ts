/** The changes that a `state` event tells of, as lines. */

/** One name that came, went, or has another value. */
export interface Change {
  /** `g`, `session`, `response`. */
  part: string;
  glyph: "+" | "−" | "~";
  name: string;
  /** As it was described; null where there was nothing. */
  before: string | null;
  after: string | null;
}

const PARTS: readonly [key: string, part: string][] = [
  ["g", "g"],
  ["session", "session"],
  ["status", "response"],
  ["headers", "response"],
];

/** The lines of `changes` in the order of `PARTS`; what has another shape is left out. */
export function changesOf(changes: unknown): Change[] {
  if (!isRecord(changes)) return [];
  return PARTS.flatMap(([key, part]) => linesOf(key, part, changes[key]));
}

function linesOf(key: string, part: string, found: unknown): Change[] {
  if (Array.isArray(found)) return [line(part, key, textOf(found[0]), textOf(found[1]))];
  if (!isRecord(found)) return [];
  const { added, removed, changed } = found;
  return [
    ...entries(added).map(([name, value]) => line(part, name, null, textOf(value))),
    ...entries(removed).map(([name, value]) => line(part, name, textOf(value), null)),
    ...entries(changed).map(([name, two]) => {
      const [before, after] = Array.isArray(two) ? two : [];
      return line(part, name, textOf(before), textOf(after));
    }),
  ];
}

function line(part: string, name: string, before: string | null, after: string | null): Change {
  const glyph = before === null ? "+" : after === null ? "−" : "~";
  return { part, glyph, name, before, after };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
