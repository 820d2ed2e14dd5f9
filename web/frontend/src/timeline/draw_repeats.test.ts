/** Folds of the timeline: which spans become one bar, and when they stand by themselves again. */
import { logOf, type Written } from "../../demo-data/read";
import { buildSpans } from "../model/spans";
import { foldAround, foldAt, foldsOf, membersOf, timesOf } from "./draw_repeats";
import type { LaneLayout } from "./layout";
import type { Palette } from "./palette";
import { RULER, type Scene, Texts } from "./scene";

/** `names` one after the other, each 8 ns of every 10, in a view; `width` pixels show all of it. */
function sceneOf(
  names: readonly string[],
  width: number,
  unfolded = new Set<number>(),
): { scene: Scene; lane: LaneLayout } {
  const end = names.length * 10;
  const events: Written[] = [{ kind: "view", phase: "begin", span: 1, at: 0 }];
  names.forEach((name, i) => {
    const query = { kind: "db.query", name, span: i + 2, parent: 1 };
    events.push({ ...query, phase: "begin", at: i * 10 + 1 });
    events.push({ ...query, phase: "end", at: i * 10 + 9 });
  });
  events.push({ kind: "view", phase: "end", span: 1, at: end });
  const log = logOf(events);
  const store = buildSpans(log);
  const spans = store.lanes[0];
  const rows = (spans?.rows ?? []).map((row, i) => ({ row, y: i * 24, height: 20, thin: false }));
  const lane = { lane: 0, rows, spans } as unknown as LaneLayout;
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
    unfolded,
    spans: store,
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

test("it is found by a press on it and by each of its spans, with its times", () => {
  const { scene } = sceneOf(Array(37).fill("SELECT cart"), 370);
  const pressed = foldAt(scene, 185, RULER + 24 + 10);
  expect(pressed && timesOf(pressed)).toEqual({ start: 1, end: 369 });
  expect(foldAt(scene, 185, RULER + 10)).toBeNull();
  const last = scene.spans.lanes[0]?.rows[1]?.event[36] as number;
  expect(foldAround(scene, last)).toEqual(pressed);
  expect(foldAround(scene, 0)).toBeNull();
});

test("opened it is no bar any more: a line below it is what a press closes", () => {
  const closed = sceneOf(Array(37).fill("SELECT cart"), 370);
  const [fold] = foldsOf(closed.scene, closed.lane);
  const members = membersOf(closed.scene, fold as NonNullable<typeof fold>);
  expect(members).toHaveLength(37);
  const { scene } = sceneOf(Array(37).fill("SELECT cart"), 370, new Set(members));
  expect(foldAt(scene, 185, RULER + 24 + 10)).toBeNull();
  expect(foldAt(scene, 185, RULER + 24 + 22)?.isOpen).toBe(true);
});

test("spans outside of the view belong to it, the next step does not", () => {
  const { scene, lane } = sceneOf([...Array(20).fill("SELECT cart"), "COMMIT"], 100);
  const half = { ...scene, view: { start: 100, end: 210 }, axis: { start: 100, end: 210 } };
  const [fold] = foldsOf(half, lane);
  expect(fold?.from).toBe(10);
  expect(membersOf(half, fold as NonNullable<typeof fold>)).toHaveLength(20);
});
