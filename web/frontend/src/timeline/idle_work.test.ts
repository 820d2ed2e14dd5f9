/** What an idle lane did last, in words. */
import { logOf } from "../../demo-data/read";
import { english } from "../lib/translate";
import { contextsOf } from "../model/contexts";
import { SpanStore } from "../model/spans";
import { idleText } from "./idle_work";
import type { Scene } from "./scene";

test("a context that nobody popped in a thread of its own is told from its push", () => {
  const log = logOf([
    { kind: "request", name: "GET /leak", span: 1, phase: "begin", at: 0 },
    {
      kind: "app_context.push",
      thread: 2,
      at: 1000,
      app: "shop",
      attributes: { context: "app_context 1", stack: ["app_context 1"] },
    },
    { kind: "request", name: "GET /leak", span: 1, phase: "end", at: 5000 },
  ]);
  const text = (start: number, end: number) =>
    idleText(
      {
        log,
        contexts: contextsOf(log),
        spans: new SpanStore(log),
        view: { start, end },
        label: english,
      } as unknown as Scene,
      1,
    );
  expect(text(4000, 6000)).toBe("GET /leak, 3.00 µs earlier");
  expect(text(0, 500)).toBe("GET /leak, 500 ns later");
});
