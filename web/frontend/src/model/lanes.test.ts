import { blockOf } from "../../demo-data/read";
import { english } from "../lib/translate";
import { foldedName, laneName, laneOrder } from "./lanes";
import { EventLog, type Lane } from "./log";

const THREAD: Lane = {
  id: 0,
  agent: "a",
  pid: 4711,
  thread: 1,
  threadName: "MainThread",
  greenlet: null,
  task: null,
};

test("a lane is called by what runs in it", () => {
  const nameOf = (more: Partial<Lane>) => laneName({ ...THREAD, ...more }, english);
  expect(nameOf({})).toEqual({ title: "MainThread", detail: "pid 4711" });
  expect(nameOf({ threadName: "Thread-2 (process_request_thread)" })).toEqual({
    title: "Thread-2",
    detail: "pid 4711 · process_request_thread",
  });
  expect(nameOf({ task: "Task-7" })).toEqual({ title: "Task-7", detail: "pid 4711 · MainThread" });
  expect(nameOf({ greenlet: 3 })).toEqual({ title: "Greenlet 3", detail: "pid 4711 · MainThread" });
});

test("a process's lanes stand together, its main thread first", () => {
  const log = new EventLog();
  log.append(blockOf([{ kind: "log", at: 1, thread: 2 }], "one"));
  log.append(blockOf([{ kind: "log", at: 2, thread: 2 }], "two"));
  const main = blockOf([{ kind: "log", at: 3, seq: 2 }], "one");
  log.append({ ...main, lanes: [[1, 1, "MainThread", null, null]] });
  expect(
    laneOrder(log).map((id) => `${log.lanes[id]?.agent} ${log.lanes[id]?.threadName}`),
  ).toEqual(["one MainThread", "one Thread-2", "two Thread-2"]);
});

test("folded lanes are counted", () => {
  expect([1, 9].map((count) => foldedName(count, english))).toEqual([
    "1 idle thread",
    "9 idle threads",
  ]);
});
