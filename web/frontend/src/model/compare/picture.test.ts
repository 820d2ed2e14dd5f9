/** Where the bars of a comparison stand. */
import { logOf, type Written } from "../../../demo-data/read";
import { compare } from "./compare";
import { MAX_BARS, MAX_ROWS, pictureOf } from "./picture";

let number = 0;
function span(
  kind: string,
  from: number,
  to: number,
  inner: Written[] = [],
  parent = 0,
): Written[] {
  const span = ++number;
  const common = { kind, name: kind, app: "shop", span, parent };
  const below = inner.map((event) => (event.parent === -1 ? { ...event, parent: span } : event));
  return [{ ...common, phase: "begin", at: from }, ...below, { ...common, phase: "end", at: to }];
}
const inside = (kind: string, from: number, to: number) => span(kind, from, to, [], -1);
const context = (what: string, at: number): Written => ({
  kind: `app_context.${what}`,
  name: "shop",
  app: "shop",
  at,
  parent: -1,
  attributes: { context: "app_context 1", push_count: what === "push" ? 1 : 0 },
});

function picture(a: Written[], b: Written[], scale: "steps" | "time") {
  const log = (events: Written[]) => logOf(events.map((event, i) => ({ ...event, seq: i + 1 })));
  return pictureOf(compare({ log: log(a), trace: "t" }, { log: log(b), trace: "t" }), scale);
}

const A = span("request", 0, 100, [
  context("push", 5),
  ...inside("view", 10, 40),
  ...inside("session.save", 50, 60),
  context("pop", 90),
]);
const B = span("request", 0, 200, [
  context("push", 5),
  ...inside("view", 10, 140),
  ...inside("db.query", 145, 148),
  ...inside("session.save", 150, 160),
  context("pop", 190),
]);

const shown = (bars: { step: { kind: string }; x: number; width: number; depth: number }[]) =>
  bars.map(({ step, x, width, depth }) => [step.kind, +x.toFixed(3), +width.toFixed(3), depth]);

test("on the axis of time both have one scale, and both begin at its start", () => {
  const { a, b, rows } = picture(A, B, "time");
  expect(shown(a.bars)).toEqual([
    ["request", 0, 0.5, 0],
    ["view", 0.05, 0.15, 1],
    ["session.save", 0.25, 0.05, 1],
  ]);
  expect(shown(b.bars).map(([kind, , width]) => [kind, width])).toEqual([
    ["request", 1],
    ["view", 0.65],
    ["db.query", 0.015],
    ["session.save", 0.05],
  ]);
  expect(rows).toBe(2);
  expect(a.frames.map(({ x, width, type, app }) => [x, +width.toFixed(3), type, app])).toEqual([
    [0.025, 0.425, "AppContext", "shop"],
  ]);
});

test("on the axis of steps what stands for each other stands in one place, and a gap in the other", () => {
  const { a, b } = picture(A, B, "steps");
  const place = (bars: typeof a.bars) =>
    Object.fromEntries(bars.map(({ step, x, width }) => [step.kind, [x, width]]));
  const [one, other] = [place(a.bars), place(b.bars)];
  expect([one.request, one.view, one["session.save"]]).toEqual([
    other.request,
    other.view,
    other["session.save"],
  ]);
  expect(one["db.query"]).toBeUndefined();
  const [start, width] = other["db.query"] as [number, number];
  expect(start).toBeGreaterThanOrEqual((other.view?.[0] ?? 1) + (other.view?.[1] ?? 1) - 1e-9);
  expect(start + width).toBeLessThanOrEqual((other["session.save"]?.[0] ?? 0) + 1e-9);
  expect(a.frames).toHaveLength(1);
});

test("no bar leaves the picture, and none of one row covers another", () => {
  for (const scale of ["steps", "time"] as const) {
    const { a, b } = picture(A, B, scale);
    for (const { bars } of [a, b]) {
      for (const bar of bars) expect(bar.x + bar.width).toBeLessThanOrEqual(1 + 1e-9);
      const row = bars.filter(({ depth }) => depth === 1);
      row.slice(1).forEach((bar, i) => {
        const before = row[i];
        expect(bar.x).toBeGreaterThanOrEqual((before?.x ?? 1) + (before?.width ?? 1) - 1e-9);
      });
    }
  }
});

test("a signal that nobody heard has no bar; too many and too deep ones are counted", () => {
  const many = span(
    "request",
    0,
    10_000,
    Array.from({ length: 900 }, (_, i) =>
      inside(i % 2 ? "db.query" : "log.flush", i * 10, i * 10 + 5),
    ).flat(),
  );
  const { a, leftOut } = picture(many, many, "time");
  expect(a.bars).toHaveLength(MAX_BARS);
  expect(leftOut).toBe(2 * (901 - MAX_BARS));
  let deep: Written[] = [];
  for (let i = 0; i < 9; i++)
    deep = span(
      "view",
      i,
      50 - i,
      deep.map((event) => (event.parent === 0 ? { ...event, parent: -1 } : event)),
    );
  expect(picture(deep, deep, "steps").rows).toBe(MAX_ROWS);
  const quiet = span("request", 0, 9, inside("signal", 1, 1));
  expect(shown(picture(quiet, quiet, "time").a.bars)).toEqual([["request", 0, 1, 0]]);
});
