import { blockOf, type Written } from "../../demo-data/read";
import { EventLog } from "./log";

function instants(from: number, count: number, trace = "t"): Written[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: "log",
    at: (from + i) * 1000,
    seq: from + i,
    trace_id: trace,
  }));
}

test("events keep their index and their place in time", () => {
  const log = new EventLog();
  log.append(blockOf(instants(1, 3)));
  log.append(blockOf(instants(4, 2, "u")));
  expect(log.count).toBe(5);
  expect(log.event(3)?.seq).toBe(4);
  expect([log.startTime, log.endTime]).toEqual([1000, 5000]);
  expect([...log.traceIds()]).toEqual(["t", "u"]);
  expect(log.eventsOf("u")).toEqual([3, 4]);
  expect(log.event(5)).toBeUndefined();
});

test("an event that is held already is not taken twice", () => {
  const log = new EventLog();
  log.append(blockOf(instants(1, 4)));
  expect(log.append(blockOf(instants(3, 4)))).toBe(2);
  expect(log.append(blockOf(instants(1, 4)))).toBe(0);
  expect(log.eventsOf("t").map((index) => log.event(index)?.seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("processes number their events each for itself", () => {
  const log = new EventLog();
  log.append(blockOf(instants(1, 2), "one"));
  expect(log.append(blockOf(instants(1, 2), "two"))).toBe(2);
  expect(log.lanes.map((lane) => lane.agent)).toEqual(["one", "two"]);
});

test("a block that comes late is put into its place and the rest is derived anew", () => {
  const log = new EventLog();
  log.append(blockOf(instants(1, 2)));
  log.append(blockOf(instants(5, 2)));
  const generation = log.generation;
  log.append(blockOf(instants(3, 2)));
  expect(log.generation).toBe(generation + 1);
  expect(log.eventsOf("t").map((index) => log.event(index)?.seq)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(log.event(4)?.seq).toBe(3);
});

test("a block around a trace that was fetched before is taken apart: each lane stays in order", () => {
  const log = new EventLog();
  log.append(blockOf(instants(3, 2, "fetched")));
  log.append(blockOf(instants(1, 6, "t")));
  const seqs = log.blocks().map(({ block }) => [...block.seq]);
  expect(seqs).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(log.eventsOf("t").map((index) => log.event(index)?.seq)).toEqual([1, 2, 5, 6]);
  expect(log.count).toBe(6);
});

test("beyond its bound the oldest blocks leave, but not those of a pinned trace", () => {
  const log = new EventLog({ maxEvents: 40 });
  log.pin("kept");
  log.append(blockOf(instants(1, 10, "kept")));
  for (let from = 11; from <= 101; from += 10) log.append(blockOf(instants(from, 10, `t${from}`)));
  expect(log.count).toBeLessThanOrEqual(40);
  expect(log.evicted).toBe(110 - log.count);
  expect(log.eventsOf("kept")).toHaveLength(10);
  expect(log.eventsOf("t11")).toEqual([]);
  expect(log.eventsOf("t101")).toHaveLength(10);
  expect(log.event(0)?.traceId).toBe("kept");
  expect(log.event(10)).toBeUndefined();
});

test("listeners hear of every change until they stop", () => {
  const log = new EventLog();
  let heard = 0;
  const stop = log.subscribe(() => heard++);
  log.append(blockOf(instants(1, 1)));
  stop();
  log.clear();
  expect(heard).toBe(1);
  expect([log.count, log.newestTrace]).toEqual([0, null]);
});

test("the hue of an application is the same in every log", () => {
  const heard = (app: string, at: number) => blockOf([{ kind: "log", at, seq: at, app }]);
  const hues = (...apps: string[]) => {
    const log = new EventLog();
    apps.forEach((app, at) => {
      log.append(heard(app, at));
    });
    return log.blocks().map(({ hues, block }) => hues[block.app[0] as number]);
  };
  const [shop, billing, none] = hues("shop", "billing", "");
  expect(hues("billing", "shop")).toEqual([billing, shop]);
  expect([shop === billing, none]).toEqual([false, 0]);
});

test("an event is found by its number in its process", () => {
  const log = new EventLog();
  log.append(blockOf(instants(1, 3), "one"));
  log.append(blockOf(instants(2, 3), "two"));
  expect(log.indexOf("two", 3)).toBe(4);
  expect(log.indexOf("one", 4)).toBeNull();
  expect(log.indexOf("three", 1)).toBeNull();
});
