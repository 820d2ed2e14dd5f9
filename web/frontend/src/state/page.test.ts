/** The page's behaviour: what arrives, what the reader does. */
import { clock } from "../i18n/format";
import {
  application,
  CART,
  CHECKOUT,
  inventedFrame,
  pageWith,
  problem,
  recordingItem,
  statusItem,
  traceItem,
} from "../testing/page";
import type { Replay } from "./replay";

test("the newest request is shown until the reader chooses one", async () => {
  const { page } = pageWith();
  const sink = page.sink();
  sink.frame(inventedFrame());
  sink.traces([traceItem({ id: CHECKOUT, start_ts: 1, events: 21 })]);
  expect(page.live.trace.value).toBe(CHECKOUT);
  sink.traces([traceItem({ start_ts: 2 })]);
  await vi.waitFor(() => expect(page.live.trace.value).toBe(CART), 5000);
  await page.live.select(CHECKOUT);
  sink.traces([traceItem({ id: "e".repeat(32), start_ts: 3, events: 0 })]);
  expect(page.live.trace.value).toBe(CHECKOUT);
  page.followNewest();
  expect(page.live.trace.value).toBe("e".repeat(32));
});

test("a fired request is selected when it arrives, whatever else came first", async () => {
  const { page } = pageWith({
    "POST /api/apps/app-1/fire": { trace_id: CART, status: 200, headers: {}, body: "" },
  });
  const sink = page.sink();
  await page.fire("app-1", { method: "GET", path: "/cart/7" });
  sink.traces([traceItem({ id: CHECKOUT, start_ts: 9, events: 0 })]);
  expect(page.live.trace.value).toBe(CHECKOUT);
  sink.frame(inventedFrame());
  sink.traces([traceItem({ start_ts: 1 })]);
  expect(page.live.trace.value).toBe(CART);
  expect(page.live.pinned.value).toBe(true);
});

test("what comes while the page asks for its lists is not taken back by their answers", async () => {
  const { page, asked } = pageWith({
    "GET /api/traces?limit=500": { items: [traceItem({ events: 3, complete: false })] },
  });
  const sink = page.sink();
  sink.connected(0);
  sink.traces([traceItem({ events: 67 })]);
  sink.recordings([recordingItem()]);
  expect(asked.map(({ request }) => request)).toContain("GET /api/recordings");
  await new Promise((resolve) => setTimeout(resolve));
  expect(page.live.items.value.map(({ complete }) => complete)).toEqual([true]);
  expect(page.recordings.value).toEqual([recordingItem()]);
});

test("a recording that is on its way hides what stood there, and gives way to what is shown next", async () => {
  const { page } = pageWith({
    "GET /api/recordings/rec-1": recordingItem(),
    "GET /api/recordings/rec-1/traces?limit=500": { items: [] },
    "GET /api/recordings/rec-1/events.bin": inventedFrame(),
  });
  const opened = page.open("rec-1");
  expect(page.opening.value).toBe("rec-1");
  page.show("learn");
  await opened;
  expect([page.screen.value, page.opening.value, page.opened.value]).toEqual(["learn", null, null]);
  await page.open("rec-1");
  expect([page.screen.value, page.opening.value]).toEqual(["recording", null]);
});

test("the sample button fires the first sample of a connected application", async () => {
  const { page, asked } = pageWith({
    "POST /api/apps/two/fire": { trace_id: CART, status: 200, headers: {}, body: "" },
  });
  const sample = { lesson: "10A", title: "T", text: "", method: "GET", path: "/a" };
  page.sink().status(
    statusItem({
      apps: [
        application({ id: "one", connected: false, samples: [sample] }),
        application({ id: "two", samples: [{ ...sample, path: "/b" }, sample] }),
      ],
    }),
  );
  await page.fireFirstSample();
  expect(asked).toEqual([
    { request: "POST /api/apps/two/fire", body: { method: "GET", path: "/b" } },
  ]);
});

test("recording starts, stops and asks for a name where it stopped", async () => {
  const stopped = recordingItem({ name: "Recording 1" });
  const { page, asked } = pageWith({
    "POST /api/recordings": recordingItem({ state: "recording" }),
    "POST /api/recordings/rec-1/stop": stopped,
    "PATCH /api/recordings/rec-1": recordingItem({ name: "login bug" }),
    "GET /api/recordings": { items: [stopped] },
  });
  page.sink().status(statusItem());
  await page.toggleRecording();
  expect(page.recording.value?.state).toBe("recording");
  await page.toggleRecording();
  expect(page.recording.value).toBeNull();
  expect(page.naming.value).toEqual(stopped);
  await page.rename(stopped, " login bug ");
  expect(asked.find((one) => one.request.startsWith("PATCH"))?.body).toEqual({ name: "login bug" });
});

test("Record pressed twice in a row starts one recording", async () => {
  const { page, asked } = pageWith({
    "POST /api/recordings": recordingItem({ state: "recording" }),
  });
  page.sink().status(statusItem());
  await Promise.all([page.toggleRecording(), page.toggleRecording()]);
  expect(asked.map((one) => one.request)).toEqual(["POST /api/recordings"]);
});

test("what the dashboard refuses is told in its words, with what to do", async () => {
  const { page } = pageWith({
    "POST /api/recordings": problem(507, "Disk full", "The disk is full.", "Make room."),
  });
  await page.toggleRecording();
  expect(page.notice.value).toEqual({ text: "The disk is full. Make room.", bad: true });
});

test("a lost connection is told, and what passed meanwhile when it is back", async () => {
  const { page } = pageWith();
  const sink = page.sink();
  sink.disconnected();
  expect(page.statusLine.value.text).toBe("Not connected");
  sink.missed({ passed: 3120, loaded: 3000 });
  await vi.waitFor(() =>
    expect(page.notice.value?.text).toBe(
      "3,000 events passed while you were away and are loaded. " +
        "120 events that passed meanwhile are no longer stored, or too old to be loaded.",
    ),
  );
});

test.each([
  ["the recordings are listed before what was missed is known", true],
  ["what was missed is known before the recordings are listed", false],
])(
  "a recording that the dashboard's end interrupted is told when it is back: %s",
  async (_, first) => {
    const cutOff = recordingItem({
      state: "interrupted",
      stopped: Date.UTC(2026, 0, 1, 10, 31) * 1e6,
    });
    const { page } = pageWith({ "GET /api/recordings": { items: [cutOff] } });
    const sink = page.sink();
    sink.status(statusItem({ recording: recordingItem({ state: "recording" }) }));
    sink.disconnected();
    sink.status(statusItem());
    const news = [() => sink.connected(1), () => sink.missed({ passed: 0, loaded: 0 })];
    for (const tell of first ? news : news.reverse()) {
      tell();
      await new Promise((resolve) => setTimeout(resolve));
    }
    const time = clock(cutOff.stopped as number);
    await vi.waitFor(() =>
      expect(page.notice.value).toEqual({
        text:
          "The recording login bug was interrupted when the dashboard ended: " +
          `it holds 121 events, until ${time}. ` +
          "Nothing is recorded now; press Record to go on in a new one. " +
          "The dashboard is back, and nothing was missed: what applications kept meanwhile arrives now.",
        bad: false,
        toRecordings: true,
      }),
    );
  },
);

test("a recording that was stopped while the page was away is not told as interrupted", async () => {
  const { page } = pageWith({ "GET /api/recordings": { items: [recordingItem()] } });
  const sink = page.sink();
  sink.status(statusItem({ recording: recordingItem({ state: "recording" }) }));
  sink.disconnected();
  sink.connected(1);
  sink.missed({ passed: 0, loaded: 0 });
  await vi.waitFor(() => expect(page.notice.value?.text).toMatch(/^The dashboard is back/));
  expect(page.notice.value?.toRecordings).toBe(false);
});

test("an answer about a lost connection that comes after it is back does not lose it again", async () => {
  const { page } = pageWith();
  const sink = page.sink();
  sink.failed("timeout");
  sink.connected(1);
  await new Promise((resolve) => setTimeout(resolve));
  expect(page.connection.value.state).toBe("connected");
});

test("a dashboard that does not know the page's key any more is told apart from a dead one", async () => {
  const { page } = pageWith({ "GET /api/status": problem(401, "No key", "A key is needed.") });
  page.sink().failed("unauthorized");
  await vi.waitFor(() => expect(page.connection.value.state).toBe("refused"));
});

test.each([
  [[application(), application({ id: "b", name: "billing" })], "Connected · pid 4711 · 2 apps"],
  [[application(), application({ id: "b", pid: 9 })], "Connected · 2 processes · 2 apps"],
  [[], "Waiting for an application"],
  [[application({ connected: false })], "Every application has gone; waiting"],
])("the status line says what is connected or waited for (%#)", (apps, text) => {
  const { page } = pageWith();
  page.connection.value = { state: "connected" };
  page.sink().status(statusItem({ apps }));
  expect(page.statusLine.value.text).toBe(text);
});

test("a process is gone when it is neither connected nor awaited after a restart", () => {
  const { page } = pageWith();
  expect(page.gone.value.has(7)).toBe(false);
  page.sink().status(statusItem({ apps: [application({ pid: 9 })], awaited: [7] }));
  expect([7, 8, 9, null].map((pid) => page.gone.value.has(pid))).toEqual([
    false,
    true,
    false,
    false,
  ]);
  page.sink().status(statusItem({ apps: [application({ pid: 9 })] }));
  expect(page.gone.value.has(7)).toBe(true);
});

test("P pressed twice in a row shows no player, a third time it does", async () => {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  await page.live.select(CART);
  page.togglePlayback();
  page.togglePlayback();
  await import("./replay");
  await new Promise((resolve) => setTimeout(resolve));
  expect(page.playback.value).toBe(null);
  page.togglePlayback();
  await vi.waitFor(() => expect(page.playback.value?.id).toBe(CART));
});

test("the selected request is played where it is shown, until another one is selected", async () => {
  vi.useFakeTimers();
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  await page.live.select(CART);
  await page.startPlayback();
  const player = page.player.value as Replay;
  expect(player.order.value).toEqual(page.live.log.eventsOf(CART));
  expect(player.order.value[player.position.value]).toBe(page.live.event.value);
  player.seek(0);
  player.speed.value = 1;
  player.play();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.live.event.value).toBe(player.order.value[player.order.value.length - 1]);
  player.play();
  await page.live.select(CHECKOUT);
  expect([page.player.value, player.playing.value]).toEqual([null, false]);
  vi.useRealTimers();
});
