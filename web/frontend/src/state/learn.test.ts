/** The lesson in the address, kept progress, and which application a lesson's request goes to. */
import { application, pageWith } from "../testing/page";
import type { LessonItem, LessonRequest } from "../transport/items";
import {
  appFor,
  firedKey,
  fireLesson,
  learnState,
  ProgressStore,
  readLesson,
  readWay,
  writeLesson,
} from "./learn";

const text = (en: string) => ({ en, zh: en });
const request = (mount: string, change: Partial<LessonRequest> = {}): LessonRequest => ({
  label: text("Send"),
  method: "GET",
  path: "/",
  mount,
  ...change,
});
const LESSON: LessonItem = {
  id: "12O",
  slug: "multi-app",
  section: 12,
  section_title: text("Contexts"),
  title: text("Two applications"),
  hour: 14,
  question: text("Who answers?"),
  watch: text("The dispatcher."),
  mistake: text("One."),
  // biome-ignore lint/suspicious/noThenProperty: it is called so in the lessons' files
  then: null,
  now: null,
  script: false,
  apart: false,
  systems: [],
  requests: [
    request("/multi-app"),
    request("/multi-app/sec", { path: "/index2", query: { a: "1" }, cookie_jar: "two" }),
  ],
  points: [],
  prediction: null,
  pictures: ["", ""],
  file: "sample_apps/s12_multi_app/dispatcher.py",
  code: "",
  tokens: [],
};
const SAMPLE = { lesson: "12O", title: "", text: "", method: "GET", path: "/" };
const mounted = (id: string, base_url: string, lesson = "12O") =>
  application({ id, base_url, samples: [{ ...SAMPLE, lesson }] });

test("the lesson stands in the query", () => {
  expect([readLesson(""), readLesson("lesson=10B&x=1"), readLesson(writeLesson("a b&c"))]).toEqual([
    "",
    "10B",
    "a b&c",
  ]);
  expect(writeLesson("")).toBe("");
  expect(writeLesson("10B", "hour")).toBe("lesson=10B&way=hour");
  expect(["way=hour", "way=else", ""].map(readWay)).toEqual(["hour", "sections", "sections"]);
});

test("progress outlives the page, beside what another window kept", () => {
  localStorage.clear();
  const here = new ProgressStore();
  const there = new ProgressStore();
  here.advance("10B", { read: true });
  there.advance("10C", { read: true, predicted: 1 });
  here.advance("10B", { fired: true });
  expect(new ProgressStore().all.value).toEqual({
    "10B": { read: true, fired: true },
    "10C": { read: true, predicted: 1 },
  });
});

test("a request goes to the connected application of the lesson that is mounted there", () => {
  const apps = [
    mounted("another", "http://127.0.0.1:9000/multi-app", "7A"),
    { ...mounted("gone", "http://127.0.0.1:5001/multi-app"), connected: false },
    mounted("second", "http://127.0.0.1:5002/multi-app/sec"),
    mounted("first", "http://127.0.0.1:5002/multi-app"),
  ];
  const chosen = LESSON.requests.map((one) => appFor(apps, LESSON, one)?.id);
  expect(chosen).toEqual(["first", "second"]);
  expect(appFor(apps.slice(0, 2), LESSON, LESSON.requests[0] as LessonRequest)).toBe(null);
});

test("what is fired is the request alone, and it is remembered with its trace", async () => {
  const { page, asked } = pageWith({
    "POST /api/apps/second/fire": { trace_id: "f".repeat(32), status: 200, headers: [], body: "" },
  });
  await fireLesson(page, mounted("second", "http://127.0.0.1/multi-app/sec"), LESSON, 1);
  expect(asked.map(({ body }) => body)).toEqual([
    { method: "GET", path: "/index2", query: { a: "1" }, cookie_jar: "two" },
  ]);
  const { fired, progress } = learnState(page);
  expect([...fired.value].map(([key, { trace }]) => [key, trace])).toEqual([
    [firedKey("12O", 1), "f".repeat(32)],
  ]);
  expect(progress.all.value).toEqual({ "12O": { fired: true } });
});
