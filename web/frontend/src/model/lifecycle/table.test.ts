/** The table by versions; that it is right, pytest holds against the golden orders. */

import { english } from "../../lib/translate";
import { explain } from "../explain";
import type { EventView } from "../log";
import { FLASKS, lineOf, notesOf, stepsOf } from "./table";

test("a version finds its line, an unknown one the nearest", () => {
  const versions = ["3.1.3", "2.2.5", "0.12", "3.2.0.dev1", "4.0", "x", null];
  expect(versions.map(lineOf)).toEqual(["3.1", "2.2", "1.1", "3.2", "3.2", "3.1", "3.1"]);
});

test("steps come and go with the versions", () => {
  const ids = (line: string) => stepsOf(line).map((step) => step.id);
  const differences = FLASKS.map((line) => ids(line).filter((id) => !ids("3.1").includes(id)));
  expect(differences).toEqual([...Array(4).fill(["before_first_request"]), [], [], [], []]);
  expect(ids("3.1").filter((id) => !ids("3.2").includes(id))).toEqual([
    "request_context.push",
    "request_context.pop",
  ]);
  const isFirst = (line: string) =>
    ids(line).indexOf("context_processor") < ids(line).indexOf("template.load");
  expect(FLASKS.filter(isFirst)).toEqual(["1.1", "2.0", "2.1"]);
});

test("notes are about other versions than the one that is looked at", () => {
  const push = stepsOf("3.1").find((step) => step.id === "app_context.push");
  expect(notesOf(push as NonNullable<typeof push>, "3.1")).toEqual([
    { id: "merged", flasks: "≥ 3.2" },
  ]);
  expect(notesOf(push as NonNullable<typeof push>, "3.2")).toEqual([
    { id: "two_contexts", flasks: "≤ 3.1" },
  ]);
  const teardown = stepsOf("2.2").find((step) => step.id === "teardown_request");
  expect(notesOf(teardown as NonNullable<typeof teardown>, "2.2")).toEqual([
    { id: "teardown_all", flasks: "≥ 3.2" },
    { id: "blueprint_teardown", flasks: "≤ 1.1" },
    { id: "stream_twice", flasks: "3.1.2 – 3.1.x" },
  ]);
});

test("the table and the sentences about events lead to the same pages", () => {
  const steps = stepsOf("3.1").filter((step) => step.kind !== "signal");
  const other = steps.filter((step) => {
    const event = { kind: step.kind, name: "", attributes: {} } as unknown as EventView;
    const { link } = explain(event, english);
    return link !== null && link !== step.docs;
  });
  expect(other.map((step) => step.id)).toEqual([]);
});
