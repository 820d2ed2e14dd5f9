/**
 * A trace as the lines of a lesson's picture, and the steps of a claim found in them.
 *
 * The same rules as in `tests/sample_apps`, which writes the pictures and holds every claim against
 * them: a step means here what it means there (see `docs/lessons.md`).
 */
import type { EventView, Lane } from "../stored";

/** One line, in words. */
export interface PictureLine {
  words: readonly string[];
  /** Index of the event that it stands for; null for a line of the answer and for "where". */
  event: number | null;
}

const MARKS = { begin: ">", end: "<", instant: "·" } as const;
const ANY_MARK: ReadonlySet<string> = new Set([">", "<", "·", "--", "|"]);
/** What a step without a mark begins with. */
const BEGINS: readonly string[] = [">", "·"];
const SHOWN = [
  "scope",
  "stack",
  "short_circuit",
  "status",
  "set_cookie",
  "exception",
  "left_by",
  "returned",
] as const;
const SIGNS = { added: "+", removed: "-", changed: "~" } as const;
/** Of the answer. */
const ANSWER_LINES = 20;
const NUMBERED = /(?<=Thread-)\d+|(?<=Executor-)\d+|(?<=LocalStack )\d+/g;

/** The lines of *events*, one trace in its order, and of the answer's text if there is one. */
export function pictureLines(
  events: readonly EventView[],
  lanes: readonly Lane[],
  answer: string | null,
): PictureLine[] {
  const contexts = new Numbers();
  const threads = new Numbers();
  const stacks = new Numbers();
  const lines: PictureLine[] = [];
  let where = "";
  for (const event of events) {
    const thread = threads.shown(lanes[event.lane]?.threadName ?? "");
    const here = `-- ${event.app ?? "–"} in ${thread}`;
    if (here !== where) lines.push({ words: split(here), event: null });
    where = here;
    const told = [MARKS[event.phase], event.kind, stacks.shown(event.name)];
    lines.push({
      words: split([...told, ...attributes(event, contexts), ...changes(event)].join(" ")),
      event: event.index,
    });
  }
  for (const line of answerLines(answer)) lines.push({ words: split(`| ${line}`), event: null });
  return lines;
}

/** Places in *lines* of the *steps* in their order, up to the first that is not there. */
export function placesOf(steps: readonly string[], lines: readonly PictureLine[]): number[] {
  const places: number[] = [];
  for (const step of steps) {
    const from = (places.at(-1) ?? -1) + 1;
    const place = lines.findIndex((line, i) => i >= from && isShown(step, line));
    if (place < 0) break;
    places.push(place);
  }
  return places;
}

/** The step's mark, the beginning of its kind and name, and its attributes among the line's. */
export function isShown(step: string, { words }: PictureLine): boolean {
  const wanted = split(step);
  const marks = ANY_MARK.has(wanted[0] ?? "") ? [wanted.shift() as string] : BEGINS;
  const plain = wanted.filter((word) => !word.includes("="));
  const asked = wanted.filter((word) => word.includes("=")).map(named);
  const shown = new Map(words.map(named));
  return (
    marks.includes(words[0] ?? "") &&
    plain.every((word, i) => words[i + 1] === word) &&
    asked.every(([name, value]) => (shown.get(name) ?? "").split(",").includes(value))
  );
}

/** Numbers that count within a process; here from 1, in the order in which they appear. */
class Numbers {
  private readonly numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.numbers.get(name) ?? this.numbers.size + 1;
    this.numbers.set(name, known);
    return known;
  }

  shown(name: string): string {
    return name.replace(NUMBERED, (found) => String(this.of(found)));
  }
}

function attributes(event: EventView, contexts: Numbers): string[] {
  const all = event.attributes;
  return SHOWN.filter((name) => isTold(all[name])).map(
    (name) => `${name}=${valueText(all[name], contexts)}`,
  );
}

function isTold(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function valueText(value: unknown, contexts: Numbers): string {
  if (value === true) return "True";
  if (!Array.isArray(value)) return String(value);
  return `[${value.map((label) => contexts.of(String(label))).join(", ")}]`;
}

/** `changes=status,g+user,session~cart`: names without their values. */
function changes({ attributes }: EventView): string[] {
  const found = (attributes.changes ?? {}) as Record<string, unknown>;
  const told = "status" in found ? ["status"] : [];
  for (const part of ["g", "session", "headers"]) {
    for (const [how, names] of Object.entries(found[part] ?? {})) {
      const sign = SIGNS[how as keyof typeof SIGNS];
      for (const name of Array.isArray(names) ? names : Object.keys(names as object)) {
        told.push(`${part}${sign}${name}`);
      }
    }
  }
  return told.length > 0 ? [`changes=${told.join(",")}`] : [];
}

function answerLines(answer: string | null): string[] {
  if (answer === null || answer === "") return [];
  const lines = answer.replace(/(?<=127\.0\.0\.1:)\d+/g, "PORT").split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(0, ANSWER_LINES);
}

function split(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function named(word: string): [name: string, value: string] {
  const at = word.indexOf("=");
  return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}
