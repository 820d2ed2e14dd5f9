/** Which Flask's contexts these are, by what it reported. */
import { logOf } from "../../demo-data/read";
import { holderOf, storageOf } from "./storage";

const push = (kind: string, attributes: Record<string, unknown> = {}, name = kind) => ({
  kind: `${kind}.push`,
  name,
  at: 0,
  attributes,
});

test.each([
  ["stacks", [push("app_context"), push("local_stack", {}, "_app_ctx_stack")]],
  ["vars", [push("app_context"), push("request_context"), push("local_stack", {}, "mine")]],
  ["merged", [push("app_context", { has_request: false })]],
  [null, [{ kind: "view", at: 0 }]],
])("%j by its pushes", (storage, events) => {
  expect(storageOf(logOf(events), "t")).toBe(storage);
});

test("a merged context and an app context are in the same variable", () => {
  const held = (["stacks", "vars", "merged"] as const).map((storage) =>
    (["AppContext", "RequestContext", "LocalStack"] as const).map((type) =>
      holderOf(storage, type),
    ),
  );
  expect(held).toEqual([
    ["_app_ctx_stack", "_request_ctx_stack", ""],
    ["_cv_app", "_cv_request", ""],
    ["_cv_app", "_cv_app", ""],
  ]);
});
