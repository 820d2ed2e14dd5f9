import { blockOf, logOf, readLog, type Written } from "../../demo-data/read";
import { EventLog } from "./log";
import {
  ERROR,
  INSTANT,
  OPEN,
  phaseIndexOf,
  SHORT_CIRCUIT,
  type SpanRow,
  THIN,
  TRUNCATED,
} from "./span_row";
import { buildSpans, spansOf } from "./spans";

function begin(span: number, at: number, more: Partial<Written> = {}): Written {
  return { kind: "span", phase: "begin", name: `s${span}`, span, at, seq: at, ...more };
}

function end(span: number, at: number, more: Partial<Written> = {}): Written {
  return { kind: "span", phase: "end", name: `s${span}`, span, at, seq: at, ...more };
}

/** Rows as text: `name start-end`. */
function rowsOf(log: EventLog, lane = 0): string[][] {
  return (buildSpans(log).lanes[lane]?.rows ?? []).map((row) =>
    Array.from(
      { length: row.length },
      (_, i) => `${log.event(row.event[i] as number)?.name} ${row.start[i]}-${row.end[i]}`,
    ),
  );
}

test("a span lies one row below the span in which it began", () => {
  const log = logOf([
    begin(1, 1),
    begin(2, 2, { parent: 1 }),
    end(2, 3),
    begin(3, 4, { parent: 1 }),
    end(3, 5),
    end(1, 6),
  ]);
  expect(rowsOf(log)).toEqual([["s1 1-6"], ["s2 2-3", "s3 4-5"]]);
});

test("spans that overlap without nesting get rows of their own", () => {
  const log = logOf([begin(1, 1), begin(2, 2), end(1, 3), end(2, 4)]);
  expect(rowsOf(log)).toEqual([["s1 1-3"], ["s2 2-4"]]);
});

test("work in another thread starts at the top of that thread's lane", () => {
  const log = logOf([
    begin(1, 1),
    begin(2, 2, { parent: 1, thread: 2 }),
    end(2, 3, { thread: 2 }),
    end(1, 4),
  ]);
  expect([rowsOf(log, 0), rowsOf(log, 1)]).toEqual([[["s1 1-4"]], [["s2 2-3"]]]);
});

test("signals have no bar, and their receivers stand where the signal was sent", () => {
  const log = logOf([
    begin(1, 1, { kind: "wsgi_app" }),
    begin(2, 2, { kind: "signal", parent: 1, attributes: { receivers: 1 } }),
    begin(3, 3, { kind: "signal_receiver", parent: 2 }),
    end(3, 4),
    end(2, 5),
    end(1, 6),
  ]);
  const rail = buildSpans(log).lanes[0]?.signals;
  expect(rowsOf(log)).toEqual([["s1 1-6"], ["s3 3-4"]]);
  expect([rail?.t.data[0], rail?.end.data[0], rail?.receivers.data[0]]).toEqual([2, 5, 1]);
});

test("receivers are counted whether they are told as a number or by name", () => {
  const log = logOf(
    [3, ["a", "b"], [], undefined].map((receivers, i) =>
      begin(i + 1, i + 1, {
        kind: "signal",
        attributes: receivers === undefined ? {} : { receivers },
      }),
    ),
  );
  const rail = buildSpans(log).lanes[0]?.signals.receivers;
  expect([...(rail?.data.slice(0, rail.length) ?? [])]).toEqual([3, 2, 0, 0]);
});

test("an open span grows until its end arrives in a later block", () => {
  const log = new EventLog();
  log.append(blockOf([begin(1, 1)]));
  const store = spansOf(log);
  const row = store.lanes[0]?.rows[0] as SpanRow;
  expect([row.end[0], (row.style[0] as number) & OPEN, store.openCount]).toEqual([
    Number.POSITIVE_INFINITY,
    OPEN,
    1,
  ]);
  log.append(blockOf([end(1, 9)]));
  store.update();
  expect([row.end[0], (row.style[0] as number) & OPEN, store.openCount]).toEqual([9, 0, 0]);
});

test("a request's end ends what was cut off inside it, and a late end changes nothing", () => {
  const log = logOf([
    begin(1, 1, { kind: "request" }),
    begin(2, 2, { parent: 1 }),
    end(1, 5, { kind: "request" }),
    begin(3, 6, { kind: "request" }),
    begin(4, 7, { parent: 3 }),
    end(2, 8),
    end(3, 9, { kind: "request" }),
  ]);
  expect(rowsOf(log)).toEqual([
    ["s1 1-5", "s3 6-9"],
    ["s2 2-5", "s4 7-9"],
  ]);
  const row = buildSpans(log).lanes[0]?.rows[1] as SpanRow;
  expect((row.style[0] as number) & (OPEN | TRUNCATED)).toBe(TRUNCATED);
});

test("what a bar looks like is known from its events", () => {
  const log = readLog("invented.bin");
  const flagged = (flag: number) => {
    const names: string[] = [];
    for (const lane of buildSpans(log).lanes) {
      for (const row of lane?.rows ?? []) {
        for (let i = 0; i < row.length; i++) {
          if ((row.style[i] as number) & flag)
            names.push(log.event(row.event[i] as number)?.name ?? "");
        }
      }
    }
    return names;
  };
  expect(flagged(ERROR)).toEqual(["invoice", "tax_rate"]);
  expect(flagged(SHORT_CIRCUIT)).toEqual(["require_login"]);
  expect(flagged(THIN)).toEqual(["DispatcherMiddleware"]);
  expect(flagged(INSTANT)).toEqual(["0", "200 OK", "500 INTERNAL SERVER ERROR", "302 FOUND"]);
});

test("a place is found for begins and instants, and none for ends", () => {
  const log = logOf([begin(1, 1, { kind: "view" }), { kind: "log", at: 2, parent: 1 }, end(1, 3)]);
  const store = buildSpans(log);
  expect([0, 1, 2].map((event) => store.place(event)?.depth ?? null)).toEqual([0, 1, null]);
  expect(phaseIndexOf(store.place(0)?.row.style[0] as number)).toBe(3);
});

test("each level of the mipmap names the longest span of its group", () => {
  const events: Written[] = [];
  const lengths = [3, 9, 1, 4, 1, 5, 2, 6, 5, 3, 5];
  lengths.forEach((length, i) => {
    events.push(begin(i + 1, i * 10), end(i + 1, i * 10 + length));
  });
  const row = buildSpans(logOf(events)).lanes[0]?.rows[0] as SpanRow;
  const levels = row.levels.map((words) => [...words.data.slice(0, words.length)]);
  expect(levels).toEqual([[1, 3, 5, 7, 8], [1, 7], [1]]);
});

test("a late block gives the same rows as one in time", () => {
  const parts = [
    [begin(1, 1), begin(2, 2, { parent: 1 })],
    [end(2, 3), begin(3, 4, { parent: 1 })],
    [end(3, 5), end(1, 6)],
  ];
  const late = new EventLog();
  for (const i of [0, 2, 1]) {
    late.append(blockOf(parts[i] as Written[]));
    spansOf(late);
  }
  expect(rowsOf(late)).toEqual([["s1 1-6"], ["s2 2-3", "s3 4-5"]]);
});

test("a span that another lane asked for is noted, one inside its own lane is not", () => {
  const lanes = buildSpans(
    logOf([
      { kind: "view", phase: "begin", span: 1, at: 0 },
      { kind: "template.render", phase: "begin", span: 2, parent: 1, at: 1 },
      { kind: "view", phase: "begin", span: 3, parent: 1, at: 2, thread: 2 },
    ]),
  ).lanes;
  expect(
    lanes.map((lane) => [...(lane?.handed.event.data.subarray(0, lane.handed.event.length) ?? [])]),
  ).toEqual([[], [2]]);
});
