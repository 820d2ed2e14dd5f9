/** How texts reach the reader's language: the English sentence is the key, as in gettext. */
import type zhDetails from "../i18n/zh.details.json";
import type zh from "../i18n/zh.json";

/** A sentence of the model or the timeline: one that is not translated does not compile. */
export type Sentence = keyof typeof zh | keyof typeof zhDetails;

/** `{name}` in `message` is replaced by `values.name`, in whatever language the answer is. */
export type Translate = (
  message: Sentence,
  values?: Readonly<Record<string, string | number>>,
) => string;

/** The identity: English, with the values filled in. */
export const english: Translate = (message, values) => fill(message, values);

export function fill(
  message: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `one` for exactly 1, `many` otherwise; both may hold `{count}`. */
export function plural(translate: Translate, count: number, one: Sentence, many: Sentence): string {
  return translate(count === 1 ? one : many, { count });
}
