/** The raster against its dumb twin: every span drawn by itself, every pixel asked for its longest. */

import { logOf, type Written } from "../../demo-data/read";
import { HUES } from "../model/hues";
import type { SpanRow } from "../model/span_row";
import { buildSpans } from "../model/spans";
import { cutOut } from "./outline_layer";
import { paintRow, Runs, resolveRuns, type Scale } from "./raster";

const LEAST = 2;

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A row of spans whose lengths and gaps reach over six powers of ten. */
function randomRow(count: number, seed: number): SpanRow {
  const random = randomNumbers(seed);
  const events: Written[] = [];
  let t = 0;
  for (let span = 1; span <= count; span++) {
    t += Math.floor(10 ** (random() * 5));
    events.push({ kind: "view", phase: "begin", span, at: t });
    t += Math.floor(10 ** (random() * 6));
    events.push({ kind: "view", phase: "end", span, at: t });
  }
  return buildSpans(logOf(events)).lanes[0]?.rows[0] as SpanRow;
}

/** Owner of each pixel, -1 where nothing is. */
function naive(row: SpanRow, scale: Scale): number[] {
  const owners = new Array<number>(scale.width).fill(-1);
  for (let i = 0; i < row.length; i++) {
    const start = row.start[i] as number;
    const end = Math.min(row.end[i] as number, scale.now);
    const to = scale.bend?.to ?? ((t: number) => t);
    const left = Math.floor((to(start) - scale.start) * scale.density);
    const right = Math.max(Math.ceil((to(end) - scale.start) * scale.density), left + LEAST);
    for (let x = Math.max(0, left); x < Math.min(scale.width, right); x++) {
      const owner = owners[x] as number;
      if (owner < 0 || row.duration(i) > row.duration(owner)) owners[x] = i;
    }
  }
  return owners;
}

function rasterised(row: SpanRow, scale: Scale): number[] {
  const runs = new Runs();
  resolveRuns(row, scale, LEAST, runs);
  const owners = new Array<number>(scale.width).fill(-1);
  let before = Number.NEGATIVE_INFINITY;
  for (let r = 0; r < runs.length; r++) {
    expect(runs.x0[r] as number).toBeGreaterThanOrEqual(before);
    before = runs.x1[r] as number;
    for (let x = Math.max(0, runs.x0[r] as number); x < Math.min(scale.width, before); x++)
      owners[x] = runs.span[r] as number;
  }
  return owners;
}

test.each([1, 2, 3, 4, 5, 6])(
  "every pixel has the same owner as in the naive drawing (%i)",
  (seed) => {
    const row = randomRow(3000, seed);
    const random = randomNumbers(seed + 100);
    const total = row.end[row.length - 1] as number;
    for (let zoom = 0; zoom < 24; zoom++) {
      const length = total * 10 ** (-zoom / 4);
      const start = random() * (total - length);
      const scale = { start, density: 500 / length, width: 500, now: total };
      expect(rasterised(row, scale)).toEqual(naive(row, scale));
    }
  },
);

test.each([1, 2, 3])("on a bent axis every pixel has its owner, too (%i)", (seed) => {
  const row = randomRow(1500, seed);
  const total = row.end[row.length - 1] as number;
  const [from, to] = [total * 0.3, total * 0.6];
  const bentBy = (power: number) => (t: number) => {
    const share = (t - from) / (to - from);
    return share > 0 && share < 1 ? from + share ** power * (to - from) : t;
  };
  // Early times of the bent part are drawn out, late ones pushed together.
  const bend = { start: from, end: to, to: bentBy(0.5), from: bentBy(2) };
  const random = randomNumbers(seed + 100);
  for (let zoom = 0; zoom < 12; zoom++) {
    const length = total * 10 ** (-zoom / 4);
    const start = random() * (total - length);
    const scale = { start, density: 500 / length, width: 500, now: total, bend };
    expect(rasterised(row, scale)).toEqual(naive(row, scale));
  }
});

test("an open span reaches to now and no further", () => {
  const row = buildSpans(logOf([{ kind: "view", phase: "begin", span: 1, at: 10 }])).lanes[0]
    ?.rows[0] as SpanRow;
  const scale = { start: 0, density: 1, width: 100, now: 60 };
  const owners = rasterised(row, scale);
  expect([owners.indexOf(0), owners.lastIndexOf(0)]).toEqual([10, 59]);
});

test("no span is lost however small: each leaves at least its least width", () => {
  const row = randomRow(1, 9);
  const start = row.start[0] as number;
  const scale = { start: start - 5e9, density: 100 / 1e10, width: 100, now: start + 1e9 };
  expect(rasterised(row, scale).filter((owner) => owner === 0)).toHaveLength(LEAST);
});

const INKS = {
  fill: new Uint32Array(9).fill(0xff0000f1),
  border: new Uint32Array(9).fill(0xff0000b0),
  merged: new Uint32Array(9).fill(0xff0000e0),
  app: Uint32Array.from([0, ...Array(HUES).fill(0xffaa0000)]),
  error: 0xff0000ee,
  errorFill: 0xff0000ef,
  hatch: 0xff0000ed,
};

function paint(events: Written[], width: number): (x: number, y: number) => number {
  const row = buildSpans(logOf(events)).lanes[0]?.rows[0] as SpanRow;
  const pixels = { words: new Uint32Array(width * 24), width, height: 24 };
  const runs = new Runs();
  resolveRuns(row, { start: 0, density: 1, width, now: width }, LEAST, runs);
  paintRow(pixels, { y: 2, height: 20, ratio: 1, edge: true }, row, runs, INKS);
  return (x, y) => pixels.words[y * width + x] as number;
}

test("a bar has a border, round corners, its app's edge and its phase's fill", () => {
  const at = paint(
    [
      { kind: "view", phase: "begin", span: 1, at: 10, app: "shop" },
      { kind: "view", phase: "end", span: 1, at: 40 },
    ],
    60,
  );
  expect([
    at(9, 12),
    at(10, 12),
    at(12, 12),
    at(13, 12),
    at(38, 12),
    at(39, 12),
    at(40, 12),
  ]).toEqual([0, 0xffaa0000, 0xffaa0000, 0xff0000f1, 0xff0000f1, 0xff0000b0, 0]);
  expect([at(25, 1), at(25, 2), at(25, 3), at(25, 20), at(25, 21), at(25, 22)]).toEqual([
    0, 0xff0000b0, 0xff0000f1, 0xff0000f1, 0xff0000b0, 0,
  ]);
  expect([at(10, 2), at(39, 2), at(39, 21)]).toEqual([0, 0, 0]);
});

test("spans that share a pixel are one run without a border", () => {
  const events: Written[] = [];
  for (let span = 1; span <= 4; span++) {
    events.push(
      { kind: "view", phase: "begin", span, at: 10 + span / 10 },
      { kind: "view", phase: "end", span, at: 10.05 + span / 10 },
    );
  }
  const at = paint(events, 30);
  expect([at(9, 12), at(10, 12), at(11, 12), at(12, 12)]).toEqual([0, 0xff0000e0, 0xff0000e0, 0]);
});

test("a bar stays whole when it swallows a span too small for a pixel of its own", () => {
  const at = paint(
    [
      { kind: "view", phase: "begin", span: 1, at: 10 },
      { kind: "view", phase: "end", span: 1, at: 39.5 },
      { kind: "view", phase: "begin", span: 2, at: 39.6 },
      { kind: "view", phase: "end", span: 2, at: 39.7 },
    ],
    60,
  );
  expect([at(10, 12), at(20, 12), at(39, 12), at(40, 12)]).toEqual([
    0xff0000b0, 0xff0000f1, 0xff0000b0, 0xff0000b0,
  ]);
});

test("a failed bar is hatched", () => {
  const at = paint(
    [
      { kind: "view", phase: "begin", span: 1, at: 0 },
      { kind: "view", phase: "end", span: 1, at: 50, attributes: { left_by: "ValueError" } },
    ],
    60,
  );
  const inks = new Set(Array.from({ length: 40 }, (_, x) => at(5 + x, 12)));
  expect(inks).toEqual(new Set([0xff0000ef, 0xff0000ed]));
});

test.each([1, 2, 3])(
  "a part of a row is painted as it is in the whole, and nothing beside it (%i)",
  (seed) => {
    const row = randomRow(400, seed);
    const total = row.end[row.length - 1] as number;
    const random = randomNumbers(seed + 7);
    for (let zoom = 0; zoom < 8; zoom++) {
      const length = total * 10 ** (-zoom / 4);
      const start = random() * (total - length);
      const scale = { start, density: 300 / length, width: 300, now: total };
      const whole = new Runs();
      resolveRuns(row, scale, LEAST, whole);
      const [left, right] = [Math.floor(random() * 150), 150 + Math.floor(random() * 150)];
      const part = new Runs();
      cutOut(whole, left, right, part);
      // A border stands where a bar is cut; in between all is the same.
      const [all, some] = [painted(row, whole, 0, 300), painted(row, part, left, right)];
      for (let x = 0; x < 300; x++) {
        const isInside = x >= left && x < right;
        const cut = [
          left,
          left + 1,
          left + 2,
          left + 3,
          right - 1,
          right - 2,
          right - 3,
          right - 4,
        ];
        if (!isInside) expect(columnOf(some, x)).toEqual(columnOf(NOTHING, x));
        else if (!cut.includes(x)) expect(columnOf(some, x)).toEqual(columnOf(all, x));
      }
    }
  },
);

const NOTHING = new Uint32Array(300 * 20);

function columnOf(words: Uint32Array, x: number): number[] {
  return Array.from({ length: 20 }, (_, y) => words[y * 300 + x] as number);
}

function painted(row: SpanRow, runs: Runs, left: number, right: number): Uint32Array {
  const words = new Uint32Array(300 * 20);
  const inks = {
    fill: new Uint32Array(16).fill(1),
    border: new Uint32Array(16).fill(2),
    merged: new Uint32Array(16).fill(3),
    app: new Uint32Array(7),
    error: 5,
    errorFill: 6,
    hatch: 7,
  };
  const band = { y: 0, height: 20, ratio: 1, edge: false };
  paintRow({ words, width: 300, height: 20 }, band, row, runs, inks, left, right);
  return words;
}
