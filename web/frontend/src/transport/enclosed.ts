/**
 * Answers from inside an exported file: what the dashboard would have said stands in the document,
 * in elements that no browser runs: `<script type="application/json" data-path="api/status">`, and
 * for the events one packed block each, `<script type="text/plain" data-block>`.
 */
import { FRAME_PREFIX } from "../protocol/decode";

const FRAME_MAGIC = "FSF1";

/** Takes the place of `fetch` for a page whose dashboard is the file that it is in. */
export function answerFrom(document: Document): typeof fetch {
  return async (input) => {
    const path = String(input).split("?")[0] ?? "";
    if (/^api\/recordings\/[^/]+\/events\.bin$/.test(path)) return new Response(frame(document));
    for (const element of document.querySelectorAll<HTMLElement>("script[data-path]")) {
      if (element.dataset.path === path) return new Response(element.textContent);
    }
    return new Response(JSON.stringify(NOT_ENCLOSED), { status: 404 });
  };
}

const NOT_ENCLOSED = {
  type: "/problems/not-in-this-file",
  title: "Not in this file",
  detail: "This is not in the file: it holds what was recorded, and no dashboard.",
};

/** All blocks as one frame, each unpacked when it is asked for. */
function frame(document: Document): ReadableStream<Uint8Array<ArrayBuffer>> {
  const waiting = [...document.querySelectorAll<HTMLElement>("script[data-block]")];
  const prefix = new Uint8Array(FRAME_PREFIX);
  prefix.set(new TextEncoder().encode(FRAME_MAGIC));
  new DataView(prefix.buffer).setUint32(4, waiting.length, true);
  return new ReadableStream({
    start: (stream) => stream.enqueue(prefix),
    async pull(stream) {
      const element = waiting.shift();
      if (element === undefined) return stream.close();
      stream.enqueue(new Uint8Array(await unpacked(element.textContent)));
      // It is held twice otherwise.
      element.remove();
    },
  });
}

function unpacked(packed: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
