/** What one process did while a request was under way: its trace, and what ran outside of it. */
import type { EventLog, EventView } from "../log";
import type { Lane } from "../stored";

/** From the firing of a request until nothing more is ascribed to it, ms since the Unix epoch. */
export interface Moment {
  /** Of the events. */
  trace: string;
  /** The process that was asked. */
  agent: string;
  from: number;
  until: number;
}

/**
 * The events of *moment* in the order of their times. A script, or a thread of its own, makes
 * traces beside the one that was asked for, and setting up an application belongs to none.
 */
export function eventsIn(log: EventLog, { trace, agent, from, until }: Moment): EventView[] {
  const found = new Set(log.eventsOf(trace));
  const epoch = Number(log.epoch ?? 0n);
  for (const { block, start, offset } of log.blocks()) {
    if (block.agent !== agent) continue;
    for (let row = 0; row < block.count; row++) {
      const ms = (epoch + offset + (block.ts[row] as number)) / 1e6;
      if (ms >= from && ms < until) found.add(start + row);
    }
  }
  return inOrder([...found].map((index) => log.event(index) as EventView));
}

/** All that *log* has, in the order of their times. */
export function allEvents(log: EventLog): EventView[] {
  const found: EventView[] = [];
  for (const { start, block } of log.blocks()) {
    for (let row = 0; row < block.count; row++) found.push(log.event(start + row) as EventView);
  }
  return inOrder(found);
}

/**
 * One whole thread after the other, the one of the first event in front, the others by name: of
 * threads that run at once no claim could tell the order.
 */
export function apart(events: readonly EventView[], lanes: readonly Lane[]): EventView[] {
  const nameOf = (event: EventView) => lanes[event.lane]?.threadName ?? "";
  const first = events[0] === undefined ? "" : nameOf(events[0]);
  const keyOf = (event: EventView) => (nameOf(event) === first ? "" : nameOf(event));
  return [...events].sort((a, b) => Number(keyOf(a) > keyOf(b)) - Number(keyOf(a) < keyOf(b)));
}

function inOrder(events: EventView[]): EventView[] {
  return events.sort((a, b) => a.t - b.t || a.index - b.index);
}
