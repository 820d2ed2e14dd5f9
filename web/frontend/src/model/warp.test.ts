/** The bend of the axis: it may stretch and squeeze, but never lie about what comes before what. */
import { logOf, readLog, type Written } from "../../demo-data/read";
import type { EventLog, EventView } from "./log";
import { buildWarp, type Rooms, type Warp } from "./warp";

const WIDTH = 763;
const samples = readLog("samples.bin");
const traces = [...samples.traceIds()];

/** As wide as letters are on average, with the paddings of a bar. */
const rooms: Rooms = {
  bar: ({ name }) => {
    const short = 15 + name.length * 6;
    return { short, name: short, whole: short + 30, timed: short + 70 };
  },
  raised: (name) => 22 + name.length * 6,
};

function warpOf(log: EventLog, trace: string): Warp {
  return buildWarp(log, trace, WIDTH, rooms) as Warp;
}

function eventsOf(log: EventLog, trace: string): EventView[] {
  return log.eventsOf(trace).map((index) => log.event(index) as EventView);
}

/** Width of each span of a trace in pixels of the fitted view, by "kind name". */
function widthsOf(log: EventLog, trace: string): Map<string, number> {
  const warp = warpOf(log, trace);
  const pixels = (t: number) => (warp.to(t) * WIDTH) / (warp.end - warp.start);
  const events = eventsOf(log, trace);
  const widths = new Map<string, number>();
  for (const begin of events.filter((event) => event.phase === "begin")) {
    const end = events.find((event) => event.phase === "end" && event.spanId === begin.spanId);
    widths.set(`${begin.kind} ${begin.name}`, pixels((end as EventView).t) - pixels(begin.t));
  }
  return widths;
}

test.each(traces)(
  "the axis of a sample is monotone, has an inverse, and keeps its ends (%s)",
  (id) => {
    const warp = warpOf(samples, id);
    const times = eventsOf(samples, id).map((event) => event.t);
    const first = Math.min(...times);
    const last = Math.max(...times);
    expect([warp.start, warp.end]).toEqual([first, last]);
    expect([first, last].map((t) => warp.to(t))).toEqual([first, last]);
    let before = Number.NEGATIVE_INFINITY;
    for (let i = 0; i <= 1000; i++) {
      const t = first + ((last - first) * i) / 1000;
      const place = warp.to(t);
      expect(place).toBeGreaterThan(before);
      expect(warp.from(place)).toBeCloseTo(t, 2);
      before = place;
    }
  },
);

test("outside the trace nothing is bent, and the ends join", () => {
  const warp = warpOf(samples, traces[0] as string);
  const outside = [warp.start - 1e9, warp.start, warp.end, warp.end + 5, Number.POSITIVE_INFINITY];
  expect(outside.map((t) => warp.to(t))).toEqual(outside);
  expect(outside.map((t) => warp.from(t))).toEqual(outside);
  expect(warp.to(warp.start + 1e-3)).toBeCloseTo(warp.start, -1);
  expect(warp.to(warp.end - 1e-3)).toBeCloseTo(warp.end, -1);
});

test("each hook of a request of a millisecond has room for its name", () => {
  const widths = widthsOf(samples, traces[0] as string);
  const own = [...widths].filter(([name]) => /^(before|after)_request|^view/.test(name));
  expect(own.map(([name]) => name.split(" ")[1])).toEqual([
    "process_request1",
    "process_request2",
    "index",
    "process_response2",
    "process_response1",
  ]);
  for (const [name, width] of own) {
    expect(width).toBeGreaterThanOrEqual(15 + (name.split(" ")[1] as string).length * 6 - 0.01);
  }
});

/** A request around hooks: [name, begin, end] in ns. */
function requestOf(hooks: readonly [string, number, number][], end: number): EventLog {
  const span = (kind: string, name: string, number: number, at: number, phase: "begin" | "end") =>
    ({ kind, name, phase, span: number, at, trace: "t", parent: number === 1 ? 0 : 1 }) as Written;
  const inner = hooks.flatMap(([name, from, to], i) => [
    span("before_request", name, i + 2, from, "begin"),
    span("before_request", name, i + 2, to, "end"),
  ]);
  return logOf([
    span("request", "GET /", 1, 0, "begin"),
    ...inner,
    span("request", "GET /", 1, end, "end"),
  ]);
}

test("of two steps with equal names the slower one is wider", () => {
  const log = requestOf(
    [
      ["fast", 100, 2_000],
      ["slow", 3_000, 900_000],
    ],
    1_000_000,
  );
  const widths = widthsOf(log, "t");
  expect(widths.get("before_request slow")).toBeGreaterThan(
    (widths.get("before_request fast") as number) + 10,
  );
});

test("where not all names fit, long ones are cut before short ones, and none to nothing", () => {
  const long = "a_very_long_name_of_a_function_that_nobody_can_read";
  const hooks = Array.from({ length: 8 }, (_, i): [string, number, number] => [
    i === 7 ? "check" : long + i,
    100 + i * 10_000,
    5_000 + i * 10_000,
  ]);
  const widths = widthsOf(requestOf(hooks, 100_000), "t");
  expect(widths.get("before_request check")).toBeGreaterThanOrEqual(15 + 5 * 6);
  expect(widths.get(`before_request ${long}0`)).toBeGreaterThan(60);
});

test("a wait between two steps takes hardly any room, however long it was", () => {
  const log = requestOf(
    [
      ["first", 100, 2_000],
      ["second", 9_000_000_000, 9_000_002_000],
    ],
    9_000_003_000,
  );
  const warp = warpOf(log, "t");
  const wait = warp.to(9_000_000_000) - warp.to(2_000);
  expect((wait * WIDTH) / (warp.end - warp.start)).toBeLessThan(WIDTH / 3);
});

test("events at the same instant, an open trace and a trace without a length do no harm", () => {
  const at = (time: number, span: number, phase: "begin" | "end") =>
    ({ kind: "view", phase, span, at: time, trace: "t" }) as Written;
  const open = logOf([at(0, 1, "begin"), at(10, 2, "begin"), at(10, 2, "end"), at(50, 3, "begin")]);
  expect([0, 10, 50, 60].map((t) => warpOf(open, "t").to(t)).sort((a, b) => a - b)[3]).toBe(60);
  expect(warpOf(open, "t").end).toBe(50);
  expect(buildWarp(logOf([at(5, 1, "begin"), at(5, 1, "end")]), "t", WIDTH, rooms)).toBeNull();
  expect(buildWarp(open, "unknown", WIDTH, rooms)).toBeNull();
});

test("an exception's name has room between the failed step and the next one", () => {
  const trace = traces.find((id) =>
    eventsOf(samples, id).some((event) => event.name === "GET /unhandled/divide"),
  ) as string;
  const warp = warpOf(samples, trace);
  const events = eventsOf(samples, trace);
  const failed = events.find((event) => event.attributes.left_by === "ZeroDivisionError");
  const next = events.find((event) => event.kind === "make_response" && event.phase === "begin");
  const room = warp.to((next as EventView).t) - warp.to((failed as EventView).t);
  expect((room * WIDTH) / (warp.end - warp.start)).toBeGreaterThan(22 + 17 * 6 - 0.01);
});

test("a trace that goes on leaves its steps their room, however long it waits, and every place a time", () => {
  const [id] = traces as [string];
  const closed = warpOf(samples, id);
  const open = closed.opened();
  const steps = eventsOf(samples, id).map((event) => event.t);
  expect(steps.map((t) => open.to(t))).toEqual(steps.map((t) => closed.to(t)));
  const last = Math.max(...steps);
  let before = last;
  for (const later of [1e3, 1e6, 1e9, 60e9]) {
    const place = open.to(last + later);
    expect(place).toBeGreaterThan(before);
    expect((open.from(place) - last) / later).toBeCloseTo(1, 3);
    before = place;
  }
  expect(before).toBeLessThan(last + 0.36 * open.length);
  expect([open.from(1e18), open.to(Number.POSITIVE_INFINITY)].map(Number.isFinite)).toEqual([
    true,
    true,
  ]);
});
