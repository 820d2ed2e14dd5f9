import { logOf, readLog, type Written } from "../../demo-data/read";
import { contextsOf } from "./contexts";
import type { EventLog } from "./log";

const MS = 1e6;

function change(
  at: number,
  kind: string,
  context: string,
  stack: string[],
  more: Record<string, unknown> = {},
): Written {
  return { kind, at, seq: at, app: "shop", attributes: { context, push_count: 1, stack, ...more } };
}

function labelsAt(log: EventLog, at: number, lane = 0): string[] {
  return contextsOf(log)
    .stackAt(lane, at)
    .map((frame) => frame.label);
}

function sleevesOf(log: EventLog, lane = 0): [string, number, number, boolean][] {
  return contextsOf(log)
    .sleevesOf(lane)
    .map((sleeve) => [sleeve.label, sleeve.start, sleeve.end, sleeve.balanced]);
}

test("the stack of a request with a nested application context", () => {
  const contexts = contextsOf(readLog("invented.bin"));
  const at = (ms: number) =>
    contexts.stackAt(0, ms * MS).map((frame) => `${frame.type} ${frame.name}`);
  expect(at(0.5)).toEqual([]);
  expect(at(1)).toEqual(["AppContext shop"]);
  expect(at(5)).toEqual(["AppContext shop", "RequestContext GET /shop/cart/7"]);
  expect(at(9)).toEqual([
    "AppContext shop",
    "RequestContext GET /shop/cart/7",
    "AppContext billing",
  ]);
  expect(at(12)).toEqual(["AppContext shop", "RequestContext GET /shop/cart/7"]);
  expect(at(18)).toEqual([]);
});

test("current_app and g follow the nested context, request and session do not", () => {
  const contexts = contextsOf(readLog("invented.bin"));
  expect(contexts.proxiesAt(0, 5 * MS)).toEqual({ current_app: 0, g: 0, request: 1, session: 1 });
  expect(contexts.proxiesAt(0, 9 * MS)).toEqual({ current_app: 2, g: 2, request: 1, session: 1 });
  expect(contexts.proxiesAt(0, 18 * MS)).toEqual({
    current_app: null,
    g: null,
    request: null,
    session: null,
  });
});

test("an event tells which proxies it moved", () => {
  const log = readLog("invented.bin");
  const contexts = contextsOf(log);
  const events = log
    .eventsOf("c".repeat(32))
    .filter((index) => log.event(index)?.kind.endsWith("push"));
  expect(events.map((index) => contexts.changedAt(index))).toEqual([
    { pushed: "AppContext#1", popped: null, proxies: ["current_app", "g"] },
    { pushed: "RequestContext#2", popped: null, proxies: ["request", "session"] },
    { pushed: "AppContext#3", popped: null, proxies: ["current_app", "g"] },
  ]);
  expect(contexts.changedAt(0)).toBeNull();
});

test("a context popped out of order and one never popped are marked", () => {
  const log = readLog("invented.bin");
  const lane = log.lanes.findIndex((item) => item.threadName === "Thread-4");
  expect(sleevesOf(log, lane)).toEqual([
    ["AppContext#8", 14.1 * MS, 16.2 * MS, false],
    ["AppContext#9", 14.6 * MS, Number.POSITIVE_INFINITY, true],
  ]);
  expect(labelsAt(log, 20 * MS, lane)).toEqual(["AppContext#9"]);
  expect(contextsOf(log).ribbonOf(lane).depth).toEqual([1, 2, 1]);
});

test("the merged context of Flask 3.2 is one box for all four proxies", () => {
  const log = logOf([
    change(1, "app_context.push", "A", ["A"], { has_request: true }),
    change(2, "app_context.push", "B", ["A", "B"], { has_request: false }),
    change(3, "app_context.pop", "B", ["A"]),
    change(4, "app_context.pop", "A", []),
  ]);
  const contexts = contextsOf(log);
  expect(contexts.proxiesAt(0, 1)).toEqual({ current_app: 0, g: 0, request: 0, session: 0 });
  // The context on top has no request, and a merged stack has no other place to look.
  expect(contexts.proxiesAt(0, 2)).toEqual({ current_app: 1, g: 1, request: null, session: null });
  expect(sleevesOf(log)).toEqual([
    ["A", 1, 4, true],
    ["B", 2, 3, true],
  ]);
});

test("a pop that was not recorded is seen in the next report of the stack", () => {
  const log = logOf([
    change(1, "app_context.push", "A", ["A"]),
    change(2, "app_context.push", "B", ["A", "B"]),
    change(3, "app_context.push", "C", ["A", "C"]),
  ]);
  expect(sleevesOf(log)).toEqual([
    ["A", 1, Number.POSITIVE_INFINITY, true],
    ["B", 2, 3, false],
    ["C", 3, Number.POSITIVE_INFINITY, true],
  ]);
  expect(labelsAt(log, 3)).toEqual(["A", "C"]);
});

test("a context pushed before the recording began has no known beginning", () => {
  const log = logOf([
    change(5, "app_context.push", "B", ["A", "B"]),
    change(6, "app_context.pop", "B", ["A"]),
  ]);
  expect(labelsAt(log, 6)).toEqual(["A"]);
  expect(contextsOf(log).stackAt(0, 5)[0]).toMatchObject({ pushedAt: null, event: null });
});

test("a request that is sent from inside another one gives its context its own name", () => {
  const log = logOf([
    { kind: "request", phase: "begin", name: "GET /fetch", at: 0, seq: 1, app: "shop" },
    { ...change(1, "request_context.push", "request_context 1", ["request_context 1"]), seq: 2 },
    {
      kind: "wsgi_app",
      phase: "begin",
      at: 2,
      seq: 3,
      app: "store",
      attributes: { method: "GET", path: "/shelf/7" },
    },
    {
      ...change(3, "request_context.push", "request_context 2", [
        "request_context 1",
        "request_context 2",
      ]),
      app: "store",
      seq: 4,
    },
  ]);
  expect(
    contextsOf(log)
      .stackAt(0, 4)
      .map((frame) => frame.name),
  ).toEqual(["GET /fetch", "GET /shelf/7"]);
});

test("the same context pushed twice is on the stack twice", () => {
  const log = logOf([
    change(1, "app_context.push", "A", ["A"]),
    change(2, "app_context.push", "A", ["A", "A"], { push_count: 2 }),
    change(3, "app_context.pop", "A", ["A"]),
    change(4, "app_context.pop", "A", []),
  ]);
  expect(labelsAt(log, 2)).toEqual(["A", "A"]);
  expect(contextsOf(log).stackAt(0, 2)[1]?.pushCount).toBe(2);
  expect(sleevesOf(log)).toEqual([
    ["A", 1, 4, true],
    ["A", 2, 3, true],
  ]);
});

test("events at one instant of a coarse clock are told apart by their numbers", () => {
  const log = logOf([
    { ...change(1, "app_context.push", "A", ["A"]), seq: 1 },
    { ...change(1, "request_context.push", "R", ["R"]), seq: 2 },
  ]);
  const contexts = contextsOf(log);
  const depths = [0, 1].map(
    (index) =>
      contexts.stackAt(0, log.event(index) as NonNullable<ReturnType<EventLog["event"]>>).length,
  );
  expect(depths).toEqual([1, 2]);
});

test("Flask's own LocalStacks are not counted a second time", () => {
  const log = logOf([
    { kind: "local_stack.push", name: "_app_ctx_stack", at: 1, attributes: { depth: 1 } },
    change(2, "app_context.push", "A", ["A"]),
    { kind: "local_stack.push", name: "jobs", at: 3, attributes: { depth: 1, value: "job 1" } },
  ]);
  expect(
    contextsOf(log)
      .stackAt(0, 3)
      .map((frame) => frame.type),
  ).toEqual(["AppContext", "LocalStack"]);
});

test("a trace that was cut leaves no context behind: its pops were not recorded", () => {
  const log = logOf([
    { kind: "request", name: "GET /", span: 1, phase: "begin", at: 0 },
    { kind: "app_context.push", at: 1, app: "shop", attributes: { context: "a", stack: ["a"] } },
    {
      kind: "request",
      name: "GET /",
      span: 1,
      phase: "end",
      at: 9,
      attributes: { truncated: true, dropped: 7 },
    },
  ]);
  const contexts = contextsOf(log);
  expect(contexts.ribbonOf(0).depth).toEqual([1, 0]);
  expect(contexts.sleevesOf(0)).toMatchObject([
    { start: 1, end: 9, balanced: false, popEvent: null },
  ]);
});
