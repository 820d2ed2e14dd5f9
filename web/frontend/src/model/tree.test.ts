import { logOf, readLog, type Written } from "../../demo-data/read";
import type { TreeRow } from "./contract";
import { isOwn } from "./own";
import { buildTree } from "./tree";

const CART = "c".repeat(32);

test("rows stand in order of time, a parent before its children", () => {
  const rows = buildTree(readLog("invented.bin"), "e".repeat(32)).rows();
  expect(rows.map((row) => `${"  ".repeat(row.level - 1)}${row.kind} ${row.name}`)).toEqual([
    "request GET /billing/invoice/9",
    "  wsgi_app billing",
    "    app_context.push billing",
    "    request_context.push billing",
    "    session.open NullSession",
    "    before_request load_user",
    "    view billing.invoice",
    "      db.query SELECT invoice",
    "      span tax_rate",
    "        exception ZeroDivisionError",
    "    signal got_request_exception",
    "    error_handler on_error",
    "    after_request no_store",
    "    start_response 500 INTERNAL SERVER ERROR",
    "    request_context.pop billing",
    "    app_context.pop billing",
  ]);
});

test("a closed row hides everything below it and keeps its place among its siblings", () => {
  const log = readLog("invented.bin");
  const tree = buildTree(log, CART);
  const view = tree.rows().find((row) => row.kind === "view");
  const rows = tree.rows(new Set([view?.event as number]));
  const closed = rows.find((row) => row.kind === "view");
  expect(closed).toMatchObject({
    expanded: false,
    position: view?.position,
    siblings: view?.siblings,
  });
  expect(rows.some((row) => row.name === "cart.html")).toBe(false);
  const template = tree.rows().find((row) => row.name === "cart.html");
  expect(tree.find(template?.event as number).at(-1)).toBe(view?.event);
});

test("a row carries duration, outcome and error", () => {
  const tree = buildTree(readLog("invented.bin"), "d".repeat(32));
  const [root, , ...rest] = tree.rows();
  expect(root).toMatchObject({
    start: 0,
    duration: 6.1e6,
    result: "302",
    open: false,
    expanded: true,
  });
  expect(rest.find((row) => row.name === "require_login")).toMatchObject({
    shortCircuit: true,
    result: "302 /login",
  });
  expect(rest.find((row) => row.kind === "app_context.push")).toMatchObject({
    duration: null,
    expanded: null,
  });
});

test("an event whose parent is not held is a root", () => {
  const tree = buildTree(logOf([{ kind: "view", phase: "begin", span: 2, parent: 1, at: 5 }]), "t");
  expect(tree.rows()).toMatchObject([{ level: 1, open: true, duration: null, siblings: 1 }]);
});

test("a trace deeper than the browser's stack is still shown", () => {
  const depth = 20_000;
  const log = logOf(
    Array.from({ length: depth }, (_, i) => ({
      kind: "span",
      phase: "begin" as const,
      span: i + 1,
      parent: i,
      at: i,
    })),
  );
  expect(buildTree(log, "t").rows().at(-1)?.level).toBe(depth);
});

test("without the framework's steps the own ones move up, and what went wrong stays", () => {
  const rows = buildTree(readLog("invented.bin"), "e".repeat(32), isOwn).rows();
  expect(rows.map((row) => `${"  ".repeat(row.level - 1)}${row.kind} ${row.name}`)).toEqual([
    "request GET /billing/invoice/9",
    "  before_request load_user",
    "  view billing.invoice",
    "    db.query SELECT invoice",
    "    span tax_rate",
    "      exception ZeroDivisionError",
    "  error_handler on_error",
    "  after_request no_store",
  ]);
  expect(rows.every((row) => row.duration !== null || row.phase !== "view")).toBe(true);
});

/** A view with `count` queries of one name in it; the events of each are two, from number 2 on. */
function queries(count: number, change: (n: number) => Partial<Written> = () => ({})) {
  const events: Written[] = [{ kind: "view", phase: "begin", span: 1, at: 0 }];
  for (let n = 0; n < count; n++) {
    const query = { kind: "db.query", name: "SELECT cart", span: n + 2, parent: 1 };
    events.push({ ...query, phase: "begin", at: 10 * n + 1 });
    events.push({ ...query, phase: "end", at: 10 * n + 4, ...change(n) });
  }
  events.push({ kind: "view", phase: "end", span: 1, at: 10 * count });
  return buildTree(logOf(events), "t");
}

const told = (rows: readonly TreeRow[]) =>
  rows.map(({ name, like, folded, duration, position, siblings }) => [
    folded ? `${name} ×${like}` : name,
    duration,
    `${position}/${siblings}`,
  ]);

test("like steps one after the other are one row, with their time together", () => {
  const rows = queries(37).rows(new Set(), new Set());
  expect(told(rows)).toEqual([
    ["view", 370, "1/1"],
    ["SELECT cart ×37", 111, "1/1"],
  ]);
  expect(rows.map((row) => row.expanded)).toEqual([true, false]);
});

test("an unfolded run lists each of its steps, and its first can fold it again", () => {
  const tree = queries(4);
  const first = tree.rows(new Set(), new Set())[1]?.event as number;
  const rows = tree.rows(new Set(), new Set([first]));
  expect(told(rows).slice(1)).toEqual(
    [1, 2, 3, 4].map((position) => ["SELECT cart", 3, `${position}/4`]),
  );
  expect(rows.map((row) => row.expanded)).toEqual([true, true, null, null, null]);
  expect(rows.map((row) => tree.foldOf(row.event))).toEqual([null, first, first, first, first]);
});

test("what failed or differs is never hidden in a fold", () => {
  const failed = queries(9, (n) => (n === 4 ? { attributes: { left_by: "TimeoutError" } } : {}));
  expect(told(failed.rows(new Set(), new Set()))).toEqual([
    ["view", 90, "1/1"],
    ["SELECT cart ×4", 12, "1/3"],
    ["SELECT cart", 3, "2/3"],
    ["SELECT cart ×4", 12, "3/3"],
  ]);
  expect(told(queries(3).rows(new Set(), new Set()))).toHaveLength(4);
});
