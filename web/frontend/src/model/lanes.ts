/** How lanes are called, and in which order they stand. */
import { plural, type Translate } from "../lib/translate";
import type { LaneName } from "./contract";
import type { EventLog, Lane } from "./log";

/** A title of one or two words, and what tells lanes of the same title apart. */
export function laneName(lane: Lane, translate: Translate): LaneName {
  const { thread, role } = splitThread(lane.threadName);
  const details = [translate("pid {pid}", { pid: String(lane.pid) })];
  if (lane.task !== null) return { title: lane.task, detail: [...details, thread].join(" · ") };
  if (lane.greenlet !== null) {
    const title = translate("Greenlet {number}", { number: lane.greenlet });
    return { title, detail: [...details, thread].join(" · ") };
  }
  if (role !== "") details.push(role);
  return { title: thread, detail: details.join(" · ") };
}

/** What a lane is called in every page: its number is that of one. */
export function laneKey({ pid, threadName, greenlet, task }: Lane): string {
  return [pid, threadName, greenlet, task].filter((part) => part !== null).join("/");
}

/** "Thread-2 (process_request_thread)" → the name, and the function that the thread runs. */
function splitThread(name: string): { thread: string; role: string } {
  const found = /^(.*?) \((.*)\)$/.exec(name);
  return found
    ? { thread: found[1] as string, role: found[2] as string }
    : { thread: name, role: "" };
}

const orders = new WeakMap<readonly Lane[], readonly number[]>();

/** Lanes by process, a process's main thread first, then in the order in which they appeared. */
export function laneOrder(log: EventLog): readonly number[] {
  const known = orders.get(log.lanes);
  // A server with a thread for each request makes thousands of lanes; they only ever become more.
  if (known?.length === log.lanes.length) return known;
  const order = sortLanes(log.lanes);
  orders.set(log.lanes, order);
  return order;
}

function sortLanes(lanes: readonly Lane[]): number[] {
  const agents = new Map<string, number>();
  for (const { agent } of lanes) if (!agents.has(agent)) agents.set(agent, agents.size);
  const agentRank = (lane: Lane) => agents.get(lane.agent) as number;
  const rank = (lane: Lane) => (lane.threadName === "MainThread" && lane.task === null ? 0 : 1);
  return [...lanes]
    .sort((a, b) => agentRank(a) - agentRank(b) || rank(a) - rank(b) || a.id - b.id)
    .map((lane) => lane.id);
}

/** The row that stands for the lanes without anything in the view. */
export function foldedName(count: number, translate: Translate): string {
  return plural(translate, count, "{count} idle thread", "{count} idle threads");
}
