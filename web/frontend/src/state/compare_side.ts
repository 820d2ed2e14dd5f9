/** One of the two requests that are compared: its item and its events, in a log of their own. */
import type { EventLog } from "../model/log";
import type { TraceItem } from "../transport/items";
import type { Page } from "./page";
import { loadTraces } from "./trace_log";

export interface Side {
  trace: string;
  item: TraceItem;
  log: EventLog;
}

/** Fetches both; a trace that has gone throws what the dashboard says of it. */
export async function loadSide(page: Page, trace: string): Promise<Side> {
  const { items, log } = await loadTraces(page, [trace]);
  return { trace, item: items[0] as TraceItem, log };
}
