/** Choosing two requests, and the lines of two sources. */
import { fireEvent, screen } from "@testing-library/preact";
import { bindingFor, ESCAPE } from "../keys";
import { CART, CHECKOUT, inventedFrame, pageWith, traceItem } from "../testing/page";
import { show } from "../testing/view";
import { CompareMark } from "./compare_mark";
import { Requests } from "./requests";
import { diffLines } from "./source_diff";

function twoRequests() {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  page
    .sink()
    .traces([
      traceItem({ id: CART, start_ts: 2 }),
      traceItem({ id: CHECKOUT, start_ts: 1, name: "POST /shop/checkout", method: "POST" }),
    ]);
  return page;
}

const press = (key: string) => new KeyboardEvent("keydown", { key });

test("C marks the selected request, and compares it with the one that is selected then", async () => {
  const page = twoRequests();
  const binding = bindingFor(press("c"), page);
  await page.live.select(CART);
  binding?.run(page, press("c"));
  expect([page.marked.value?.id, page.screen.value]).toEqual([CART, "live"]);
  await page.live.select(CHECKOUT);
  binding?.run(page, press("c"));
  expect([page.marked.value, page.screen.value, page.own.value]).toEqual([
    null,
    "compare",
    `a=${CART}&b=${CHECKOUT}`,
  ]);
});

test("C twice on the same request, and Escape, let it go", async () => {
  const page = twoRequests();
  await page.live.select(CART);
  page.compareSelected();
  page.compareSelected();
  expect(page.marked.value).toBe(null);
  page.compareSelected();
  ESCAPE.run(page, press("Escape"));
  expect([page.marked.value, page.live.trace.value]).toEqual([null, CART]);
});

test("a click with Ctrl compares the selected request with the one under the pointer", async () => {
  const page = twoRequests();
  await page.live.select(CART);
  const { container } = show(page, <Requests workspace={page.live} />);
  const other = container.querySelector(`[data-trace="${CHECKOUT}"]`) as HTMLElement;
  fireEvent.click(other, { ctrlKey: true });
  expect([page.screen.value, page.own.value]).toEqual(["compare", `a=${CART}&b=${CHECKOUT}`]);
});

test("a marked request offers the last one of its route, or says that there is none", async () => {
  const page = twoRequests();
  await page.live.select(CART);
  page.compareSelected();
  show(page, <CompareMark workspace={page.live} />);
  expect(screen.getByText("No other request of this route is in the list.")).toBeTruthy();
  page.sink().traces([traceItem({ id: "f".repeat(32), start_ts: 0 })]);
  fireEvent.click(await screen.findByText("The last one of this route"));
  expect(page.own.value).toBe(`a=${"f".repeat(32)}&b=${CART}`);
});

test("lines of two texts: what went stands before what came", () => {
  const lines = diffLines(["def f():", "  rate = 1", "  return rate"], ["def f():", "  return 2"]);
  expect(lines.map(({ sign, text }) => `${sign}${text}`)).toEqual([
    "=def f():",
    "−  rate = 1",
    "−  return rate",
    "+  return 2",
  ]);
});
