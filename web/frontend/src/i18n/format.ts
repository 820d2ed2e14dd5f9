/** Durations, sizes and moments as people read them. */
import { locale, number } from "./translate";

export { formatDuration as duration } from "../lib/format";

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** *bytes* in steps of 1000. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? number(value) : significant(value)} ${SIZE_UNITS[unit]}`;
}

/** Local date and time of *nanoseconds* since the epoch. */
export function moment(nanoseconds: number): string {
  return new Date(nanoseconds / 1e6).toLocaleString(locale(), {
    dateStyle: "medium",
    timeStyle: "medium",
    hourCycle: "h23",
  });
}

/** Local time of day of *nanoseconds* since the epoch. */
export function clock(nanoseconds: number): string {
  return new Date(nanoseconds / 1e6).toLocaleTimeString(locale(), { hourCycle: "h23" });
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return number(Math.round(value));
  return number(value, size >= 9.995 ? 1 : 2);
}
