import type { Block } from "../protocol/decode";
import type { EventLog } from "./log";
import { selectRows } from "./stored";

/** The events of a trace that a log holds, as blocks of their own. */
export function blocksOf(log: EventLog, trace: string): Block[] {
  const indexes = [...log.eventsOf(trace)].sort((a, b) => a - b);
  return log.blocks().flatMap(({ start, block }) => {
    const rows = indexes
      .map((index) => index - start)
      .filter((row) => row >= 0 && row < block.count);
    return rows.length === 0 ? [] : [selectRows(block, rows)];
  });
}
