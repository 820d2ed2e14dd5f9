/** Our timeline with the spans of a file, measured beside flame-chart-js. */
import { english } from "../src/lib/translate";
import { EventLog } from "../src/model/log";
import { spansOf } from "../src/model/spans";
import { decodeFrame } from "../src/protocol/decode";
import { createTimeline } from "../src/timeline/timeline";
import { measureLoad } from "./bench";

const host = document.querySelector("#timeline") as HTMLElement;
const response = await fetch(new URLSearchParams(location.search).get("data") ?? "");
const bytes = await response.arrayBuffer();
await measureLoad(() => {
  const log = new EventLog({ maxEvents: Number.POSITIVE_INFINITY });
  for (const block of decodeFrame(bytes).blocks) log.append(block);
  const quiet = () => {};
  const timeline = createTimeline(host, {
    log,
    label: english,
    onSelect: quiet,
    onCursor: quiet,
    onView: quiet,
    onHover: quiet,
  });
  const { lanes } = spansOf(log);
  const rows = lanes.flatMap((lane) => lane?.rows ?? []);
  return {
    spans: rows.reduce((sum, row) => sum + row.length, 0),
    show: (share) =>
      timeline.setView({
        start: log.startTime,
        end: log.startTime + (log.endTime - log.startTime) * share,
      }),
    pan: (share) => timeline.pan(share),
  };
});
