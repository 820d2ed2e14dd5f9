/** Why here? What recorded events say of who registered what, and of choices among handlers. */
import { type Recorded, recorded } from "../../../demo-data/lifecycle";
import { logOf } from "../../../demo-data/read";
import type { EventView } from "../log";
import { mapsOf } from "./counts";
import { type Candidate, candidatesOf } from "./handlers";
import { mapAround } from "./map";
import { type Why, whyHere } from "./why";

function eventIn({ log }: Recorded, kind: string, name: string): EventView {
  const index = [...log.traceIds()]
    .flatMap((trace) => log.eventsOf(trace))
    .find((i) => {
      const event = log.event(i);
      return event?.kind === kind && event.name === name && event.phase !== "end";
    });
  return log.event(index as number) as EventView;
}

function why(situation: string, kind: string, name: string, flask?: string): Why {
  const found = recorded(situation, flask);
  const event = eventIn(found, kind, name);
  const maps = mapsOf(found.log, event.traceId as string, found.registered, null);
  return whyHere(found.log, event, mapAround(maps, event));
}

const words = ({ said }: Why) =>
  said.map(({ id, params }) => [id, ...Object.values(params)].join(" "));

test("a hook of the application: by which decorator, where, and in which place", () => {
  const found = why("two_and_two", "after_request", "process_response1");
  expect(words(found)).toEqual([
    "registered app.after_request two_and_two apps.py:82",
    "scopeApp",
    "backwardFrom after_request 1 2 2",
  ]);
  expect(found.siblings.map((row) => row.fn?.name)).toEqual([
    "process_response2",
    "process_response1",
  ]);
});

test("a blueprint's hook for the whole application, and one for itself", () => {
  expect(words(why("one_blueprint", "before_request", "before_all"))).toEqual([
    "registered part.before_app_request one_blueprint apps.py:269",
    "scopeApp",
    "place 2 3 before_request",
    "forward",
  ]);
  expect(words(why("nested_blueprints", "before_request", "before_inner"))).toEqual([
    "registered inner.before_request hooked apps.py:258",
    "scopeBlueprint outer.middle.inner",
    "place 4 4 before_request",
    "registeredAs before_request 1 1",
    "forward",
  ]);
});

test("what this one request asked for says so, and when that is called", () => {
  expect(words(why("after_this", "after_this_request", "once"))).toEqual(["asked"]);
});

test("up to 1.1 no rule of order is claimed where it was another", () => {
  expect(words(why("one_blueprint", "teardown_request", "down_part", "1.1")).slice(-1)).toEqual([
    "place 2 2 teardown_request",
  ]);
});

test("a view: its route, and the rule that fitted", () => {
  expect(words(why("one_blueprint", "view", "broken"))).toEqual([
    "registered part.route / add_url_rule one_blueprint apps.py:271",
    "rule /",
  ]);
});

test("an error handler: for what it was chosen, and by which search", () => {
  const found = why("one_blueprint", "error_handler", "sorry");
  expect(words(found)).toEqual([
    "registered part.errorhandler / register_error_handler one_blueprint apps.py:270",
    "scopeBlueprint part",
    "chosen RuntimeError sorry blueprint class",
    "search",
  ]);
  expect(found.candidates.map(({ name, handles, state }) => [name, handles, state])).toEqual([
    ["sorry", "RuntimeError", "chosen"],
  ]);
});

test("an exception says where it was raised, and that nobody took it", () => {
  expect(words(why("unhandled", "exception", "RuntimeError"))).toEqual([
    "raisedIn view",
    "unhandled RuntimeError",
  ]);
});

test("what Flask does itself, what is Flask's own, and what happened inside of something", () => {
  expect(words(why("two_and_two", "session.save", "SecureCookieSessionInterface"))).toEqual([
    "byFlask",
  ]);
  const own = why("whole_template", "context_processor", "_default_template_ctx_processor");
  expect(words(own)).toEqual(["flasksOwn"]);
  expect(words(why("whole_template", "template_test", "small"))).toEqual([
    "registered app.template_test whole_template apps.py:224",
    "inside template.render <string>",
  ]);
});

test("a context that the application pushed says who did, and where", () => {
  const attributes = { function: "rate_of", file: "rates.py", line: 12, context: "app_context 2" };
  const log = logOf([
    { kind: "view", name: "index", phase: "begin", span: 1, at: 0 },
    { kind: "app_context.push", name: "billing", parent: 1, at: 1, attributes },
  ]);
  expect(words(whyHere(log, log.event(1) as EventView, null))).toEqual([
    "pushed rate_of rates.py:12",
    "inside view index",
  ]);
});

test("middleware is counted from the outside", () => {
  expect(words(why("middleware", "middleware", "between"))).toEqual(["position 2"]);
});

test("a registration that is not held is not made up; one by an extension names it", () => {
  const hook = { kind: "before_request", name: "load_user", app: "a", phase: "begin" } as const;
  const attributes = { scope: null, order: 1, registered_by: "flask_login" };
  const setup = {
    kind: "setup",
    name: "before_request load_user",
    app: "a",
    at: 0,
    trace_id: null,
    attributes: {
      what: "before_request",
      scope: null,
      order: 1,
      who: "init_app",
      file: "flask_login/login_manager.py",
      line: 120,
      registered_by: "flask_login",
    },
  };
  const run = { ...hook, at: 1, span: 1, attributes };
  const of = (...events: Parameters<typeof logOf>[0]) => {
    const log = logOf(events);
    return words(whyHere(log, log.event(events.length - 1) as EventView, null));
  };
  expect(of(run)).toEqual(["registeredBefore", "scopeApp", "fromPackage flask_login"]);
  expect(of(setup, run)[0]).toBe(
    "registeredByPackage app.before_request init_app flask_login/login_manager.py:120 flask_login",
  );
  const refused = { ...setup, attributes: { ...setup.attributes, refused: "AssertionError" } };
  expect(of(refused, run)[0]).toBe("registeredBefore");
});

test("the candidates stand in the order of the search, and say why they were not taken", () => {
  const handler = (name: string, scope: string | null, registered_for: string) => ({
    kind: "error_handler",
    name,
    scope,
    registered_for,
    file: "a.py",
    line: 1,
  });
  const candidates = candidatesOf(
    [
      handler("any", null, "builtins.Exception"),
      handler("missing", null, "404 werkzeug.exceptions.NotFound"),
      handler("teapot", "shop", "418 werkzeug.exceptions.ImATeapot"),
      handler("theirs", "admin", "404 werkzeug.exceptions.NotFound"),
      handler("key", "shop", "builtins.KeyError"),
    ],
    { handled_by: "missing", chosen_because: "app code" },
    "shop.cart",
  );
  const shown = ({ name, group, handles, state }: Candidate) => [name, group, handles, state];
  expect(candidates.map(shown)).toEqual([
    ["teapot", "blueprint code", "418", "other"],
    ["missing", "app code", "404", "chosen"],
    ["key", "blueprint class", "KeyError", "later"],
    ["any", "app class", "Exception", "later"],
    ["theirs", "blueprint code", "404", "elsewhere"],
  ]);
});
