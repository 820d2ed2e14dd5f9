/** Blocks from the dashboard, decoded in a Worker; where there is none, on the page's own thread. */
import workerAddress from "../protocol/block_worker?worker&url";
import { type Arrived, blocksOf } from "../protocol/stream";

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): string };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/** The blocks of the frame at `address`; `otherwise` answers what went wrong there, or the frame. */
export async function* blocksFrom(
  address: string,
  otherwise: () => Promise<Response>,
  signal: AbortSignal,
): AsyncGenerator<Arrived> {
  let taken = 0;
  try {
    const worker = start();
    const stop = () => worker.terminate();
    signal.addEventListener("abort", stop);
    try {
      for await (const arrived of arriving(worker, address, signal)) {
        yield arrived;
        taken++;
      }
      return;
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  } catch (error) {
    signal.throwIfAborted();
    // Half a frame cannot be told from a whole one by whoever took it.
    if (taken > 0) throw error;
  }
  yield* blocksOf(await otherwise());
}

function start(): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const address = new URL(workerAddress, import.meta.url).href;
  policy ??= trustedTypes?.createPolicy("flaskscope", { createScriptURL: (same) => same });
  return new Worker((policy?.createScriptURL(address) ?? address) as string, { type: "module" });
}

async function* arriving(
  worker: Worker,
  address: string,
  signal: AbortSignal,
): AsyncGenerator<Arrived> {
  const waiting: (Arrived | null | Error)[] = [];
  let wake = () => {};
  const put = (what: Arrived | null | Error) => {
    waiting.push(what);
    wake();
  };
  worker.onmessage = ({ data }: MessageEvent<Arrived | null | string>) =>
    put(typeof data === "string" ? new Error(data) : data);
  worker.onerror = () => put(new Error("the worker did not start"));
  signal.addEventListener("abort", () => put(new Error("aborted")), { once: true });
  worker.postMessage(address);
  while (true) {
    while (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const next = waiting.shift() as Arrived | null | Error;
    if (next instanceof Error) throw next;
    if (next === null) return;
    yield next;
    worker.postMessage(null);
  }
}
