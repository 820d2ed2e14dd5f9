/** Every text of the page comes from a catalogue: `t("key", {name})`, and by number `plural("key", n)`. */
import type { Sentence } from "../lib/translate";
import type compare from "./en.compare.json";
import type dashboard from "./en.dashboard.json";
import type details from "./en.details.json";
import type find from "./en.find.json";
import type hooks from "./en.hooks.json";
import type en from "./en.json";
import type later from "./en.later.json";
import type learn from "./en.learn.json";
import type map from "./en.map.json";
import type share from "./en.share.json";
import { LANGUAGES, type Language, language } from "./language";

/** Keys with the plural endings. A part's keys hold once it is loaded: `lazy` sees to that. */
export type MessageKey =
  | keyof typeof en
  | keyof typeof later
  | keyof typeof dashboard
  | keyof typeof details
  | keyof typeof find
  | keyof typeof hooks
  | keyof typeof learn
  | keyof typeof compare
  | keyof typeof share
  | keyof typeof map;
type PluralBase<K> = K extends `${infer Base}.other` ? Base : never;
export type PluralKey = PluralBase<MessageKey>;
export type Params = Record<string, string | number>;
export type Texts = Readonly<Record<string, string>>;

let catalogue: Record<string, string> = {};
let rules: Intl.PluralRules;
let numbers: Intl.NumberFormat;

/** Speaks another language from now on; who has drawn texts is drawn anew. */
export function speak(chosen: Language, texts: Texts): void {
  const { tag } = LANGUAGES[chosen];
  catalogue = { ...texts };
  rules = new Intl.PluralRules(tag);
  numbers = new Intl.NumberFormat(tag);
  language.value = chosen;
}
speak("en", {});

/** Brings in the texts of a part that is loaded by itself. */
export function addTexts(texts: Texts): void {
  Object.assign(catalogue, texts);
}

/** The message of *key* with `{name}` replaced; numbers get their thousands separators. */
export function t(key: MessageKey, params: Params = {}): string {
  return fill(text(key) ?? key, params);
}

/** The form of *key* for *n*, which stands as `{n}` in the message. */
export function plural(key: PluralKey, n: number, params: Params = {}): string {
  const found = text(`${key}.${rules.select(n)}`) ?? text(`${key}.other`) ?? key;
  return fill(found, { ...params, n });
}

/** *value* with thousands separators. */
export function number(value: number, digits = 0): string {
  return digits === 0
    ? numbers.format(value)
    : value.toLocaleString(locale(), {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
}

/** For Intl. */
export function locale(): string {
  return LANGUAGES[language.value].tag;
}

function text(key: string): string | undefined {
  // Read, so that whoever draws this text is drawn anew in another language.
  language.value;
  return catalogue[key];
}

function fill(message: string, params: Params): string {
  return message.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    if (value === undefined) return hole;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/**
 * For the model and the timeline, whose English sentences are the keys themselves. Their
 * translations stand in the catalogue of a language under that sentence.
 */
export function sentence(
  message: Sentence,
  values: Readonly<Record<string, string | number>> = {},
): string {
  // They write their numbers themselves: a process id is not a count.
  return (text(message) ?? message).replace(/\{(\w+)\}/g, (hole, name: string) =>
    String(values[name] ?? hole),
  );
}
