/** The accessible table: rows in true order, keys, and one selection with everything else. */
import { fireEvent, screen } from "@testing-library/preact";
import { blockOf } from "../../demo-data/read";
import { CART, inventedFrame, pageWith, traceItem } from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { TreeGrid } from "./tree_grid";

async function shown() {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  page.live.update([traceItem()]);
  await page.live.select(CART);
  const { container } = show(page, <TreeGrid workspace={page.live} />);
  return { page, container };
}

const rows = () => screen.getAllByRole("row").slice(1);
const kinds = () => rows().map((row) => row.dataset.kind);
const current = () => rows().filter((row) => row.getAttribute("aria-selected") === "true");
const press = (key: string) => fireEvent.keyDown(screen.getByRole("treegrid"), { key });

test("whoever swapped the timeline for the table by a key stands in the table", async () => {
  await shown();
  await vi.waitFor(() => expect(document.activeElement).toBe(current()[0]));
});

test("every span and every instant is a row, in the order in which they began", async () => {
  const { page } = await shown();
  const { log } = page.live;
  const begun = log
    .eventsOf(CART)
    .map((index) => log.event(index))
    .filter((event) => event?.phase !== "end");
  expect(rows().map((row) => [row.dataset.kind, row.dataset.name, row.dataset.phase])).toEqual(
    begun.map((event) => [event?.kind, event?.name, event?.phase]),
  );
});

test("rows say where they are in the tree", async () => {
  await shown();
  expect(rows()[0]?.getAttribute("aria-level")).toBe("1");
  expect(rows()[1]?.getAttribute("aria-level")).toBe("2");
  expect(screen.getByRole("treegrid").getAttribute("aria-rowcount")).toBe(
    String(rows().length + 1),
  );
});

test("arrows, Home and End move the one selection", async () => {
  const { page } = await shown();
  press("Home");
  expect(current()).toEqual([rows()[0]]);
  expect(page.live.event.value).toBe(page.live.log.eventsOf(CART)[0]);
  press("ArrowDown");
  expect(current()).toEqual([rows()[1]]);
  expect(document.activeElement).toBe(rows()[1]);
  press("End");
  expect(current()).toEqual([rows().at(-1)]);
  press("ArrowDown");
  expect(current()).toEqual([rows().at(-1)]);
});

test("left closes, then goes to the parent; right opens, then goes in", async () => {
  await shown();
  press("Home");
  const all = kinds();
  press("ArrowLeft");
  expect(kinds()).toEqual(["request"]);
  expect(rows()[0]?.getAttribute("aria-expanded")).toBe("false");
  press("ArrowRight");
  expect(kinds()).toEqual(all);
  press("ArrowRight");
  expect(current()[0]?.dataset.kind).toBe("middleware");
  press("ArrowLeft");
  press("ArrowLeft");
  expect(current()[0]?.dataset.kind).toBe("request");
});

test("a selection made elsewhere opens what hides it", async () => {
  const { page } = await shown();
  press("Home");
  press("ArrowLeft");
  const view = page.live.log.eventsOf(CART).find((i) => page.live.log.event(i)?.kind === "view");
  page.live.selectEvent(view ?? null);
  await vi.waitFor(() => expect(current()[0]?.dataset.kind).toBe("view"));
});

test("moves are announced", async () => {
  const { page } = await shown();
  press("Home");
  expect(page.announcement.value).toContain("request, GET /shop/cart/7, shop");
});

test("like steps are one row that a key opens, and so does a selection inside", async () => {
  const { page } = pageWith();
  const queries = Array.from(
    { length: 5 },
    (_, i) =>
      [
        {
          kind: "db.query",
          name: "SELECT cart",
          phase: "begin",
          span: i + 2,
          parent: 1,
          at: 2 * i + 1,
        },
        {
          kind: "db.query",
          name: "SELECT cart",
          phase: "end",
          span: i + 2,
          parent: 1,
          at: 2 * i + 2,
        },
      ] as const,
  ).flat();
  const { log } = page.live;
  log.append(
    blockOf([
      { kind: "view", phase: "begin", span: 1, at: 0 },
      ...queries,
      { kind: "view", phase: "end", span: 1, at: 20 },
    ]),
  );
  await page.live.select("t", { fetch: false });
  show(page, <TreeGrid workspace={page.live} />);
  expect(rows().map((row) => row.textContent)).toEqual([
    expect.stringContaining("view"),
    expect.stringContaining("SELECT cart ×5"),
  ]);
  press("End");
  press("ArrowRight");
  expect(rows()).toHaveLength(6);
  press("ArrowLeft");
  expect(rows()).toHaveLength(2);
  page.live.selectEvent(log.eventsOf("t")[5] ?? null);
  await vi.waitFor(() => expect(current()[0]).toBe(rows()[3]));
});

test("without a request it says so", () => {
  const { page } = pageWith();
  show(page, <TreeGrid workspace={page.live} />);
  expect(screen.getByText(/No request is selected/)).toBeTruthy();
});

test(
  "axe-core has nothing to say",
  async () => {
    const { container } = await shown();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);
