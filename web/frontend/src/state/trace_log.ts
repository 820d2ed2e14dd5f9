/** Traces by themselves: their items and events, in a log of their own. */
import { EventLog } from "../model/log";
import { decodeFrame } from "../protocol/decode";
import type { TraceItem } from "../transport/items";
import type { Page } from "./page";

export interface TraceLog {
  items: TraceItem[];
  log: EventLog;
}

/** Fetches *traces*; one that has gone throws what the dashboard says of it. */
export async function loadTraces(page: Page, traces: readonly string[]): Promise<TraceLog> {
  const [items, frames] = await Promise.all([
    Promise.all(traces.map((trace) => page.api.trace(trace))),
    Promise.all(traces.map((trace) => page.api.traceEvents(trace))),
  ]);
  const log = new EventLog({ maxEvents: Number.MAX_SAFE_INTEGER });
  // The hues of the applications are those of the other screens.
  log.nameApps(page.live.log.apps.slice(1));
  for (const frame of frames) for (const block of decodeFrame(frame).blocks) log.append(block);
  return { items, log };
}
