import { logOf, readLog, type Written } from "../../demo-data/read";
import { english } from "../lib/translate";
import type { EventLog } from "./log";
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
  expect(storyOfTrace("f")).toBe(
    "shop ran outside a request in 3.0 ms, ✕ 2 AppContext billing was never popped: 1 nested app context",
  );
});

test("a request that is still running, one that was cut off, and one that is not held", () => {
  const log = logOf([{ kind: "request", name: "GET /", phase: "begin", span: 1, at: 1 }]);
  expect(storyText(storyOf(log, "t", english))).toBe("GET / is still running");
  expect(storyText(storyOf(log, "t", english, true))).toBe(
    "GET / was cut off when its process went away",
  );
  expect(storyOf(log, "unknown", english)).toEqual([]);
});

/** A request whose view pushed a context, from `place`; `rest` is what happened to it. */
function pushing(
  rest: readonly Written[],
  end: Record<string, unknown> = {},
  place: Record<string, unknown> = {},
): EventLog {
  const stack = ["app_context 1", "app_context 2"];
  const pushed = { context: "app_context 2", stack, ...place };
  return logOf([
    { kind: "request", name: "GET /leak", phase: "begin", span: 1, at: 0 },
    {
      kind: "app_context.push",
      at: 1,
      app: "shop",
      attributes: { context: "app_context 1", stack: ["app_context 1"] },
    },
    { kind: "view", name: "leak", phase: "begin", span: 2, parent: 1, at: 2 },
    { kind: "app_context.push", at: 3, app: "shop", parent: 2, attributes: pushed },
    { kind: "view", name: "leak", phase: "end", span: 2, at: 4 },
    ...rest,
    { kind: "request", name: "GET /leak", phase: "end", span: 1, at: 9, attributes: end },
  ]);
}
const pop = (number: number, stack: string[]): Written => ({
  kind: "app_context.pop",
  at: 8 - number,
  app: "shop",
  attributes: { context: `app_context ${number}`, stack },
});

test("a context that nobody popped is named, with the step that pushed it", () => {
  const log = pushing([pop(1, [])], { status: 200, chunks: 1 });
  const parts = storyOf(log, "t", english);
  expect(storyText(parts)).toBe(
    "GET /leak → leak → 200 in 9 ns, ✕ 2 AppContext shop was never popped, pushed in leak: 1 nested app context",
  );
  expect(parts.find(({ kind }) => kind === "error")?.event).toBe(3);
});

test("where the application pushed it says more than the step around it", () => {
  const place = { function: "rate_of", file: "shop/rates.py", line: 12 };
  const log = pushing([pop(1, [])], { status: 200, chunks: 1 }, place);
  expect(storyText(storyOf(log, "t", english))).toContain(
    "was never popped, pushed in rate_of (shop/rates.py:12): ",
  );
});

test("contexts that were popped, and those of a request that was not recorded whole, are no leaks", () => {
  const popped = [pop(2, ["app_context 1"]), pop(1, [])];
  expect(storyText(storyOf(pushing(popped), "t", english))).not.toContain("popped");
  const cut = pushing([], { truncated: true });
  expect(storyText(storyOf(cut, "t", english))).not.toContain("popped");
});

test("a request that reached its bound says how much is missing", () => {
  const cut = pushing([], { truncated: true, dropped: 2547 });
  expect(storyText(storyOf(cut, "t", english))).toContain(
    "in 9 ns, ✕ cut off: 2547 events were not recorded: 1 nested app context",
  );
});

test("several contexts that nobody popped are counted", () => {
  expect(storyText(storyOf(pushing([]), "t", english))).toBe(
    "GET /leak → leak in 9 ns, ✕ 2 contexts were never popped: 1 nested app context",
  );
});

test("an exception that left the request is named, and what was answered but never sent", () => {
  const popped = [pop(2, ["app_context 1"]), pop(1, [])];
  const told = (end: Record<string, unknown>) =>
    storyText(storyOf(pushing(popped, { left_by: "AssertionError", ...end }), "t", english));
  expect(told({ status: 200, chunks: 0 })).toBe(
    "GET /leak → leak → 200 (never sent) → AssertionError in 9 ns: 1 nested app context",
  );
  expect(told({ status: 200, chunks: 2 })).toBe(
    "GET /leak → leak → 200 → AssertionError in 9 ns: 1 nested app context",
  );
});

test("every text of the story goes through the catalogue", () => {
  const seen: string[] = [];
  storyOf(readLog("invented.bin"), "d".repeat(32), (message, values) => {
    seen.push(message);
    return english(message, values);
  });
  expect(seen).toEqual(["(answered before the view)", "in", "{count} hooks", ", "]);
});
