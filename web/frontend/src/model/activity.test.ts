import { blockOf, readLog } from "../../demo-data/read";
import { Activity } from "./activity";
import { hueOf } from "./hues";
import { EventLog } from "./log";

const MS = 1e6;

test("events are counted by bucket and by hue", () => {
  const log = new EventLog();
  log.append(
    blockOf(
      [5, 15, 16, 25].map((at, i) => ({
        kind: "log",
        at: at * MS,
        app: i === 3 ? "billing" : "shop",
      })),
    ),
  );
  const { byHue, totals } = new Activity().within(log, 0, 30 * MS, 3);
  expect([...totals]).toEqual([1, 2, 1]);
  expect([...(byHue[hueOf("shop")] ?? [])]).toEqual([1, 2, 0]);
  expect([...(byHue[hueOf("billing")] ?? [])]).toEqual([0, 0, 1]);
});

test("what arrives later is added, and what left is not counted any more", () => {
  const log = new EventLog();
  const activity = new Activity();
  const total = () =>
    activity.within(log, 0, 30 * MS, 3).totals.reduce((sum, count) => sum + count, 0);
  log.append(blockOf([{ kind: "log", at: MS, seq: 1 }]));
  expect(total()).toBe(1);
  log.append(blockOf([{ kind: "log", at: 2 * MS, seq: 2 }]));
  expect(total()).toBe(2);
  log.clear();
  expect(total()).toBe(0);
});

test("a request that answered 500 or was left by an exception failed", () => {
  const failures = new Activity().failures(readLog("invented.bin"));
  expect(failures).toEqual([13.2 * MS]);
  const log = new EventLog();
  log.append(
    blockOf([
      { kind: "request", phase: "end", at: 1, attributes: { status: 404 } },
      { kind: "request", phase: "end", at: 2, attributes: { left_by: "ValueError" } },
      { kind: "view", phase: "end", at: 3, attributes: { left_by: "ValueError" } },
    ]),
  );
  expect(new Activity().failures(log)).toEqual([2]);
});
