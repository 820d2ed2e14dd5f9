/** The timeline's dashed steps: what the selected request skipped, and why. */
import { recorded } from "../../demo-data/lifecycle";
import { logOf, type Written } from "../../demo-data/read";
import type { EventLog } from "../model/log";
import { Workspace } from "../state/workspace";
import { pageWith } from "../testing/page";
import { ghostsIn, ghostsRevision, loadGhosts } from "./ghosts";

type Known = Pick<ReturnType<typeof recorded>, "log" | "registered" | "traces">;

/** What is said of each place, by the event that is the cause; when the announcements have come. */
async function ghosts({ log, registered, traces }: Known) {
  const { page } = pageWith({ "GET /api/apps/registry": { items: registered } });
  const workspace = new Workspace(async () => new ArrayBuffer(0), log);
  await workspace.select(traces[0] as string, { fetch: false });
  await loadGhosts();
  const told = () =>
    [...ghostsIn(page, workspace)].map(
      ([place, groups]) =>
        [nameOf(log, place), groups.map((one) => [...one.names, one.reason])] as const,
    );
  const first = told();
  const before = ghostsRevision.value;
  await vi.waitFor(() => expect(ghostsRevision.value).toBeGreaterThan(before));
  return { workspace, first, told };
}

function nameOf(log: EventLog, place: number): string {
  const event = log.event(place);
  return `${event?.kind} ${event?.name}`;
}

const PLACE = { file: "shop.py", line: 7 };

/** A request whose first before_request function raises, and the exception goes out of the application. */
function chainRaised(): Known {
  const names = { before_request: ["check", "load"], after_request: ["seal"] };
  const events: Written[] = [];
  const begin = (span: number, parent: number, kind: string, name: string, attributes = {}) =>
    events.push({ kind, name, span, parent, phase: "begin", at: events.length, attributes });
  const end = (span: number, kind: string, name: string, attributes = {}) =>
    events.push({ kind, name, span, phase: "end", at: events.length, attributes });
  begin(1, 0, "request", "GET /", { method: "GET", path: "/" });
  begin(2, 1, "wsgi_app", "shop");
  begin(3, 2, "url_match", "/");
  end(3, "url_match", "/", { endpoint: "index" });
  begin(4, 2, "before_request", "check", { ...PLACE, scope: null, order: 1 });
  end(4, "before_request", "check", { left_by: "KeyError" });
  events.push({ kind: "exception", name: "KeyError", parent: 2, at: 6, attributes: {} });
  for (const [kind, name] of [
    ["signal", "request_tearing_down"],
    ["request_context.pop", "shop"],
    ["app_context.pop", "shop"],
  ] as const) {
    events.push({ kind, name, parent: 2, at: events.length, attributes: { stack: [] } });
  }
  end(2, "wsgi_app", "shop", { left_by: "KeyError" });
  end(1, "request", "GET /", { left_by: "KeyError" });
  const registry = Object.entries(names).flatMap(([kind, functions]) =>
    functions.map((name, i) => ({ kind, name, scope: null, order: i + 1, ...PLACE })),
  );
  const log = logOf(events.map((event) => ({ ...event, app: "shop", trace_id: "f".repeat(32) })));
  const registered = [
    { app: "shop", agent: log.event(0)?.agent ?? "", version: "3.1.3", registry },
  ];
  return { log, registered, traces: [...log.traceIds()] };
}

test("what one function kept from running, by name and with the reason", async () => {
  const { workspace, first, told } = await ghosts(recorded("interception"));
  const reason = "skipped: guard returned a response · apps.py:96";
  // As long as nothing was announced, only what the events tell.
  expect(first).toEqual([["before_request guard", [["view index", reason]]]]);
  expect(told()).toEqual([["before_request guard", [["never", "view index", reason]]]]);
  workspace.deselect();
  expect(told()).toEqual([]);
});

test("what an exception in a chain of hooks kept from running, and what its way out of the application did", async () => {
  const { told } = await ghosts(chainRaised());
  expect(told()).toEqual([
    [
      "before_request check",
      [
        ["load", "view index", "skipped: check raised KeyError before · shop.py:7"],
        [
          "error_handler",
          "make_response",
          "after_request seal",
          "session.save",
          "signal request_finished",
          "start_response",
          "response.chunk",
          "response.close",
          "skipped: KeyError was propagated out of the application",
        ],
      ],
    ],
  ]);
});

test("the rest of a chain behind the answer hangs from the function that raised", async () => {
  const after = await ghosts(recorded("after_raises"));
  expect(after.told()).toEqual([
    [
      "after_request fails",
      [
        [
          "session.save",
          "signal request_finished",
          "skipped: fails raised RuntimeError · apps.py:185",
        ],
      ],
    ],
  ]);
  const teardown = await ghosts(recorded("teardown_raises"));
  expect(teardown.told()).toEqual([
    [
      "teardown_request fails",
      [
        [
          "skipped",
          "signal request_tearing_down",
          "response.chunk",
          "response.close",
          "skipped: fails raised RuntimeError while tearing down · apps.py:197",
        ],
      ],
    ],
  ]);
});

test("a routing that found nothing is the cause too; a template that nobody asked for is no ghost", async () => {
  const lost = await ghosts(recorded("not_found_answered_404"));
  const reason = "skipped: the routing raised NotFound: no view for this path and method";
  expect(lost.told()).toEqual([["url_match /nowhere", [["view", reason]]]]);
  const handled = await ghosts(recorded("handled"));
  expect(handled.told()).toEqual([]);
});
