/** How often steps ran in a recording whose events only pass by. */
import { readBytes, readLog } from "../../demo-data/read";
import { type Counts, countsOf } from "../model/lifecycle/counts";
import { RecordingLog } from "../model/recording_log";
import { decodeFrame } from "../protocol/decode";
import { PassingMaps } from "./whole_maps";

function told({ requests, rows }: Counts) {
  const said = rows.map(({ row, reasons, ...figures }) => ({
    key: row.key,
    ...figures,
    reasons: [...reasons].map(([id, { count }]) => [id, count]),
  }));
  return { requests, rows: said };
}

test.each([1, 60, 500, 1e6])(
  "they are counted as if all were held, with %i events at once",
  (held) => {
    const all = readLog("samples.bin");
    const apps = new Set(
      [...all.traceIds()].map((id) => all.event(all.eventsOf(id)[0] as number)?.app),
    );
    expect(apps.size).toBeGreaterThan(5);
    for (const app of apps) {
      const of = { app: app ?? null, announced: [], line: null };
      const passing = new PassingMaps(new RecordingLog().successor(), of, held);
      for (const block of decodeFrame(readBytes("samples.bin")).blocks) passing.take(block);
      expect(told(passing.counts())).toEqual(told(countsOf(all, of.app, [], null)));
    }
  },
);
