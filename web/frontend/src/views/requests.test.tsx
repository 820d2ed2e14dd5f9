/** The request list. */
import { fireEvent, screen } from "@testing-library/preact";
import {
  application,
  CART,
  CHECKOUT,
  inventedFrame,
  pageWith,
  statusItem,
  traceItem,
} from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { Requests } from "./requests";

const FAILED = "e".repeat(32);

function shown() {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  page.live.update([
    traceItem({ start_ts: 3 }),
    traceItem({
      id: CHECKOUT,
      start_ts: 2,
      status: 302,
      short_circuit: "require_login",
      apps: ["shop"],
      path: "/shop/checkout",
      events: 0,
    }),
    traceItem({
      id: FAILED,
      start_ts: 1,
      status: 500,
      error: "ZeroDivisionError",
      app: "billing",
      apps: ["billing"],
      events: 0,
    }),
  ]);
  const { container } = show(page, <Requests workspace={page.live} />);
  return { page, container };
}

const texts = () => screen.getAllByRole("option").map((option) => option.textContent);

test("newest first, each with its status in glyphs and what is worth knowing", () => {
  shown();
  expect(texts()).toEqual([
    "SGET /shop/cart/7200shop → billing · 67 events18.4 ms",
    "SGET /shop/checkout↷ 302shop · short-circuited18.4 ms",
    "BGET /shop/cart/7✕ 500billing · ZeroDivisionError18.4 ms",
  ]);
});

test("clicks and keys select", async () => {
  const { page } = shown();
  fireEvent.click(screen.getAllByRole("option")[1] as HTMLElement);
  expect(page.live.trace.value).toBe(CHECKOUT);
  fireEvent.keyDown(screen.getByRole("listbox"), { key: "ArrowUp" });
  expect(page.live.trace.value).toBe(CART);
  fireEvent.keyDown(screen.getByRole("listbox"), { key: "End" });
  expect(page.live.trace.value).toBe(FAILED);
});

test("a filter without hits offers to clear itself", async () => {
  const { page } = shown();
  page.live.filter.value = "status:404";
  fireEvent.click(await screen.findByText("Show all requests"));
  expect(await screen.findAllByRole("option")).toHaveLength(3);
});

test("what ran in a process that is gone does not run any more", async () => {
  const { page } = shown();
  const running = { status: null, complete: false, duration: null, pid: 7 };
  page.live.update([traceItem({ ...running, start_ts: 9, id: "f".repeat(32) })]);
  expect(await screen.findByText("running")).toBeTruthy();
  page.sink().status(statusItem({ apps: [application({ pid: 7, connected: false })] }));
  expect(await screen.findByText("cut off")).toBeTruthy();
});

test("hostile text stays text, isolated and reachable in full", async () => {
  const { page } = shown();
  const path = '/\u202Egnp.<img src=x onerror="alert(1)">';
  page.live.update([traceItem({ start_ts: 9, id: "f".repeat(32), path })]);
  const shownPath = await screen.findByTitle(path);
  expect(shownPath.tagName).toBe("BDI");
  expect(shownPath.textContent).toBe(path);
  expect(document.querySelector("img")).toBeNull();
});

test(
  "axe-core has nothing to say",
  async () => {
    const { container } = shown();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);
