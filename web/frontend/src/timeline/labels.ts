/** The four rules of labels in VISUAL.md: never clipped, never shrunk, never overlapping. */

export type Measure = (text: string) => number;

export interface Placed {
  text: string;
  x: number;
  width: number;
  /** Where the duration stands, right-aligned at this x; null when it has no room. */
  durationRight: number | null;
}

export interface Bar {
  /** CSS pixels, possibly outside the pane. */
  left: number;
  right: number;
  /** Inside padding on the left: 8 with an app edge, else 6. */
  padding: number;
  /** Width of a glyph on the right, 0 without one. */
  glyph: number;
}

export const RIGHT_PADDING = 5;
/** Between a name and its duration. */
export const TEXT_GAP = 6;
const ELLIPSIS_FROM = 44;
const LEAST_CHARACTERS = 4;

/** Inside padding on the left: past the edge in the app's hue, which thin bars lack. */
export function paddingOf(thin: boolean): number {
  return thin ? 6 : 8;
}

/** The first of `candidates` (longest first) that fits, or a shortened one, or null. */
export function placeLabel(
  candidates: readonly string[],
  duration: string,
  bar: Bar,
  pane: number,
  measure: Measure,
  measureDuration: Measure = measure,
): Placed | null {
  // A bar that starts left of the view keeps its label at the left edge of the view.
  const x = Math.max(bar.left, 0) + bar.padding;
  const right = Math.min(bar.right, pane) - RIGHT_PADDING - bar.glyph;
  const room = right - x;
  if (room <= 0) return null;
  for (const text of candidates) {
    const width = measure(text);
    if (width > room) continue;
    const needed =
      duration === "" ? Number.POSITIVE_INFINITY : width + TEXT_GAP + measureDuration(duration);
    return { text, x, width, durationRight: needed <= room ? right : null };
  }
  if (Math.min(bar.right, pane) - Math.max(bar.left, 0) < ELLIPSIS_FROM) return null;
  const text = shorten(candidates.at(-1) ?? "", room, measure);
  return text === null ? null : { text, x, width: measure(text), durationRight: null };
}

/** `text` cut to `room` with an ellipsis; a path loses its beginning. Null below four characters. */
export function shorten(text: string, room: number, measure: Measure): string | null {
  const isPath = text.startsWith("/");
  let low = LEAST_CHARACTERS;
  let high = text.length - 1;
  let best: string | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const cut = isPath ? `…${text.slice(-middle)}` : `${text.slice(0, middle).trimEnd()}…`;
    if (measure(cut) <= room) {
      best = cut;
      low = middle + 1;
    } else high = middle - 1;
  }
  return best;
}
