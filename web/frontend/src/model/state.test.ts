/** Before and after a step, and who set what. */
import { logOf, type Written } from "../../demo-data/read";
import type { EventLog, EventView } from "./log";
import { StateHistory } from "./state";

const push = (at: number, app: string, label: string, stack: string[]): Written => ({
  kind: "app_context.push",
  at,
  app,
  attributes: { context: label, stack, push_count: 1 },
});
const span = (kind: string, name: string, number: number, at: number, app = "shop"): Written[] => [
  { kind, name, span: number, phase: "begin", at, app },
  { kind, name, span: number, phase: "end", at: at + 1, app },
];
const state = (
  after: string,
  name: string,
  at: number,
  changes: unknown,
  app = "shop",
): Written => ({
  kind: "state",
  name,
  at,
  app,
  attributes: { after, changes },
});

const log = logOf([
  push(0, "shop", "app_context 1", ["app_context 1"]),
  { kind: "session.open", span: 1, phase: "begin", at: 1, app: "shop" },
  {
    kind: "session.open",
    span: 1,
    phase: "end",
    at: 2,
    app: "shop",
    attributes: { keys: ["cart"] },
  },
  ...span("before_request", "load_user", 2, 10),
  state("before_request", "load_user", 12, { g: { added: { user: "'ada'" } } }),
  push(20, "billing", "app_context 2", ["app_context 1", "app_context 2"]),
  ...span("view", "bill", 3, 21, "billing"),
  state("view", "bill", 23, { g: { added: { user: "'nobody'" } } }, "billing"),
  {
    kind: "app_context.pop",
    at: 25,
    app: "billing",
    attributes: { context: "app_context 2", stack: ["app_context 1"] },
  },
  ...span("after_request", "sign", 4, 30),
  state("after_request", "sign", 32, {
    g: { changed: { user: ["'ada'", "'bob'"] } },
    session: { removed: { cart: "[1]" } },
    status: [null, "200 OK"],
    headers: { added: { "X-Signed": "yes" } },
  }),
  ...span("teardown_request", "close", 5, 40),
]);

const history = new StateHistory(log, "t");
const begin = (kind: string) => eventsOf(log).find((event) => event.kind === kind) as EventView;
const rows = (kind: string) =>
  history
    .rowsAt(begin(kind))
    .map(({ glyph, part, name, before, after }) => [
      `${glyph}${part}.${name}`,
      before?.value,
      after?.value,
      log.event((after ?? before)?.setBy ?? -1)?.name,
    ]);

function eventsOf(from: EventLog): EventView[] {
  return from.eventsOf("t").map((index) => from.event(index) as EventView);
}

test("a step has a before and an after, and every name says who set it", () => {
  expect(rows("before_request")).toEqual([
    ["+g.user", undefined, "'ada'", "load_user"],
    ["session.cart", null, null, "session.open"],
  ]);
  expect(rows("after_request")).toEqual([
    ["~g.user", "'ada'", "'bob'", "sign"],
    ["−session.cart", null, undefined, "session.open"],
    ["+response.status", undefined, "200 OK", "sign"],
    ["+response.X-Signed", undefined, "yes", "sign"],
  ]);
});

test("each context has its own g, and each application its own session and response", () => {
  expect(rows("view")).toEqual([["+g.user", undefined, "'nobody'", "bill"]]);
  const at = (label: string, t: number) =>
    history.contentsOf(label, t).map(({ name, value }) => `${name}=${value}`);
  expect([at("app_context 1", 24), at("app_context 2", 24), at("app_context 1", 33)]).toEqual([
    ["user='ada'"],
    ["user='nobody'"],
    ["user='bob'"],
  ]);
});

test("a step without a difference of its own shows what stands there", () => {
  expect(rows("teardown_request")).toEqual([
    ["g.user", "'bob'", "'bob'", "sign"],
    ["response.status", "200 OK", "200 OK", "sign"],
    ["response.X-Signed", "yes", "yes", "sign"],
  ]);
});

test("a request as a whole shows what all its steps did", () => {
  const whole = logOf([
    { kind: "request", span: 1, phase: "begin", at: 0, app: "shop" },
    push(1, "shop", "app_context 1", ["app_context 1"]),
    ...span("before_request", "load_user", 2, 10),
    state("before_request", "load_user", 12, { g: { added: { user: "'ada'" } } }),
    ...span("after_request", "sign", 3, 20),
    state("after_request", "sign", 22, { headers: { added: { "Set-Cookie": "v=1" } } }),
    { kind: "session.save", span: 4, phase: "begin", at: 30, app: "shop" },
    {
      kind: "session.save",
      name: "Sessions",
      span: 4,
      phase: "end",
      at: 31,
      app: "shop",
      attributes: { set_cookie: true },
    },
    { kind: "request", span: 1, phase: "end", at: 40, app: "shop" },
  ]);
  const told = new StateHistory(whole, "t")
    .rowsAt(whole.event(whole.eventsOf("t")[0] as number) as EventView)
    .map(({ glyph, part, name, after }) => [
      `${glyph}${part}.${name}`,
      after?.value,
      whole.event(after?.setBy ?? -1)?.kind,
    ]);
  expect(told).toEqual([
    ["+g.user", "'ada'", "before_request"],
    ["+response.Set-Cookie", "v=1", "after_request"],
    ["+response.Set-Cookie (session)", null, "session.save"],
  ]);
});

test("a step that leaves a context on the stack keeps the g that it found", () => {
  const leaking = logOf([
    push(1, "shop", "app_context 1", ["app_context 1"]),
    ...span("before_request", "load_user", 2, 10),
    state("before_request", "load_user", 12, { g: { added: { user: "'ada'" } } }),
    { kind: "view", name: "leak", span: 3, phase: "begin", at: 20, app: "shop" },
    push(21, "shop", "app_context 2", ["app_context 1", "app_context 2"]),
    { kind: "view", name: "leak", span: 3, phase: "end", at: 22, app: "shop" },
    state("view", "leak", 23, { g: { added: { job: "'mail'" } } }),
  ]);
  const view = eventsOf(leaking).find(({ kind }) => kind === "view") as EventView;
  expect(
    new StateHistory(leaking, "t").rowsAt(view).map(({ glyph, name }) => glyph + name),
  ).toEqual(["user", "+job"]);
});

test("without state events nothing is claimed", () => {
  expect(new StateHistory(logOf(span("view", "x", 1, 0)), "t").isRecorded).toBe(false);
});
