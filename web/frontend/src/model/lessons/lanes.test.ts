/** The way of a request through a system, in the vocabulary that all systems share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { laneOf, linesOf } from "./lanes";

const PICTURES = readFileSync(
  join(process.cwd(), "../../sample_apps/s01_systems/hello.txt"),
  "utf-8",
)
  .split(/^== .*\n/m)
  .slice(1);

const phases = (request: number) => {
  const { before, view, after } = laneOf(linesOf(PICTURES[request] as string));
  return [before, view, after].map((steps) =>
    steps.map(({ phase, name, failed }) => `${phase} ${name}${failed ? " failed" : ""}`),
  );
};

test("Flask's events are phases like those of the other systems", () => {
  expect(phases(0)).toEqual([
    [
      "context app_context.push",
      "context request_context.push",
      "session_load session.open",
      "route url_match",
      "pre_hooks before",
    ],
    ["view index"],
    [
      "post_hooks after",
      "response_start start_response",
      "teardown request_context.pop",
      "teardown app_context.pop",
      "iterate response.chunk",
      "close response.close",
    ],
  ]);
});

test("what an exception leaves is marked, and a step that is repeated is told once", () => {
  expect(phases(7)).toEqual([
    ["context request.bind", "pre_hooks before_request", "route match"],
    ["view fail failed"],
    [
      "post_hooks after_request",
      "error default_error_handler",
      "response_start start_response",
      "iterate next",
      "close close",
    ],
  ]);
});

test("a request without a view is all before it", () => {
  const lines = linesOf(
    "  > framework.connection accept\n  < framework.connection accept\n  | hello",
  );
  expect(laneOf(lines)).toEqual({
    before: [{ phase: "connection", kind: "framework.connection", name: "accept", failed: false }],
    view: [],
    after: [],
  });
});
