import { logOf, readLog } from "../../demo-data/read";
import type { EventLog } from "../model/log";
import { linkFrom, moveFrom } from "./navigation";

const CART = "c".repeat(32);

function indexOf(log: EventLog, kind: string, name?: string): number {
  const found = log.eventsOf(CART).find((index) => {
    const event = log.event(index);
    return (
      event?.kind === kind && event.phase !== "end" && (name === undefined || event.name === name)
    );
  });
  return found as number;
}

test("arrows walk siblings, parents and children", () => {
  const log = readLog("invented.bin");
  const view = indexOf(log, "view");
  const to = (move: Parameters<typeof moveFrom>[2]) => {
    const index = moveFrom(log, view, move);
    return index === null ? null : log.event(index)?.name;
  };
  expect(to("left")).toBe("csrf");
  expect(to("right")).toBe("str");
  expect(to("child")).toBe("SELECT cart");
  expect(to("parent")).toBe("shop");
});

test("next and previous go through begins and instants and skip ends", () => {
  const log = readLog("invented.bin");
  const names: string[] = [];
  for (
    let at: number | null = indexOf(log, "before_request");
    at !== null && names.length < 5;
    at = moveFrom(log, at, "next")
  ) {
    names.push(log.event(at)?.name ?? "");
  }
  expect(names).toEqual(["require_login", "SELECT user", "csrf", "cart", "SELECT cart"]);
  expect(moveFrom(log, indexOf(log, "request"), "prev")).toBeNull();
});

test("a link leads from the middleware to the mounted application and back", () => {
  const log = readLog("invented.bin");
  const [middleware, dispatch, mounted] = ["middleware", "dispatch", "wsgi_app"].map((kind) =>
    indexOf(log, kind),
  ) as [number, number, number];
  expect(linkFrom(log, middleware, 1)).toBe(dispatch);
  expect(linkFrom(log, dispatch, 1)).toBe(mounted);
  expect(linkFrom(log, mounted, -1)).toBe(dispatch);
  expect(linkFrom(log, indexOf(log, "view"), 1)).toBeNull();
});

test("a link leads to the thread that took the work over, and back", () => {
  const log = logOf([
    { kind: "view", phase: "begin", span: 1, at: 1 },
    { kind: "span", phase: "begin", span: 2, parent: 1, at: 2, thread: 2 },
  ]);
  expect(linkFrom(log, 0, 1)).toBe(1);
  expect(linkFrom(log, 1, -1)).toBe(0);
});
