/** Views that can be shown, and the way from one to the next. */
import { type Axis, timeAt, xOf } from "./scene";
import type { View } from "./values";

const NS_PER_MS = 1e6;
export const MARGIN = 0.028;
export const SHORTEST = 200;
/** What is shown while there is nothing. */
export const FIRST_VIEW: View = { start: 0, end: 20 * NS_PER_MS };
const DURATION = 200;

/** An animation from one view to another. */
export interface Travel {
  from: View;
  to: View;
  /** ms. */
  began: number;
}

/** Where a travel is at `at`, on the axis of its end, along which it is even; null once it is there. */
export function viewOn({ from, to, began }: Travel, at: number, axis: Axis): View | null {
  const share = Math.min(1, Math.max(0, (at - began) / DURATION));
  if (share === 1) return null;
  const eased = 1 - (1 - share) ** 3;
  const move = (a: number, b: number): number => {
    const [x0, x1] = [xOf(axis, a), xOf(axis, b)];
    return timeAt(axis, x0 + (x1 - x0) * eased);
  };
  return { start: move(from.start, to.start), end: move(from.end, to.end) };
}

/** What lies further off is not travelled to: there is nothing to be seen on the way. */
export function isNear(from: View, to: View): boolean {
  const length = Math.max(from.end - from.start, to.end - to.start);
  return to.start - from.end <= length && from.start - to.end <= length;
}

export function withMargin({ start, end }: View): View {
  const margin = (end - start) * MARGIN;
  return { start: start - margin * 0.7, end: end + margin * 1.3 };
}

/** A view that can be drawn: finite, forwards, and not narrower than the clock is fine. */
export function sane({ start, end }: View): View {
  if (!Number.isFinite(start) || !Number.isFinite(end)) return { ...FIRST_VIEW };
  if (end - start >= SHORTEST) return { start, end };
  const middle = (start + end) / 2;
  return { start: middle - SHORTEST / 2, end: middle + SHORTEST / 2 };
}
