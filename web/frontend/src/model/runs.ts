/**
 * What ran and how often: hooks, views, handlers, signals and receivers, counted over the events that
 * a log holds and nothing else. Kept up to date block by block: O(new events) at each update.
 */
import { Floats, Words } from "../lib/growable";
import type { Attributes, EventLog, StoredBlock } from "./log";

/** What tells one function from another in the events of its runs. */
export interface RunsOf {
  /** Null when the event belongs to no application, a dispatcher's. */
  app: string | null;
  kind: string;
  name: string;
  scope: string | null;
  order: number | null;
  file: string | null;
  line: number | null;
  by: string | null;
  /** Signal of a receiver, code or class of an error handler, endpoint of a view; else "". */
  detail: string;
}

export class Runs {
  /** Begin events, in order. */
  readonly events = new Words();
  /** Nanoseconds, of the runs that ended. */
  readonly durations = new Floats();
  total = 0;
  /** Ended with an answer that stopped the rest. */
  returned = 0;
  /** Left by an exception. */
  raised = 0;
  /** Of a signal: how many receivers were called in all. */
  receivers = 0;
  /** Process starts in which it ran. */
  readonly agents = new Set<number>();
  /** Of a signal or a receiver: who sent, by event (a signal) or at all (a receiver). */
  readonly senders = new Set<string>();

  constructor(readonly of: RunsOf) {}

  /** Takes over the runs of *other*, which come after these. */
  add(other: Runs): void {
    for (let i = 0; i < other.events.length; i++) this.events.push(other.events.data[i] as number);
    for (let i = 0; i < other.durations.length; i++) {
      this.durations.push(other.durations.data[i] as number);
    }
    this.total += other.total;
    this.returned += other.returned;
    this.raised += other.raised;
    this.receivers += other.receivers;
    for (const agent of other.agents) this.agents.add(agent);
    for (const sender of other.senders) this.senders.add(sender);
  }

  get count(): number {
    return this.events.length;
  }

  get mean(): number | null {
    return this.durations.length === 0 ? null : this.total / this.durations.length;
  }
}

/** One send of a signal, kept to tell which receivers are not called any more. */
interface Send {
  event: number;
  agent: number;
  sender: string;
}

interface OpenRun {
  runs: Runs;
  t: number;
  sender: string;
}

/** Kinds whose runs are counted. */
export const COUNTED_KINDS: ReadonlySet<string> = new Set([
  "before_first_request",
  "before_request",
  "after_request",
  "after_this_request",
  "teardown_request",
  "teardown_appcontext",
  "url_value_preprocessor",
  "url_defaults",
  "context_processor",
  "template_filter",
  "template_global",
  "template_test",
  "view",
  "error_handler",
  "signal",
  "signal_receiver",
  "middleware",
]);

export class RunCounts {
  /** In the order in which they first ran. */
  readonly all: Runs[] = [];
  /** Requests whose begin is held. */
  requests = 0;
  /** Application → how many requests reached it. */
  readonly reached = new Map<string, number>();
  /** `setup` events, in order. */
  readonly setups: number[] = [];

  private readonly byKey = new Map<string, Runs>();
  private readonly sends = new Map<string, Send[]>();
  private open: Map<number, OpenRun>[] = [];
  private done = 0;
  private version = -1;
  private generation = -1;

  constructor(readonly log: EventLog) {
    this.update();
  }

  /** Takes in what the log got since the last call. Cheap when nothing changed. */
  update(): void {
    if (this.version === this.log.version) return;
    this.version = this.log.version;
    if (this.generation !== this.log.generation) this.reset();
    const blocks = this.log.blocks();
    for (; this.done < blocks.length; this.done++) this.take(blocks[this.done] as StoredBlock);
  }

  /**
   * How often a receiver's signal was sent after the receiver's last run, in a process where it ran
   * and by a sender that it had answered: above zero, it is not connected any more.
   */
  sendsSince(receiver: Runs): number {
    const last = receiver.events.data[receiver.events.length - 1] ?? 0;
    const sends = this.sends.get(sendKey(receiver.of.app, receiver.of.detail)) ?? [];
    return sends.filter(
      ({ event, agent, sender }) =>
        event > last && receiver.agents.has(agent) && receiver.senders.has(sender),
    ).length;
  }

  /** How often a signal was sent by *app*. */
  sendsOf(app: string | null, signal: string): number {
    return this.sends.get(sendKey(app, signal))?.length ?? 0;
  }

  private reset(): void {
    this.generation = this.log.generation;
    this.all.length = this.setups.length = this.requests = this.done = 0;
    this.open = [];
    for (const map of [this.reached, this.byKey, this.sends]) map.clear();
  }

  /** Takes in a block, which nobody needs to hold any more. */
  take(stored: StoredBlock): void {
    const { block, agent } = stored;
    this.open[agent] ??= new Map();
    const open = this.open[agent] as Map<number, OpenRun>;
    const counted = block.strings.map((text) => COUNTED_KINDS.has(text));
    const known = new Map<string, Runs>();
    for (let row = 0; row < block.count; row++) {
      const kind = block.kind[row] as number;
      if (block.phase[row] === 1) {
        if (counted[kind]) this.end(stored, row, open);
      } else if (counted[kind]) {
        const numbers = [kind, block.name[row], block.app[row], block.attributes[row]];
        const key = numbers.join();
        const runs = known.get(key) ?? this.runsOf(stored, row);
        known.set(key, runs);
        this.begin(stored, row, runs, open);
      } else this.note(stored, row, block.strings[kind] as string);
    }
  }

  private begin(stored: StoredBlock, row: number, runs: Runs, open: Map<number, OpenRun>): void {
    const { block, start, offset, agent } = stored;
    runs.events.push(start + row);
    runs.agents.add(agent);
    let sender = "";
    if (runs.of.kind === "signal") {
      const attributes = attributesOf(stored, row);
      sender = String(attributes.sender ?? "");
      runs.receivers += receiversIn(attributes);
      const key = sendKey(runs.of.app, runs.of.name);
      const sends = this.sends.get(key) ?? [];
      this.sends.set(key, sends);
      sends.push({ event: start + row, agent, sender });
      runs.senders.add(sender);
    } else if (runs.of.kind === "signal_receiver") {
      const sent = open.get(block.parent[row] as number);
      if (sent?.runs.of.kind === "signal") runs.senders.add(sent.sender);
    }
    const t = (block.ts[row] as number) + offset;
    open.set(block.span[row] as number, { runs, t, sender });
  }

  private end(stored: StoredBlock, row: number, open: Map<number, OpenRun>): void {
    const { block, offset } = stored;
    const span = block.span[row] as number;
    const begun = open.get(span);
    if (begun === undefined) return;
    open.delete(span);
    const { runs, t } = begun;
    const duration = (block.ts[row] as number) + offset - t;
    runs.durations.push(duration);
    runs.total += duration;
    const text = block.attributeTexts[block.attributes[row] as number] as string;
    if (text.includes('"short_circuit":true')) runs.returned++;
    if (text.includes('"left_by":')) runs.raised++;
    if (runs.of.kind === "signal") runs.receivers += receiversIn(attributesOf(stored, row));
  }

  private note(stored: StoredBlock, row: number, kind: string): void {
    if (kind === "request") this.requests++;
    else if (kind === "setup") this.setups.push(stored.start + row);
    else if (kind === "wsgi_app") {
      const app = stored.block.strings[stored.block.app[row] as number] as string;
      this.reached.set(app, (this.reached.get(app) ?? 0) + 1);
    }
  }

  private runsOf(stored: StoredBlock, row: number): Runs {
    const of = describe(stored, row);
    const key = JSON.stringify(of);
    let runs = this.byKey.get(key);
    if (runs === undefined) {
      runs = new Runs(of);
      this.byKey.set(key, runs);
      this.all.push(runs);
    }
    return runs;
  }
}

/** A middleware's event does not name its package; these two are known by their folders. */
const LIBRARY = /^(flask|werkzeug)\//;

const FLASKS_SIGNAL =
  /^(appcontext_(popped|pushed|tearing_down)|request_(finished|started|tearing_down)|before_render_template|got_request_exception|message_flashed|template_rendered)$/;

const counts = new WeakMap<EventLog, RunCounts>();

/** The log's own counts, brought up to date. */
export function runsIn(log: EventLog): RunCounts {
  let found = counts.get(log);
  if (found === undefined) {
    found = new RunCounts(log);
    counts.set(log, found);
  }
  found.update();
  return found;
}

function describe(stored: StoredBlock, row: number): RunsOf {
  const { block } = stored;
  const text = (column: ArrayLike<number>) => block.strings[column[row] as number] as string;
  const kind = text(block.kind);
  const name = text(block.name);
  // A signal's attributes differ from send to send; its name is all that there is of it.
  const said: Attributes = kind === "signal" ? {} : attributesOf(stored, row);
  const detail = {
    signal_receiver: said.signal,
    error_handler: said.registered_for,
    view: said.endpoint,
  }[kind];
  return {
    app: text(block.app) || null,
    kind,
    name,
    scope: textOr(said.scope),
    order: typeof said.order === "number" ? said.order : null,
    file: textOr(said.file),
    line: typeof said.line === "number" ? said.line : null,
    by: packageOf(kind, name, said),
    detail: textOr(detail) ?? "",
  };
}

function packageOf(kind: string, name: string, said: Attributes): string | null {
  if (kind === "signal") return FLASKS_SIGNAL.test(name) ? "flask" : null;
  return textOr(said.registered_by) ?? LIBRARY.exec(textOr(said.file) ?? "")?.[1] ?? null;
}

function attributesOf({ block, parsed }: StoredBlock, row: number): Attributes {
  const local = block.attributes[row] as number;
  parsed[local] ??= JSON.parse(block.attributeTexts[local] as string) as Attributes;
  return parsed[local];
}

function receiversIn({ receivers }: Attributes): number {
  if (Array.isArray(receivers)) return receivers.length;
  return typeof receivers === "number" ? receivers : 0;
}

function textOr(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function sendKey(app: string | null, signal: string): string {
  return `${app ?? ""}\n${signal}`;
}
