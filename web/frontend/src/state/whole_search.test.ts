/** Find in a recording of which not everything is in the page: the dashboard searches. */
import { type Signal, signal } from "@preact/signals";
import { traceItem } from "../testing/page";
import { type Whole, WholeSearch } from "./whole_search";

interface Asked {
  what: string;
  off: AbortSignal;
  say: (line: unknown) => void;
  end: () => void;
}

function searching(): { search: WholeSearch; text: Signal<string>; asked: Asked[] } {
  const asked: Asked[] = [];
  const ask = async (what: string, off: AbortSignal) => {
    let to: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        to = controller;
      },
    });
    // In two pieces, as a network may have it.
    const say = (line: unknown) => {
      const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
      to?.enqueue(bytes.subarray(0, 9));
      to?.enqueue(bytes.subarray(9));
    };
    asked.push({ what, off, say, end: () => to?.close() });
    return new Response(body);
  };
  const whole = signal<Whole | null>({ traces: 1200, failed: null, ask });
  const text = signal("");
  return { search: new WholeSearch(whole, text), text, asked };
}

const found = (id: string) => ({ ...traceItem({ id }), difference: null });
const ids = (search: WholeSearch) => search.items.value.map(({ id }) => id);

test("what is found is shown as it comes, and how far the search is", async () => {
  const { search, text, asked } = searching();
  text.value = "status:5xx é";
  expect(search.share.value).toBe(0);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.what).toBe("find?q=status%3A5xx%20%C3%A9");
  asked[0]?.say({ share: 0.25, found: 1, items: [found("a")] });
  await vi.waitFor(() => expect(ids(search)).toEqual(["a"]));
  expect([search.share.value, search.found.value]).toEqual([0.25, 1]);
  const difference = { more: ["view x"], less: [] };
  asked[0]?.say({ share: 0.5, found: 2, items: [{ ...found("b"), difference }] });
  asked[0]?.say({ share: 1, found: 900, items: [], usual: { judged: 7, unknown: 1 } });
  asked[0]?.end();
  await vi.waitFor(() => expect(search.share.value).toBeNull());
  expect([ids(search), search.found.value, search.problem.value]).toEqual([["a", "b"], 900, null]);
  expect(search.usual.value).toMatchObject({ judged: 7, unknown: 1 });
  expect([search.differenceOf("a"), search.differenceOf("b")]).toEqual([null, difference]);
});

test("another text ends the search, and nothing is asked for a text that is not there", async () => {
  const { search, text, asked } = searching();
  text.value = "one";
  text.value = "two";
  await vi.waitFor(() => expect(asked.map(({ what }) => what)).toEqual(["find?q=two"]));
  asked[0]?.say({ share: 0.1, found: 1, items: [found("old")] });
  await vi.waitFor(() => expect(ids(search)).toEqual(["old"]));
  text.value = "three";
  expect(asked[0]?.off.aborted).toBe(true);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(ids(search)).toEqual(["old"]);
  asked[1]?.say({ share: 0.1, found: 1, items: [found("new")] });
  await vi.waitFor(() => expect(ids(search)).toEqual(["new"]));
  text.value = "  ";
  expect(asked[1]?.off.aborted).toBe(true);
  expect(search.share.value).toBeNull();
});

test("it can be stopped: what was found until then stays, and is said to be a part", async () => {
  const { search, text, asked } = searching();
  text.value = "slow";
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  asked[0]?.say({ share: 0.1, found: 1, items: [found("a")] });
  await vi.waitFor(() => expect(ids(search)).toEqual(["a"]));
  search.stop();
  expect(asked[0]?.off.aborted).toBe(true);
  expect([search.stopped.value, search.share.value, ids(search)]).toEqual([true, null, ["a"]]);
  text.value = "other";
  expect(search.stopped.value).toBe(false);
});

test("an answer that breaks off is not taken for a whole one", async () => {
  const { search, text, asked } = searching();
  text.value = "cut";
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  asked[0]?.say({ share: 0.5, found: 1, items: [found("a")] });
  asked[0]?.end();
  await vi.waitFor(() => expect(search.problem.value).toBeInstanceOf(Error));
  expect(search.share.value).toBeNull();
});
