/** What may stand in the find box next: fields, then the values that the listed requests have. */
import type { MessageKey } from "../i18n/translate";
import type { TraceItem } from "../transport/items";
import { FIELDS, type Field, STATES } from "./query";

export interface Suggestion {
  /** Takes the place of the word that is being written. */
  word: string;
  /** What it means, or for a value how many requests have it. */
  text: MessageKey | null;
  count: number | null;
}

const MOST = 8;
const DURATIONS = [">1ms", ">10ms", ">100ms", ">1s"];

/** For the last word of *text*. Empty when nothing fits. */
export function suggest(
  text: string,
  items: readonly TraceItem[],
  kinds: readonly string[],
): Suggestion[] {
  const last = lastWord(text).toLowerCase();
  const sign = last.startsWith("-") ? "-" : "";
  const [, field, value = ""] = /^([a-z_]+):"?(.*)$/.exec(last.slice(sign.length)) ?? [];
  if (field === undefined) {
    return FIELDS.filter((name) => name.startsWith(last.slice(sign.length))).map((name) => ({
      word: `${sign}${name}:`,
      text: `find.field.${name}` as MessageKey,
      count: null,
    }));
  }
  if (!(FIELDS as readonly string[]).includes(field)) return [];
  return valuesOf(field as Field, items, kinds)
    .filter(({ word }) => word.toLowerCase().startsWith(value) && word.toLowerCase() !== value)
    .slice(0, MOST)
    .map((found) => ({ ...found, word: `${sign}${field}:${quoted(found.word)}` }));
}

/** *text* with its last word replaced; a whole value is followed by a space. */
export function complete(text: string, word: string): string {
  const before = text.slice(0, text.length - lastWord(text).length);
  return `${before}${word}${word.endsWith(":") ? "" : " "}`;
}

function lastWord(text: string): string {
  return /(?:[^\s"]|"[^"]*"?)*$/.exec(text)?.[0] ?? "";
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

function valuesOf(
  field: Field,
  items: readonly TraceItem[],
  kinds: readonly string[],
): Suggestion[] {
  switch (field) {
    case "is":
      return STATES.map((name) => ({
        word: name,
        text: `find.is.${name}` as MessageKey,
        count: null,
      }));
    case "duration":
      return DURATIONS.map((word) => ({ word, text: null, count: null }));
    case "kind":
      return kinds.map((word) => ({ word, text: null, count: null }));
    case "app":
      return counted(items.flatMap((item) => item.apps));
    case "route":
      return counted(items.map((item) => item.endpoint));
    case "method":
      return counted(items.map((item) => item.method));
    case "status":
      return counted(items.map((item) => (item.status === null ? null : String(item.status))));
  }
}

/** Most frequent first. */
function counted(values: readonly (string | null)[]): Suggestion[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([word, count]) => ({ word, text: null, count }));
}
