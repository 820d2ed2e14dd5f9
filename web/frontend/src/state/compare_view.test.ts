/** The address of Compare, and which request belongs beside which. */
import { traceItem } from "../testing/page";
import {
  type CompareView,
  lastOfRoute,
  readCompareView,
  suggestion,
  writeCompareView,
} from "./compare_view";

test("a whole view survives the address, and what cannot be read is left out", () => {
  const view: CompareView = {
    a: "a".repeat(32),
    b: "b".repeat(32),
    step: 12,
    hideSame: true,
    closed: [3, 7],
    scale: "time",
  };
  expect(readCompareView(writeCompareView(view))).toEqual(view);
  expect(readCompareView("a=&step=x&same=1&closed=x_&scale=up")).toEqual({
    a: null,
    b: null,
    step: null,
    hideSame: false,
    closed: [],
    scale: null,
  });
});

const request = (id: string, start_ts: number, change: object = {}) =>
  traceItem({ id, start_ts, ...change });
const ITEMS = [
  request("e", 50, { endpoint: "shop.index", path: "/" }),
  request("d", 40),
  request("c", 30, { method: "POST" }),
  request("b", 20),
  request("a", 10),
];

test("the last one of a route came before, has its method, and may have another path", () => {
  const of = (id: string) => {
    const item = ITEMS.find((one) => one.id === id);
    return item === undefined ? null : (lastOfRoute(ITEMS, item)?.id ?? null);
  };
  expect(["d", "b", "c", "e"].map(of)).toEqual(["b", "a", null, null]);
  // The first of its route has the next one beside it.
  expect(of("a")).toBe("b");
});

test("who comes without a choice finds the selected request and the last like it", () => {
  expect(suggestion(ITEMS, ITEMS[3] ?? null)).toEqual({ a: "a", b: "b" });
  expect(suggestion(ITEMS, null)).toEqual({ a: "b", b: "d" });
  expect(suggestion(ITEMS.slice(1, 3), null)).toEqual({ a: "c", b: "d" });
  expect(suggestion(ITEMS.slice(0, 1), null)).toBe(null);
});
