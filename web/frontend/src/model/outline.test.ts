/** A recording from afar. */

import { blockOf } from "../../demo-data/read";
import { hueOf } from "./hues";
import { Outline, type OutlineItem, type OutlineLaneItem } from "./outline";
import { RecordingLog } from "./recording_log";
import { ERROR } from "./span_row";

const START = 1_790_000_000_000_000_000;

function lane(change: Partial<OutlineLaneItem> = {}): OutlineLaneItem {
  return {
    pid: 7,
    thread: "MainThread",
    start: [0, 1000, 4000],
    length: [500, 2000, 1000],
    requests: [2, 1, 1],
    failed: [0, 1, 0],
    events: [10, 40, 20],
    app: [1, 1, 2],
    name: [3, 3, 3],
    trace: ["a", "b", "c"],
    ...change,
  };
}

function outline(log: RecordingLog, lanes = [lane()], others = 0): Outline {
  const strings = ["", "shop", "admin", "GET /"];
  const item: OutlineItem = { start_ts: START, end_ts: START + 5120, slots: 10, strings, lanes };
  return new Outline(log, item, (pid) => `threads of ${pid}`, others);
}

test("its zero is the log's, which it sets before an event is there", () => {
  const log = new RecordingLog();
  expect(outline(log).times).toEqual({ start: 0, end: 5120 });
  expect(log.epoch).toBe(BigInt(START));
  const later = new RecordingLog();
  later.epoch = BigInt(START) + 1000n;
  expect(outline(later).times.start).toBe(-1000);
});

test("a slot is a bar, which says that something failed", () => {
  const log = new RecordingLog();
  const [first] = outline(log).lanes;
  const row = first?.row;
  expect([...(row?.start.slice(0, 3) ?? [])]).toEqual([0, 1000, 4000]);
  expect([...(row?.end.slice(0, 3) ?? [])]).toEqual([500, 3000, 5000]);
  expect([0, 1, 2].map((i) => ((row?.style[i] ?? 0) & ERROR) !== 0)).toEqual([false, true, false]);
});

test("one failure among many requests does not make all of them look failed", () => {
  const many = lane({ requests: [4, 5, 100], failed: [1, 1, 30] });
  const row = outline(new RecordingLog(), [many]).lanes[0]?.row;
  expect([0, 1, 2].map((i) => ((row?.style[i] ?? 0) & ERROR) !== 0)).toEqual([true, false, true]);
});

test("bars of a lane that several share do not lie over each other", () => {
  const [first] = outline(new RecordingLog(), [
    lane({ thread: null, length: [3000, 9000, 1] }),
  ]).lanes;
  expect([...(first?.row.end.slice(0, 3) ?? [])]).toEqual([1000, 4000, 4001]);
});

test("how many events lie between two times", () => {
  const told = outline(new RecordingLog());
  expect(told.eventsIn({ start: 0, end: 5120 })).toBe(70);
  expect(told.eventsIn({ start: 2000, end: 3500 })).toBe(20);
  expect(told.eventsIn({ start: 3100, end: 3900 })).toBe(0);
  const more = outline(new RecordingLog(), [lane()], 512);
  expect(more.eventsIn({ start: 3100, end: 3900 })).toBe(80);
});

test("as much from the beginning on as some events take", () => {
  const told = outline(new RecordingLog());
  const { start, end } = told.firstOf(30);
  expect(start).toBe(0);
  expect(told.eventsIn({ start, end })).toBeCloseTo(30, 0);
  expect(told.firstOf(1000)).toEqual(told.times);
});

test("no request is cut by what is fetched", () => {
  expect(outline(new RecordingLog()).whole({ start: 2500, end: 4200 })).toEqual({
    start: 1000,
    end: 5000,
  });
});

test("an overview has its events by hue, and its failures", () => {
  const log = new RecordingLog();
  const told = outline(log);
  const { byHue, totals } = told.within(log, 0, 5120, 10);
  expect(totals.reduce((a, b) => a + b)).toBeCloseTo(70);
  expect(byHue[hueOf("shop")]?.reduce((a, b) => a + b)).toBeCloseTo(50);
  expect(told.failures()).toEqual([1000]);
});

test("events of a thread stand in the lane that was foretold for it", () => {
  const log = new RecordingLog();
  const pid = 4711;
  const [first] = outline(log, [lane({ pid, thread: "worker-1" })]).lanes;
  const block = blockOf([{ kind: "log", at: START }]);
  block.lanes = [
    [pid, 3, "worker-0", null, null],
    [pid, 4, "worker-1", null, null],
  ];
  log.append(block);
  expect(log.lanes.map(({ threadName }) => threadName)).toEqual(["worker-1", "worker-0"]);
  expect(log.lanes[first?.lane ?? -1]).toMatchObject({ agent: "test", thread: 4 });
  expect(outline(log, [lane({ pid, thread: null })]).lanes[0]?.lane).toBe(2);
});
