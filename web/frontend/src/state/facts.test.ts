/** What is taken together about one event. */
import { logOf } from "../../demo-data/read";
import type { EventLog, EventView } from "../model/log";
import { factsOf } from "./facts";

const CHANGES = { g: { added: { user: "'ann'" } } };

function log(): EventLog {
  return logOf([
    { kind: "before_request", name: "load", at: 1, phase: "begin", span: 1 },
    { kind: "before_request", name: "load", at: 2, phase: "end", span: 1 },
    { kind: "log", at: 3, thread: 2 },
    {
      kind: "state",
      name: "load",
      at: 4,
      attributes: { after: "before_request", changes: CHANGES },
    },
    { kind: "view", name: "index", at: 5, phase: "begin", span: 2 },
    { kind: "view", name: "index", at: 6, phase: "end", span: 2 },
    { kind: "signal", at: 7 },
    { kind: "state", name: "other", at: 8, attributes: { after: "view", changes: CHANGES } },
  ]);
}

test("a step has the changes of the state that follows it in its lane, and that state itself", () => {
  const events = log();
  const changes = (index: number) => factsOf(events, events.event(index) as EventView).changes;
  expect(changes(0)).toEqual(CHANGES);
  expect(changes(3)).toEqual(CHANGES);
  expect(changes(4)).toBeUndefined();
  expect(changes(6)).toBeUndefined();
});

test("a use of a proxy and a registration fail when they say so", () => {
  const events = logOf([
    { kind: "proxy", at: 1, attributes: { error: "RuntimeError" } },
    { kind: "proxy", at: 2, attributes: { target: "request_context 1" } },
    { kind: "setup", at: 3, attributes: { refused: "AssertionError: no" } },
    { kind: "setup", at: 4 },
  ]);
  const failed = [0, 1, 2, 3].map((i) => factsOf(events, events.event(i) as EventView).failed);
  expect(failed).toEqual([true, false, true, false]);
});
