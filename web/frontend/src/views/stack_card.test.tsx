/** The context stack at the cursor. */
import { screen } from "@testing-library/preact";
import { CART, inventedFrame, pageWith, traceItem } from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { arrowEnds, StackCard } from "./stack_card";

async function shown() {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  page.live.update([traceItem()]);
  await page.live.select(CART);
  const { container } = show(page, <StackCard workspace={page.live} />);
  return { page, container };
}

const boxes = () =>
  [...document.querySelectorAll<HTMLElement>("[data-context]")].map((box) => box.dataset.context);
const target = (name: string) =>
  document.querySelector<HTMLElement>(`[data-proxy="${name}"]`)?.dataset.target;

test("inside the view both contexts stand there, the request's on top", async () => {
  await shown();
  expect(boxes()).toEqual(["RequestContext", "AppContext"]);
  expect(target("current_app")).toBe("shop");
  expect(screen.getByText("2 deep")).toBeTruthy();
});

test("moving the cursor into a nested context changes what current_app is", async () => {
  const { page } = await shown();
  const { log } = page.live;
  const pushes = log
    .eventsOf(CART)
    .map((index) => log.event(index))
    .filter((event) => event?.kind === "app_context.push");
  page.live.moveCursor((pushes[1]?.t ?? 0) + 1);
  await screen.findByText("3 deep");
  expect(target("current_app")).toBe("billing");
  expect(document.querySelectorAll(".proxy.changed")).toHaveLength(2);
});

test("outside of every context the proxies are unbound, in words", async () => {
  const { page } = await shown();
  page.live.step(-1000);
  await screen.findByText(/No context here/);
  expect(screen.getByText("current_app is not bound here")).toBeTruthy();
});

test("arrows to one box fan out around its middle", () => {
  const ends = arrowEnds(2, { current_app: 0, g: 0, request: 1, session: null });
  expect(ends.map((end) => end.name)).toEqual(["current_app", "g", "request"]);
  const [app, g, request] = ends.map((end) => end.to) as [number, number, number];
  expect((app + g) / 2).toBe(60 + 26);
  expect(request).toBe(26);
});

test(
  "axe-core has nothing to say",
  async () => {
    const { container } = await shown();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);

test("a box says which object it is, where Flask keeps it, and what its g holds", async () => {
  const { page } = await shown();
  const texts = () => [...document.querySelectorAll(".where")].map((line) => line.textContent);
  expect(texts()).toEqual(["in _cv_request#2", "in _cv_app#1"]);
  expect(screen.getByText(/Flask 2.2 to 3.1 keeps two context variables/)).toBeTruthy();
  const nested = page.live.log
    .eventsOf(CART)
    .map((index) => page.live.log.event(index))
    .filter((event) => event?.kind === "app_context.push")[1];
  page.live.moveCursor((nested?.t ?? 0) + 1);
  await screen.findByText("3 deep");
  expect(texts()).toEqual(["in _cv_app#3", "in _cv_request#2", "waits for the pop above it#1"]);
});
