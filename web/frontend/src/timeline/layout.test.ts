import { logOf, readLog } from "../../demo-data/read";
import { contextsOf } from "../model/contexts";
import { laneOrder } from "../model/lanes";
import type { EventLog } from "../model/log";
import { spansOf } from "../model/spans";
import { idleLaneAt } from "./idle";
import {
  type LaneLayout,
  type Layout,
  type LayoutInput,
  layOut,
  lowerBound,
  nextBound,
} from "./layout";
import { HEADER } from "./values";

const MS = 1e6;

function layoutOf(log: EventLog, more: Partial<LayoutInput> = {}): Layout {
  const view = more.view ?? { start: -0.5 * MS, end: 19 * MS };
  return layOut({
    spans: spansOf(log),
    contexts: contextsOf(log),
    order: laneOrder(log),
    isCollapsed: () => false,
    view,
    xOf: (t) => ((t - view.start) * 836) / (view.end - view.start),
    width: 836,
    height: 2000,
    now: log.endTime,
    focus: 0,
    idleOpen: null,
    busy: new Set(),
    isGone: () => false,
    skipped: new Map(),
    hemWidth: () => 180,
    ...more,
  });
}

test("lanes without anything in the view are folded into one row", () => {
  const layout = layoutOf(readLog("invented.bin"), { view: { start: 0, end: 0.9 * MS } });
  expect(layout.lanes.map((lane) => lane.lane)).toEqual([0]);
  expect(layout.folded?.lanes).toHaveLength(3);
  expect(layout.height).toBe((layout.folded?.y ?? 0) + 4 * HEADER);
});

test("what a process left open when it went does not fill its lane for ever", () => {
  const log = logOf([{ kind: "request", name: "GET /", phase: "begin", span: 1, at: 1 }]);
  const shown = (start: number, isGone: boolean) =>
    layoutOf(log, { view: { start, end: start + MS }, isGone: () => isGone }).lanes.length;
  expect([shown(0, false), shown(9 * MS, false)]).toEqual([1, 1]);
  expect([shown(0, true), shown(9 * MS, true)]).toEqual([1, 0]);
});

test("of folded lanes as many have a line as there is room for, all when the reader wants it", () => {
  const view = { start: 0, end: 0.9 * MS };
  const { y } = layoutOf(readLog("invented.bin"), { view }).folded ?? { y: 0 };
  const shown = (height: number, idleOpen: boolean | null) => {
    const layout = layoutOf(readLog("invented.bin"), { view, height, idleOpen });
    return [layout.folded?.shown, (layout.height - y) / HEADER];
  };
  expect(shown(y + 4 * HEADER, null)).toEqual([[1, 2, 3], 4]);
  expect(shown(y + 4 * HEADER - 1, null)).toEqual([[2, 3], 3]);
  expect(shown(y, null)).toEqual([[], 1]);
  expect(shown(2000, false)).toEqual([[], 1]);
  expect(shown(100, true)).toEqual([[1, 2, 3], 4]);
});

test("a line of a folded lane is found where it stands, and the strip above it", () => {
  const view = { start: 0, end: 0.9 * MS };
  const { folded } = layoutOf(readLog("invented.bin"), { view });
  const at = (line: number) => idleLaneAt(folded, (folded?.y ?? 0) + line * HEADER + 1);
  expect([-1, 0, 1, 3, 4].map(at)).toEqual([
    undefined,
    null,
    folded?.lanes[0],
    folded?.lanes[2],
    undefined,
  ]);
});

test("a lane that pushes contexts without a step of its own is not folded", () => {
  const stack = { name: "LocalStack 1", thread: 2, attributes: { value: "str" } };
  const log = logOf([
    { kind: "run", name: "main", phase: "begin", at: 0, span: 1 },
    { kind: "local_stack.push", at: 2 * MS, ...stack },
    { kind: "local_stack.pop", at: 4 * MS, ...stack },
    { kind: "run", name: "main", phase: "end", at: 9 * MS, span: 1 },
  ]);
  const lanesIn = (start: number, end: number) =>
    layoutOf(log, { view: { start: start * MS, end: end * MS } }).lanes.map(({ lane }) => lane);
  expect([lanesIn(0, 9), lanesIn(2.5, 3), lanesIn(5, 9)]).toEqual([[0, 1], [0, 1], [0]]);
});

test("below a row there is room for each reason for which steps were skipped", () => {
  const log = readLog("invented.bin");
  const hook = [...log.eventsOf("c".repeat(32))].find(
    (index) => log.event(index)?.kind === "before_request",
  ) as number;
  const heightWith = (count: number) => {
    const reasons = Array(count).fill({ names: ["view index"], reason: "check raised" });
    const { lanes } = layoutOf(log, { skipped: new Map([[hook, reasons]]) });
    return lanes.find(({ lane }) => lane === log.event(hook)?.lane)?.height ?? 0;
  };
  expect(heightWith(4) - heightWith(3)).toBe(48);
});

test("rows, sleeves, hems and ribbon of a lane follow each other without overlapping", () => {
  const [lane] = layoutOf(readLog("invented.bin")).lanes as [LaneLayout];
  const edges = lane.rows.flatMap((row) => [row.y, row.y + row.height]);
  expect(edges).toEqual([...edges].sort((a, b) => a - b));
  const [app, request, nested] = lane.sleeves;
  expect([app?.sleeve.label, request?.sleeve.label, nested?.sleeve.label]).toEqual([
    "AppContext#1",
    "RequestContext#2",
    "AppContext#3",
  ]);
  // 6 px further in at the top, a hem of 18 below, as Russian dolls.
  expect((request?.top ?? 0) - (app?.top ?? 0)).toBe(6);
  expect((app?.bottom ?? 0) - (request?.bottom ?? 0)).toBe(18);
  expect(nested?.bottom ?? 0).toBeLessThan(request?.bottom ?? 0);
  expect(lane.ribbon?.y ?? 0).toBeGreaterThan(app?.bottom ?? 0);
  expect(lane.rows.map((row) => row.thin)).toEqual([
    false,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("the rail of signals lies between the sleeves' upper edges and the first row inside", () => {
  const [lane] = layoutOf(readLog("invented.bin")).lanes as [LaneLayout];
  const first = lane.rows[3]?.y ?? 0;
  expect(lane.rail).toBe(first - 12);
  expect(lane.sleeves[1]?.top ?? 0).toBeLessThan(lane.rail ?? 0);
});

test("in a crowded pane lanes are compact and one hem names both contexts", () => {
  const log = readLog("invented.bin");
  const roomy = layoutOf(log);
  const crowded = layoutOf(log, { height: 500 });
  expect(crowded.lanes[0]?.height).toBe(roomy.lanes[0]?.height);
  expect(crowded.lanes[1]?.height ?? 0).toBeLessThan(roomy.lanes[1]?.height ?? 0);
  expect(crowded.lanes[1]?.sleeves.map((box) => box.names.map((sleeve) => sleeve.type))).toEqual([
    [],
    ["AppContext", "RequestContext"],
  ]);
});

test("a context that is never popped ends torn, with the script that left it behind", () => {
  const log = readLog("invented.bin");
  const script = layoutOf(log).lanes.find((lane) =>
    lane.sleeves.some((box) => box.sleeve.label === "AppContext#9"),
  );
  expect(script?.sleeves.map((box) => [box.sleeve.label, box.torn])).toEqual([
    ["AppContext#8", true],
    ["AppContext#9", true],
  ]);
});

test("a context without a step in it still has a row to frame", () => {
  const log = logOf([
    { kind: "app_context.push", at: 1, attributes: { context: "A", stack: ["A"] } },
    { kind: "log", at: 2 },
    { kind: "app_context.pop", at: 900, attributes: { context: "A", stack: [] } },
  ]);
  const [lane] = layoutOf(log, { view: { start: 0, end: 1000 } }).lanes as [LaneLayout];
  expect(lane.sleeves).toHaveLength(1);
  expect(lane.sleeves[0]?.bottom ?? 0).toBeGreaterThan((lane.rows[0]?.y ?? 0) + 20);
});

test("a row is thin for the middleware in view, not for one outside", () => {
  const log = logOf([
    { kind: "wsgi_app", phase: "begin", span: 1, at: 0 },
    { kind: "wsgi_app", phase: "end", span: 1, at: 100 },
    { kind: "middleware", phase: "begin", span: 2, at: 200 },
    { kind: "middleware", phase: "end", span: 2, at: 900 },
  ]);
  const thin = [
    { start: 0, end: 150 },
    { start: 150, end: 1000 },
  ].map((view) => layoutOf(log, { view }).lanes[0]?.rows[0]?.thin);
  expect(thin).toEqual([false, true]);
});

test("a collapsed lane is its header", () => {
  const layout = layoutOf(readLog("invented.bin"), { isCollapsed: (lane) => lane === 0 });
  expect(layout.lanes[0]).toMatchObject({ height: HEADER, rows: [], sleeves: [] });
});

test("the next bound is the lower bound, from wherever it is looked for", () => {
  const data = [0, 1, 1, 4, 4, 4, 7, 9, 9, 12, 30, 30, 31];
  for (let value = -1; value <= 32; value++) {
    const bound = lowerBound(data, data.length, value);
    expect(bound).toBe(data.filter((item) => item < value).length);
    for (let from = 0; from <= bound; from++) {
      expect(nextBound(data, data.length, value, from)).toBe(bound);
    }
  }
});
