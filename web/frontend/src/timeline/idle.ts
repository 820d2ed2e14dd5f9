/** The lanes without anything in the view: a strip that counts them, and a line for each where there is room. */
import { HEADER } from "./values";

export interface IdleLanes {
  /** Upper edge of the strip. */
  y: number;
  lanes: readonly number[];
  /** Those that have a line of their own below the strip. */
  shown: readonly number[];
}

/** All of them or none, as the reader wants; by itself the newest that nothing has to be scrolled for. */
export function foldIdle(
  lanes: readonly number[],
  y: number,
  room: number,
  wish: boolean | null,
): IdleLanes | null {
  if (lanes.length === 0) return null;
  const fitting = Math.max(0, Math.floor((room - y) / HEADER) - 1);
  const count = wish === null ? Math.min(fitting, lanes.length) : wish ? lanes.length : 0;
  return { y, lanes, shown: lanes.slice(lanes.length - count) };
}

export function heightOf({ shown }: IdleLanes): number {
  return HEADER * (shown.length + 1);
}

/** The lane whose line is at `y`, null on the strip, undefined elsewhere. */
export function idleLaneAt(idle: IdleLanes | null, y: number): number | null | undefined {
  if (idle === null || y < idle.y || y >= idle.y + heightOf(idle)) return undefined;
  return idle.shown[Math.floor((y - idle.y) / HEADER) - 1] ?? null;
}
