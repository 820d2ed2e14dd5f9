/** What is usual for a route, and in what a request differs. */
import { logOf, type Written } from "../../demo-data/read";
import { UsualFinder } from "./usual";

/** A request of these steps, each `kind name`. */
function trace(id: string, at: number, ...steps: string[]): Written[] {
  return ["request GET /", ...steps].map((step, i) => {
    const [kind, ...name] = step.split(" ");
    return {
      kind: kind as string,
      name: name.join(" ") || (kind as string),
      at: at + i,
      trace_id: id,
    };
  });
}

const usualOf = (traces: Record<string, string[]>, route = (_: string) => "index") => {
  const events = Object.entries(traces).flatMap(([id, steps], i) => trace(id, i * 100, ...steps));
  const requests = Object.keys(traces).map((id) => ({ id, route: route(id) }));
  const found = new UsualFinder(logOf(events)).of(requests);
  return { ...found, differences: Object.fromEntries(found.differences) };
};

test("most requests of a route say what is usual, whatever names their addresses and statements have", () => {
  const found = usualOf({
    a: ["before_request load", "view index", "db.query SELECT 1"],
    b: ["before_request load", "view index", "db.query SELECT 2", "state x"],
    c: ["before_request load", "before_request check"],
    d: ["view index", "before_request load", "db.query SELECT 3"],
  });
  expect(found).toEqual({
    judged: 4,
    unknown: 0,
    differences: {
      c: { more: ["before_request check"], less: ["view index", "db.query"] },
      d: { more: [], less: [] },
    },
  });
});

test("a step more than usual counts, pieces of a body do not", () => {
  const view = ["view index", "db.query", "response.chunk"];
  const { differences } = usualOf({
    a: view,
    b: [...view, "response.chunk", "response.chunk"],
    c: ["view index", "db.query", "db.query", "response.chunk"],
  });
  expect(differences).toEqual({ c: { more: ["db.query"], less: [] } });
});

test("two of a route, or two sequences equally common, say nothing", () => {
  const even = { a: ["view x"], b: ["view x"], c: ["view y"], d: ["view y"] };
  expect(usualOf(even)).toEqual({ judged: 0, unknown: 4, differences: {} });
  const few = { a: ["view x"], b: ["view y"] };
  expect(usualOf(few)).toEqual({ judged: 0, unknown: 2, differences: {} });
  expect(usualOf({ ...even, e: ["view y"] }, (id) => (id < "d" ? "1" : "2"))).toEqual({
    judged: 3,
    unknown: 2,
    differences: { c: { more: ["view y"], less: ["view x"] } },
  });
});
