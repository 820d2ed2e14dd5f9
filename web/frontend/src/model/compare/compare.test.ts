/** Two requests as one merged tree. */
import { logOf, readLog, type Written } from "../../../demo-data/read";
import { type Comparison, compare, largestShares, type MergedStep, visibleSteps } from "./compare";

const GLYPHS = { same: "=", changed: "~", onlyA: "−", onlyB: "+" };

/** A request as a test writes it: one line a step, indented; `name[ms]` is a span, `name` an instant. */
function request(text: string, attributes: Record<string, object> = {}): Written[] {
  const events: Written[] = [];
  const open: { level: number; written: Written; ends: number }[] = [];
  let at = 0;
  let span = 0;
  const tick = () => ++at * 1000;
  const leave = (level: number) => {
    while ((open.at(-1)?.level ?? -1) >= level) {
      const { written, ends } = open.pop() as (typeof open)[number];
      at = Math.max(at + 1, ends / 1000);
      events.push({ ...written, phase: "end", at: at * 1000, attributes: {} });
    }
  };
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    const [, indent = "", kind = "", name = "", us] =
      /^(\s*)(\S+) ?(.*?)(?: ?\[(\d+)\])?$/.exec(line) ?? [];
    leave(indent.length);
    const parent = open.at(-1)?.written.span ?? 0;
    const said = attributes[`${kind} ${name}`] ?? attributes[kind] ?? {};
    const written: Written = {
      kind,
      name,
      app: "shop",
      parent,
      at: tick(),
      attributes: { ...said },
    };
    if (us === undefined) events.push({ ...written, phase: "instant" });
    else {
      written.span = ++span;
      events.push({ ...written, phase: "begin" });
      open.push({
        level: indent.length,
        written,
        ends: (written.at as number) + Number(us) * 1000,
      });
    }
  }
  leave(0);
  return events.map((event, i) => ({ ...event, seq: i + 1 }));
}

const compared = (a: Written[], b: Written[]) =>
  compare({ log: logOf(a), trace: "t" }, { log: logOf(b), trace: "t" });

const lineOf = ({ level, difference, a, b }: MergedStep) => {
  const step = b ?? a;
  const times = [a, b].map((one) => (one && one.count > 1 ? `×${one.count}` : "")).join("|");
  return `${" ".repeat(level - 1)}${GLYPHS[difference]} ${step?.kind} ${step?.name}${times === "|" ? "" : ` ${times}`}`;
};
const linesOf = (comparison: Comparison) => comparison.steps.map(lineOf);

const CART = `
request GET /cart/7 [180]
 before_request require_login [20]
 view cart [90]
  db.query SELECT cart [22]
  redis.command GET rate [24]
  template.render cart.html [29]
 after_request no_store [15]
 session.save Secure [5]
`;
const SLOWER = `
request GET /cart/7 [250]
 before_request require_login [20]
 view cart [140]
  db.query SELECT cart [20]
  db.query SELECT price [10]
  db.query SELECT price [10]
  db.query SELECT price [10]
  template.render cart.html [45]
 after_request no_store [15]
 after_request gzip [12]
 session.save Secure [5]
`;

test("a request beside itself is the same all through, and the time makes no difference", () => {
  const comparison = compared(request(CART), request(CART));
  expect(comparison.counts).toEqual({ same: 8, changed: 0, onlyA: 0, onlyB: 0 });
  expect(comparison.steps.every(({ delta }) => delta === 0)).toBe(true);
  const slow = request(CART.replace("[22]", "[42]"));
  expect(compared(request(CART), slow).counts.same).toBe(8);
});

test("what came and what went stands in the order of both, alike neighbours are one step", () => {
  expect(linesOf(compared(request(CART), request(SLOWER)))).toEqual([
    "~ request GET /cart/7",
    " = before_request require_login",
    " ~ view cart",
    "  = db.query SELECT cart",
    "  − redis.command GET rate",
    "  + db.query SELECT price |×3",
    "  = template.render cart.html",
    " = after_request no_store",
    " + after_request gzip",
    " = session.save Secure",
  ]);
});

test("the other way round, all that came went", () => {
  const there = compared(request(CART), request(SLOWER));
  const back = compared(request(SLOWER), request(CART));
  expect(back.counts).toEqual({
    ...there.counts,
    onlyA: there.counts.onlyB,
    onlyB: there.counts.onlyA,
  });
  expect(back.steps[0]?.delta).toBe(-(there.steps[0]?.delta ?? 0));
});

test("times are subtracted, and where they went adds up to the whole", () => {
  const comparison = compared(request(CART), request(SLOWER));
  const deltas = Object.fromEntries(
    comparison.steps.map((step) => [(step.b ?? step.a)?.name, step.delta]),
  );
  expect(deltas).toEqual({
    "GET /cart/7": 70_000,
    require_login: 0,
    cart: 50_000,
    "SELECT cart": -2_000,
    "GET rate": -24_000,
    "SELECT price": 30_000,
    "cart.html": 16_000,
    no_store: 0,
    gzip: 12_000,
    Secure: 0,
  });
  const { shares, rest, total } = largestShares(comparison, 4);
  expect(shares.map(({ step, delta }) => [(step.b ?? step.a)?.name, delta])).toEqual([
    ["cart", 30_000],
    ["SELECT price", 30_000],
    ["cart.html", 16_000],
    ["GET rate", -24_000],
  ]);
  expect(total).toBe(70_000);
  expect(rest + shares.reduce((sum, { delta }) => sum + delta, 0)).toBe(total);
});

test("what a step did differently is named, and makes what is around it differ", () => {
  const a = request(CART, { "session.save": { set_cookie: true, context: "app_context 1" } });
  const b = request(CART, { "session.save": { set_cookie: false, context: "app_context 2" } });
  const comparison = compared(a, b);
  expect(comparison.counts).toEqual({ same: 6, changed: 2, onlyA: 0, onlyB: 0 });
  const [save] = comparison.steps.filter(({ a }) => a?.kind === "session.save");
  expect(save?.changes).toEqual([{ what: "set_cookie", a: true, b: false }]);
  expect(comparison.steps[0]?.inside).toBe(1);
});

test("a view of another name stands for the view, a query of another name does not", () => {
  const other = request(
    CART.replace("view cart", "view basket").replace("SELECT cart", "SELECT x"),
  );
  expect(linesOf(compared(request(CART), other)).slice(2, 5)).toEqual([
    " ~ view basket",
    "  − db.query SELECT cart",
    "  + db.query SELECT x",
  ]);
});

const CONTEXTS = (inner: string) => `
app_context.push shop
request_context.push shop
${inner}
request_context.pop shop
app_context.pop shop
`;
const STACKS = {
  "app_context.push shop": { context: "app_context 1", stack: ["app_context 1"], push_count: 1 },
  "app_context.push billing": {
    context: "app_context 2",
    stack: ["app_context 1", "app_context 2"],
  },
  "app_context.pop billing": { context: "app_context 2", stack: ["app_context 1"] },
  "request_context.push shop": { context: "request_context 3", stack: ["request_context 3"] },
  "request_context.pop shop": { context: "request_context 3", stack: [] },
  "app_context.pop shop": { context: "app_context 1", stack: [] },
};

test("the same step in other contexts is told from its like by the contexts around it", () => {
  const a = request(CONTEXTS("log hello"), STACKS);
  const b = request(
    CONTEXTS("log hello\napp_context.push billing\nlog hello\napp_context.pop billing"),
    STACKS,
  ).map((event) => (event.name === "billing" ? { ...event, app: "billing" } : event));
  const comparison = compared(a, b);
  expect(linesOf(comparison)).toEqual([
    "= app_context.push shop",
    "= request_context.push shop",
    "= log hello",
    "+ app_context.push billing",
    "+ log hello",
    "+ app_context.pop billing",
    "= request_context.pop shop",
    "= app_context.pop shop",
  ]);
  expect([comparison.contextsA, comparison.contextsB]).toEqual([
    ["AppContext shop", "RequestContext shop"],
    ["AppContext shop", "RequestContext shop", "AppContext billing"],
  ]);
  const inner = compared(
    a,
    b.filter((event) => event.kind !== "log" || event.at > 3500),
  );
  const [log] = inner.steps.filter(({ b }) => b?.kind === "log");
  expect(log?.changes.map(({ what }) => what)).toEqual(["contexts"]);
});

test("what is below a closed step, or the same, is not shown", () => {
  const comparison = compared(request(CART), request(SLOWER));
  const shown = (closed: number[], hideSame: boolean) =>
    visibleSteps(comparison, new Set(closed), hideSame).map(lineOf);
  expect(shown([2], false)).toHaveLength(6);
  expect(shown([], true)).toEqual([
    "~ request GET /cart/7",
    " ~ view cart",
    "  − redis.command GET rate",
    "  + db.query SELECT price |×3",
    " + after_request gzip",
  ]);
});

test("a span without an end has no time, and says that it has none", () => {
  const events = request(CART);
  const comparison = compared(events, events.slice(0, -1));
  expect(comparison.steps[0]?.changes).toEqual([{ what: "open", a: false, b: true }]);
  expect(comparison.steps[0]?.delta).toBe(-(comparison.steps[0]?.a?.duration ?? 0));
});

test("recorded requests: each beside itself is the same, two of them have all their steps", () => {
  const log = readLog("invented.bin");
  const traces = [...log.traceIds()];
  for (const trace of traces) {
    const { counts } = compare({ log, trace }, { log, trace });
    expect([counts.changed, counts.onlyA, counts.onlyB]).toEqual([0, 0, 0]);
  }
  const [a, b] = traces as [string, string];
  const comparison = compare({ log, trace: a }, { log, trace: b });
  const count = (trace: string) => compare({ log, trace }, { log, trace }).steps.length;
  expect(comparison.steps.filter((step) => step.a !== null)).toHaveLength(count(a));
  expect(comparison.steps.filter((step) => step.b !== null)).toHaveLength(count(b));
});

test("a step below a step below a step, 20,000 deep", () => {
  const deep = Array.from({ length: 20_000 }, (_, i): Written[] => [
    { kind: "span", name: "s", phase: "begin", span: i + 1, parent: i, at: i, seq: i + 1 },
  ]).flat();
  expect(compared(deep, deep).counts.same).toBe(20_000);
});
