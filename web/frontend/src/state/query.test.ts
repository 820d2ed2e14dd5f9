/** The find box: what it reads, what it finds, and what it says of the rest. */
import { traceItem } from "../testing/page";
import { type Known, readQuery } from "./query";
import { complete, suggest } from "./suggest";

const failed = traceItem({
  id: "failed",
  status: 500,
  error: "ZeroDivisionError",
  path: "/billing/invoice/9",
  duration: 4_000_000,
});
const turned = traceItem({
  id: "turned",
  status: 302,
  short_circuit: "require_login",
  method: "POST",
  complete: false,
});
const known: Known = {
  kinds: (id) => (id === "failed" ? new Set(["request", "db.query"]) : null),
  names: (id) => (id === "turned" ? "user\nset-cookie\nbasket" : ""),
  isUnusual: (id) => id === "turned",
  isLeaking: (id) => id === "failed",
};

test.each([
  ["", true, true],
  ["zerodiv", true, false],
  ["basket", false, true],
  ["-basket", true, false],
  ["status:5xx", true, false],
  ["status:30", false, true],
  ["status:302 method:post", false, true],
  ["method:post status:500", false, false],
  ["app:bill", true, true],
  ["is:error", true, false],
  ["is:short", false, true],
  ["is:unusual", false, true],
  ["is:leaking", true, false],
  ["is:running", false, true],
  ["-is:error", false, true],
  ["-require", true, false],
  ["kind:db.", true, false],
  ["kind:request", true, true],
  ["route:shop.cart", true, true],
  ["route:/billing/*", true, false],
  ["duration:>10ms", false, true],
  ["duration:<=4", true, false],
  ["duration:3..5ms", true, false],
  ["duration:<0.01s", true, false],
  ['"get /shop"', true, true],
  ['"status:5xx"', false, false],
  ["REQUIRE_LOGIN", false, true],
  ["nowhere", false, false],
])("%j finds the failed one: %j, the one turned away: %j", (text, first, second) => {
  const { test, problems } = readQuery(text);
  expect([problems, test(failed, known), test(turned, known)]).toEqual([[], first, second]);
});

test("what cannot be read is named, and the rest holds", () => {
  const { test, problems } = readQuery("stats:5xx status:abc duration:10ms is:odd app: zerodiv");
  expect(problems).toEqual([
    { key: "find.noField", word: "stats:5xx" },
    { key: "find.badStatus", word: "status:abc" },
    { key: "find.badDuration", word: "duration:10ms" },
    { key: "find.badIs", word: "is:odd" },
    { key: "find.noValue", word: "app:" },
  ]);
  expect([failed, turned].map((item) => test(item, known))).toEqual([true, false]);
});

test("an address is looked for as it is", () => {
  expect(readQuery("http://x 127.0.0.1:5000").problems).toEqual([]);
});

test("fields are proposed, then the values that requests have", () => {
  const words = (text: string) =>
    suggest(text, [failed, turned], ["db.query", "view"]).map(({ word, count }) => [word, count]);
  expect(words("zero st")).toEqual([["status:", null]]);
  expect(words("status:")).toEqual([
    ["status:302", 1],
    ["status:500", 1],
  ]);
  expect(words("-app:s")).toEqual([["-app:shop", 2]]);
  expect(words("kind:v")).toEqual([["kind:view", null]]);
  expect(words("stats:")).toEqual([]);
  expect([complete("zero st", "status:"), complete("zero status:5", "status:500")]).toEqual([
    "zero status:",
    "zero status:500 ",
  ]);
});
