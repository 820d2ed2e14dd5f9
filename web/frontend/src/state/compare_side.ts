/** One of the two requests that are compared: its item and its events, in a log of their own. */
import { EventLog } from "../model/log";
import { decodeFrame } from "../protocol/decode";
import type { TraceItem } from "../transport/items";
import type { Page } from "./page";

export interface Side {
  trace: string;
  item: TraceItem;
  log: EventLog;
}

/** Fetches both; a trace that has gone throws what the dashboard says of it. */
export async function loadSide(page: Page, trace: string): Promise<Side> {
  const [item, frame] = await Promise.all([page.api.trace(trace), page.api.traceEvents(trace)]);
  const log = new EventLog({ maxEvents: Number.MAX_SAFE_INTEGER });
  // The hues of the applications are those of the other screens.
  log.nameApps(page.live.log.apps.slice(1));
  for (const block of decodeFrame(frame).blocks) log.append(block);
  return { trace, item, log };
}
