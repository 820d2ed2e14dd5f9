/** Steps of the selection through a trace. Pure: an event in, an event out. */
import type { EventLog, EventView } from "../model/log";
import { buildTree } from "../model/tree";
import type { EventRef, Move } from "./values";

/** Where a move from `from` leads; null when there is nothing. */
export function moveFrom(log: EventLog, from: EventRef, move: Move): EventRef | null {
  const event = log.event(from);
  if (event === undefined) return null;
  if (event.traceId === null)
    return move === "next" || move === "prev" ? outside(log, from, move) : null;
  if (move === "next" || move === "prev") return step(log, event, move === "next" ? 1 : -1);
  const tree = buildTree(log, event.traceId);
  if (move === "parent") return tree.parentOf(from);
  if (move === "child") return tree.childrenOf(from)[0] ?? null;
  const siblings = tree.siblingsOf(from);
  return siblings[siblings.indexOf(from) + (move === "right" ? 1 : -1)] ?? null;
}

/** Where a dispatch or a hand-over between lanes leads, forward or back; null when there is none. */
export function linkFrom(log: EventLog, from: EventRef, direction: 1 | -1): EventRef | null {
  const event = log.event(from);
  if (event?.traceId == null) return null;
  const events = log
    .eventsOf(event.traceId)
    .map((index) => log.event(index) as EventView)
    .filter((other) => other.phase !== "end");
  return direction === 1 ? forward(events, event) : backward(events, event);
}

function forward(events: readonly EventView[], from: EventView): EventRef | null {
  if (from.kind === "dispatch") return after(events, from, (other) => other.kind === "wsgi_app");
  const dispatch = events.find((other) => other.kind === "dispatch" && isBelow(other, from));
  if (dispatch !== undefined) return dispatch.index;
  return after(events, from, (other) => other.lane !== from.lane && isBelow(other, from));
}

function backward(events: readonly EventView[], from: EventView): EventRef | null {
  const parent = events.find((other) => other.spanId !== null && other.spanId === from.parentId);
  if (parent !== undefined && parent.lane !== from.lane) return parent.index;
  if (from.kind === "dispatch") return parent?.index ?? null;
  if (from.kind !== "wsgi_app") return null;
  const dispatches = events.filter(
    (other) => other.kind === "dispatch" && other.index < from.index,
  );
  return dispatches.at(-1)?.index ?? null;
}

function isBelow(event: EventView, from: EventView): boolean {
  return event.parentId !== null && event.parentId === (from.spanId ?? from.parentId);
}

function after(
  events: readonly EventView[],
  from: EventView,
  fits: (event: EventView) => boolean,
): EventRef | null {
  return events.find((other) => other.index > from.index && fits(other))?.index ?? null;
}

function step(log: EventLog, event: EventView, direction: 1 | -1): EventRef | null {
  const indexes = log.eventsOf(event.traceId as string);
  for (
    let i = indexes.indexOf(event.index) + direction;
    i >= 0 && i < indexes.length;
    i += direction
  ) {
    const index = indexes[i] as number;
    if (log.event(index)?.phase !== "end") return index;
  }
  return null;
}

function outside(log: EventLog, from: EventRef, move: "next" | "prev"): EventRef | null {
  const direction = move === "next" ? 1 : -1;
  for (let i = from + direction; ; i += direction) {
    const event = log.event(i);
    if (event === undefined) return null;
    if (event.traceId === null && event.phase !== "end") return i;
  }
}
