/** One log in the place of another. */
import { blockOf, type Written } from "../../demo-data/read";
import { contextsOf } from "./contexts";
import { RecordingLog } from "./recording_log";
import { spansOf } from "./spans";

function instants(from: number, count: number, trace = "t"): Written[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: "log",
    at: (from + i) * 1000,
    seq: from + i,
    trace_id: trace,
  }));
}

test("a log takes the place of another: its events have other numbers, all else stays as it was", () => {
  const log = new RecordingLog();
  log.append(blockOf(instants(4, 2)));
  const next = log.successor();
  next.append(blockOf(instants(1, 3)));
  next.append(blockOf(instants(4, 4)));
  const numbers: (number | null)[] = [];
  log.onAdoption((_, renumber) => numbers.push(...[0, 1, 2].map(renumber)));
  let told = 0;
  log.subscribe(() => told++);
  log.adopt(next);
  expect(told).toBe(1);
  expect(numbers.map((index) => index && log.event(index)?.seq)).toEqual([4, 5, null]);
  expect(log.count).toBe(7);
  expect([log.startTime, log.endTime]).toEqual([1000, 7000]);
  expect(log.event(0)).toBeUndefined();
  expect(log.eventsOf("t").map((index) => log.event(index)?.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(log.lanes).toHaveLength(1);
  expect(log.append(blockOf(instants(7, 2)))).toBe(1);
});

test("what was derived from a log goes with it, and is not made anew", () => {
  const log = new RecordingLog();
  log.append(blockOf(instants(4, 2)));
  spansOf(log);
  contextsOf(log);
  const next = log.successor();
  next.append(blockOf(instants(1, 6)));
  const [spans, contexts] = [spansOf(next), contextsOf(next)];
  const rows = spans.lanes[0]?.rows;
  log.adopt(next);
  expect(spansOf(log)).toBe(spans);
  expect(contextsOf(log)).toBe(contexts);
  expect(spansOf(log).lanes[0]?.rows).toBe(rows);
  log.append(blockOf(instants(7, 2)));
  expect(spansOf(log).lanes[0]?.rows[0]?.length).toBe(8);
});
