import { logOf } from "../../demo-data/read";
import { english } from "../lib/translate";
import { KINDS } from "../protocol/generated";
import { EXPLAINED_KINDS, explain } from "./explain";
import { KNOWN_KINDS, labelsOf } from "./kinds";
import type { EventView } from "./log";

function eventOf(kind: string, name: string, attributes: Record<string, unknown> = {}): EventView {
  return logOf([{ kind, name, at: 1, attributes }]).event(0) as EventView;
}

test("every kind of the tracer's vocabulary has a fill and a sentence", () => {
  const kinds = Object.keys(KINDS).sort();
  expect([...KNOWN_KINDS].sort()).toEqual(kinds);
  expect([...EXPLAINED_KINDS].sort()).toEqual(kinds);
});

test("links lead into Flask's stable documentation", () => {
  const link = explain(eventOf("view", "cart"), english).link;
  expect(link).toBe("https://flask.palletsprojects.com/en/stable/tutorial/views/");
  expect(explain(eventOf("unheard of", "x"), english)).toEqual({
    sentence: "A step that was recorded.",
    link: null,
  });
});

test("a bar tries kind and name, then the name, then the object alone", () => {
  expect(labelsOf(eventOf("view", "cart", { endpoint: "shop.cart" }))).toEqual([
    "view shop.cart",
    "shop.cart",
    "cart",
  ]);
  expect(labelsOf(eventOf("db.query", "SELECT user"))).toEqual(["SELECT user", "user"]);
  expect(labelsOf(eventOf("db.acquire", "PooledDB"))).toEqual(["acquire PooledDB", "PooledDB"]);
  expect(labelsOf(eventOf("db.commit", "COMMIT"))).toEqual(["COMMIT"]);
  expect(labelsOf(eventOf("redis.command", "GET"))).toEqual(["GET"]);
  expect(labelsOf(eventOf("template.render", "shop/cart.html"))).toEqual([
    "render shop/cart.html",
    "shop/cart.html",
    "cart",
  ]);
  expect(labelsOf(eventOf("session.open", "SecureCookieSessionInterface"))).toEqual([
    "session.open",
    "session",
  ]);
  expect(labelsOf(eventOf("before_request", "csrf"))).toEqual(["csrf"]);
  expect(
    labelsOf(eventOf("request", "GET /cart/7"), eventOf("request", "", { status: 200 })),
  ).toEqual(["GET /cart/7 → 200", "GET /cart/7", "/cart/7"]);
});

test("a type or a path alone says nothing: a word for the step stands in its place", () => {
  expect(labelsOf(eventOf("make_response", "str"))).toEqual(["make_response str", "response"]);
  expect(labelsOf(eventOf("url_match", "/"))).toEqual(["match /", "match"]);
});

test.each([
  ["before_request", "before_books", ["before_books", "books"]],
  ["before_request", "process_request1", ["process_request1", "request1"]],
  ["teardown_request", "close_db", ["close_db"]],
  ["after_request", "_private", ["_private"]],
  ["view", "show_cart", ["view show_cart", "show_cart"]],
])(
  "of several words a hook's last one is told when there is no room (%s %s)",
  (kind, name, all) => {
    expect(labelsOf(eventOf(kind, name))).toEqual(all);
  },
);

test("a name from right to left stays by itself in its label", () => {
  const path = "/\u202Etxt.exe";
  expect(labelsOf(eventOf("url_match", path))[0]).toBe(`match \u2068${path}\u2069`);
});
