/** Frames and blocks, the binary side of docs/wire.md, as typed arrays. */

import { crc32 } from "./crc32";
import {
  BLOCK_MAGIC,
  COLUMN_NAMES,
  type ColumnName,
  FRAME_MAGIC,
  type LaneTuple,
  VERSION,
} from "./generated";

/** Bytes that are not in this format; the message says what was expected and found. */
export class WireError extends Error {
  override name = "WireError";
}

export interface Frame {
  /** Stream position before the frame's first event. */
  fromSeq: number;
  /** Stream position of the frame's last event. */
  toSeq: number;
  blocks: Block[];
}

export type Integers = Uint8Array | Uint16Array | Uint32Array | Float64Array;
type Column = Integers | Int8Array | Int16Array | Int32Array;

/** A run of events of one process; every column has `count` entries. */
export interface Block {
  count: number;
  /** Stream position of the first event, null when the block holds only part of a chunk. */
  first: number | null;
  /** Id of the process start that the events come from. */
  agent: string;
  /** Each event's own number within its process, strictly rising. */
  seq: Float64Array;
  /** Nanoseconds since `baseTs`. */
  ts: Float64Array;
  /** Nanoseconds since the epoch. */
  baseTs: bigint;
  spanPrefix: string;
  /** Index into PHASES. */
  phase: Integers;
  /** Indexes into `strings`, where 0 means none. */
  kind: Integers;
  name: Integers;
  app: Integers;
  trace: Integers;
  /** Numbers of spans within the process start, 0 means none. */
  span: Integers;
  parent: Integers;
  /** Index into `lanes`. */
  lane: Integers;
  /** Index into `attributeTexts`. */
  attributes: Integers;
  strings: string[];
  lanes: LaneTuple[];
  /** Distinct attribute objects as JSON texts; parsed by `attributesOf` when looked at. */
  attributeTexts: string[];
}

interface Header {
  v: number;
  count: number;
  base_seq: number;
  base_ts: string;
  span_prefix: string;
  types: string[];
  strings: string[];
  lanes: LaneTuple[];
  attributes: string[];
  agent?: string;
  first?: number | null;
}

/** Bytes before the blocks of a frame, and before header and columns of a block. */
export const FRAME_PREFIX = 24;
export const BLOCK_PREFIX = 16;
const ARRAYS = {
  B: Uint8Array,
  H: Uint16Array,
  I: Uint32Array,
  b: Int8Array,
  h: Int16Array,
  i: Int32Array,
  d: Float64Array,
} as const;

/** The blocks of one binary frame. Throws {@link WireError} if it is not intact. */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  const { announced, ...positions } = readFramePrefix(buffer);
  const blocks: Block[] = [];
  let offset = FRAME_PREFIX;
  for (let i = 0; i < announced; i++) {
    if (buffer.byteLength < offset + BLOCK_PREFIX) {
      throw new WireError(`${announced} blocks were announced, the frame ends after ${i}`);
    }
    const length = readBlockLength(buffer, offset);
    blocks.push(decodeBlock(buffer, offset, length));
    offset += length;
  }
  if (offset !== buffer.byteLength) {
    throw new WireError(`a frame of ${offset} bytes was announced, found ${buffer.byteLength}`);
  }
  return { ...positions, blocks };
}

/** What stands before a frame's blocks: how many they are, and the stream's positions around them. */
export function readFramePrefix(buffer: ArrayBuffer): {
  announced: number;
  fromSeq: number;
  toSeq: number;
} {
  const view = new DataView(buffer);
  expectMagic(view, 0, FRAME_MAGIC, "frame");
  if (buffer.byteLength < FRAME_PREFIX) {
    throw new WireError(`a frame has at least ${FRAME_PREFIX} bytes, found ${buffer.byteLength}`);
  }
  return {
    announced: view.getUint32(4, true),
    fromSeq: view.getFloat64(8, true),
    toSeq: view.getFloat64(16, true),
  };
}

/** Bytes of the block that starts at `offset`, of which the first {@link BLOCK_PREFIX} are here. */
export function readBlockLength(buffer: ArrayBuffer, offset = 0): number {
  const view = new DataView(buffer, offset, BLOCK_PREFIX);
  expectMagic(view, 0, BLOCK_MAGIC, "block");
  return BLOCK_PREFIX + view.getUint32(4, true) + view.getUint32(8, true);
}

/** One block that starts at `offset` and is `length` bytes long. */
export function decodeBlock(buffer: ArrayBuffer, offset = 0, length = buffer.byteLength): Block {
  const view = new DataView(buffer);
  expectMagic(view, offset, BLOCK_MAGIC, "block");
  const headLength = view.getUint32(offset + 4, true);
  const bodyLength = view.getUint32(offset + 8, true);
  const start = offset + BLOCK_PREFIX;
  const found = Math.min(length, buffer.byteLength - offset);
  if (found !== BLOCK_PREFIX + headLength + bodyLength) {
    const expected = BLOCK_PREFIX + headLength + bodyLength;
    throw new WireError(`a block of ${expected} bytes was announced, found ${found}`);
  }
  if (
    crc32(new Uint8Array(buffer, start, headLength + bodyLength)) !==
    view.getUint32(offset + 12, true)
  ) {
    throw new WireError("the block's checksum does not match its content: it is damaged");
  }
  const header = parseHeader(new Uint8Array(buffer, start, headLength));
  return assemble(header, readColumns(buffer, start + headLength, bodyLength, header));
}

function parseHeader(bytes: Uint8Array): Header {
  const header = JSON.parse(new TextDecoder().decode(bytes)) as Header;
  if (header.v !== VERSION && header.v !== VERSION - 1) {
    throw new WireError(`block version ${header.v} was found, this page reads ${VERSION}`);
  }
  if (header.types.length !== COLUMN_NAMES.length) {
    throw new WireError(
      `${COLUMN_NAMES.length} columns were expected, found ${header.types.length}`,
    );
  }
  return header;
}

function readColumns(
  buffer: ArrayBuffer,
  offset: number,
  bodyLength: number,
  header: Header,
): Record<ColumnName, Column> {
  const columns: Partial<Record<ColumnName, Column>> = {};
  const end = offset + bodyLength;
  COLUMN_NAMES.forEach((name, i) => {
    const type = ARRAYS[header.types[i] as keyof typeof ARRAYS];
    if (type === undefined) {
      throw new WireError(`column ${name} has the unknown type ${header.types[i]}`);
    }
    const size = header.count * type.BYTES_PER_ELEMENT;
    if (offset + size > end) {
      throw new WireError(
        `column ${name} ends after the block, which announced ${header.count} events`,
      );
    }
    columns[name] = aligned(buffer, offset, header.count, type);
    offset += size + (-size & 3);
  });
  return columns as Record<ColumnName, Column>;
}

/** A view where the offset allows one; doubles are padded to 4 only, so that those may need a copy. */
function aligned(
  buffer: ArrayBuffer,
  offset: number,
  count: number,
  type: (typeof ARRAYS)[keyof typeof ARRAYS],
): Column {
  if (offset % type.BYTES_PER_ELEMENT === 0) return new type(buffer, offset, count);
  return new type(buffer.slice(offset, offset + count * type.BYTES_PER_ELEMENT));
}

function assemble(header: Header, columns: Record<ColumnName, Column>): Block {
  const { seq, ts, ...rest } = columns;
  return {
    ...(rest as Record<Exclude<ColumnName, "seq" | "ts">, Integers>),
    count: header.count,
    first: header.first ?? null,
    agent: header.agent ?? "",
    seq: cumulative(seq, header.base_seq),
    ts: cumulative(ts, 0),
    baseTs: BigInt(header.base_ts),
    spanPrefix: header.span_prefix,
    strings: header.strings,
    lanes: header.lanes,
    attributeTexts: header.attributes,
  };
}

function cumulative(deltas: Column, base: number): Float64Array {
  const sums = new Float64Array(deltas.length);
  let sum = base;
  for (let i = 0; i < deltas.length; i++) {
    sum += deltas[i] as number;
    sums[i] = sum;
  }
  return sums;
}

function expectMagic(view: DataView, offset: number, magic: string, what: string): void {
  let found = "";
  for (let i = offset; i < Math.min(offset + 4, view.byteLength); i++) {
    found += String.fromCharCode(view.getUint8(i));
  }
  if (found !== magic) {
    throw new WireError(`a ${what} starts with "${magic}", found ${JSON.stringify(found)}`);
  }
}
