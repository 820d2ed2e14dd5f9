/** The live stream over a socket that a test plays: order, credit, gaps, coming back. */
import type { LiveSink, Missed, SocketLike } from "./live";
import { EVENTS_PER_CALL, GAP_LIMIT, LiveStream } from "./live";

type Listener = (...args: unknown[]) => void;

/** The other end of the socket interface. */
class PlayedSocket implements SocketLike {
  readonly listeners = new Map<string, Listener>();
  readonly follows: (number | null)[] = [];
  newest = 0;
  connections = 0;

  on(event: string, listener: (...args: never[]) => void) {
    this.listeners.set(event, listener as Listener);
  }
  emit(_event: string, message: unknown, answer: unknown) {
    this.follows.push((message as { after_seq: number | null }).after_seq);
    (answer as Listener)({ seq: this.newest });
  }
  active = false;
  connect() {
    this.connections++;
    this.play("connect");
  }
  disconnect() {}
  play(event: string, ...args: unknown[]) {
    this.listeners.get(event)?.(...args);
  }
}

/** A frame of this test is a number: the position at which it ends; it holds what is new. */
function played(afterSeq: number | null, newest: number) {
  const socket = new PlayedSocket();
  socket.newest = newest;
  const taken: number[] = [];
  const said: unknown[] = [];
  let end = afterSeq ?? newest;
  const sink: LiveSink = {
    frame: (data) => {
      const toSeq = data as unknown as number;
      if (Number.isNaN(toSeq)) throw new Error("damaged");
      taken.push(toSeq);
      const count = toSeq - end;
      end = toSeq;
      return { count, toSeq };
    },
    connected: (seq) => said.push(`connected ${seq}`),
    disconnected: () => said.push("disconnected"),
    failed: (message) => said.push(`failed: ${message}`),
    missed: (missed: Missed) => said.push(missed),
    restarted: () => said.push("restarted"),
    unreadable: (error) => said.push((error as Error).message),
    status: () => {},
    traces: () => {},
    recordings: () => {},
  };
  const fetched: [number, number][] = [];
  const fetchEvents = async (after: number, to: number) => {
    fetched.push([after, to]);
    return to as unknown as ArrayBuffer;
  };
  const stream = new LiveStream(socket, sink, fetchEvents, afterSeq);
  return { socket, stream, taken, said, fetched };
}

test("follows from where it was told and acknowledges each frame after taking it", async () => {
  const { socket, stream, taken } = played(10, 10);
  stream.start();
  const acknowledged: number[][] = [];
  socket.play("frame", 12, () => acknowledged.push([...taken]));
  socket.play("frame", 15, () => acknowledged.push([...taken]));
  await stream.settled();
  expect(socket.follows).toEqual([10]);
  expect(acknowledged).toEqual([[12], [12, 15]]);
  expect(stream.position).toBe(15);
});

test("from now means from the newest position that the dashboard names", async () => {
  const { stream } = played(null, 400);
  stream.start();
  await stream.settled();
  expect(stream.position).toBe(400);
});

test("a gap is fetched before the frames behind it are taken", async () => {
  const { socket, stream, taken, fetched } = played(10, 10);
  stream.start();
  socket.play("gap", { from_seq: 10, to_seq: 50 });
  socket.play("frame", 60, () => {});
  await stream.settled();
  expect(fetched).toEqual([[10, 50]]);
  expect(taken).toEqual([50, 60]);
});

test("a long gap is fetched in pieces and only as far back as the page keeps", async () => {
  const { socket, stream, fetched } = played(0, 0);
  stream.start();
  socket.play("gap", { from_seq: 0, to_seq: 1_000_000 });
  await stream.settled();
  const from = 1_000_000 - GAP_LIMIT;
  expect(fetched).toEqual([
    [from, from + EVENTS_PER_CALL],
    [from + EVENTS_PER_CALL, 1_000_000],
  ]);
});

test("a frame that cannot be read is reported and still gives its credit back", async () => {
  const { socket, stream, said } = played(0, 0);
  stream.start();
  let acknowledged = 0;
  socket.play("frame", Number.NaN, () => acknowledged++);
  await stream.settled();
  expect(acknowledged).toBe(1);
  expect(said).toContain("damaged");
});

test("after a reconnect it goes on where it stood and says what passed meanwhile", async () => {
  const { socket, stream, said } = played(100, 100);
  stream.start();
  await stream.settled();
  socket.play("disconnect", "transport close");
  socket.newest = 3220;
  socket.play("connect");
  socket.play("gap", { from_seq: 100, to_seq: 3220 });
  await stream.settled();
  expect(socket.follows).toEqual([100, 100]);
  expect(said).toEqual([
    "connected 100",
    "disconnected",
    "connected 3220",
    { passed: 3120, loaded: 3120 },
  ]);
});

test("a return without anything missed is told as well", async () => {
  const { socket, stream, said } = played(100, 100);
  stream.start();
  await stream.settled();
  socket.play("disconnect", "transport close");
  socket.play("connect");
  await stream.settled();
  expect(said).toEqual([
    "connected 100",
    "disconnected",
    { passed: 0, loaded: 0 },
    "connected 100",
  ]);
});

test("a store that begins anew is noticed by its lower positions", async () => {
  const { socket, stream, said } = played(100, 100);
  stream.start();
  await stream.settled();
  socket.newest = 3;
  socket.play("connect");
  await stream.settled();
  expect(said).toEqual(["connected 100", "restarted", "connected 3"]);
  expect(stream.position).toBe(3);
});

test.each([["connect_error"], ["disconnect"]])(
  "a socket that tries again by itself after %s is left to it",
  (event) => {
    vi.useFakeTimers();
    const { socket, stream } = played(0, 0);
    stream.start();
    socket.active = true;
    socket.play(event, new Error("xhr poll error"));
    vi.advanceTimersByTime(5000);
    expect(socket.connections).toBe(1);
    vi.useRealTimers();
  },
);

test("a socket that was turned down is tried again", () => {
  vi.useFakeTimers();
  const { socket, stream, said } = played(0, 0);
  stream.start();
  socket.play("connect_error", new Error("unauthorized"));
  expect(said).toContain("failed: unauthorized");
  vi.advanceTimersByTime(5000);
  expect(socket.connections).toBe(2);
  vi.useRealTimers();
});
