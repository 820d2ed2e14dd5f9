/** Differences of times in words: a sign, a unit, and the share of the first. */
import { duration } from "../i18n/format";
import { number } from "../i18n/translate";

/** Below this a difference of two measurements says nothing, in nanoseconds. */
const NOTHING = 1;

export function deltaText(nanoseconds: number): string {
  if (Math.abs(nanoseconds) < NOTHING) return "0";
  return `${nanoseconds > 0 ? "+" : "−"}${duration(Math.abs(nanoseconds))}`;
}

/** The class that colours a difference: slower, faster, neither. */
export function wayOf(nanoseconds: number | null): "more" | "less" | "" {
  if (nanoseconds === null || Math.abs(nanoseconds) < NOTHING) return "";
  return nanoseconds > 0 ? "more" : "less";
}

/** `(38 %)` of *whole*; "" when that took no time. */
export function shareText(delta: number, whole: number): string {
  return whole > 0 ? `(${number(Math.round((Math.abs(delta) / whole) * 100))} %)` : "";
}

/** A value as text: strings as they are, everything else as JSON; nothing for what is not there. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
