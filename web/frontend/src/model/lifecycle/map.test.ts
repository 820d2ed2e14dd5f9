/** What the map makes of situations that were recorded on real Flasks. */
import { recorded } from "../../../demo-data/lifecycle";
import { logOf } from "../../../demo-data/read";
import { elsewhere, type LifecycleMap, mapAround, mapOf, type Row, rowAround } from "./map";
import { passesOf } from "./pass";
import { isIdle } from "./reasons";

function mapsOf(name: string, flask = "3.1"): LifecycleMap[] {
  const { log, registered, traces } = recorded(name, flask);
  return traces.flatMap((trace) => passesOf(log, trace)).map((pass) => mapOf(pass, registered));
}

function line(row: Row): string {
  const what = [row.step.id, row.fn?.name ?? row.subject].filter(Boolean).join(" ");
  const count = row.runs.length > 1 ? ` ×${row.runs.length}` : "";
  const why = row.reason === null ? [] : [row.reason.id, ...Object.values(row.reason.params)];
  return `${row.state} ${what}${count}${why.length > 0 ? `: ${why.join(" ")}` : ""}`.trimEnd();
}

/** Whole maps are long: these are the rows that went another way, templates left out. */
function strange(name: string, flask?: string): string[][] {
  return mapsOf(name, flask).map(({ rows }) =>
    rows
      .filter(({ state }) => ["skipped", "returned", "raised"].includes(state))
      .map(line)
      .filter((text) => !/template/.test(text)),
  );
}

test("a whole map: what ran, what was kept from running and by whom, what nobody registered", () => {
  const [map] = mapsOf("interception");
  expect(map?.rows.map(line)).toEqual([
    "ran request",
    "unregistered middleware",
    "ran wsgi_app",
    "ran app_context.push",
    "ran signal appcontext_pushed",
    "ran request_context.push",
    "ran session.open",
    "idle session.null: sessionOpened",
    "ran url_match",
    "ran signal request_started",
    "unregistered url_value_preprocessor",
    "returned before_request guard",
    "skipped before_request never: intercepted guard apps.py:96",
    "skipped view index: intercepted guard apps.py:96",
    "skipped template.load: notRendered",
    "skipped template.render: notRendered",
    "unregistered context_processor",
    "skipped signal before_render_template: notRendered",
    "skipped signal template_rendered: notRendered",
    "idle exception: nothingRaised",
    "idle signal got_request_exception: nothingRaised",
    "idle error_handler: nothingRaised",
    "ran make_response",
    "unregistered after_this_request",
    "ran after_request after",
    "ran session.save",
    "ran signal request_finished",
    "ran start_response",
    "unregistered teardown_request",
    "ran signal request_tearing_down",
    "ran request_context.pop",
    "unregistered teardown_appcontext",
    "ran signal appcontext_tearing_down",
    "ran app_context.pop",
    "ran signal appcontext_popped",
    "ran response.chunk",
    "ran response.close",
  ]);
});

test("the cause of a skipped step is an event that can be selected", () => {
  const [map] = mapsOf("interception");
  const guard = map?.rows.find((row) => row.state === "returned");
  const view = map?.rows.find((row) => row.step.kind === "view");
  expect(view?.reason?.event).toBe(guard?.runs[0]?.event.index);
});

test("hooks stand in the order in which they ran, also backwards", () => {
  const [map] = mapsOf("nested_blueprints");
  const hooks = map?.rows.filter((row) => /^(before|after|teardown)_request$/.test(row.step.kind));
  expect(hooks?.map(line)).toEqual([
    "ran before_request before_app",
    "ran before_request before_outer",
    "ran before_request before_middle",
    "ran before_request before_inner",
    "ran after_request after_inner",
    "ran after_request after_middle",
    "ran after_request after_outer",
    "ran after_request after_app",
    "ran teardown_request down_inner",
    "ran teardown_request down_middle",
    "ran teardown_request down_outer",
    "ran teardown_request down_app",
  ]);
});

test("nothing strange happens in a plain request, on any Flask", () => {
  const flasks = ["1.1", "2.1", "3.1", "3.2"];
  expect(flasks.map((flask) => strange("two_and_two", flask))).toEqual([[[]], [[]], [[]], [[]]]);
});

test("a path that no rule fits: blueprints are not known then", () => {
  expect(strange("no_blueprint_known")).toEqual([
    [
      "skipped url_value_preprocessor values_part: noBlueprint NotFound part",
      "skipped before_request before_part: noBlueprint NotFound part",
      "skipped view: routing NotFound",
      "skipped context_processor names_app: notRendered",
      "skipped context_processor names_part: notRendered",
      "raised exception NotFound",
      "skipped after_request after_part: noBlueprint NotFound part",
      "skipped teardown_request down_part: noBlueprint NotFound part",
    ],
  ]);
});

test("without a secret key there is no session to save", () => {
  expect(strange("no_secret_key")).toEqual([
    ["skipped session.save: noSession SecureCookieSessionInterface"],
  ]);
});

test("a propagated exception leaves no answer", () => {
  expect(strange("propagated")).toEqual([
    [
      "raised request",
      "raised wsgi_app",
      "raised view index",
      "raised exception RuntimeError",
      "skipped error_handler: propagated RuntimeError",
      "skipped make_response: propagated RuntimeError",
      "skipped session.save: propagated RuntimeError",
      "skipped signal request_finished: propagated RuntimeError",
      "skipped start_response: propagated RuntimeError",
      "skipped response.chunk: propagated RuntimeError",
      "skipped response.close: propagated RuntimeError",
    ],
  ]);
});

test("hooks that raise, before, behind and at the end", () => {
  expect(strange("answer_by_abort")).toEqual([
    [
      "raised before_request guard",
      "skipped view: raised guard HTTPException shapes.py:127",
      "raised exception HTTPException",
    ],
  ]);
  expect(strange("after_raises")).toEqual([
    [
      "raised exception RuntimeError",
      "raised after_request fails ×2",
      "skipped session.save: raisedAfter fails RuntimeError apps.py:185",
      "skipped signal request_finished: raisedAfter fails RuntimeError apps.py:185",
    ],
  ]);
  expect(strange("teardown_raises")).toEqual([
    [
      "raised request",
      "raised wsgi_app",
      "raised teardown_request fails",
      "skipped teardown_request skipped: teardownRaised fails RuntimeError apps.py:197",
      "skipped signal request_tearing_down: teardownRaised fails RuntimeError apps.py:197",
      "skipped response.chunk: teardownRaised fails RuntimeError apps.py:197",
      "skipped response.close: teardownRaised fails RuntimeError apps.py:197",
    ],
  ]);
});

test("from 3.2 on the other teardown functions run as well", () => {
  expect(strange("teardown_raises", "3.2")[0]?.slice(2)).toEqual([
    "raised teardown_request fails",
    "skipped response.chunk: teardownRaised fails RuntimeError apps.py:197",
    "skipped response.close: teardownRaised fails RuntimeError apps.py:197",
  ]);
});

test("a session that cannot be opened keeps the request from its routing", () => {
  expect(strange("store_is_down")[0]).toEqual([
    "raised session.open",
    "skipped session.null: raised Down OSError",
    "skipped url_match: raised Down OSError",
    "skipped signal request_started: raised Down OSError",
    "skipped view: raised Down OSError",
    "raised exception OSError",
    "raised session.save",
    "skipped signal request_finished: raisedAfter Down OSError",
  ]);
});

test("what the routing answers, and what Flask answers itself", () => {
  expect(strange("slash_and_method")).toEqual([
    ["skipped view: redirected http://localhost/folder/", "raised exception RequestRedirect"],
    ["skipped view: routing MethodNotAllowed", "raised exception MethodNotAllowed"],
  ]);
  expect(strange("options_by_flask")).toEqual([["skipped view index: options"]]);
});

test("there is no occasion for what an exception did not ask for", () => {
  const idle = (name: string) =>
    mapsOf(name)[0]
      ?.rows.filter(({ state, step }) => state === "idle" && /exception|error/.test(step.id))
      .map(line);
  expect(idle("handled")).toEqual([
    "idle signal got_request_exception: handled RuntimeError sorry",
  ]);
  expect(idle("unhandled")).toEqual(["idle error_handler: noHandler RuntimeError"]);
  expect(idle("answer_by_abort")).toEqual([
    "idle signal got_request_exception: httpAnswer HTTPException",
    "idle error_handler: noHandler HTTPException",
  ]);
  expect(idle("slash_and_method")?.at(-1)).toBe(
    "idle error_handler: redirectAnswers RequestRedirect",
  );
});

test("an application context that was there is used again, up to 3.1", () => {
  const reused = mapsOf("request_under_context")[0]?.rows.filter(
    (row) => row.reason?.id === "contextReused",
  );
  expect(reused?.map((row) => row.step.id)).toEqual([
    "app_context.push",
    "signal appcontext_pushed",
    "signal appcontext_tearing_down",
    "app_context.pop",
    "signal appcontext_popped",
  ]);
});

test("up to 2.1 a client that is a context keeps the contexts", () => {
  expect(strange("with_client", "2.1")).toEqual([
    [
      "skipped signal request_tearing_down: contextLeft",
      "skipped request_context.pop: contextLeft",
      "skipped signal appcontext_tearing_down: contextLeft",
      "skipped app_context.pop: contextLeft",
      "skipped signal appcontext_popped: contextLeft",
    ],
  ]);
});

test("before_first_request is for the first one", () => {
  const first = mapsOf("before_first_request", "2.1").map(({ rows }) =>
    rows.filter((row) => row.step.kind === "before_first_request").map(line),
  );
  expect(first).toEqual([
    ["ran before_first_request once"],
    ["idle before_first_request once: notFirst"],
  ]);
});

test("a request inside a request has a map of its own, and its events lead there", () => {
  const { log, registered, traces } = recorded("calls_itself_and_fails");
  const passes = passesOf(log, traces[0] as string);
  expect(passes.map((pass) => pass.isNested)).toEqual([false, true, true]);
  const inner = passes[1]?.happenings.find(({ event }) => event.kind === "url_match");
  const maps = passes.map((pass) => mapOf(pass, registered));
  const event = inner?.event ?? null;
  const map = mapAround(maps, event) as LifecycleMap;
  expect(map).toBe(maps[1]);
  expect(rowAround(map.rows, event)?.step.id).toBe("url_match");
  expect(map.rows.filter(({ step }) => /^(request|response)/.test(step.kind)).map(line)).toEqual([
    "ran request_context.push",
    "ran request_context.pop",
  ]);
});

test("an event lights the step that it is, that it happened in, or whose outcome it is", () => {
  const log = logOf([
    { kind: "request", at: 0, phase: "begin", span: 1 },
    { kind: "wsgi_app", app: "a", at: 1, phase: "begin", span: 2, parent: 1 },
    { kind: "view", app: "a", at: 2, phase: "begin", span: 3, parent: 2 },
    { kind: "log", app: "a", at: 3, parent: 3 },
    { kind: "view", app: "a", at: 4, phase: "end", span: 3, parent: 2 },
    { kind: "state", app: "a", at: 5, parent: 2 },
    { kind: "start_response", app: "a", at: 6, parent: 2 },
    { kind: "wsgi_app", app: "a", at: 7, phase: "end", span: 2, parent: 1 },
    { kind: "request", at: 8, phase: "end", span: 1 },
  ]);
  const { rows } = mapOf(passesOf(log, "t")[0] as NonNullable<ReturnType<typeof passesOf>[0]>, []);
  const lit = [0, 1, 2, 3, 5, 6].map((i) => rowAround(rows, log.event(i) ?? null)?.step.id);
  expect(lit).toEqual(["request", "wsgi_app", "view", "view", "view", "start_response"]);
});

test("contexts that a view or another thread pushes are not the request's own", () => {
  const [map] = mapsOf("thread_with_copy");
  const pushes = map?.rows.filter(({ step }) => step.kind === "app_context.push");
  expect(pushes?.map(line)).toEqual(["ran app_context.push"]);
});

test("functions of other blueprints are told, not drawn", () => {
  const { log, registered, traces } = recorded("one_blueprint");
  const [pass] = passesOf(log, traces[1] as string);
  const registry = [
    ...(registered[0]?.registry ?? []),
    { kind: "before_request", name: "before_admin", scope: "admin", order: 1 },
  ];
  const map = mapOf(pass as NonNullable<typeof pass>, [
    { ...(registered[0] as (typeof registered)[number]), registry },
  ]);
  const step = map.rows.find((row) => row.step.kind === "before_request")?.step;
  expect(elsewhere(map, step as NonNullable<typeof step>).map(({ name }) => name)).toEqual([
    "before_admin",
  ]);
  expect(map.rows.filter(({ fn }) => fn?.name === "before_admin")).toEqual([]);
});

test("when nothing was announced, nobody claims that nothing is registered", () => {
  const { log, traces } = recorded("two_and_two");
  const [pass] = passesOf(log, traces[0] as string);
  const map = mapOf(pass as NonNullable<typeof pass>, []);
  expect(map.rows.filter(({ state }) => state === "unregistered").map(line)).toEqual([
    "unregistered after_this_request",
  ]);
  expect(map.rows.filter(({ state }) => state === "unseen").map(line)).toEqual([
    "unseen middleware",
    "unseen url_value_preprocessor",
    "unseen context_processor",
    "unseen teardown_request",
    "unseen teardown_appcontext",
  ]);
});

test("a request under way, one that was cut, and one that never reached Flask", () => {
  const request = { kind: "request", name: "GET /", at: 0, phase: "begin", span: 1 } as const;
  const flask = {
    kind: "wsgi_app",
    name: "a",
    app: "a",
    at: 1,
    phase: "begin",
    span: 2,
    parent: 1,
  } as const;
  const why = (...events: Parameters<typeof logOf>[0]) => {
    const [pass] = passesOf(logOf(events), "t");
    const { rows } = mapOf(pass as NonNullable<typeof pass>, []);
    return rows.find(({ step }) => step.kind === "view")?.reason;
  };
  const end = { kind: "request", at: 9, phase: "end", span: 1 } as const;
  const cut = { ...end, attributes: { truncated: true } };
  const guard = {
    kind: "middleware",
    name: "Guard",
    at: 1,
    phase: "begin",
    span: 3,
    parent: 1,
  } as const;
  expect(why(request, flask)?.id).toBe("running");
  expect(why(request, flask, cut)?.id).toBe("truncated");
  expect(why(request, guard, end)).toEqual({
    id: "answeredBefore",
    params: { name: "Guard" },
    event: 1,
  });
  expect(why(request, end)?.id).toBe("noFlask");
});

test("a script has no map", () => {
  const log = logOf([{ kind: "run", at: 0, phase: "begin", span: 1 }]);
  expect(passesOf(log, "t")).toEqual([]);
});

test("idle is what had no occasion", () => {
  expect(isIdle({ id: "nothingRaised", params: {}, event: null })).toBe(true);
  expect(isIdle({ id: "intercepted", params: {}, event: null })).toBe(false);
});
