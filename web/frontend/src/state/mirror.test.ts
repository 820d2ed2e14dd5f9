/** The address follows the page, and the page the address. */
import { CART, inventedFrame, pageWith, traceItem } from "../testing/page";
import { mirrorLocation, placeOf } from "./mirror";
import type { Page } from "./page";

let stop = () => {};
afterEach(() => {
  stop();
  history.replaceState(null, "", "/");
});

function shown(address: string): Page {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  history.replaceState(null, "", address);
  stop = mirrorLocation(page);
  return page;
}

const address = () => location.pathname + location.search;

test("what was chosen by nobody is not in the address", () => {
  const page = shown("/");
  page.sink().traces([traceItem()]);
  expect(page.live.trace.value).toBe(CART);
  expect(address()).toBe("/");
});

test("a selection is in the address at once, and a link with it brings it back", async () => {
  const page = shown("/");
  page.sink().traces([traceItem()]);
  await page.live.select(CART);
  page.live.step(3);
  const seq = page.live.selectedEvent.value?.seq;
  expect(new URLSearchParams(location.search).get("trace")).toBe(CART);
  await vi.waitFor(() =>
    expect(new URLSearchParams(location.search).get("event")).toBe(String(seq)),
  );

  const link = address();
  stop();
  const other = shown(link);
  await vi.waitFor(() => expect(other.live.selectedEvent.value?.seq).toBe(seq));
  expect(placeOf(other).trace).toBe(CART);
});

test("a request that was just selected is not in the address with the view of the one before", async () => {
  const page = shown("/");
  await new Promise((resolve) => setTimeout(resolve)); // the address was applied
  page.sink().traces([traceItem()]);
  const start = page.live.startOf(CART) ?? 0;
  page.live.view.value = [start - 9_000_000_000, start - 8_000_000_000];
  await page.live.select(CART);
  expect(new URLSearchParams(location.search).get("trace")).toBe(CART);
  expect(new URLSearchParams(location.search).get("view")).toBe(null);
});

test("a link shows the axis that its sender saw", async () => {
  const page = shown(`/?trace=${CART}&scale=time`);
  await vi.waitFor(() => expect(page.preferences.scale.value).toBe("time"));
  await vi.waitFor(() => expect(placeOf(page).scale).toBe("time"));
});

test("table and filter come from the address", async () => {
  const page = shown("/?table=1&q=status%3A5xx");
  await vi.waitFor(() => expect(page.live.table.value).toBe(true));
  expect(page.live.filter.value).toBe("status:5xx");
});

test("going back undoes the last selection", async () => {
  const page = shown("/");
  page.sink().traces([traceItem()]);
  await page.live.select(CART);
  page.live.table.value = true;
  history.replaceState(null, "", address().replace("&table=1", ""));
  window.dispatchEvent(new PopStateEvent("popstate"));
  await vi.waitFor(() => expect(page.live.table.value).toBe(false));
  expect(page.live.trace.value).toBe(CART);
});

test("a step leaves behind it in the history what had not settled yet", async () => {
  const page = shown("/");
  await new Promise((resolve) => setTimeout(resolve)); // the address was applied
  const written: string[] = [];
  const replaced = vi.spyOn(history, "replaceState");
  const pushed = vi.spyOn(history, "pushState");
  page.show("hooks", "show=never");
  page.own.value = "show=never&q=cart";
  page.show("live");
  for (const { mock } of [pushed, replaced]) {
    mock.calls.forEach(([, , to], i) => {
      written[mock.invocationCallOrder[i] as number] = String(to);
    });
  }
  expect(written.filter(Boolean)).toEqual(["/hooks?show=never", "/hooks?show=never&q=cart", "/"]);
  replaced.mockRestore();
  pushed.mockRestore();
});
