/** A frame that is read while it arrives, so that a long recording is shown from its first block on. */
import {
  BLOCK_PREFIX,
  type Block,
  decodeBlock,
  FRAME_PREFIX,
  readBlockLength,
  readFramePrefix,
  WireError,
} from "./decode";

export interface Arrived {
  block: Block;
  /** Blocks that have arrived with this one, and how many the frame holds. */
  done: number;
  announced: number;
}

/** The blocks of the frame in `response`, each as soon as it is whole. Throws {@link WireError}. */
export async function* blocksOf(response: Response): AsyncGenerator<Arrived> {
  const bytes = new Incoming(response.body ?? new ReadableStream({ start: (it) => it.close() }));
  const { announced } = readFramePrefix(await bytes.first(FRAME_PREFIX, "a frame was expected"));
  bytes.drop(FRAME_PREFIX);
  for (let done = 1; done <= announced; done++) {
    const missing = `${announced} blocks were announced, the frame ends after ${done - 1}`;
    const length = readBlockLength(await bytes.first(BLOCK_PREFIX, missing));
    const block = decodeBlock(await bytes.first(length, missing));
    bytes.drop(length);
    yield { block, done, announced };
  }
  if (!(await bytes.isOver())) throw new WireError("the frame goes on after its last block");
}

/** The bytes that have arrived and were not taken yet. */
class Incoming {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private parts: Uint8Array[] = [];
  private length = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader();
  }

  /** A copy of the first `length` bytes, once they are here; `missing` says what is wrong without them. */
  async first(length: number, missing: string): Promise<ArrayBuffer> {
    while (this.length < length) if (!(await this.more())) throw new WireError(missing);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of this.parts) {
      if (at === length) break;
      const taken = part.subarray(0, length - at);
      bytes.set(taken, at);
      at += taken.length;
    }
    return bytes.buffer;
  }

  drop(length: number): void {
    let left = length;
    let whole = 0;
    while (left > 0 && left >= (this.parts[whole] as Uint8Array).length) {
      left -= (this.parts[whole++] as Uint8Array).length;
    }
    this.parts.splice(0, whole);
    if (left > 0) this.parts[0] = (this.parts[0] as Uint8Array).subarray(left);
    this.length -= length;
  }

  async isOver(): Promise<boolean> {
    return this.length === 0 && !(await this.more());
  }

  private async more(): Promise<boolean> {
    const { value, done } = await this.reader.read();
    if (value === undefined || done) return false;
    this.parts.push(value);
    this.length += value.length;
    return true;
  }
}
