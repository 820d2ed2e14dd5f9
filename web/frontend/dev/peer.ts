/** flame-chart-js with the spans of a file: what our timeline is measured beside. */
import { FlameChart, type FlameChartNode } from "flame-chart-js";
import { EventLog } from "../src/model/log";
import type { SpanRow } from "../src/model/span_row";
import { spansOf } from "../src/model/spans";
import { decodeFrame } from "../src/protocol/decode";
import { measureLoad } from "./bench";

const NS_PER_MS = 1e6;

const canvas = document.querySelector("canvas") as HTMLCanvasElement;
const response = await fetch(new URLSearchParams(location.search).get("data") ?? "");
const log = new EventLog({ maxEvents: Number.POSITIVE_INFINITY });
for (const block of decodeFrame(await response.arrayBuffer()).blocks) log.append(block);
const nodes = nodesOf(log);
const end = Math.max(...nodes.map((node) => node.start + node.duration));
const spans = spansOf(log).lanes.reduce(
  (sum, lane) => sum + (lane?.rows ?? []).reduce((all, row) => all + row.length, 0),
  0,
);
// Its nodes are ready: making them is our work, not its own.
await measureLoad(() => {
  const chart = new FlameChart({ canvas, data: nodes });
  let view = { start: 0, end };
  const zoom = () => chart.setZoom(view.start, view.end);
  return {
    spans,
    show(share) {
      view = { start: 0, end: end * share };
      zoom();
    },
    pan(share) {
      const by = (view.end - view.start) * share;
      view = { start: view.start + by, end: view.end + by };
      zoom();
    },
  };
});

/** Its rows cannot overlap, so the lanes stand one behind the other in time. */
function nodesOf(log: EventLog): FlameChartNode[] {
  const length = (log.endTime - log.startTime) / NS_PER_MS;
  return spansOf(log).lanes.flatMap((lane, i) => rootsOf(log, lane?.rows ?? [], i * length));
}

function rootsOf(log: EventLog, rows: readonly SpanRow[], shift: number): FlameChartNode[] {
  let above: FlameChartNode[] = [];
  const roots: FlameChartNode[] = [];
  rows.forEach((row, depth) => {
    const level: FlameChartNode[] = [];
    let parent = 0;
    for (let i = 0; i < row.length; i++) {
      const event = log.event(row.event[i] as number);
      const start = ((row.start[i] as number) - log.startTime) / NS_PER_MS + shift;
      const duration =
        (Math.min(row.end[i] as number, log.endTime) - (row.start[i] as number)) / NS_PER_MS;
      const node = {
        name: event?.name ?? "",
        type: event?.kind ?? "",
        start,
        duration,
        children: [],
      };
      level.push(node);
      while (parent + 1 < above.length && (above[parent + 1] as FlameChartNode).start <= start)
        parent++;
      (depth === 0 ? roots : above[parent]?.children)?.push(node);
    }
    above = level;
  });
  return roots;
}
