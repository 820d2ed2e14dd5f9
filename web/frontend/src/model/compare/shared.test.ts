/**
 * What the page makes of recorded requests, as `GET /api/compare` tells it: pytest reads the same file.
 * Written anew with `scripts/build_frontend.py --run test -- --update`; read the difference.
 */
import { logOf, readLog, type Written } from "../../../demo-data/read";
import type { EventLog } from "../log";
import { align, type Item } from "./alignment";
import {
  type Comparison,
  compare,
  MEANINGLESS,
  type MergedStep,
  ONE_OF_A_KIND,
  PLACES,
} from "./compare";
import type { Step } from "./steps";

const FILES = ["invented.bin", "samples.bin"];

interface Logs {
  a: EventLog;
  b: EventLog;
}

function sideOf(log: EventLog, step: Step | null) {
  return (
    step && {
      seq: log.event(step.event)?.seq,
      name: step.name,
      app: step.app,
      contexts: step.contexts,
      count: step.count,
      start_ns: step.start,
      duration_ns: step.duration,
      own_ns: step.own,
      open: step.open,
      failed: step.failed,
    }
  );
}

const stepOf = (logs: Logs, step: MergedStep) => ({
  id: step.id,
  parent: step.parent,
  depth: step.level - 1,
  difference: step.difference,
  kind: (step.b ?? step.a)?.kind,
  name: (step.b ?? step.a)?.name,
  a: sideOf(logs.a, step.a),
  b: sideOf(logs.b, step.b),
  delta_ns: step.delta,
  own_delta_ns: step.ownDelta,
  changes: step.changes.map(({ what, a, b }) => ({ what, a: a ?? null, b: b ?? null })),
  inside: step.inside,
});

function answerOf(
  logs: Logs,
  { counts, lengthA, lengthB, contextsA, contextsB, steps }: Comparison,
) {
  return {
    counts,
    length_ns: { a: lengthA, b: lengthB },
    contexts: { a: contextsA, b: contextsB },
    steps: steps.map((step) => stepOf(logs, step)),
  };
}

/** Every third request of a file beside the one after it. */
function pairsOf(file: string) {
  const log = readLog(file);
  const traces = [...log.traceIds()];
  const ones = traces.slice(0, -1).filter((_, i) => i % 3 === 0);
  return ones.map((a) => {
    const b = traces[traces.indexOf(a) + 1] as string;
    return {
      file,
      a,
      b,
      answer: answerOf({ a: log, b: log }, compare({ log, trace: a }, { log, trace: b })),
    };
  });
}

/** Contexts as they are reported where not every push and pop was: `below` was there before. */
function written(below: string[], failing: boolean): Written[] {
  const stack = (...labels: string[]) => ({ stack: [...below, ...labels] });
  const events: Omit<Written, "at">[] = [
    { kind: "request", name: "GET /", phase: "begin", span: 1, attributes: { path: "/" } },
    { kind: "app_context.push", attributes: { context: "app 2", ...stack("app 2") } },
    { kind: "log", name: "in it", parent: 1 },
    {
      kind: "local_stack.push",
      name: "_request_ctx_stack",
      attributes: { value: "x", stack: ["x"] },
    },
    { kind: "local_stack.push", name: "mine", attributes: { value: "v", stack: ["v"] } },
    { kind: "log", name: "in it", parent: 1 },
    { kind: "log", name: "in it", parent: 1, thread: 2 },
    { kind: "request_context.push", attributes: { context: "request 3", stack: ["request 3"] } },
    { kind: "request_context.push", attributes: { context: "request 3", stack: ["request 3"] } },
    {
      kind: "view",
      name: "f",
      phase: "begin",
      span: 2,
      parent: 1,
      attributes: { endpoint: "shop.f" },
    },
    { kind: "state", name: "g.user =", parent: 2 },
    { kind: "log", name: "deep", parent: 2 },
    { kind: "view", name: "f", phase: "end", span: 2, attributes: failing ? { left_by: "E" } : {} },
    { kind: "request_context.pop", attributes: { context: "request 3", stack: [] } },
    { kind: "app_context.pop", attributes: { context: "unheard of", ...stack() } },
    { kind: "log", name: "behind it", parent: 1 },
    { kind: "request", name: "GET /", phase: "end", span: 1, attributes: { status: 200 } },
  ];
  return events.map((event, i) => ({ app: "shop", ...event, at: i * (failing ? 700 : 1000) }));
}

function writtenPairs() {
  const [plain, nested, failed] = [
    written([], false),
    written(["app 1"], false),
    written(["app 1"], true),
  ] as const;
  return [
    [plain, nested],
    [nested, failed],
    [failed, plain],
  ].map(([a = [], b = []]) => {
    const logs = { a: logOf(a), b: logOf(b) };
    const comparison = compare({ log: logs.a, trace: "t" }, { log: logs.b, trace: "t" });
    return { a, b, answer: answerOf(logs, comparison) };
  });
}

/** As in alignment.test.ts: a capital has other contexts, `?` and `!` are two of a kind. */
const items = (word: string): Item[] =>
  [...word].map((letter) => ({
    exact: letter.charCodeAt(0),
    named: letter.toLowerCase().charCodeAt(0),
    kind: /[?!]/.test(letter) ? 0 : letter.toLowerCase().charCodeAt(0),
  }));

/** Words of all lengths, some of them too long for what is compared at once. */
function alignments() {
  let state = 23;
  const pick = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const word = () => Array.from({ length: pick(24) }, () => "abcdABCD?!"[pick(10)]).join("");
  return Array.from({ length: 100 }, (_, round) => {
    const [a, b, most] = [word(), word(), round % 2 ? 30 : 1_000_000];
    return { a, b, most, pairs: align(items(a), items(b), most) };
  });
}

test("the dashboard's comparison and the page's are one", async () => {
  const lines = (found: readonly unknown[]) =>
    `[\n${found.map((one) => JSON.stringify(one)).join(",\n")}\n]`;
  const text = `{"one_of_a_kind": ${JSON.stringify([...ONE_OF_A_KIND].sort())},
"meaningless": ${JSON.stringify([...MEANINGLESS, ...PLACES].sort())},
"alignments": ${lines(alignments())},
"written": ${lines(writtenPairs())},
"pairs": ${lines(FILES.flatMap(pairsOf))}}
`;
  await expect(text).toMatchFileSnapshot("../../../demo-data/compared.json");
});
