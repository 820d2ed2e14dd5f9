/** What is looked at: traces, selection, cursor. */
import { blockOf } from "../../demo-data/read";
import { EventLog } from "../model/log";
import { CART, CHECKOUT, inventedFrame, traceItem } from "../testing/page";
import { MAX_LISTED, Workspace } from "./workspace";

function loaded(): Workspace {
  const workspace = new Workspace(() => Promise.reject(new Error("nothing to fetch")));
  workspace.append(inventedFrame());
  workspace.update([traceItem(), traceItem({ id: CHECKOUT, start_ts: 1.7e18, events: 21 })]);
  return workspace;
}

const nameOf = (workspace: Workspace) => workspace.selectedEvent.value?.name;

test("a selected request shows its view, and the cursor stands there", async () => {
  const workspace = loaded();
  await workspace.select(CART);
  const event = workspace.selectedEvent.value;
  expect(event?.kind).toBe("view");
  expect(workspace.cursor.value).toBe(event?.t);
  expect(workspace.pinned.value).toBe(true);
});

test("of a script, the last context that was pushed is shown", async () => {
  const log = new EventLog();
  const push = { kind: "app_context.push", trace_id: "r" };
  log.append(
    blockOf([
      { kind: "run", phase: "begin", at: 1, seq: 1, trace_id: "r", span_id: "0000000000000001" },
      { ...push, at: 2, seq: 2, name: "outer" },
      { ...push, at: 3, seq: 3, name: "inner" },
      { kind: "app_context.pop", at: 4, seq: 4, trace_id: "r", name: "inner" },
    ]),
  );
  const workspace = new Workspace(() => Promise.reject(new Error("nothing to fetch")), log);
  await workspace.select("r", { fetch: false });
  expect(nameOf(workspace)).toBe("inner");
});

test("where no view ran, the function that answered is shown", async () => {
  const workspace = loaded();
  await workspace.select(CHECKOUT);
  expect([workspace.selectedEvent.value?.kind, nameOf(workspace)]).toEqual([
    "before_request",
    "require_login",
  ]);
});

test("a request that left the log is fetched when it is selected", async () => {
  const asked: string[] = [];
  const workspace = new Workspace(async (trace) => {
    asked.push(trace);
    return inventedFrame();
  });
  workspace.update([traceItem()]);
  await workspace.select(CART);
  await workspace.select(CART);
  expect(asked).toEqual([CART]);
  expect(workspace.selectedEvent.value?.kind).toBe("view");
});

test("a request that cannot be fetched says why", async () => {
  const workspace = new Workspace(() => Promise.reject(new Error("no longer stored")));
  workspace.update([traceItem()]);
  await workspace.select(CART);
  expect(workspace.problem.value).toEqual(new Error("no longer stored"));
});

test("stepping goes through every event, ends included, and stops at both ends", async () => {
  const workspace = loaded();
  await workspace.select(CART);
  const events = workspace.log.eventsOf(CART);
  workspace.step(-1000);
  expect(workspace.event.value).toBe(events[0]);
  const phases = new Set<string | undefined>();
  for (let i = 0; i < events.length + 5; i++) {
    phases.add(workspace.selectedEvent.value?.phase);
    workspace.step(1);
  }
  expect(workspace.event.value).toBe(events.at(-1));
  expect([...phases].sort()).toEqual(["begin", "end", "instant"]);
});

test("an end event stands for its span, with what is known at both ends", async () => {
  const workspace = loaded();
  await workspace.select(CART);
  workspace.selectEvent(workspace.log.eventsOf(CART).at(-1) ?? null);
  const facts = workspace.selectedFacts.value;
  expect(facts?.event.phase).toBe("begin");
  expect(facts?.event.kind).toBe("request");
  expect(facts?.attributes).toMatchObject({ method: "GET", status: 200 });
  expect(facts?.span).toBeGreaterThan(facts?.own ?? 0);
  expect(workspace.selectedRef.value).toBe(workspace.log.eventsOf(CART)[0]);
});

test("a frozen list stands still and counts what waits", () => {
  const workspace = loaded();
  workspace.frozen.value = true;
  workspace.update([traceItem({ id: "e".repeat(32) })]);
  expect(workspace.items.value).toHaveLength(2);
  expect(workspace.waiting.value).toBe(1);
  workspace.relist();
  expect(workspace.items.value).toHaveLength(3);
});

test("the list is bounded; the oldest leave it", () => {
  const workspace = loaded();
  const many = Array.from({ length: MAX_LISTED + 50 }, (_, i) =>
    traceItem({ id: `t${i}`, start_ts: 1.8e18 + i * 1e6 }),
  );
  workspace.update(many);
  expect(workspace.items.value).toHaveLength(MAX_LISTED);
  expect(workspace.items.value[0]?.id).toBe(`t${MAX_LISTED + 49}`);
});

test("the last change of the stack is the last push or pop up to the cursor", async () => {
  const workspace = loaded();
  await workspace.select(CART);
  const view = workspace.selectedEvent.value;
  const change = workspace.lastStackChange.value;
  expect(change?.kind).toBe("request_context.push");
  expect(change?.t).toBeLessThan(view?.t ?? 0);
});
