/** How wide the gaps between a trace's points are: what must be readable there decides. */
import type { Measured, Rank, Room, Wish } from "./warp_steps";

/** Every bar is at least this wide, so that it has an edge and can be pointed at. */
const LEAST_BAR = 8;
/** A shorter piece of a name says nothing. */
const LEAST_NAME = 44;
/** Where not even names fit, a name wants no more than this. */
const MOST_NAME = 110;
/** Share of the width that goes by the duration alone, so that slow steps look longer. */
const BY_DURATION = 0.03;
/** A pause between steps gets this much of what a step of the same duration gets. */
const PAUSE = 0.05;
const ROUNDS = 8;

/** Wishes in the order in which they are heard. */
const TURNS: readonly [ranks: readonly Rank[], what: keyof Room][] = [
  [["own"], "name"],
  [["framework", "frame"], "short"],
  [["framework", "frame"], "name"],
  [["own"], "whole"],
  [["framework"], "whole"],
  [["signal"], "short"],
  [["own"], "timed"],
  [["framework"], "timed"],
];

/** One width a gap, in the unit of the wishes; they may sum up to more or less than `width`. */
export function widthsOf(measured: Measured, width: number): Float64Array {
  const logs = logsOf(measured);
  const widths = leastWidths(measured);
  const budget = width * (1 - BY_DURATION);
  const bars = measured.wishes.filter(({ rank }) => rank === "own" || rank === "framework");
  for (const wish of bars) raise(widths, logs, wish, LEAST_BAR);
  const own = bars.filter(({ rank }) => rank === "own");
  const cap = capFor(widths, logs, own, budget);
  for (const wish of own) raise(widths, logs, wish, Math.min(wish.room.short, cap));
  if (cap < LEAST_NAME) {
    // No room for names at this zoom: then those that come nearer find them all in proportion.
    for (const wish of bars) raise(widths, logs, wish, Math.min(wish.room.short, MOST_NAME));
  } else {
    let left = budget - sum(widths, 0, widths.length);
    for (const [ranks, what] of TURNS) left = hear(measured, widths, logs, ranks, what, left);
  }
  return withDurations(widths, logs, width);
}

/** Every pause as narrow as it may be. */
function leastWidths({ times, pads }: Measured): Float64Array {
  const widths = new Float64Array(times.length - 1);
  for (let i = 0; i < widths.length; i++) {
    widths[i] = (pads[i] as number) + (pads[i + 1] as number);
  }
  return widths;
}

/** What the duration of each gap counts: a hundred times as long is so and so much more. */
function logsOf({ times, isStep }: Measured): Float64Array {
  const logs = new Float64Array(times.length - 1);
  for (let i = 0; i < logs.length; i++) {
    const duration = (times[i + 1] as number) - (times[i] as number);
    logs[i] = (isStep[i] ? 1 : PAUSE) * Math.log2(1.1 + duration / 1000);
  }
  return logs;
}

/** The widest that names may be so that all of them fit; infinite when they do anyway. */
function capFor(
  widths: Float64Array,
  logs: Float64Array,
  wishes: readonly Wish[],
  budget: number,
): number {
  const fits = (cap: number): boolean => {
    const tried = widths.slice();
    for (const wish of wishes) raise(tried, logs, wish, Math.min(wish.room.short, cap));
    return sum(tried, 0, tried.length) <= budget;
  };
  if (sum(widths, 0, widths.length) > budget) return 0;
  if (fits(Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  if (!fits(LEAST_NAME)) return 0;
  let low = LEAST_NAME;
  let high = Math.max(...wishes.map((wish) => wish.room.short));
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Grants what fits, the cheapest first; answers what is left. */
function hear(
  { wishes }: Measured,
  widths: Float64Array,
  logs: Float64Array,
  ranks: readonly Rank[],
  what: keyof Room,
  budget: number,
): number {
  const missing = wishes
    .filter(({ rank }) => ranks.includes(rank))
    .map((wish) => ({ wish, lack: wish.room[what] - sum(widths, wish.from, wish.to) }))
    .filter(({ lack }) => lack > 0)
    .sort((a, b) => a.lack - b.lack);
  let left = budget;
  for (const { wish, lack } of missing) {
    if (lack > left) break;
    left -= raise(widths, logs, wish, wish.room[what]);
  }
  return left;
}

/** Makes a stretch as wide as `room` where it lies bare; answers how much that took. */
function raise(widths: Float64Array, logs: Float64Array, wish: Wish, room: number): number {
  const lack = room - sum(widths, wish.from, wish.to);
  if (lack <= 0) return 0;
  const parts = wish.bare.length > 0 ? wish.bare : [wish.from, wish.to];
  let weight = 0;
  for (let p = 0; p < parts.length; p += 2) {
    weight += sum(logs, parts[p] as number, parts[p + 1] as number);
  }
  for (let p = 0; p < parts.length; p += 2) {
    for (let i = parts[p] as number; i < (parts[p + 1] as number); i++) {
      widths[i] = (widths[i] as number) + (lack * (logs[i] as number)) / weight;
    }
  }
  return lack;
}

/** Adds by duration what is left of `width`, or at least a small share. */
function withDurations(widths: Float64Array, logs: Float64Array, width: number): Float64Array {
  const used = sum(widths, 0, widths.length);
  const rest = Math.max(width - used, used * BY_DURATION);
  const weight = sum(logs, 0, logs.length);
  return widths.map((each, i) => each + (rest * (logs[i] as number)) / weight);
}

function sum(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i] as number;
  return total;
}
