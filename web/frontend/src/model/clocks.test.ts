/** A clock that is set back in the middle of a request. */
import { blockOf, logOf, type Written } from "../../demo-data/read";
import { EventLog } from "./log";
import { spansOf } from "./spans";

const SECOND = 1e9;

const times = (log: EventLog) => log.eventsOf("t").map((index) => log.event(index)?.t);

test("times go on from where they were, for all lanes of the process, and the jump is noted", () => {
  const log = logOf([
    { kind: "request", phase: "begin", span: 1, at: 100 },
    { kind: "view", phase: "begin", span: 2, parent: 1, at: 200 },
    { kind: "view", phase: "end", span: 2, at: 300 - SECOND },
    { kind: "log", at: 350 - SECOND, thread: 2 },
    { kind: "request", phase: "end", span: 1, at: 400 - SECOND },
  ]);
  expect(times(log)).toEqual([100, 200, 200, 250, 300]);
  expect(log.jumps).toEqual([{ event: 2, by: SECOND - 100 }]);
  const [request] = spansOf(log).lanes[0]?.rows ?? [];
  expect([request?.start[0], request?.end[0]]).toEqual([100, 300]);
});

test("what comes with the next block stands behind it, too", () => {
  const log = new EventLog();
  log.append(blockOf([{ kind: "log", at: 500, seq: 1 }]));
  log.append(
    blockOf([
      { kind: "log", at: 100, seq: 2 },
      { kind: "log", at: 130, seq: 3 },
    ]),
  );
  expect(times(log)).toEqual([500, 500, 530]);
});

test("events of two threads may be written a little out of order: that is no jump", () => {
  const events: Written[] = [
    { kind: "log", at: 200 },
    { kind: "log", at: 190, thread: 2 },
    { kind: "log", at: 210 },
  ];
  const log = logOf(events);
  expect([times(log), log.jumps]).toEqual([[200, 190, 210], []]);
});

test("a trace that was fetched late keeps its times", () => {
  const log = new EventLog();
  log.append(blockOf([{ kind: "log", at: 500, seq: 9, trace_id: "new" }]));
  log.append(blockOf([{ kind: "log", at: 100, seq: 2 }]));
  expect([times(log), log.jumps]).toEqual([[100], []]);
});
