/** Traces by themselves: their items and events, in a log of their own. */
import { EventLog } from "../model/log";
import { blocksOf } from "../model/trace_blocks";
import { type Block, decodeFrame } from "../protocol/decode";
import type { TraceItem } from "../transport/items";
import type { Page } from "./page";

export interface TraceLog {
  items: TraceItem[];
  log: EventLog;
}

interface Part {
  item: TraceItem;
  blocks: readonly Block[];
}

/** Fetches *traces*; one that has gone throws what the dashboard says of it. */
export async function loadTraces(page: Page, traces: readonly string[]): Promise<TraceLog> {
  const parts = await Promise.all(traces.map((trace) => partOf(page, trace)));
  const log = new EventLog({ maxEvents: Number.MAX_SAFE_INTEGER });
  for (const { blocks } of parts) for (const block of blocks) log.append(block);
  return { items: parts.map(({ item }) => item), log };
}

async function partOf(page: Page, trace: string): Promise<Part> {
  try {
    const [item, frame] = await Promise.all([page.api.trace(trace), page.api.traceEvents(trace)]);
    return { item, blocks: decodeFrame(frame).blocks };
  } catch (error) {
    // An exported file holds its recording and nothing beside it.
    const held = heldIn(page, trace);
    if (held === null) throw error;
    return held;
  }
}

/** What the opened recording has of a trace, null when it is another one's or still on its way. */
function heldIn(page: Page, trace: string): Part | null {
  const replay = page.opened.peek();
  if (!replay?.ready.peek()) return null;
  const { items, log } = replay.workspace;
  const item = items.peek().find(({ id }) => id === trace);
  return item === undefined ? null : { item, blocks: blocksOf(log, trace) };
}
