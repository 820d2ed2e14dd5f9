/** All loaded requests on one map: how often each step ran, was skipped and why. */
import type { EventLog } from "../log";
import { type LifecycleMap, mapOf, type Row } from "./map";
import { passesOf } from "./pass";
import type { Reason, ReasonId } from "./reasons";
import type { Registered } from "./registered";

export interface RowCount {
  row: Row;
  ran: number;
  returned: number;
  raised: number;
  skipped: number;
  idle: number;
  unregistered: number;
  /** Nanoseconds, and of how many requests. */
  total: number;
  timed: number;
  reasons: Map<ReasonId, { reason: Reason; count: number }>;
}

export interface Counts {
  requests: number;
  /** In the order of the steps; the functions of a step as they were first seen. */
  rows: readonly RowCount[];
}

/** What a trace had when its maps were made; a trace that grew is looked at anew. */
interface Known {
  events: number;
  announced: readonly Registered[];
  line: string | null;
  maps: readonly LifecycleMap[];
}

const known = new WeakMap<EventLog, Map<string, Known>>();

/** The maps of a trace, one for each handling; kept as long as nothing changed. */
export function mapsOf(
  log: EventLog,
  traceId: string,
  announced: readonly Registered[],
  line: string | null,
): readonly LifecycleMap[] {
  let traces = known.get(log);
  if (traces === undefined) {
    traces = new Map();
    known.set(log, traces);
  }
  const events = log.eventsOf(traceId).length;
  const found = traces.get(traceId);
  if (found?.events === events && found.announced === announced && found.line === line) {
    return found.maps;
  }
  const maps = passesOf(log, traceId).map((pass) => mapOf(pass, announced, line));
  traces.set(traceId, { events, announced, line, maps });
  return maps;
}

/** Counts over the requests of one application that the log holds. */
export function countsOf(
  log: EventLog,
  app: string | null,
  announced: readonly Registered[],
  line: string | null,
): Counts {
  const counting = new Counting(app);
  for (const traceId of log.traceIds()) counting.take(mapsOf(log, traceId, announced, line));
  return counting.counts();
}

/** Takes the maps of one trace after the other. */
export class Counting {
  private readonly counted = new Map<string, RowCount>();
  private readonly order: string[] = [];
  private requests = 0;

  constructor(private readonly app: string | null) {}

  take(maps: readonly LifecycleMap[]): void {
    for (const { pass, rows } of maps) {
      if (pass.app !== this.app || pass.isNested) continue;
      this.requests++;
      for (const row of rows) take(this.counted, this.order, row);
    }
  }

  counts(): Counts {
    return { requests: this.requests, rows: inOrder(this.counted, this.order) };
  }
}

function take(counted: Map<string, RowCount>, order: string[], row: Row): void {
  let count = counted.get(row.key);
  if (count === undefined) {
    count = emptyCount(row);
    counted.set(row.key, count);
    order.push(row.key);
  }
  if (row.state === "unseen" || row.state === "unregistered") count.unregistered++;
  else count[row.state]++;
  if (row.runs.length > 0 && count.row.runs.length === 0) count.row = row;
  if (row.duration !== null) {
    count.total += row.duration;
    count.timed++;
  }
  if (row.reason === null) return;
  const same = count.reasons.get(row.reason.id);
  if (same === undefined) count.reasons.set(row.reason.id, { reason: row.reason, count: 1 });
  else same.count++;
}

function inOrder(counted: ReadonlyMap<string, RowCount>, order: readonly string[]): RowCount[] {
  const rows = order.map((key) => counted.get(key) as RowCount);
  const steps = [...new Set(rows.map(({ row }) => row.step.id))];
  // Steps that only some requests have come at their place, too: all maps have one sequence.
  const groups = steps.map((id) => rows.filter(({ row }) => row.step.id === id));
  return groups.flatMap((group) => {
    const functions = group.filter(({ row }) => row.fn !== null);
    return functions.length > 0 ? functions : group;
  });
}

function emptyCount(row: Row): RowCount {
  return {
    row,
    ran: 0,
    returned: 0,
    raised: 0,
    skipped: 0,
    idle: 0,
    unregistered: 0,
    total: 0,
    timed: 0,
    reasons: new Map(),
  };
}
