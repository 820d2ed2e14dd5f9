/** What is counted, and only over what the log holds. */
import { blockOf, logOf, type Written } from "../../demo-data/read";
import { EventLog } from "./log";
import { type Runs, runsIn } from "./runs";

const HOOK = { scope: null, order: 1, file: "shop/auth.py", line: 15, registered_by: null };

function run(span: number, at: number, more: Partial<Written> = {}, ended = {}): Written[] {
  const common = { kind: "before_request", name: "require_login", app: "shop", span, ...more };
  return [
    { attributes: HOOK, ...common, phase: "begin", at, seq: at },
    { ...common, phase: "end", at: at + 10 * span, seq: at + 1, attributes: ended },
  ];
}

function send(span: number, at: number, sender: string, receivers: string[]): Written[] {
  const inner = receivers.flatMap((name, i) =>
    run(span * 10 + i, at + 2 + i * 2, {
      kind: "signal_receiver",
      name,
      parent: span,
      attributes: { signal: "request_started", registered_by: null, file: "shop/log.py", line: 3 },
    }),
  );
  const common = { kind: "signal", name: "request_started", app: "shop", span };
  return [
    { ...common, phase: "begin", at, seq: at, attributes: { sender } },
    ...inner,
    {
      ...common,
      phase: "end",
      at: at + 50,
      seq: at + 50,
      attributes: { receivers: receivers.length },
    },
  ];
}

const figures = ({ of, count, total, returned, raised }: Runs) => [
  of.name,
  count,
  total,
  returned,
  raised,
];

test("runs of one function are counted with their times, returns and errors", () => {
  const log = logOf([
    ...run(1, 100),
    ...run(2, 200, {}, { returned: "Response", short_circuit: true }),
    ...run(3, 300, {}, { left_by: "KeyError" }),
    ...run(4, 400, { name: "csrf", attributes: { ...HOOK, order: 2 } }),
  ]);
  const { all } = runsIn(log);
  expect(all.map(figures)).toEqual([
    ["require_login", 3, 60, 1, 1],
    ["csrf", 1, 40, 0, 0],
  ]);
  expect(all[0]?.mean).toBe(20);
  expect([...(all[0]?.events.data.slice(0, 3) ?? [])]).toEqual([0, 2, 4]);
});

test("a run that has not ended counts as a run and has no time", () => {
  const { all } = runsIn(logOf(run(1, 100).slice(0, 1)));
  expect([all[0]?.count, all[0]?.total, all[0]?.mean]).toEqual([1, 0, null]);
});

test("what arrives is added to what was counted, and a run may end in another block", () => {
  const log = new EventLog();
  const [begin, end] = run(1, 100);
  log.append(blockOf([begin as Written]));
  expect(runsIn(log).all.map(figures)).toEqual([["require_login", 1, 0, 0, 0]]);
  log.append(blockOf([end as Written, ...run(2, 200)]));
  expect(runsIn(log).all.map(figures)).toEqual([["require_login", 2, 30, 0, 0]]);
});

test("what left the log is not counted any more", () => {
  const log = new EventLog({ maxEvents: 4 });
  for (let i = 1; i <= 6; i++) log.append(blockOf(run(i, i * 100)));
  const held = log.count / 2;
  expect(runsIn(log).all.map(({ count }) => count)).toEqual([held]);
  log.clear();
  expect(runsIn(log).all).toEqual([]);
});

test("requests are counted, and which application they reached", () => {
  const counts = runsIn(
    logOf([
      { kind: "request", phase: "begin", span: 1, at: 1 },
      { kind: "wsgi_app", phase: "begin", span: 2, at: 2, app: "shop" },
      { kind: "wsgi_app", phase: "begin", span: 3, at: 3, app: "billing" },
      { kind: "request", phase: "begin", span: 4, at: 4 },
      { kind: "wsgi_app", phase: "begin", span: 5, at: 5, app: "shop" },
    ]),
  );
  expect([counts.requests, Object.fromEntries(counts.reached)]).toEqual([
    2,
    { shop: 2, billing: 1 },
  ]);
});

test("a receiver that is not called any more is told by the sends that went past it", () => {
  const log = logOf([
    ...send(1, 100, "shop", ["audit", "count"]),
    ...send(2, 200, "shop", ["count"]),
    ...send(3, 300, "job", []),
    ...send(4, 400, "shop", ["count"]),
  ]);
  const counts = runsIn(log);
  const since = counts.all
    .filter(({ of }) => of.kind === "signal_receiver")
    .map((runs) => [runs.of.name, counts.sendsSince(runs)]);
  // The job never called either of them: a receiver may be connected to one sender alone.
  expect(since).toEqual([
    ["audit", 2],
    ["count", 0],
  ]);
  const [signal] = counts.all.filter(({ of }) => of.kind === "signal");
  expect([signal?.count, signal?.receivers, counts.sendsOf("shop", "request_started")]).toEqual([
    4, 4, 4,
  ]);
});
