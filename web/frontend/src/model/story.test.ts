import { logOf, readLog } from "../../demo-data/read";
import { english } from "../lib/translate";
import { storyOf, storyText } from "./story";

function storyOfTrace(letter: string): string {
  return storyText(storyOf(readLog("invented.bin"), letter.repeat(32), english));
}

test("a request that went well", () => {
  expect(storyOfTrace("c")).toBe(
    "GET /shop/cart/7 → shop.cart → 200 in 18.4 ms: 4 hooks, 4 queries, 1 template, 1 nested app context",
  );
});

test("a request that a hook answered", () => {
  expect(storyOfTrace("d")).toBe(
    "POST /shop/checkout → require_login → 302 (answered before the view) in 6.1 ms: 3 hooks",
  );
});

test("a request whose exception a handler caught", () => {
  expect(storyOfTrace("e")).toBe(
    "GET /billing/invoice/9 → billing.invoice → ZeroDivisionError → on_error → 500 in 12.2 ms: 2 hooks, 1 query",
  );
});

test("a script", () => {
  expect(storyOfTrace("f")).toBe("shop ran outside a request in 3.0 ms: 1 nested app context");
});

test("a request that is still running, one that was cut off, and one that is not held", () => {
  const log = logOf([{ kind: "request", name: "GET /", phase: "begin", span: 1, at: 1 }]);
  expect(storyText(storyOf(log, "t", english))).toBe("GET / is still running");
  expect(storyText(storyOf(log, "t", english, true))).toBe(
    "GET / was cut off when its process went away",
  );
  expect(storyOf(log, "unknown", english)).toEqual([]);
});

test("every text of the story goes through the catalogue", () => {
  const seen: string[] = [];
  storyOf(readLog("invented.bin"), "d".repeat(32), (message, values) => {
    seen.push(message);
    return english(message, values);
  });
  expect(seen).toEqual(["(answered before the view)", "in", "{count} hooks", ", "]);
});
