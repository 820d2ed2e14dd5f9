/** The lessons' own data: their pictures, their claims, their names; and what a page remembers of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { logOf } from "../../../demo-data/read";
import type { EventView } from "../stored";
import { allEvents, apart, eventsIn } from "./moment";
import { bySection, lessonNamed, lessonsNear, onWay } from "./names";
import { isShown, type PictureLine, pictureLines } from "./picture";
import { isComplete, shownIn } from "./points";
import { advanced, doneOf, isAnswered, parseProgress, stageOf } from "./progress";

const SAMPLES = join(process.cwd(), "../../sample_apps");
const FILES = readdirSync(SAMPLES, { recursive: true, encoding: "utf-8" })
  .filter((name) => /^s\d\d\w*[/\\]\w+\.json$/.test(name))
  .map((name) => join(SAMPLES, name));

const read = (file: string) => JSON.parse(readFileSync(file, "utf-8"));
const asLine = (text: string): PictureLine => ({ words: text.trim().split(/\s+/), event: 0 });

test("every claim of every lesson is found in its own picture", () => {
  expect(FILES.length).toBeGreaterThan(70);
  const missed: string[] = [];
  for (const file of FILES) {
    const { id, points } = read(file);
    const parts = readFileSync(file.replace(/json$/, "txt"), "utf-8")
      .split(/^== .*\n/m)
      .slice(1);
    const pictures = parts.map((part) => part.trimEnd().split("\n").map(asLine));
    for (const { request = 0, steps = [], never = [], en } of points) {
      const shown = shownIn({ steps, never }, pictures[request] as PictureLine[], true);
      if (!shown.seen) missed.push(`${id}: ${en}`);
    }
  }
  expect(missed).toEqual([]);
});

const LOG = logOf([
  { kind: "request", name: "GET /", phase: "begin", at: 0, span: 1, app: "shop" },
  { kind: "app_context.push", name: "shop", at: 10, app: "shop", attributes: { stack: ["c7"] } },
  { kind: "before_request", name: "guard", phase: "begin", at: 20, span: 2, app: "shop" },
  {
    kind: "before_request",
    name: "guard",
    phase: "end",
    at: 30,
    span: 2,
    app: "shop",
    attributes: { short_circuit: true, returned: "tuple" },
  },
  {
    kind: "state",
    name: "guard",
    at: 31,
    app: "shop",
    attributes: { changes: { status: [200, 302], session: { added: { cart: "1" } } } },
  },
  { kind: "app_context.pop", name: "shop", at: 40, app: "shop", attributes: { stack: [] } },
  { kind: "after_request", name: "sign", phase: "begin", at: 50, span: 3, thread: 2 },
  { kind: "after_request", name: "sign", phase: "end", at: 55, span: 3, thread: 2 },
  {
    kind: "request",
    name: "GET /",
    phase: "end",
    at: 60,
    span: 1,
    app: "shop",
    attributes: { status: 302 },
  },
]);
const EVENTS = LOG.eventsOf("t").map((index) => LOG.event(index) as EventView);
const LINES = pictureLines(EVENTS, LOG.lanes, "at 127.0.0.1:5012\nsecond line\n");

test("a trace is written down as the lessons' pictures are", () => {
  expect(LINES.map(({ words, event }) => [words.join(" "), event])).toEqual([
    ["-- shop in Thread-1", null],
    ["> request GET /", 0],
    ["· app_context.push shop stack=[1]", 1],
    ["> before_request guard", 2],
    ["< before_request guard short_circuit=True returned=tuple", 3],
    ["· state guard changes=status,session+cart", 4],
    ["· app_context.pop shop stack=[]", 5],
    ["-- – in Thread-2", null],
    ["> after_request sign", 6],
    ["< after_request sign", 7],
    ["-- shop in Thread-1", null],
    ["< request GET / status=302", 8],
    ["| at 127.0.0.1:PORT", null],
    ["| second line", null],
  ]);
});

test("a step is found by its mark, the beginning of its name and its attributes", () => {
  const line = asLine("· state add changes=status,session+cart");
  const asked = [
    "state",
    "state add",
    "· state add changes=session+cart",
    "state ad",
    "< state add",
    "state add changes=session",
  ];
  expect(asked.map((step) => isShown(step, line))).toEqual([true, true, true, false, false, false]);
});

test("a point is seen when its steps stand there in their order, and leads to the first", () => {
  const shown = (steps: string[], never: string[] = []) => shownIn({ steps, never }, LINES, true);
  expect([
    shown(["before_request guard", "after_request sign"]),
    shown(["after_request sign", "before_request guard"]),
    shown(["< before_request guard short_circuit=True"]),
    shown(["| second line"]),
    shown([], ["view index"]),
    shown(["before_request guard"], ["after_request sign"]),
  ]).toEqual([
    { seen: true, event: 2 },
    { seen: false, event: 6 },
    { seen: true, event: 3 },
    { seen: true, event: null },
    { seen: true, event: null },
    { seen: false, event: 2 },
  ]);
});

test("that something never happens is known when the request has ended", () => {
  const claim = { steps: ["before_request guard"], never: ["view index"] };
  const running = EVENTS.slice(0, -1);
  const lines = pictureLines(running, LOG.lanes, null);
  expect([isComplete([]), isComplete(running), isComplete(EVENTS)]).toEqual([false, false, true]);
  expect(shownIn(claim, lines, false)).toEqual({ seen: false, event: 2 });
  expect(shownIn({ ...claim, never: [] }, lines, false)).toEqual({ seen: true, event: 2 });
  expect(shownIn({ steps: [], never: [] }, [], false)).toEqual({ seen: false, event: null });
});

test("to a request belongs its trace, and what its process did besides until the next one", () => {
  const at = (ms: number) => ms * 1_000_000;
  const log = logOf([
    { kind: "setup", at: at(1), trace_id: null },
    { kind: "setup", at: at(12), trace_id: null },
    { kind: "request", at: at(14) },
    { kind: "run", at: at(15), trace_id: "u", thread: 2 },
    { kind: "response.chunk", at: at(90) },
    { kind: "run", at: at(95), trace_id: "v" },
  ]);
  const from = 1_790_000_000_010;
  const during = (agent: string) =>
    eventsIn(log, { trace: "t", agent, from, until: from + 60 }).map(({ index }) => index);
  expect([during("test"), during("another")]).toEqual([
    [1, 2, 3, 4],
    [2, 4],
  ]);
});

test("threads that ran at once are told one after the other, the first one's in front", () => {
  const log = logOf([
    { kind: "view", at: 0, thread: 3 },
    { kind: "db.acquire", at: 1, thread: 2 },
    { kind: "db.acquire", at: 2, thread: 1 },
    { kind: "db.release", at: 3, thread: 2 },
    { kind: "view", at: 4, thread: 3 },
  ]);
  const order = apart(allEvents(log), log.lanes).map(({ index }) => index);
  expect(order).toEqual([0, 4, 2, 1, 3]);
});

test("progress goes on lesson by lesson, and what was kept by somebody else is left out", () => {
  const one = advanced(advanced({}, "10B", { read: true }), "10B", { predicted: 0 });
  const two = advanced(advanced(one, "10B", { fired: true }), "10C", { read: true });
  expect(two).toEqual({ "10B": { read: true, predicted: 0, fired: true }, "10C": { read: true } });
  expect(["10B", "10C", "10D"].map((id) => stageOf(two[id]))).toEqual(["done", "read", "new"]);
  expect(doneOf(two, ["10B", "10C", "10D"])).toBe(1);
  expect(["10B", "10C", "10D"].map((id) => isAnswered(two[id]))).toEqual([true, false, false]);
  expect(parseProgress(JSON.stringify(two))).toEqual(two);
  expect(
    [
      null,
      "",
      "[]",
      "7",
      '{"10B": 1, "10C": {"fired": "yes", "predicted": 1.5, "read": true}}',
    ].map(parseProgress),
  ).toEqual([{}, {}, {}, {}, { "10C": { read: true } }]);
});

test("the hour has its own order, and only lessons that there are", () => {
  const hour: string[] = JSON.parse(readFileSync(join(SAMPLES, "hour.json"), "utf-8"));
  const lessons = FILES.map(read).map(({ id, slug }) => ({
    id,
    slug,
    section: Number.parseInt(id, 10),
    hour: hour.indexOf(id) + 1 || null,
  }));
  expect(onWay(lessons, "hour").map(({ id }) => id)).toEqual(hour);
  expect(onWay(lessons, "sections")).toBe(lessons);
});

test("a lesson is found by id or slug, and those that come near by section or letters", () => {
  const lessons = FILES.map(read).map(({ id, slug }) => ({
    id,
    slug,
    section: Number.parseInt(id, 10),
    hour: null,
  }));
  expect(lessonNamed(lessons, " 10b ")?.slug).toBe("intercept");
  expect(lessonNamed(lessons, "intercept")?.id).toBe("10B");
  expect(lessonNamed(lessons, "10Z")).toBe(null);
  expect(lessonsNear(lessons, "10Z").map(({ section }) => section)).toEqual(Array(6).fill(10));
  expect(lessonsNear(lessons, "interceptor")[0]?.slug).toBe("intercept");
  expect(lessonsNear(lessons, "qqqq")).toEqual([]);
  const sections = [...new Set(lessons.map(({ section }) => section))];
  expect(bySection(lessons).map((group) => [...new Set(group.map((one) => one.section))])).toEqual(
    sections.map((section) => [section]),
  );
});
