/** The lines that a `state` event's changes become. */
import { changesOf } from "./changes";

test("each name that came, went or changed is one line, part by part", () => {
  const changes = {
    headers: { added: { "X-Stamp": "1" }, removed: { "Content-Length": "5" } },
    status: ["200 OK", "201 CREATED"],
    session: { changed: { cart: ["{}", "{'items': 3}"] } },
    g: { added: { user: "'ann'" }, removed: { seen: "[1]" } },
  };
  expect(changesOf(changes)).toEqual([
    { part: "g", glyph: "+", name: "user", before: null, after: "'ann'" },
    { part: "g", glyph: "−", name: "seen", before: "[1]", after: null },
    { part: "session", glyph: "~", name: "cart", before: "{}", after: "{'items': 3}" },
    { part: "response", glyph: "~", name: "status", before: "200 OK", after: "201 CREATED" },
    { part: "response", glyph: "+", name: "X-Stamp", before: null, after: "1" },
    { part: "response", glyph: "−", name: "Content-Length", before: "5", after: null },
  ]);
});

test("a response that comes into being is new", () => {
  expect(changesOf({ status: [null, "200 OK"] })).toEqual([
    { part: "response", glyph: "+", name: "status", before: null, after: "200 OK" },
  ]);
});

test("whatever else it is has no lines", () => {
  for (const found of [undefined, null, 1, "g", [], { g: 1, session: { added: 2 }, other: {} }]) {
    expect(changesOf(found)).toEqual([]);
  }
});
