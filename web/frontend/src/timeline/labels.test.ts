import { type Bar, placeLabel, shorten } from "./labels";

/** Ten pixels a character make the arithmetic readable. */
const measure = (text: string) => text.length * 10;
const bar = (left: number, right: number, more: Partial<Bar> = {}): Bar => ({
  left,
  right,
  padding: 8,
  glyph: 0,
  ...more,
});

function textIn(candidates: string[], right: number, duration = ""): [string, boolean] | null {
  const placed = placeLabel(candidates, duration, bar(0, right), 1000, measure);
  return placed && [placed.text, placed.durationRight !== null];
}

test("the longest name that fits stands in the bar, whole", () => {
  const names = ["view shop.cart", "shop.cart", "cart"];
  expect(textIn(names, 153)).toEqual(["view shop.cart", false]);
  expect(textIn(names, 152)).toEqual(["shop.cart", false]);
  expect(textIn(names, 102)).toEqual(["cart", false]);
  expect(textIn(names, 52)).toBeNull();
});

test("the duration stands on the right only if name, gap and duration fit", () => {
  expect(textIn(["cart"], 8 + 40 + 6 + 60 + 5, "8.2 ms")).toEqual(["cart", true]);
  expect(textIn(["cart"], 8 + 40 + 6 + 60 + 4, "8.2 ms")).toEqual(["cart", false]);
});

test("a shortened name has an ellipsis and at least four characters", () => {
  expect(textIn(["require_login"], 83)).toEqual(["requir…", false]);
  expect(textIn(["require_login"], 63)).toEqual(["requ…", false]);
  expect(textIn(["require_login"], 62)).toBeNull();
});

test("below 44 pixels nothing is shortened", () => {
  expect(placeLabel(["abcdefgh"], "", bar(0, 43), 1000, (text) => text.length)).not.toBeNull();
  expect(placeLabel(["abcdefgh"], "", bar(0, 43), 1000, (text) => text.length * 5)).toBeNull();
});

test("a path loses its beginning", () => {
  expect(shorten("/shop/cart/7", 80, measure)).toBe("…/cart/7");
});

test("a bar that starts left of the view keeps its label at the edge of the view", () => {
  const placed = placeLabel(["cart"], "9 ms", bar(-500, 400), 300, measure);
  expect(placed).toEqual({ text: "cart", x: 8, width: 40, durationRight: 295 });
});

test("a glyph in the bar takes its room", () => {
  expect(placeLabel(["cart"], "", bar(0, 53, { glyph: 18 }), 1000, measure)).toBeNull();
  expect(placeLabel(["cart"], "", bar(0, 71, { glyph: 18 }), 1000, measure)?.text).toBe("cart");
});
