/** Which run of a lesson's request is shown to somebody who did not fire it. */
import { decodeFrame } from "../protocol/decode";
import { CART, CHECKOUT, inventedFrame, pageWith, traceItem } from "../testing/page";
import type { LessonItem, LessonPoint, LessonRecording, LessonRequest } from "../transport/items";
import { recordedRuns, searchOf } from "./learn_runs";

const text = (en: string) => ({ en, zh: en });
const request = (path: string, change: Partial<LessonRequest> = {}): LessonRequest => ({
  label: text(path),
  method: "GET",
  path,
  mount: "/shop",
  ...change,
});
const point = (request: number, ...steps: string[]): LessonPoint => ({
  ...text(`point of ${request}`),
  request,
  steps,
  never: [],
});
const lesson = (change: Partial<LessonItem>): LessonItem =>
  ({ id: "10B", script: false, apart: false, points: [], ...change }) as LessonItem;

const ALL = decodeFrame(inventedFrame()).blocks.reduce((sum, { count }) => sum + count, 0);
const SHIPPED = "5".repeat(32);
const RECORDING: LessonRecording = {
  recorded: 1.7e18,
  name: "10B · A hook that answers",
  flask: "3.1.3",
  python: "3.11.7",
  requests: [
    { trace: SHIPPED, events: ALL - 10, status: 200, answer: "Hello" },
    { trace: CHECKOUT, events: 10, status: 302, answer: "" },
  ],
  traces: [traceItem(), traceItem({ id: CHECKOUT })],
  registered: [],
};

/** What is shown of each request, when the dashboard has kept *items* of the first one's address. */
async function shown(of: LessonItem, items = [traceItem()], path = "/shop/cart/7?n=1") {
  const { page } = pageWith({
    "GET /api/lessons/10B/recording": RECORDING,
    "GET /api/lessons/10B/recording/events.bin": inventedFrame(),
    [`GET /api/traces?limit=10&path=${encodeURIComponent(path)}`]: { items },
    [`GET /api/traces/${CART}`]: traceItem({ start_ts: 1.8e18 }),
    [`GET /api/traces/${CART}/events.bin`]: inventedFrame(),
  });
  const runs = await recordedRuns(page, of);
  return [...runs.values()].map(({ origin, trace, log, status, answer }) => ({
    origin,
    trace,
    events: log.count,
    status,
    answer,
  }));
}

const CART_REQUEST = request("/cart/7", { query: { n: "1" } });
const TWO = [CART_REQUEST, request("/checkout", { method: "POST" })];
const FIRST = { origin: "shipped", trace: SHIPPED, events: ALL - 10, status: 200, answer: "Hello" };
const SECOND = { origin: "shipped", trace: CHECKOUT, events: 10, status: 302, answer: "" };
const STORED = { origin: "stored", trace: CART, events: ALL, status: 200, answer: null };

test("the newest run that the dashboard has goes before the one that comes along", async () => {
  expect(await shown(lesson({ requests: TWO }))).toEqual([STORED, SECOND]);
});

test("without one of its own each request has the events that were recorded for it", async () => {
  expect(await shown(lesson({ requests: TWO }), [])).toEqual([FIRST, SECOND]);
});

test("a run that does not show what the lesson says is another one's", async () => {
  const seen = lesson({ requests: TWO, points: [point(0, "view"), point(1, "no such step")] });
  expect(await shown(seen)).toEqual([STORED, SECOND]);
  const unseen = lesson({ requests: TWO, points: [point(0, "no such step")] });
  expect(await shown(unseen)).toEqual([FIRST, SECOND]);
  // The words of an answer are kept by nobody.
  const answered = lesson({ requests: TWO, points: [point(0, "| Hello")] });
  expect(await shown(answered)).toEqual([FIRST, SECOND]);
});

test("what may be another request's, of another method, unfinished or the same is left aside", async () => {
  const twice = lesson({ requests: [CART_REQUEST, CART_REQUEST] });
  expect(await shown(twice)).toEqual([FIRST, SECOND]);
  expect(await shown(lesson({ requests: TWO, script: true }))).toEqual([FIRST, SECOND]);
  const others = [
    traceItem({ method: "POST" }),
    traceItem({ complete: false }),
    traceItem({ id: SHIPPED }),
  ];
  expect(await shown(lesson({ requests: TWO }), others)).toEqual([FIRST, SECOND]);
});

test("a query stands in the address as a browser sends it", () => {
  expect([searchOf(undefined), searchOf({ a: "1 2", b: ["x", "y"] })]).toEqual([
    "",
    "?a=1+2&b=x&b=y",
  ]);
});
