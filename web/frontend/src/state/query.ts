/**
 * The language of the find box. Words are looked for in name, path, application, function and
 * error, and in the names of what g, the session, headers and cookies held; `field:value` narrows;
 * `-` in front turns it round; quotes hold words together.
 */
import type { TraceItem } from "../transport/items";
import { isFailed } from "./failed";

export const FIELDS = ["app", "route", "status", "duration", "method", "kind", "is"] as const;
export type Field = (typeof FIELDS)[number];

export const STATES = ["error", "short", "unusual", "leaking", "running", "run"] as const;

/** Why a word cannot be read: a message key and the word. */
export interface QueryProblem {
  key: "find.noField" | "find.noValue" | "find.badStatus" | "find.badDuration" | "find.badIs";
  word: string;
}

/** What has to be known of a request beside its item. */
export interface Known {
  /** Kinds of its events; null when they are not here. */
  kinds: (id: string) => ReadonlySet<string> | null;
  /** Names of what its `state` tells of, one a line, in lower case; as far as its events are here. */
  names: (id: string) => string;
  isUnusual: (id: string) => boolean;
  /** Whether it pushed a context that nobody popped, as far as its events are here. */
  isLeaking: (id: string) => boolean;
}

export type Test = (item: TraceItem, known: Known) => boolean;

export interface Query {
  /** Of the words that could be read: all of them must hold. */
  test: Test;
  problems: readonly QueryProblem[];
  asksForUnusual: boolean;
}

const WORD = /-?(?:([a-z_]+):)?(?:"([^"]*)"?|([^\s"]\S*))|-?[a-z_]+:/g;

/** Reads *text*; what cannot be read is named and left out. */
export function readQuery(text: string): Query {
  const tests: Test[] = [];
  const problems: QueryProblem[] = [];
  let asksForUnusual = false;
  for (const match of text.toLowerCase().matchAll(WORD)) {
    const word = match[0];
    const read = readWord(word, match[1], match[2] ?? match[3] ?? "");
    if (typeof read === "string") problems.push({ key: read, word });
    else tests.push(word.startsWith("-") ? (item, known) => !read(item, known) : read);
    asksForUnusual ||= /is:"?unusual/.test(word);
  }
  return {
    test: (item, known) => tests.every((test) => test(item, known)),
    problems,
    asksForUnusual,
  };
}

function readWord(
  word: string,
  field: string | undefined,
  value: string,
): Test | QueryProblem["key"] {
  const bare = word.replace(/^-/, "");
  // `http://…` and `127.0.0.1:5000` are looked for as they are.
  const isBare = field === undefined && /^[a-z_]+:$/.test(bare);
  if (field === undefined && !isBare) return textTest(value);
  if (value.startsWith("//")) return textTest(bare);
  const name = field ?? bare.slice(0, -1);
  if (!isField(name)) return "find.noField";
  return isBare || value === "" ? "find.noValue" : TESTS[name](value);
}

function isField(name: string): name is Field {
  return (FIELDS as readonly string[]).includes(name);
}

const TESTS: Record<Field, (value: string) => Test | QueryProblem["key"]> = {
  app: (value) => (item) => item.apps.some((app) => app.toLowerCase().includes(value)),
  route: routeTest,
  status: statusTest,
  duration: durationTest,
  method: (value) => (item) => item.method?.toLowerCase() === value,
  kind: (value) => (item, known) =>
    item.kind === value || [...(known.kinds(item.id) ?? [])].some((kind) => kind.startsWith(value)),
  is: stateTest,
};

function textTest(value: string): Test {
  return (item, known) => haystack(item).includes(value) || known.names(item.id).includes(value);
}

function haystack(item: TraceItem): string {
  return [item.name, item.path, item.endpoint, item.error, item.short_circuit, ...item.apps]
    .filter(Boolean)
    .join("\n")
    .toLowerCase();
}

/** A path where it has a slash, with `*` for anything; an endpoint's part elsewhere. */
function routeTest(value: string): Test {
  if (!value.includes("/")) return (item) => item.endpoint?.toLowerCase().includes(value) === true;
  const pattern = value.split("*").map(escaped).join(".*");
  const path = new RegExp(`^${pattern}$`);
  return (item) => path.test(item.path?.toLowerCase() ?? "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** `5xx`, `4` and `404` are all ways to say it. */
function statusTest(value: string): Test | QueryProblem["key"] {
  if (!/^[1-5](\d{0,2}|xx|\dx)$/.test(value)) return "find.badStatus";
  const digits = value.replace(/x+$/, "");
  return (item) => String(item.status ?? "").startsWith(digits);
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const AMOUNT = String.raw`(\d+(?:\.\d+)?)(ns|us|µs|ms|s)?`;
const LIMIT = new RegExp(`^([<>]=?)${AMOUNT}$`);
const RANGE = new RegExp(`^${AMOUNT}\\.\\.${AMOUNT}$`);

/** `>10ms`, `<=2s`, `5ms..20ms`; without a unit milliseconds. */
function durationTest(value: string): Test | QueryProblem["key"] {
  const limit = LIMIT.exec(value);
  const range = RANGE.exec(value);
  if (limit !== null) {
    const nanoseconds = amount(limit[2], limit[3]);
    const isLonger = limit[1]?.startsWith(">") === true;
    const counts = limit[1]?.endsWith("=") === true;
    return ({ duration }) =>
      duration !== null &&
      ((counts && duration === nanoseconds) ||
        (isLonger ? duration > nanoseconds : duration < nanoseconds));
  }
  if (range === null) return "find.badDuration";
  const [least, most] = [amount(range[1], range[2] ?? range[4]), amount(range[3], range[4])];
  return ({ duration }) => duration !== null && duration >= least && duration <= most;
}

function amount(digits: string | undefined, unit: string | undefined): number {
  return Number(digits) * (UNITS[unit ?? "ms"] as number);
}

function stateTest(value: string): Test | QueryProblem["key"] {
  switch (value) {
    case "error":
      return (item) => item.error !== null || isFailed(item);
    case "short":
      return (item) => item.short_circuit !== null;
    case "unusual":
      return (item, known) => known.isUnusual(item.id);
    case "leaking":
      return (item, known) => known.isLeaking(item.id);
    case "running":
      return (item) => !item.complete;
    case "run":
      return (item) => item.kind === "run";
    default:
      return "find.badIs";
  }
}
