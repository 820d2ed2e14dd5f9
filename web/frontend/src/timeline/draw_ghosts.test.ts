/** Where the dashed steps stand: what was skipped, below the bar that is the cause, with the reason. */
import { Claims } from "./claims";
import { type GhostRow, placeGhosts } from "./draw_ghosts";
import type { LaneLayout } from "./layout";
import type { Palette } from "./palette";
import { type DrawnBar, type Scene, Texts } from "./scene";

const lane = { sleeves: [] } as unknown as LaneLayout;

function bar(left: number, right: number, depth: number, event = depth): DrawnBar {
  return { lane, left, right, depth, y: depth * 24, height: 20, event } as DrawnBar;
}

/** Six pixels a character; the request reaches over the whole pane of 1000. */
function sceneOf(...bars: DrawnBar[]): Scene {
  const log = { event: () => undefined, eventsOf: () => [] };
  return {
    log,
    width: 1000,
    scroll: 0,
    bars: [bar(0, 1000, 0), ...bars],
    claims: new Claims(),
    texts: new Texts(null, log as unknown as Scene["log"]),
    palette: { labelSize: 11, fonts: { small: "small" } } as unknown as Palette,
    label: (text: string) => text,
  } as unknown as Scene;
}

const shown = (rows: readonly GhostRow[]) =>
  rows.map(({ boxes, y, reason }) => [...boxes.map(({ name }) => name), y, reason?.text ?? null]);

test("they stand right of the bar's end, in the first row below that is free, the reason beside", () => {
  const cause = bar(100, 200, 1);
  const skipped = [{ names: ["load", "view index"], reason: "check raised" }];
  const rows = placeGhosts(sceneOf(cause), cause, skipped);
  const top = 25 + 48 - 0.5;
  expect(shown(rows)).toEqual([["load", "view index", top, "check raised"]]);
  expect(rows[0]?.boxes.map(({ x, width }) => [x, width])).toEqual([
    [214, 39],
    [259, 75],
  ]);
  const below = placeGhosts(sceneOf(cause, bar(250, 300, 2)), cause, skipped);
  expect(shown(below)).toEqual([["load", "view index", top + 24, "check raised"]]);
});

test("another context's frame is not crossed: below it, or nowhere if that is outside of the own", () => {
  const skipped = [{ names: ["load"], reason: "check raised" }];
  const rowsIn = (bottom: number) => {
    const sleeves = [
      { left: 50, right: 950, top: 20, bottom },
      { left: 240, right: 700, top: 48, bottom: 120 },
    ];
    const cause = { ...bar(100, 200, 1), lane: { sleeves } as unknown as LaneLayout };
    return shown(placeGhosts(sceneOf(cause), cause, skipped));
  };
  expect(rowsIn(200)).toEqual([["load", 25 + 120 - 0.5, "check raised"]]);
  expect(rowsIn(130)).toEqual([]);
});

test("each reason has a row of its own", () => {
  const cause = bar(100, 200, 1);
  const skipped = ["first", "second"].map((reason) => ({ names: ["view index"], reason }));
  const rows = placeGhosts(sceneOf(cause), cause, skipped);
  expect(shown(rows)).toEqual([
    ["view index", 72.5, "first"],
    ["view index", 96.5, "second"],
  ]);
});

test("what does not fit is a number, and the reason is still there", () => {
  const cause = bar(100, 600, 1);
  const names = Array.from({ length: 8 }, (_, i) => `after_request hook${i}`);
  const [row] = placeGhosts(sceneOf(cause), cause, [{ names, reason: "KeyError was propagated" }]);
  expect(row?.boxes.map(({ name }) => name)).toEqual(["after_request hook0", "+7"]);
  expect(row?.reason?.text).toBe("KeyError was propagated");
});

test("at the right edge the row reaches back below the bar", () => {
  const cause = bar(100, 980, 1);
  const [row] = placeGhosts(sceneOf(cause), cause, [{ names: ["a", "b"], reason: "raised" }]);
  expect(row?.boxes.every(({ x, width }) => x >= 12 && x + width <= 976)).toBe(true);
  expect(row?.reason?.text).toBe("raised");
});

test("rows of two causes do not stand in each other", () => {
  const [one, other] = [bar(100, 150, 1, 1), bar(160, 200, 1, 2)];
  const scene = sceneOf(one, other);
  const taken: GhostRow[] = [];
  placeGhosts(scene, one, [{ names: ["load"], reason: "one" }], taken);
  placeGhosts(scene, other, [{ names: ["view"], reason: "other" }], taken);
  expect(shown(taken)).toEqual([
    ["load", 72.5, "one"],
    ["view", 96.5, "other"],
  ]);
});
