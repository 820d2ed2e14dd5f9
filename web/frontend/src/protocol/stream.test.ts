/** A frame read while it arrives is the same as one that is there whole. */
import { readBytes } from "../../demo-data/read";
import { type Block, decodeFrame, WireError } from "./decode";
import { blocksOf } from "./stream";

/** The bytes in pieces of `size`, as a network brings them. */
function inPieces(bytes: ArrayBuffer, size: number): Response {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(new Uint8Array(bytes.slice(at, at + size)));
      at += size;
    },
  });
  return new Response(body);
}

async function arrived(response: Response): Promise<{ blocks: Block[]; shares: string[] }> {
  const blocks: Block[] = [];
  const shares: string[] = [];
  for await (const { block, done, announced } of blocksOf(response)) {
    blocks.push(block);
    shares.push(`${done}/${announced}`);
  }
  return { blocks, shares };
}

test.each([1, 7, 4096, 1 << 20])(
  "its blocks come one by one, in pieces of %i bytes",
  async (size) => {
    const bytes = readBytes("samples.bin");
    const whole = decodeFrame(bytes).blocks;
    const { blocks, shares } = await arrived(inPieces(bytes, size));
    expect(blocks).toEqual(whole);
    expect(shares).toEqual(whole.map((_, i) => `${i + 1}/${whole.length}`));
  },
);

test.each([
  [(bytes: ArrayBuffer) => bytes.slice(0, 10), "a frame was expected"],
  [(bytes: ArrayBuffer) => bytes.slice(0, 100), "2 blocks were announced, the frame ends after 0"],
  [(bytes: ArrayBuffer) => bytes.slice(0, -1), "2 blocks were announced, the frame ends after 1"],
  [
    (bytes: ArrayBuffer) => new Uint8Array([...new Uint8Array(bytes), 0]).buffer,
    "the frame goes on after its last block",
  ],
] as const)("one that is not whole is refused (%#)", async (damage, message) => {
  const reading = arrived(inPieces(damage(readBytes("samples.bin")), 4096));
  await expect(reading).rejects.toThrow(new WireError(message));
});
