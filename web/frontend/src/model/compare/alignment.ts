/**
 * Two sequences laid side by side: which of their items stand for each other, none crossing another.
 *
 * Of all such alignments one with the highest total score is found, by dynamic programming, as long
 * as that costs at most {@link MAX_CELLS} comparisons; equal beginnings and ends cost one each. What is
 * longer is first divided at items of one key that stand for each other: the first of the one with
 * the first of the other, the second with the second, as many as fit in one order (a longest rising
 * subsequence). So n and m items cost O((n + m) log (n + m)), and MAX_CELLS for each gap between.
 */

/** What an alignment knows of an item; equal numbers mean equal things. */
export interface Item {
  /** Everything that tells it from others: kind, name, application, contexts. */
  exact: number;
  /** Kind and name alone. */
  named: number;
  /** Its kind, if two of it may stand for each other whatever their names are; else its own. */
  kind: number;
}

/** Positions in both sequences; null where one of them has nothing. */
export type Pair = readonly [a: number | null, b: number | null];

export const SCORES = { exact: 8, named: 6, kind: 1 } as const;
export const MAX_CELLS = 1_000_000;

export function scoreOf(a: Item, b: Item): number {
  if (a.exact === b.exact) return SCORES.exact;
  if (a.named === b.named) return SCORES.named;
  return a.kind === b.kind ? SCORES.kind : 0;
}

/** Every item of both exactly once, in an order in which both keep theirs. */
export function align(a: readonly Item[], b: readonly Item[], maxCells = MAX_CELLS): Pair[] {
  const pairs: Pair[] = [];
  alignRange({ a, b, maxCells, pairs }, { a: [0, a.length], b: [0, b.length] }, true);
  return pairs;
}

interface Task {
  a: readonly Item[];
  b: readonly Item[];
  maxCells: number;
  pairs: Pair[];
}

interface Range {
  a: readonly [start: number, end: number];
  b: readonly [start: number, end: number];
}

function alignRange(task: Task, range: Range, mayDivide: boolean): void {
  const { a, b, pairs } = task;
  let [startA, endA] = range.a;
  let [startB, endB] = range.b;
  const equal = (i: number, j: number) => a[i]?.exact === b[j]?.exact;
  while (startA < endA && startB < endB && equal(startA, startB)) pairs.push([startA++, startB++]);
  let tail = 0;
  while (startA < endA - tail && startB < endB - tail && equal(endA - 1 - tail, endB - 1 - tail)) {
    tail++;
  }
  endA -= tail;
  endB -= tail;
  const middle: Range = { a: [startA, endA], b: [startB, endB] };
  if ((endA - startA) * (endB - startB) <= task.maxCells) best(task, middle);
  else if (mayDivide) divide(task, middle);
  else apart(task, middle);
  for (let i = 0; i < tail; i++) pairs.push([endA + i, endB + i]);
}

/** Without a partner: first what only the one has, then what only the other has. */
function apart({ pairs }: Task, range: Range): void {
  for (let i = range.a[0]; i < range.a[1]; i++) pairs.push([i, null]);
  for (let j = range.b[0]; j < range.b[1]; j++) pairs.push([null, j]);
}

/** Dynamic programming: `score[i][j]` is the best that the items from i and from j on can reach. */
function best(task: Task, range: Range): void {
  const { a, b, pairs } = task;
  const [startA, endA] = range.a;
  const [startB, endB] = range.b;
  const rows = endA - startA;
  const columns = endB - startB;
  const width = columns + 1;
  const score = new Int32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    const one = a[startA + i] as Item;
    for (let j = columns - 1; j >= 0; j--) {
      const at = i * width + j;
      const down = score[at + width] as number;
      const right = score[at + 1] as number;
      const match = scoreOf(one, b[startB + j] as Item);
      const paired = match === 0 ? 0 : match + (score[at + width + 1] as number);
      score[at] = Math.max(down, right, paired);
    }
  }
  let i = 0;
  let j = 0;
  while (i < rows && j < columns) {
    const at = i * width + j;
    const match = scoreOf(a[startA + i] as Item, b[startB + j] as Item);
    if (match > 0 && score[at] === match + (score[at + width + 1] as number)) {
      pairs.push([startA + i++, startB + j++]);
    } else if (score[at] === score[at + width]) pairs.push([startA + i++, null]);
    else pairs.push([null, startB + j++]);
  }
  apart(task, { a: [startA + i, endA], b: [startB + j, endB] });
}

/** Aligns what lies between items that surely stand for each other. */
function divide(task: Task, range: Range): void {
  let [startA] = range.a;
  let [startB] = range.b;
  for (const [i, j] of anchors(task, range)) {
    alignRange(task, { a: [startA, i], b: [startB, j] }, false);
    task.pairs.push([i, j]);
    startA = i + 1;
    startB = j + 1;
  }
  alignRange(task, { a: [startA, range.a[1]], b: [startB, range.b[1]] }, false);
}

/** The n-th item of a key in the one and the n-th in the other, as many as do not cross. */
function anchors({ a, b }: Task, range: Range): [number, number][] {
  const places = new Map<number, number[]>();
  for (let j = range.b[0]; j < range.b[1]; j++) {
    const key = (b[j] as Item).exact;
    const known = places.get(key);
    if (known === undefined) places.set(key, [j]);
    else known.push(j);
  }
  const seen = new Map<number, number>();
  const candidates: [number, number][] = [];
  for (let i = range.a[0]; i < range.a[1]; i++) {
    const key = (a[i] as Item).exact;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const j = places.get(key)?.[nth];
    if (j !== undefined) candidates.push([i, j]);
  }
  return longestRising(candidates);
}

/** The most pairs whose second numbers rise; the first ones do already. O(n log n), patience sorting. */
function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const piles: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach(([, value], at) => {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[piles[middle] as number] as [number, number])[1] < value) low = middle + 1;
      else high = middle;
    }
    before[at] = low === 0 ? -1 : (piles[low - 1] as number);
    piles[low] = at;
  });
  const found: [number, number][] = [];
  for (let at = piles.at(-1) ?? -1; at >= 0; at = before[at] as number) {
    found.push(pairs[at] as [number, number]);
  }
  return found.reverse();
}
