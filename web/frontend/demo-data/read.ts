/** The recorded files beside this one, for tests. pytest reads the same ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EventLog } from "../src/model/log";
import { type Block, decodeFrame } from "../src/protocol/decode";
import type { EventItem } from "../src/protocol/generated";

/** Vitest runs in the front end's folder. */
const FOLDER = join(process.cwd(), "demo-data");

export function readBytes(name: string): ArrayBuffer {
  const bytes = readFileSync(join(FOLDER, name));
  // A copy of its own: small files share one buffer in Node.
  return new Uint8Array(bytes).buffer;
}

/** The events of a JSON Lines file, without its header, sources and end. */
export function readEvents(name: string): EventItem[] {
  const lines = readFileSync(join(FOLDER, name), "utf-8").trim().split("\n");
  return lines
    .map((line) => JSON.parse(line) as EventItem & { source?: unknown })
    .filter((line) => line.kind !== undefined && line.source === undefined);
}

export function readLog(name: string): EventLog {
  const log = new EventLog();
  for (const block of decodeFrame(readBytes(name)).blocks) log.append(block);
  return log;
}

/** An event as a test writes it down; `at` in ns, spans by number. */
export type Written = Partial<EventItem> & {
  kind: string;
  at: number;
  span?: number;
  parent?: number;
  thread?: number;
};

/** Events written down in the test, as a block; what is left out is filled in. */
export function logOf(
  events: readonly Written[],
): EventLog {
  const log = new EventLog();
  log.append(blockOf(events));
  return log;
}

export function blockOf(
  events: readonly Written[],
  agent = "test",
): Block {
  const strings = [""];
  const numberOf = (text: string | null | undefined) => {
    if (text == null || text === "") return 0;
    const known = strings.indexOf(text);
    return known > 0 ? known : strings.push(text) - 1;
  };
  const threads = [...new Set(events.map((event) => event.thread ?? 1))];
  const column = (value: (event: (typeof events)[number], i: number) => number) =>
    Float64Array.from(events, value);
  return {
    count: events.length,
    first: null,
    agent,
    seq: column((event, i) => event.seq ?? i + 1),
    ts: column((event) => event.at),
    baseTs: 1_790_000_000_000_000_000n,
    spanPrefix: "0badcafe",
    phase: column((event) => ["begin", "end", "instant"].indexOf(event.phase ?? "instant")),
    kind: column((event) => numberOf(event.kind)),
    name: column((event) => numberOf(event.name ?? event.kind)),
    app: column((event) => numberOf(event.app)),
    trace: column((event) => numberOf(event.trace_id === undefined ? "t" : event.trace_id)),
    span: column((event) => event.span ?? 0),
    parent: column((event) => event.parent ?? 0),
    lane: column((event) => threads.indexOf(event.thread ?? 1)),
    attributes: column((_, i) => i),
    strings,
    lanes: threads.map((thread) => [1, thread, `Thread-${thread}`, null, null]),
    attributeTexts: events.map((event) => JSON.stringify(event.attributes ?? {})),
  };
}
