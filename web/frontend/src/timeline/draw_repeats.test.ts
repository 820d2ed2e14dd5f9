/** Folds of the timeline: which spans become one bar, and when they stand by themselves again. */
import { logOf, type Written } from "../../demo-data/read";
import { buildSpans } from "../model/spans";
import { foldAt, foldsOf } from "./draw_repeats";
import type { LaneLayout } from "./layout";
import type { Palette } from "./palette";
import { RULER, type Scene, Texts } from "./scene";

/** `names` one after the other, each 8 ns of every 10, in a view; `width` pixels show all of it. */
function sceneOf(names: readonly string[], width: number): { scene: Scene; lane: LaneLayout } {
  const end = names.length * 10;
  const events: Written[] = [{ kind: "view", phase: "begin", span: 1, at: 0 }];
  names.forEach((name, i) => {
    const query = { kind: "db.query", name, span: i + 2, parent: 1 };
    events.push({ ...query, phase: "begin", at: i * 10 + 1 });
    events.push({ ...query, phase: "end", at: i * 10 + 9 });
  });
  events.push({ kind: "view", phase: "end", span: 1, at: end });
  const log = logOf(events);
  const spans = buildSpans(log).lanes[0];
  const rows = (spans?.rows ?? []).map((row, i) => ({ row, y: i * 24, height: 20, thin: false }));
  const lane = { rows, spans } as unknown as LaneLayout;
  const view = { start: 0, end };
  const palette = { fonts: { label: "label" } } as unknown as Palette;
  const scene = {
    log,
    view,
    axis: view,
    warp: null,
    width,
    scroll: 0,
    palette,
    layout: { lanes: [lane] },
  };
  // Six pixels a character.
  return { scene: { ...scene, texts: new Texts(null, log) } as unknown as Scene, lane };
}

const labels = ({ scene, lane }: ReturnType<typeof sceneOf>) =>
  foldsOf(scene, lane).map(({ label, from, to }) => `${label} at ${from} to ${to}`);

test("where no single one has room for its name, they are one bar with their number", () => {
  expect(labels(sceneOf(Array(37).fill("SELECT cart"), 400))).toEqual([
    "SELECT cart ×37 at 0 to 37",
  ]);
  expect(labels(sceneOf(Array(37).fill("SELECT cart"), 100))).toEqual(["cart ×37 at 0 to 37"]);
});

test("nearer by each stands by itself, and without room for a number nothing is said", () => {
  expect(labels(sceneOf(Array(37).fill("SELECT cart"), 37 * 60))).toEqual([]);
  expect(labels(sceneOf(Array(37).fill("SELECT cart"), 30))).toEqual([]);
});

test("a fold ends where another step comes, and two are none", () => {
  const names = [...Array(12).fill("SELECT cart"), "COMMIT", "SELECT user", "SELECT user"];
  expect(labels(sceneOf(names, 300))).toEqual(["SELECT cart ×12 at 0 to 12"]);
});

test("a press on it leads to its times", () => {
  const { scene } = sceneOf(Array(37).fill("SELECT cart"), 370);
  expect(foldAt(scene, 185, RULER + 24 + 10)).toEqual({ start: 1, end: 369 });
  expect(foldAt(scene, 185, RULER + 10)).toBeNull();
});
