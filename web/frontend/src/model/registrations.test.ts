/** What was announced and what ran, joined into the rows of Hooks & signals. */
import { logOf, readLog, type Written } from "../../demo-data/read";
import { type Announced, type Registration, registrationsOf, setupOf } from "./registrations";
import { runsIn } from "./runs";

const SHOP: Announced = {
  app: "shop",
  agent: "a",
  routes: [
    { rule: "/", endpoint: "index", file: "shop/views.py", line: 3 },
    { rule: "/admin/", endpoint: "admin.index", file: "shop/admin.py", line: 9 },
  ],
  registry: [
    entry("before_request", "load_cart", "cart", 1, 30),
    entry("before_request", "require_login", null, 1, 15),
    entry("before_request", "csrf_protect", null, 2, 222, { registered_by: "flask_wtf" }),
    entry("after_request", "no_store", null, 1, 40),
    entry("after_request", "add_metrics", null, 2, 50),
    entry("after_request", "legacy", "admin", 1, 71),
    entry("error_handler", "on_404", null, 1, 12, {
      registered_for: "404 werkzeug.exceptions.NotFound",
    }),
    entry("error_handler", "on_404", null, 1, 12, {
      registered_for: "410 werkzeug.exceptions.Gone",
    }),
    entry("template_filter", "money", null, 55, 80),
    entry("signal_receiver", "audit", "request_finished", 1, 31),
    entry("signal_receiver", "on_flash", "message_flashed", 1, 14),
    entry("extension", "SQLAlchemy", null, 1, 0, { registered_by: "flask_sqlalchemy" }),
  ],
};

function entry(
  kind: string,
  name: string,
  scope: string | null,
  order: number,
  line: number,
  more: object = {},
) {
  return { kind, name, scope, order, file: "shop/all.py", line, registered_by: null, ...more };
}

let span = 0;
function ran(kind: string, name: string, line: number, attributes: object = {}): Written[] {
  const common = { kind, name, app: "shop", span: ++span };
  const said = { file: "shop/all.py", line, registered_by: null, ...attributes };
  return [
    { ...common, phase: "begin", at: span * 10, seq: span * 10, attributes: said },
    { ...common, phase: "end", at: span * 10 + 5, seq: span * 10 + 5 },
  ];
}

const REQUEST: Written[] = [
  { kind: "request", phase: "begin", span: 9001, at: 0, seq: 1 },
  { kind: "wsgi_app", phase: "begin", span: 9002, at: 1, seq: 2, app: "shop" },
];

const rowsOf = (events: Written[], announced: Announced[] = [SHOP]) =>
  registrationsOf(announced, runsIn(logOf(events)));
const named = (rows: Registration[], kind: string) =>
  rows.filter((row) => row.kind === kind).map(({ name, order }) => [name, order]);

test("rows stand in the order of a request, and hooks in that in which they run", () => {
  const rows = rowsOf([]);
  expect([...new Set(rows.map(({ group }) => group))]).toEqual([
    "before_request",
    "view",
    "after_request",
    "template",
    "error_handler",
    "signal_receiver",
    "other",
  ]);
  expect(named(rows, "before_request")).toEqual([
    ["require_login", 1],
    ["csrf_protect", 2],
    ["load_cart", 1],
  ]);
  expect(named(rows, "after_request")).toEqual([
    ["legacy", 1],
    ["add_metrics", 2],
    ["no_store", 1],
  ]);
});

test("every run finds its row: by place, scope, what it handles, the endpoint", () => {
  const rows = rowsOf([
    ...REQUEST,
    ...ran("before_request", "require_login", 15, { scope: null, order: 1 }),
    ...ran("before_request", "load_cart", 30, { scope: "cart", order: 1 }),
    ...ran("view", "index_function", 9, { endpoint: "admin.index" }),
    ...ran("error_handler", "on_404", 12, { scope: null, registered_for: "410" }),
    ...ran("template_filter", "format_money", 80),
    ...ran("signal_receiver", "audit", 31, { signal: "request_finished" }),
  ]);
  const counted = rows.filter((row) => row.runs !== null);
  expect(counted.map(({ kind, name, detail }) => [kind, name, detail])).toEqual([
    ["before_request", "require_login", ""],
    ["before_request", "load_cart", ""],
    ["view", "admin.index", "/admin/"],
    ["template_filter", "money", ""],
    ["error_handler", "on_404", "410 werkzeug.exceptions.Gone"],
    ["signal_receiver", "audit", "request_finished"],
  ]);
  expect(rows.every(({ announced }) => announced)).toBe(true);
});

test("what ran without having been announced is a row as well", () => {
  const rows = rowsOf([
    ...ran("after_this_request", "add_header", 5),
    ...ran("signal_receiver", "late", 99, { signal: "request_started" }),
  ]);
  expect(rows.filter((row) => !row.announced).map(({ name, detail }) => [name, detail])).toEqual([
    ["add_header", ""],
    ["late", "request_started"],
  ]);
});

test("what never ran says why, as far as the events tell", () => {
  const sent = { kind: "signal", name: "request_finished", app: "shop" };
  const rows = rowsOf([
    ...REQUEST,
    { ...sent, phase: "begin", span: 1001, at: 500, seq: 500 },
    { ...sent, phase: "end", span: 1001, at: 501, seq: 501, attributes: { receivers: 0 } },
  ]);
  expect(
    rows
      .filter((row) => row.never !== null)
      .map(({ name, never }) => [name, never?.why])
      .filter(([name]) => name !== "on_404"),
  ).toEqual([
    ["require_login", "notNeeded"],
    ["csrf_protect", "notNeeded"],
    ["load_cart", "noBlueprintRequest"],
    ["index", "notNeeded"],
    ["admin.index", "notNeeded"],
    ["legacy", "noBlueprintRequest"],
    ["add_metrics", "notNeeded"],
    ["no_store", "notNeeded"],
    ["money", "notNeeded"],
    ["on_flash", "notSent"],
    ["audit", "notCalled"],
    ["SQLAlchemy", "unseen"],
  ]);
  const [signal] = rows.filter(({ kind }) => kind === "signal");
  expect([signal?.unheard, signal?.by]).toEqual([true, "flask"]);
  expect(rowsOf([])[0]?.never).toEqual({ why: "noRequest" });
});

test("several processes of one application share its rows", () => {
  const rows = rowsOf([], [SHOP, { ...SHOP, agent: "b" }]);
  expect(rows.length).toBe(SHOP.routes.length + SHOP.registry.length);
});

test("functions of an old and of the new state of a file are counted together by endpoint", () => {
  const rows = rowsOf([
    ...ran("view", "index", 3, { endpoint: "index" }),
    ...ran("view", "index", 4, { endpoint: "index" }),
  ]);
  const again = registrationsOf(
    [SHOP],
    runsIn(logOf([...ran("view", "index", 3, { endpoint: "index" })])),
  );
  expect(rows.find(({ name }) => name === "index")?.runs?.count).toBe(2);
  expect(again.find(({ name }) => name === "index")?.runs?.count).toBe(1);
});

test("the call that registered a function is found among the setup events", () => {
  const said = { what: "before_request", file: "shop/__init__.py", line: 27, who: "create_app" };
  const log = logOf([
    {
      kind: "setup",
      name: "before_request require_login",
      at: 1,
      app: "billing",
      attributes: { ...said, order: 1 },
    },
    {
      kind: "setup",
      name: "before_request require_login",
      at: 2,
      app: "shop",
      attributes: { ...said, order: 1 },
    },
    {
      kind: "setup",
      name: "before_request csrf_protect",
      at: 3,
      app: "shop",
      attributes: { ...said, order: 2 },
    },
    {
      kind: "setup",
      name: "before_request load_cart",
      at: 4,
      app: null,
      attributes: { ...said, scope: "cart", order: 1 },
    },
  ]);
  const counts = runsIn(log);
  const rows = registrationsOf([SHOP], counts);
  const found = (name: string) =>
    setupOf(rows.find((row) => row.name === name) as Registration, counts, log)?.index ?? null;
  expect(["require_login", "csrf_protect", "load_cart", "no_store"].map(found)).toEqual([
    1,
    2,
    3,
    null,
  ]);
});

test("the invented recording's runs all find a row, announced or not", () => {
  const log = readLog("invented.bin");
  const counts = runsIn(log);
  const rows = registrationsOf([], counts);
  expect(counts.all.length).toBeGreaterThan(5);
  expect(rows.map(({ runs }) => runs?.count ?? 0).reduce((a, b) => a + b)).toBe(
    counts.all.map(({ count }) => count).reduce((a, b) => a + b),
  );
});

test("a receiver that died has a row of its own, beside one like it that lives", () => {
  const gone = entry("signal_receiver", "audit", "request_finished", 1, 31, { died: 2 });
  const announced = [{ ...SHOP, registry: [...SHOP.registry, gone] }];
  const rows = rowsOf(REQUEST, announced).filter(({ name }) => name === "audit");
  expect(rows.map(({ died, never }) => [died, never?.why])).toEqual([
    [0, "notSent"],
    [2, "died"],
  ]);
});

test("applications that had requests stand before those that only wait for one", () => {
  const idle: Announced = { ...SHOP, app: "a lesson", routes: [] };
  const log = logOf([
    { kind: "wsgi_app", name: "shop", app: "shop", span: 1, phase: "begin", at: 0 },
    { kind: "view", name: "index", app: "shop", span: 2, phase: "begin", at: 1 },
    { kind: "view", name: "index", app: "shop", span: 2, phase: "end", at: 2 },
    { kind: "wsgi_app", name: "shop", app: "shop", span: 1, phase: "end", at: 3 },
  ]);
  const rows = registrationsOf([idle, SHOP], runsIn(log));
  const apps = rows.filter(({ kind }) => kind === "before_request").map(({ app }) => app);
  expect([...new Set(apps)]).toEqual(["shop", "a lesson"]);
});
