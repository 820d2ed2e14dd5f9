/** A block as the log keeps it, and one event of it as everybody else sees it. */
import type { Block } from "../protocol/decode";
import { PHASES, type Phase } from "../protocol/generated";

export type Attributes = Readonly<Record<string, unknown>>;

/** One flow of control: a thread, a greenlet or an asyncio task of one process start. */
export interface Lane {
  /** Position in {@link EventLog.lanes}. */
  id: number;
  agent: string;
  pid: number;
  thread: number;
  threadName: string;
  greenlet: number | null;
  task: string | null;
}

export interface EventView {
  index: number;
  agent: string;
  /** The event's own number within its process. */
  seq: number;
  /** Nanoseconds since {@link EventLog.epoch}. */
  t: number;
  phase: Phase;
  kind: string;
  name: string;
  app: string | null;
  traceId: string | null;
  spanId: string | null;
  /** The span's number within its process, 0 for none: the same as its id, without making a text. */
  spanNumber: number;
  parentId: string | null;
  /** Position in {@link EventLog.lanes}. */
  lane: number;
  /** Parsed when first read, then kept with the block. */
  readonly attributes: Attributes;
}

/** A block in the log, with its local numbers translated into the log's. */
export interface StoredBlock {
  /** Index of the block's first event. */
  start: number;
  block: Block;
  /** Nanoseconds from the log's epoch to the block's base. */
  offset: number;
  /** Number of the process start: span numbers are unique within one only. */
  agent: number;
  /** Block's lane → log's lane. */
  lanes: Int32Array;
  /** Block's string → hue, filled for strings that are applications. */
  hues: Uint8Array;
  parsed: (Attributes | undefined)[];
}

/** Reads the columns when asked; nothing is parsed before. */
export class StoredEvent implements EventView {
  readonly seq: number;
  readonly t: number;
  readonly phase: Phase;
  readonly kind: string;
  readonly name: string;
  readonly lane: number;
  private readonly row: number;

  constructor(
    private readonly stored: StoredBlock,
    readonly index: number,
  ) {
    const { block, start, offset, lanes } = stored;
    const row = index - start;
    this.row = row;
    this.seq = block.seq[row] as number;
    this.t = (block.ts[row] as number) + offset;
    this.phase = PHASES[block.phase[row] as number] as Phase;
    this.kind = block.strings[block.kind[row] as number] as string;
    this.name = block.strings[block.name[row] as number] as string;
    this.lane = lanes[block.lane[row] as number] as number;
  }

  get agent(): string {
    return this.stored.block.agent;
  }

  get app(): string | null {
    return this.string(this.stored.block.app);
  }

  get traceId(): string | null {
    return this.string(this.stored.block.trace);
  }

  get spanId(): string | null {
    return this.spanText(this.stored.block.span);
  }

  get spanNumber(): number {
    return this.stored.block.span[this.row] as number;
  }

  get parentId(): string | null {
    return this.spanText(this.stored.block.parent);
  }

  get attributes(): Attributes {
    const { block, parsed } = this.stored;
    const local = block.attributes[this.row] as number;
    parsed[local] ??= JSON.parse(block.attributeTexts[local] as string) as Attributes;
    return parsed[local];
  }

  private string(column: ArrayLike<number>): string | null {
    return this.stored.block.strings[column[this.row] as number] || null;
  }

  private spanText(column: ArrayLike<number>): string | null {
    const number = column[this.row] as number;
    return number === 0
      ? null
      : this.stored.block.spanPrefix + number.toString(16).padStart(8, "0");
  }
}

/** Time of a block's first event. */
export function startOf({ block, offset }: StoredBlock): number {
  return (block.ts[0] as number) + offset;
}

/** A block of some of the events of another. */
export function selectRows(block: Block, rows: readonly number[]): Block {
  const pick = <T extends { length: number; [i: number]: number }>(column: T): T => {
    const picked = new (column.constructor as new (length: number) => T)(rows.length);
    rows.forEach((row, i) => {
      picked[i as keyof T & number] = column[row] as never;
    });
    return picked;
  };
  return {
    ...block,
    count: rows.length,
    first: null,
    seq: pick(block.seq),
    ts: pick(block.ts),
    phase: pick(block.phase),
    kind: pick(block.kind),
    name: pick(block.name),
    app: pick(block.app),
    trace: pick(block.trace),
    span: pick(block.span),
    parent: pick(block.parent),
    lane: pick(block.lane),
    attributes: pick(block.attributes),
  };
}
