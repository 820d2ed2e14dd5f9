/** Numbers with their units, as the page and the canvas write them. */

const NS_PER_US = 1e3;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

/** Three significant digits and the unit: `8.20 ms`, `640 µs`, `2.10 s`. */
export function formatDuration(ns: number): string {
  const size = Math.abs(ns);
  if (size === 0) return "0 ms";
  if (size < NS_PER_US * 0.9995) return `${Math.round(ns)} ns`;
  if (size < NS_PER_MS * 0.9995) return `${digits(ns / NS_PER_US)} µs`;
  if (size < NS_PER_S * 0.9995) return `${digits(ns / NS_PER_MS)} ms`;
  return `${digits(ns / NS_PER_S)} s`;
}

/** As short as the scale allows: `18.4 ms` for a total, where hundredths say nothing. */
export function formatTotal(ns: number): string {
  const size = Math.abs(ns);
  if (size < NS_PER_MS) return formatDuration(ns);
  if (size < NS_PER_S) return `${trimmed(ns / NS_PER_MS, size < 100 * NS_PER_MS ? 1 : 0)} ms`;
  return `${trimmed(ns / NS_PER_S, 2)} s`;
}

/** A time on a ruler whose ticks are `step` apart: as many decimals as the step needs, no more. */
export function formatTick(ns: number, step: number): string {
  if (Math.abs(ns) < step / 1e6) return "0";
  const [unit, name] = unitOf(Math.max(Math.abs(ns), step));
  return `${decimals(ns / unit, step / unit)} ${name}`;
}

/** A time on a ruler whose ticks stand for different times: three digits, more to tell it from the next. */
export function formatUneven(ns: number, step: number): string {
  const size = Math.abs(ns);
  if (size < 0.5) return "0";
  const [unit, name] = unitOf(size);
  const least = 10 ** (Math.floor(Math.log10(size)) - 2);
  return `${decimals(ns / unit, Math.min(least, Math.max(step / 2, 1)) / unit)} ${name}`;
}

/** A time at a cursor, finer than the ruler by a factor of a hundred or so. */
export function formatCursor(ns: number, step: number): string {
  const [unit, name] = unitOf(Math.max(Math.abs(ns), step));
  return `${decimals(ns / unit, step / unit / 200)} ${name}`;
}

/** The distance between ticks, 1, 2 or 5 times a power of ten, at least `least`. */
export function tickStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5, 10]) {
    if (factor * power >= least * 0.999999) return factor * power;
  }
  return 10 * power;
}

/** Thousands apart: `1,002,311`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

function unitOf(ns: number): [number, string] {
  if (ns < NS_PER_US) return [1, "ns"];
  if (ns < NS_PER_MS) return [NS_PER_US, "µs"];
  if (ns < NS_PER_S) return [NS_PER_MS, "ms"];
  return [NS_PER_S, "s"];
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

function trimmed(value: number, places: number): string {
  return value.toFixed(places);
}

function decimals(value: number, step: number): string {
  return value.toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))));
}
