/**
 * What the page finds and reads in recorded requests: `GET /api/recordings/<id>/find` does the same, and
 * pytest reads the same file. Written anew with `scripts/build_frontend.py --run test -- --update`.
 */
import { logOf, readLog, type Written } from "../../demo-data/read";
import { leaksOf } from "../model/leaks";
import type { EventLog, EventView } from "../model/log";
import { namesIn } from "../model/names";
import { stepsIn } from "../model/usual";
import { traceItem } from "../testing/page";
import { readQuery } from "./query";

const ITEMS = [
  traceItem({ id: "plain" }),
  traceItem({ id: "failed", status: 500, error: "ZeroDivisionError", path: "/billing/INVOICE/9" }),
  traceItem({ id: "handled", status: 404, error: "NotFound", duration: 4_000_000 }),
  traceItem({ id: "broken", status: null, error: "OSError", duration: 1_500_000_000 }),
  traceItem({ id: "turned", status: 302, short_circuit: "require_login", method: "POST" }),
  traceItem({ id: "runs", status: null, complete: false, duration: null, apps: [], app: null }),
  traceItem({
    id: "script",
    kind: "run",
    name: "Straße ÄÖ",
    path: null,
    method: null,
    status: null,
  }),
  traceItem({ id: "strange", path: "/a+b/(c)/./d", endpoint: null, apps: ["käse.Shop"] }),
];
const NAMES: Record<string, string> = { turned: "user\nset-cookie\nbasket", plain: "set-cookie" };
const KINDS: Record<string, string[]> = { failed: ["db.query", "view"], turned: ["flash"] };
const WORDS = [
  ...[
    "",
    "  ",
    "zerodiv",
    "shop",
    "SHOP billing",
    '"get /shop"',
    '"get',
    "-shop",
    "straße äö",
    "4",
    "basket",
    "-basket",
    "set-cookie",
    "-set-cookie post",
    '"user set"',
    "-shop basket",
    "cart basket",
  ],
  ...["status:5xx", "status:30", "status:302", "status:3", "status:50x", "status:600", "status:xx"],
  ...["method:post", "method:GET", "app:bill", "app:KÄSE", "app:", "-app:bill", "is:error"],
  ...["is:short", "is:unusual", "is:leaking", "-is:leaking", "is:running", "is:run", "is:odd"],
  ...["kind:db.", "kind:request", "kind:run", "-kind:db.", 'kind:"view"', "kind:none"],
  ...["route:cart", "route:/billing/*", "route:/*/cart/*", "route:/shop/cart/7", "route:/*7*7"],
  ...["route:*/7", "route:/a+b/(c)/./d", "route:/a.b/*", "route:/", "route:*/*", "-route:/*"],
  ...[
    "duration:>10ms",
    "duration:<=4",
    "duration:>=4ms",
    "duration:<4ms",
    "duration:>4",
    "duration:10",
  ],
  ...["duration:3..5ms", "duration:1s..2s", "duration:<0.01s", "duration:>1.5s", "duration:>x"],
  ...["http://x", "127.0.0.1:5000", '"status:5xx"', "stats:5xx zerodiv", "status:404 is:error"],
];

/** Of contexts: popped, by another request, elsewhere, kept, kept by one that was cut off, or still running. */
const STACKS: Record<string, Written[]> = {
  popped: request(["push", "app 1"], ["push", "app 2"], ["pop", "app 2"], ["pop", "app 1"]),
  kept: request(["push", "app 1"], ["push", "app 2"], ["pop", "app 2"]),
  foreign: request(["pop", "app 9"]),
  elsewhere: request(["push", "app 1"], ["pop", "app 1", 2]),
  truncated: cut({ truncated: true }),
  dropped: cut({ dropped: 3 }),
  running: request(["push", "app 1"]).slice(0, -1),
  later: [...request(["push", "app 1"]), ...after(["pop", "app 1"])],
  again: [...request(["push", "app 1"]), ...after(["push", "app 1"], ["pop", "app 1"])],
  outside: [
    ...request(["push", "app 1"]),
    { ...(after(["pop", "app 1"])[1] as Written), trace_id: null },
  ],
};

/** Another request, on the same thread. */
function after(...changes: [string, string, number?][]): Written[] {
  return request(...changes).map((event) => ({
    ...event,
    trace_id: "u",
    ...(event.span !== undefined && { span: 2 }),
    at: event.at + 10_000,
  }));
}

function request(...changes: [string, string, number?][]): Written[] {
  const place = { name: "GET /", kind: "request", span: 1 };
  const events: Omit<Written, "at">[] = [
    { ...place, phase: "begin" },
    ...changes.map(([what, context, thread = 1]) => ({
      kind: `app_context.${what}`,
      thread,
      attributes: { context },
    })),
    { ...place, phase: "end" },
  ];
  return events.map((event, i) => ({ app: "shop", ...event, at: i * 1000 }));
}

function cut(attributes: Record<string, unknown>): Written[] {
  return request(["push", "app 1"]).map((event) =>
    event.phase === "end" ? { ...event, attributes } : event,
  );
}

function toldOf(log: EventLog, trace: string) {
  const events = log.eventsOf(trace);
  const kinds = new Set(events.map((index) => log.event(index)?.kind ?? ""));
  const leaking = leaksOf(log, trace).length > 0;
  return {
    kinds: [...kinds].sort(),
    names: namesOf(log, trace),
    steps: stepsIn(log, events),
    leaking,
  };
}

function namesOf(log: EventLog, trace: string): string[] {
  const events = log.eventsOf(trace).map((index) => log.event(index) as EventView);
  return [...new Set(events.flatMap(namesIn))].sort();
}

/** What `state` and `session.open` tell, and the names that are found in it. */
const STATES: Written[] = [
  state({ g: { added: { user: "'ann'" }, removed: { db: "<Connection>" } } }),
  state({ session: { changed: { cart: ["[]", "['rice']"] } }, status: [200, 302] }),
  state({
    headers: {
      added: {
        "Set-Cookie": "basket=[redacted]; Path=/",
        "Set-Cookie (2)": "seen",
        Vary: "Cookie",
      },
      changed: { "set-cookie (3)": ["old=1", "new=2; Secure"], ETag: ["a=b", "c"] },
    },
  }),
  state(null),
  state({ g: ["user"], headers: { added: { "Set-Cookie": 3 } } }),
  { kind: "session.open", at: 0, attributes: { keys: ["cart", "user_id"], new: false } },
  { kind: "session.open", at: 0, attributes: { keys: "cart" } },
  { kind: "view", at: 0, attributes: { keys: ["cart"], changes: { g: { added: { a: "1" } } } } },
];

function state(changes: unknown): Written {
  return { kind: "state", at: 0, attributes: { after: "view", changes } };
}

test("the dashboard finds and reads what the page does", async () => {
  const lines = (found: readonly unknown[]) =>
    `[\n${found.map((one) => JSON.stringify(one)).join(",\n")}\n]`;
  const queries = WORDS.map((text) => {
    const { test, problems } = readQuery(text);
    const known = {
      kinds: (id: string) => new Set(KINDS[id]),
      names: (id: string) => NAMES[id] ?? "",
      isUnusual: (id: string) => id === "turned",
      isLeaking: (id: string) => id === "failed",
    };
    const found = ITEMS.filter((item) => test(item, known)).map(({ id }) => id);
    return { text, left_out: problems.map(({ word }) => word), found };
  });
  const samples = readLog("samples.bin");
  const recorded = [...samples.traceIds()].map((trace) => ({ trace, ...toldOf(samples, trace) }));
  const written = Object.values(STACKS).map((events) => ({
    events,
    leaking: leaksOf(logOf(events), "t").length > 0,
  }));
  const named = STATES.map((event) => ({ event, names: namesOf(logOf([event]), "t") }));
  const text = `{"items": ${lines(ITEMS)},
"kinds": ${JSON.stringify(KINDS)},
"names": ${JSON.stringify(NAMES)},
"queries": ${lines(queries)},
"written": ${lines(written)},
"named": ${lines(named)},
"recorded": ${lines(recorded)}}
`;
  await expect(text).toMatchFileSnapshot("../../demo-data/found.json");
});
