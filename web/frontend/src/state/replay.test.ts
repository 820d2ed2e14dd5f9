/** Playing a recording. */
import { effect } from "@preact/signals";
import { readBytes } from "../../demo-data/read";
import { inventedFrame, pageWith, problem, recordingItem, traceItem } from "../testing/page";
import { Replay } from "./replay";

async function opened(): Promise<Replay> {
  const { page } = pageWith({
    "GET /api/recordings/rec-1": recordingItem(),
    "GET /api/recordings/rec-1/traces?limit=500": { items: [traceItem()] },
    "GET /api/recordings/rec-1/events.bin": inventedFrame(),
  });
  const replay = new Replay("rec-1", page.api);
  await replay.load();
  return replay;
}

test("its events stand in order of time", async () => {
  const replay = await opened();
  const { log } = replay.workspace;
  const times = Array.from(replay.order.value, (index) => log.event(index)?.t ?? 0);
  expect(times).toHaveLength(log.count);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(replay.length.value).toBe((times.at(-1) ?? 0) - (times[0] ?? 0));
});

test("seeking moves the selection and the cursor, within bounds", async () => {
  const replay = await opened();
  replay.seek(5);
  expect(replay.workspace.event.value).toBe(replay.order.value[5]);
  expect(replay.workspace.cursor.value).toBe(replay.workspace.selectedEvent.value?.t);
  replay.step(100_000);
  expect(replay.position.value).toBe(replay.order.value.length - 1);
});

test("playing goes on from what was selected elsewhere, and stops at the end", async () => {
  vi.useFakeTimers();
  const replay = await opened();
  const last = replay.order.value.length - 1;
  replay.followSelection(replay.order.value[last - 2] ?? -1);
  expect(replay.position.value).toBe(last - 2);
  replay.speed.value = 1;
  replay.play();
  expect(replay.playing.value).toBe(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(replay.position.value).toBe(last);
  expect(replay.playing.value).toBe(false);
  vi.useRealTimers();
});

test("playing is not taken back by what follows the selection", async () => {
  vi.useFakeTimers();
  const replay = await opened();
  const stop = effect(() => replay.followSelection(replay.workspace.event.value ?? -1));
  replay.play();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(replay.position.value).toBeGreaterThan(5);
  stop();
  replay.dispose();
  vi.useRealTimers();
});

test("a recording that is gone says so", async () => {
  const gone = () => problem(404, "Unknown", "No recording has this id.");
  const { page } = pageWith({
    "GET /api/recordings/rec-1": gone,
    "GET /api/recordings/rec-1/traces?limit=500": gone,
    "GET /api/recordings/rec-1/events.bin": gone,
  });
  const replay = new Replay("rec-1", page.api);
  await replay.load();
  expect((replay.workspace.problem.value as Error).message).toBe("No recording has this id.");
});

test("a request of a recording that is gone is not looked for: gone is the recording", async () => {
  const gone = () => problem(404, "Unknown", "No recording has this id.");
  const { page } = pageWith({
    "GET /api/recordings/rec-1": gone,
    "GET /api/recordings/rec-1/traces?limit=500": gone,
    "GET /api/traces/t1/events.bin": () => problem(404, "Unknown", "No request has this id."),
  });
  const replay = new Replay("rec-1", page.api);
  await replay.load();
  await replay.workspace.select("t1");
  expect((replay.workspace.problem.value as Error).message).toBe("No recording has this id.");
});

test("its beginning is shown while the rest is still on its way", async () => {
  const bytes = new Uint8Array(readBytes("samples.bin"));
  let rest: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, -1));
      rest = controller;
    },
  });
  const { page } = pageWith({
    "GET /api/recordings/rec-1": recordingItem(),
    "GET /api/recordings/rec-1/traces?limit=500": { items: [] },
    "GET /api/recordings/rec-1/events.bin": new Response(body),
  });
  const replay = new Replay("rec-1", page.api);
  const loading = replay.load();
  await vi.waitFor(() => expect(replay.workspace.trace.value).not.toBeNull());
  const { log } = replay.workspace;
  expect([
    replay.ready.value,
    log.count,
    log.event(replay.workspace.event.value ?? -1)?.seq,
  ]).toEqual([false, 1000, 1]);
  rest?.enqueue(bytes.subarray(-1));
  rest?.close();
  await loading;
  expect([replay.ready.value, log.count]).toEqual([true, 1244]);
});
