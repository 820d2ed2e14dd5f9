/** A recording that is shown before its events are here. */
import { readBytes } from "../../demo-data/read";
import { RecordingLog } from "../model/recording_log";
import { decodeFrame, FRAME_PREFIX, readBlockLength } from "../protocol/decode";
import { recordingItem } from "../testing/page";
import { createApi } from "../transport/api";
import { LargeRecording, type Limits } from "./large";
import { Workspace } from "./workspace";

const BYTES = readBytes("samples.bin");
/** Its two blocks: 1,000 events in 95 ms, and 244 in the 400 ms behind them. */
const [FIRST, SECOND] = cutUp();
const { blocks } = decodeFrame(BYTES);
const START = Number(blocks[0]?.baseTs);
const MS = 1e6;

function cutUp(): [Uint8Array, Uint8Array] {
  const length = readBlockLength(BYTES, FRAME_PREFIX);
  const bytes = new Uint8Array(BYTES);
  return [bytes.slice(FRAME_PREFIX, FRAME_PREFIX + length), bytes.slice(FRAME_PREFIX + length)];
}

function frame(parts: readonly Uint8Array[]): Response {
  const prefix = new Uint8Array(BYTES.slice(0, FRAME_PREFIX));
  new DataView(prefix.buffer).setUint32(4, parts.length, true);
  return new Response(new Blob([prefix, ...(parts as Uint8Array<ArrayBuffer>[])]));
}

const OUTLINE = {
  start_ts: START,
  end_ts: START + 500 * MS,
  slots: 2,
  strings: ["", "shop", "GET /"],
  lanes: [
    {
      pid: 1,
      thread: "MainThread",
      start: [0, 97 * MS],
      length: [95 * MS, 400 * MS],
      requests: [27, 5],
      failed: [1, 0],
      events: [1000, 244],
      app: [1, 1],
      name: [2, 2],
      trace: ["a".repeat(32), "b".repeat(32)],
    },
  ],
};

interface Opened {
  workspace: Workspace;
  large: LargeRecording;
  asked: string[];
  answers: { isDown: boolean; slowMs: number };
  off: AbortController;
}

async function opened(limits: Limits): Promise<Opened> {
  const asked: string[] = [];
  const answers = { isDown: false, slowMs: 0 };
  const fetcher = async (input: unknown) => {
    const address = new URL(String(input), "http://x/");
    const path = address.pathname.replace("/api/recordings/rec-1/", "");
    const start = Number(address.searchParams.get("start") ?? START) - START;
    const end = Number(address.searchParams.get("end") ?? START + 500 * MS) - START;
    asked.push(address.search === "" ? path : `${path} ${ms(start)}-${ms(end)}`);
    if (answers.isDown) return new Response("{}", { status: 503 });
    if (path === "outline") return Response.json(OUTLINE);
    if (address.search !== "" && answers.slowMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, answers.slowMs));
      asked.push("answered");
    }
    const parts = [...(start < 96 * MS ? [FIRST] : []), ...(end > 96 * MS ? [SECOND] : [])];
    return frame(parts);
  };
  const api = createApi("/", fetcher as typeof fetch);
  const log = new RecordingLog();
  const workspace = new Workspace((trace) => api.traceEvents(trace), log);
  const off = new AbortController();
  const large = new LargeRecording(
    workspace,
    log,
    api,
    recordingItem({ events: 1244 }),
    off.signal,
    limits,
  );
  await large.show();
  return { workspace, large, asked, answers, off };
}

function ms(ns: number): number {
  return Math.round(ns / MS);
}

const ROOMY: Limits = { whole: 2000, view: 1100, first: 1000 };

test("all of it is known from afar before an event is here", async () => {
  const { workspace, asked, off } = await opened(ROOMY);
  expect(asked).toEqual(["outline"]);
  expect(workspace.log.count).toBe(0);
  expect(workspace.beyond.value?.times).toEqual({ start: 0, end: 500 * MS });
  expect(workspace.beyond.value?.busy({ start: 0, end: MS }).size).toBe(1);
  expect(workspace.beyond.value?.failures(workspace.log)).toEqual([0]);
  off.abort();
});

test("its beginning comes first, and nothing happens there that is not here", async () => {
  const { workspace, large, asked, off } = await opened(ROOMY);
  await large.loadStart();
  expect(asked).toEqual(["outline", "events.bin 0-95"]);
  expect(workspace.log.count).toBe(1000);
  expect(workspace.loading.value).toBe(false);
  const { beyond } = workspace;
  expect(beyond.value?.busy({ start: 0, end: 90 * MS }).size).toBe(0);
  expect(beyond.value?.busy({ start: 0, end: 200 * MS }).size).toBe(1);
  off.abort();
});

test("events come for what is in view; what is selected stays, with all of its request", async () => {
  const { workspace, large, asked, off } = await opened(ROOMY);
  await large.loadStart();
  const { log } = workspace;
  workspace.selectEvent([...log.eventsOf([...log.traceIds()][2] ?? "")][3] ?? -1);
  const event = workspace.selectedEvent.value;
  const trace = workspace.trace.value ?? "";
  const held = log.eventsOf(trace).length;

  workspace.view.value = [200 * MS, 300 * MS];
  await vi.waitFor(() => expect(log.count).toBe(244 + held));
  // As much on both sides, and no request cut.
  expect(asked.at(-1)).toBe("events.bin 97-497");
  expect(workspace.event.value).not.toBe(event?.index);
  expect(workspace.selectedEvent.value).toMatchObject({ seq: event?.seq, name: event?.name });
  expect(log.eventsOf(trace)).toHaveLength(held);
  expect(log.event(event?.index ?? -1)).toBeUndefined();
  off.abort();
});

test("where too many events are in view there are requests, and the page says why", async () => {
  const { workspace, asked, off } = await opened({ whole: 100, view: 300, first: 10 });
  workspace.view.value = [0, 500 * MS];
  await vi.waitFor(() => expect(workspace.note.value).toContain("1,244 events in view"));
  workspace.view.value = [0, 50 * MS];
  await vi.waitFor(() => expect(asked.at(-1)).toBe("outline 0-100"));
  expect(workspace.log.count).toBe(0);
  workspace.view.value = [0, 10 * MS];
  await vi.waitFor(() => expect(workspace.note.value).toBe(""));
  await vi.waitFor(() => expect(workspace.log.count).toBe(1000));
  off.abort();
});

test("all the rest is asked for when what is looked at is here, however long that takes", async () => {
  const { workspace, large, asked, answers, off } = await opened(ROOMY);
  answers.slowMs = 300;
  workspace.view.value = [200 * MS, 300 * MS];
  expect(await large.loadAll()).toBe(true);
  expect(asked).toEqual(["outline", "events.bin 97-497", "answered", "events.bin"]);
  expect(workspace.log.count).toBe(1244);
  off.abort();
});

test("in the end all is here, if that is not too much, and nothing is fetched any more", async () => {
  const { workspace, large, asked, off } = await opened(ROOMY);
  expect(large.becomesWhole).toBe(true);
  await large.loadStart();
  const first = workspace.log.event(
    [...workspace.log.eventsOf([...workspace.log.traceIds()][0] ?? "")][0] ?? -1,
  );
  workspace.selectEvent(first?.index ?? null);
  expect(await large.loadAll()).toBe(true);
  expect(workspace.log.count).toBe(1244);
  expect(workspace.selectedEvent.value?.seq).toBe(first?.seq);
  expect(workspace.beyond.value?.busy({ start: 0, end: 500 * MS }).size).toBe(0);
  const before = asked.length;
  vi.useFakeTimers();
  workspace.view.value = [200 * MS, 300 * MS];
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  expect(asked).toHaveLength(before);
  off.abort();
});

test("a part that could not be fetched is tried again when it is looked at again", async () => {
  const { workspace, answers, off } = await opened(ROOMY);
  answers.isDown = true;
  workspace.view.value = [0, 40 * MS];
  await vi.waitFor(() => expect(workspace.problem.value).not.toBeNull());
  expect(workspace.loading.value).toBe(false);
  answers.isDown = false;
  workspace.view.value = [0, 41 * MS];
  await vi.waitFor(() => expect(workspace.log.count).toBe(1000));
  expect(workspace.problem.value).toBeNull();
  off.abort();
});
