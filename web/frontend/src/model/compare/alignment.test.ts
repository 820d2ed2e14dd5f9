/** Alignments: known ones by hand, many others against a dumb twin. */
import { align, type Item, type Pair, scoreOf } from "./alignment";

/** A letter is a name of kind "x"; a capital has the contexts of another application; `?` fits any `?`. */
function items(text: string): Item[] {
  return [...text].map((letter) => ({
    exact: letter.charCodeAt(0),
    named: letter.toLowerCase().charCodeAt(0),
    kind: /[?!]/.test(letter) ? 0 : letter.toLowerCase().charCodeAt(0),
  }));
}

const shown = (a: string, b: string, maxCells?: number) =>
  align(items(a), items(b), maxCells)
    .map(([i, j]) => (i === null ? "-" : a[i]) + (j === null ? "-" : (b[j] as string)))
    .join(" ");

function total(a: readonly Item[], b: readonly Item[], pairs: readonly Pair[]): number {
  return pairs.reduce(
    (sum, [i, j]) => (i === null || j === null ? sum : sum + scoreOf(a[i] as Item, b[j] as Item)),
    0,
  );
}

test("what is equal stands for each other, the rest stands alone", () => {
  expect(shown("abcd", "abcd")).toBe("aa bb cc dd");
  expect(shown("abcd", "acxd")).toBe("aa b- cc -x dd");
  expect(shown("", "ab")).toBe("-a -b");
  expect(shown("ab", "")).toBe("a- b-");
});

test("order comes first: of two that have changed places one stands alone", () => {
  expect(shown("abc", "bac")).toMatch(/^(a- bb -a|-b aa b-) cc$/);
});

test("the same name in other contexts is better than nothing, and worse than the same", () => {
  expect(shown("a", "A")).toBe("aA");
  expect(shown("aA", "A")).toBe("a- AA");
});

test("two of a kind stand for each other, but never at the cost of two that are equal", () => {
  expect(shown("a?b", "a!b")).toBe("aa ?! bb");
  expect(shown("?a", "a!")).toBe("?- aa -!");
});

/** A generator of its own, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function bestTotal(a: readonly Item[], b: readonly Item[]): number {
  const best = (i: number, j: number): number => {
    if (i === a.length || j === b.length) return 0;
    const score = scoreOf(a[i] as Item, b[j] as Item);
    const paired = score === 0 ? 0 : score + best(i + 1, j + 1);
    return Math.max(paired, best(i + 1, j), best(i, j + 1));
  };
  return best(0, 0);
}

test("no alignment of short sequences has a higher score, and each keeps both orders whole", () => {
  const pick = random(7);
  const word = () => Array.from({ length: pick(7) }, () => "abAB?!c"[pick(7)]).join("");
  for (let round = 0; round < 400; round++) {
    const [one, other] = [word(), word()];
    const [a, b] = [items(one), items(other)];
    const pairs = align(a, b);
    expect([one, other, total(a, b, pairs)]).toEqual([one, other, bestTotal(a, b)]);
    expect(pairs.flatMap(([i]) => (i === null ? [] : [i]))).toEqual(a.map((_, i) => i));
    expect(pairs.flatMap(([, j]) => (j === null ? [] : [j]))).toEqual(b.map((_, j) => j));
  }
});

test("what is too long for that is divided, and still keeps every item and both orders", () => {
  const pick = random(11);
  for (let round = 0; round < 100; round++) {
    const a = items(Array.from({ length: 40 }, () => "abcdefgh"[pick(8)]).join(""));
    const b = a.filter(() => pick(10) > 0);
    const pairs = align(a, b, 20);
    expect(pairs.flatMap(([i]) => (i === null ? [] : [i]))).toEqual(a.map((_, i) => i));
    expect(pairs.flatMap(([, j]) => (j === null ? [] : [j]))).toEqual(b.map((_, j) => j));
    // Equal things only were left out: every one of the shorter has a partner in a good alignment.
    expect(total(a, b, pairs)).toBeGreaterThan(0.5 * bestPossible(b));
  }
});

const bestPossible = (items: readonly Item[]) => items.length * 8;

test("5,000 steps against 5,000 others, of which every tenth differs", () => {
  const a = Array.from({ length: 5000 }, (_, i) => ({ exact: i, named: i, kind: i }));
  const b = a.map((item, i) => (i % 10 === 3 ? { exact: -i, named: -i, kind: -i } : item));
  const pairs = align(a, b);
  expect(pairs.filter(([i, j]) => i !== null && j !== null)).toHaveLength(4500);
  expect(pairs).toHaveLength(5500);
});

test("5,000 steps of which none has a partner", () => {
  const a = Array.from({ length: 5000 }, (_, i) => ({ exact: i, named: i, kind: i }));
  const b = a.map((_, i) => ({ exact: -1 - i, named: -1 - i, kind: -1 - i }));
  expect(align(a, b)).toHaveLength(10_000);
});
