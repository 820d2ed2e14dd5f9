/**
 * Finds in all of a recording, of which the page holds a part: the dashboard searches, and tells what
 * it found as soon as it knows.
 */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Difference, Usual } from "../model/usual";
import type { TraceItem } from "../transport/items";

/** A recording of which not all requests are listed. */
export interface Whole {
  /** Requests in all. */
  traces: number;
  /** Of these went wrong; null while nobody knows. */
  failed: number | null;
  /** Null in a file, which has nobody to ask. */
  ask: Ask | null;
}

/** Asks the dashboard for a part of the recording. */
export type Ask = (what: string, signal: AbortSignal) => Promise<Response>;

/** One line of `GET /api/recordings/<id>/find`. */
interface Line {
  share: number;
  found: number;
  items: (TraceItem & { difference: Difference | null })[];
  usual?: { judged: number; unknown: number } | null;
}

/** What is searched for has rested that long, ms: people write letter by letter. */
const REST_MS = 200;

export class WholeSearch {
  /** The latest of those found so far, newest first. */
  readonly items: Signal<readonly TraceItem[]> = signal([]);
  readonly found = signal(0);
  readonly usual: Signal<Usual | null> = signal(null);
  /** How much was searched; null while nothing is. */
  readonly share: Signal<number | null> = signal(null);
  /** Somebody stopped it before its end. */
  readonly stopped = signal(false);
  readonly problem: Signal<unknown> = signal(null);
  private off = new AbortController();
  private differences = new Map<string, Difference>();

  constructor(whole: ReadonlySignal<Whole | null>, text: ReadonlySignal<string>) {
    // A space behind the words is no other search.
    const words = computed(() => text.value.trim());
    const ask = computed(() => whole.value?.ask ?? null);
    effect(() => this.start(ask.value, words.value));
  }

  private start(ask: Ask | null, words: string): void {
    this.off.abort();
    const isAsked = ask !== null && words !== "";
    batch(() => {
      this.share.value = isAsked ? 0 : null;
      this.stopped.value = false;
      this.problem.value = null;
    });
    if (!isAsked) return;
    const off = new AbortController();
    this.off = off;
    setTimeout(() => {
      if (!off.signal.aborted) void this.search(ask, words, off.signal);
    }, REST_MS);
  }

  /** What was found until now is all. */
  stop(): void {
    this.off.abort();
    batch(() => {
      this.share.value = null;
      this.stopped.value = true;
    });
  }

  private async search(ask: Ask, text: string, off: AbortSignal): Promise<void> {
    let isNew = true;
    try {
      const answer = await ask(`find?q=${encodeURIComponent(text)}`, off);
      for await (const line of linesOf(answer)) {
        if (off.aborted) return;
        this.take(JSON.parse(line) as Line, isNew);
        isNew = false;
      }
      // An answer that breaks off has no last line.
      if (this.share.value !== null) throw new Error("the answer broke off");
    } catch (error) {
      if (off.aborted) return;
      batch(() => {
        this.problem.value = error;
        this.share.value = null;
      });
    }
  }

  private take({ share, found, items, usual }: Line, isNew: boolean): void {
    if (isNew) this.differences = new Map();
    for (const { id, difference } of items) {
      if (difference !== null) this.differences.set(id, difference);
    }
    batch(() => {
      this.items.value = isNew ? items : [...this.items.value, ...items];
      this.found.value = found;
      this.share.value = share === 1 ? null : share;
      this.usual.value = usual ? { ...usual, differences: this.differences } : null;
    });
  }

  /** In what a found request differs from the usual one of its route, while that is looked for. */
  differenceOf(id: string): Difference | null {
    return this.differences.get(id) ?? null;
  }
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (text + decoder.decode(read.value, { stream: true })).split("\n");
    text = lines.pop() as string;
    yield* lines;
  }
}
