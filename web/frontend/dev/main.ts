/**
 * The timeline alone on a page, for looking at it: `?data=invented` shows a file of demo-data,
 * `?live` as if it came in just now.
 */
import { english } from "../src/lib/translate";
import { explain } from "../src/model/explain";
import { EventLog } from "../src/model/log";
import { type Block, decodeFrame } from "../src/protocol/decode";
import { createOverview } from "../src/timeline/overview";
import { createTimeline } from "../src/timeline/timeline";

const query = new URLSearchParams(location.search);
document.documentElement.dataset.theme = query.get("theme") ?? "light";
const log = new EventLog({ maxEvents: Number.POSITIVE_INFINITY });
const overviewHost = document.querySelector<HTMLElement>("#overview");
const timelineHost = document.querySelector<HTMLElement>("#timeline");
if (!overviewHost || !timelineHost) throw new Error("the page lacks its two hosts");

/** What the timeline reported last, for whoever drives this page. */
const tell = (what: Record<string, string>) => Object.assign(document.body.dataset, what);

const overview = createOverview(overviewHost, {
  log,
  label: english,
  onView: (view) => timeline.setView(view),
});
const timeline = createTimeline(timelineHost, {
  log,
  label: english,
  explain: (event) => explain(event, english).sentence,
  scale: query.get("scale") === "steps" ? "steps" : "time",
  onSelect: (ref, description) => tell({ selected: String(ref), description }),
  onCursor: (t) => tell({ cursor: String(t) }),
  onView: (view) => {
    tell({ start: String(view.start), end: String(view.end) });
    overview.setView(view);
  },
  onHover: (ref) => tell({ hovered: String(ref) }),
});

Object.assign(window, { timeline, log });

if (query.has("ghost")) timeline.setGhostLegend(true);
else {
  const response = await fetch(`../demo-data/${query.get("data") ?? "invented"}.bin`);
  const { blocks } = decodeFrame(await response.arrayBuffer());
  if (query.has("live")) await playLive(blocks);
  for (const block of blocks) log.append(block);
  timeline.fitAll();
  const trace = query.get("trace");
  if (trace !== null) timeline.fitTrace([...log.traceIds()][Number(trace)] ?? "");
  if (query.has("view")) {
    const [start, end] = (query.get("view") as string).split(",").map(Number) as [number, number];
    timeline.setView({ start: start * 1e6, end: end * 1e6 });
  }
  if (query.has("select")) timeline.setSelection(Number(query.get("select")));
  tell({ ready: "true" });
  if (query.has("cursor")) timeline.setCursor(Number(query.get("cursor")) * 1e6);
}

/** Appends a few events at a time, as a live stream would, with the view following. */
async function playLive(blocks: readonly Block[]): Promise<void> {
  for (const block of blocks) {
    for (let from = 0; from < block.count; from += 10) {
      log.append(partOf(block, from, Math.min(block.count, from + 10)));
      timeline.fitAll();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function partOf(block: Block, from: number, to: number): Block {
  const entries = Object.entries(block).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? (value as Uint8Array).subarray(from, to) : value,
  ]);
  return { ...(Object.fromEntries(entries) as Block), count: to - from, first: null };
}
