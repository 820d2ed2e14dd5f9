/**
 * Fetches a frame and takes it apart away from the page's own thread. Told an address, it posts what
 * arrives, a few blocks ahead of whoever takes them; null is the end, a text what went wrong.
 */
import { blocksOf } from "./stream";

/** Blocks that are on their way to the page at most. */
const AHEAD = 4;

let credit = AHEAD;
let more = () => {};

self.onmessage = ({ data }: MessageEvent<string | null>) => {
  if (data === null) {
    credit++;
    more();
  } else void send(data);
};

async function send(address: string): Promise<void> {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    for await (const arrived of blocksOf(response)) {
      while (credit === 0) await new Promise<void>((resolve) => (more = resolve));
      credit--;
      const columns = Object.values(arrived.block).filter((value) => ArrayBuffer.isView(value));
      const transfer = [...new Set(columns.map(({ buffer }) => buffer as ArrayBuffer))];
      self.postMessage(arrived, { transfer });
    }
    self.postMessage(null);
  } catch (error) {
    self.postMessage(String(error));
  }
}
