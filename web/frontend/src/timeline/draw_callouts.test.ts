/** Where the numbers of a lesson's points stand on its timeline. */
import { logOf } from "../../demo-data/read";
import { buildSpans } from "../model/spans";
import { placeCallouts } from "./draw_callouts";
import type { LaneLayout } from "./layout";
import { RULER, type Scene } from "./scene";

const log = logOf([
  { kind: "view", phase: "begin", span: 1, at: 0 },
  { kind: "db.query", name: "SELECT 1", span: 2, parent: 1, phase: "begin", at: 10 },
  { kind: "db.query", name: "SELECT 1", span: 2, parent: 1, phase: "end", at: 60 },
  { kind: "view", phase: "end", span: 1, at: 100 },
]);

/** One nanosecond is ten CSS pixels wide. */
function sceneOf(lane: Partial<LaneLayout> = {}): Scene {
  const spans = buildSpans(log);
  const rows = (spans.lanes[0]?.rows ?? []).map((row, i) => ({ row, y: 24 + i * 24, height: 20 }));
  const view = { start: 0, end: 100 };
  return {
    ...{ log, spans, view, axis: view, warp: null, width: 1000, scroll: 0, now: 100 },
    layout: { lanes: [{ lane: 0, rows, sleeves: [], rail: null, ...lane }] },
  } as unknown as Scene;
}

test("each stands over the upper right corner of its bar", () => {
  const callouts = [
    { ref: 0, number: 1 },
    { ref: 1, number: 2 },
  ];
  expect(placeCallouts(sceneOf(), callouts)).toEqual([
    { x: 996, y: RULER + 20, number: 1 },
    { x: 596, y: RULER + 44, number: 2 },
  ]);
});

test("two of one event stand side by side", () => {
  const callouts = [
    { ref: 1, number: 1 },
    { ref: 1, number: 2 },
  ];
  expect(placeCallouts(sceneOf(), callouts).map(({ x }) => x)).toEqual([596, 614]);
});

test("in a closed lane, and for what is not there, there is none", () => {
  expect(placeCallouts(sceneOf({ collapsed: true }), [{ ref: 0, number: 1 }])).toEqual([]);
  expect(placeCallouts(sceneOf(), [{ ref: 99, number: 1 }])).toEqual([]);
});

test("an event outside of all bars has its number at its time", () => {
  const sleeve = { pushEvent: 0, popEvent: 3 };
  const frame = { sleeve, left: 7, right: 993, top: 30 };
  const scene = sceneOf({ rows: [], sleeves: [frame] as unknown as LaneLayout["sleeves"] });
  const callouts = [
    { ref: 0, number: 1 },
    { ref: 3, number: 2 },
  ];
  expect(placeCallouts(scene, callouts).map(({ x, y }) => [x, y])).toEqual([
    [7, RULER + 30],
    [993, RULER + 30],
  ]);
});
