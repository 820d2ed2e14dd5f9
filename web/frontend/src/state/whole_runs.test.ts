/** What ran in a recording whose events only pass by. */
import { readBytes, readLog } from "../../demo-data/read";
import { RecordingLog } from "../model/recording_log";
import { type RunCounts, runsIn } from "../model/runs";
import { decodeFrame } from "../protocol/decode";
import { PassingRuns } from "./whole_runs";

function told({ all, requests, reached }: RunCounts) {
  const runs = all.map(({ of, count, total, returned, raised, receivers }) => ({
    ...of,
    ...{ count, total, returned, raised, receivers },
  }));
  return { runs, requests, reached: [...reached] };
}

test("they are counted as if they were held, and are not", () => {
  const held = new RecordingLog();
  const log = held.successor();
  const passing = new PassingRuns(log);
  for (const block of decodeFrame(readBytes("samples.bin")).blocks) passing.take(block);
  expect(log.count).toBe(0);
  expect(told(passing.counts())).toEqual(told(runsIn(readLog("samples.bin"))));
  expect(told(passing.counts()).requests).toBeGreaterThan(20);
});
