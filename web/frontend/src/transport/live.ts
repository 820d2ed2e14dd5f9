/**
 * The live stream: follows the dashboard's positions over a socket, in order and without holes.
 *
 * Every frame is acknowledged once it is in the log, which is the credit for the next one. A gap is
 * fetched over HTTP before anything behind it is taken. After a reconnect the stream goes on where
 * it stood and reports what passed meanwhile.
 */
import type { RecordingItem, StatusItem, TraceItem } from "./items";

/** What of socket.io-client's socket is used here. */
export interface SocketLike {
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  /** It tries again by itself. */
  readonly active: boolean;
  connect(): unknown;
  disconnect(): unknown;
}

/** Events that passed while the socket was away. */
export interface Missed {
  passed: number;
  loaded: number;
}

export interface LiveSink {
  /** Appends a frame in order of positions; answers how many events it held and where it ends. */
  frame(data: ArrayBuffer): { count: number; toSeq: number };
  connected(newestSeq: number): void;
  disconnected(): void;
  /** The connection failed or was turned down; the stream itself keeps trying. */
  failed(message: string): void;
  missed(missed: Missed): void;
  /** Positions began anew (another store): what is shown no longer belongs to it. */
  restarted(): void;
  /** A frame could not be read. */
  unreadable(error: unknown): void;
  status(status: StatusItem): void;
  traces(items: TraceItem[]): void;
  recordings(items: RecordingItem[]): void;
}

type FetchEvents = (afterSeq: number, toSeq: number) => Promise<ArrayBuffer>;

/** A gap longer than this is loaded from its end only: the page shows the recent past. */
export const GAP_LIMIT = 200_000;
/** The server answers at most this many events a call. */
export const EVENTS_PER_CALL = 100_000;
const RETRY_MS = 2000;

export class LiveStream {
  /** Position of the newest event that is in the log; null before the first answer. */
  position: number | null;
  private away: { until: number; passed: number; loaded: number } | null = null;
  private wasConnected = false;
  /** Messages are worked off one after the other, so that a fetched gap keeps its place. */
  private queue: Promise<void> = Promise.resolve();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly socket: SocketLike;
  private readonly sink: LiveSink;
  private readonly fetchEvents: FetchEvents;

  /** *afterSeq* is where to begin: a position, or null for "from now". */
  constructor(
    socket: SocketLike,
    sink: LiveSink,
    fetchEvents: FetchEvents,
    afterSeq: number | null,
  ) {
    this.socket = socket;
    this.sink = sink;
    this.fetchEvents = fetchEvents;
    this.position = afterSeq;
    this.listen();
  }

  start(): void {
    this.socket.connect();
  }

  stop(): void {
    clearTimeout(this.retry);
    this.socket.disconnect();
  }

  /** Settles when every message that has arrived so far is worked off. */
  settled(): Promise<void> {
    return this.queue;
  }

  private listen(): void {
    const on = this.socket.on.bind(this.socket) as (
      event: string,
      listener: (...args: unknown[]) => void,
    ) => unknown;
    on("connect", () => this.follow());
    on("disconnect", () => this.lost());
    on("connect_error", (error) => this.refused(error));
    on("frame", (data, acknowledge) =>
      this.enqueue(() => this.take(data as ArrayBuffer, acknowledge as (() => void) | undefined)),
    );
    on("gap", (gap) => {
      const { from_seq, to_seq } = gap as { from_seq: number; to_seq: number };
      this.enqueue(() => this.refetch(from_seq, to_seq));
    });
    on("status", (status) => this.sink.status(status as StatusItem));
    on("traces", (message) => this.sink.traces((message as { items: TraceItem[] }).items));
    on("recordings", (message) =>
      this.sink.recordings((message as { items: RecordingItem[] }).items),
    );
  }

  private follow(): void {
    clearTimeout(this.retry);
    this.socket.emit("follow", { after_seq: this.position }, (answer: { seq: number }) => {
      this.enqueue(async () => this.following(answer.seq));
    });
  }

  private following(newest: number): void {
    if (this.position !== null && newest < this.position) {
      this.position = newest;
      this.sink.restarted();
    } else if (this.wasConnected && this.position !== null && newest > this.position) {
      this.away = { until: newest, passed: newest - this.position, loaded: 0 };
    } else if (this.wasConnected) {
      this.sink.missed({ passed: 0, loaded: 0 });
    }
    this.position ??= newest;
    this.wasConnected = true;
    this.sink.connected(newest);
  }

  private lost(): void {
    this.sink.disconnected();
    this.tryAgain();
  }

  private refused(error: unknown): void {
    this.sink.failed(error instanceof Error ? error.message : String(error));
    this.tryAgain();
  }

  /**
   * When the client library does not, because the server hung up or turned it down. Two who try ask
   * twice in one connection, and the server's refusal of the second ends the first.
   */
  private tryAgain(): void {
    clearTimeout(this.retry);
    if (this.socket.active) return;
    this.retry = setTimeout(() => this.socket.connect(), RETRY_MS);
  }

  private enqueue(work: () => Promise<void>): void {
    this.queue = this.queue.then(work).catch((error) => this.sink.unreadable(error));
  }

  private async take(data: ArrayBuffer, acknowledge?: () => void): Promise<void> {
    try {
      const { count, toSeq } = this.sink.frame(data);
      this.advance(toSeq, count);
    } finally {
      // Even a frame that cannot be read gives its credit back, or the stream would stand still.
      acknowledge?.();
    }
  }

  private async refetch(fromSeq: number, toSeq: number): Promise<void> {
    let after = Math.max(fromSeq, toSeq - GAP_LIMIT);
    while (after < toSeq) {
      const to = Math.min(after + EVENTS_PER_CALL, toSeq);
      const { count } = this.sink.frame(await this.fetchEvents(after, to));
      this.advance(to, count);
      after = to;
    }
  }

  private advance(toSeq: number, count: number): void {
    if (this.position === null || toSeq > this.position) this.position = toSeq;
    const away = this.away;
    if (away === null) return;
    away.loaded += count;
    if (this.position < away.until) return;
    this.away = null;
    this.sink.missed({ passed: away.passed, loaded: Math.min(away.loaded, away.passed) });
  }
}
