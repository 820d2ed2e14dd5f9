/** The recorded situations of `lifecycle-<flask>.json`, for tests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventLog } from "../src/model/log";
import type { Entry, Registered } from "../src/model/lifecycle/registered";
import { logOf, type Written } from "./read";

interface Situation {
  apps: { key: string; version: string; registry: Entry[] }[];
  events: Written[];
}

export interface Recorded {
  log: EventLog;
  registered: Registered[];
  traces: string[];
}

const files = new Map<string, Record<string, Situation>>();

export function situationsOf(flask: string): Record<string, Situation> {
  let found = files.get(flask);
  if (found === undefined) {
    const path = join(process.cwd(), "demo-data", `lifecycle-${flask}.json`);
    found = (JSON.parse(readFileSync(path, "utf-8")) as { situations: Record<string, Situation> })
      .situations;
    files.set(flask, found);
  }
  return found;
}

export function recorded(name: string, flask = "3.1"): Recorded {
  const { apps, events } = situationsOf(flask)[name] as Situation;
  const log = logOf(events.map((event) => ({ ...event, app: event.app ?? null })));
  return {
    log,
    registered: apps.map(({ key, version, registry }) => ({
      app: key,
      agent: "test",
      version,
      registry,
    })),
    traces: [...log.traceIds()],
  };
}
