/** What the models make of a recording of every sample application: nobody's idea of it, the real thing. */
import { readLog } from "../../demo-data/read";
import { english } from "../lib/translate";
import { KINDS } from "../protocol/generated";
import { contextsOf } from "./contexts";
import type { EventView } from "./log";
import { spansOf } from "./spans";
import { storyOf, storyText } from "./story";
import { buildTree } from "./tree";

const log = readLog("samples.bin");
const roots = [...log.traceIds()].map((id) => log.event(log.eventsOf(id)[0] as number)?.kind);

test("every trace begins with its root and has a story", () => {
  expect(new Set(roots)).toEqual(new Set(["request", "run"]));
  const stories = [...log.traceIds()].map((id) => storyText(storyOf(log, id, english)));
  expect(stories.filter((story) => story === "" || story.includes("undefined"))).toEqual([]);
  expect(stories[0]).toMatch(/^GET \/hook-order\/ → \w+ → 200 in [\d.]+ .?s: \d+ hooks/);
});

test("every kind that the samples use is in the vocabulary", () => {
  const kinds = new Set<string>();
  for (const id of log.traceIds()) {
    for (const index of log.eventsOf(id)) kinds.add(log.event(index)?.kind as string);
  }
  expect([...kinds].filter((kind) => !(kind in KINDS))).toEqual([]);
});

test("no row holds two spans at once", () => {
  for (const lane of spansOf(log).lanes) {
    for (const row of lane?.rows ?? []) {
      for (let i = 1; i < row.length; i++) {
        expect(row.start[i] as number).toBeGreaterThanOrEqual(row.end[i - 1] as number);
      }
    }
  }
});

test("a tree has a row for each begin and instant of its trace", () => {
  for (const id of log.traceIds()) {
    const begun = log.eventsOf(id).filter((index) => log.event(index)?.phase !== "end");
    const rows = buildTree(log, id).rows();
    expect(rows.map((row) => row.event).sort((a, b) => a - b)).toEqual(begun);
  }
});

test("the stack after a push or pop is what the event reported", () => {
  const contexts = contextsOf(log);
  const changes = [...log.traceIds()]
    .flatMap((id) => log.eventsOf(id).map((index) => log.event(index) as EventView))
    .filter((event) => /^(app|request)_context\./.test(event.kind));
  const derived = changes.map((event) => {
    const type = event.kind.startsWith("app") ? "AppContext" : "RequestContext";
    const frames = contexts.stackAt(event.lane, event).filter((frame) => frame.type === type);
    return frames.map((frame) => frame.label);
  });
  expect(changes.length).toBeGreaterThan(100);
  expect(derived).toEqual(changes.map((event) => event.attributes.stack));
});

test("no sample leaves a context on the stack", () => {
  const contexts = contextsOf(log);
  const left = log.lanes.map((lane) =>
    contexts.stackAt(lane.id, log.endTime).map((frame) => frame.label),
  );
  expect(left.flat()).toEqual([]);
});
