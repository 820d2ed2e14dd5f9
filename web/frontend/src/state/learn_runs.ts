/** Runs of a lesson's requests that were not fired from this page: kept by the dashboard, or come along. */
import { allEvents, apart } from "../model/lessons/moment";
import { pictureLines } from "../model/lessons/picture";
import { isComplete, shownIn } from "../model/lessons/points";
import { EventLog } from "../model/log";
import { selectRows } from "../model/stored";
import { type Block, decodeFrame } from "../protocol/decode";
import type {
  LessonItem,
  LessonRecording,
  LessonRequest,
  RegisteredItem,
  TraceItem,
} from "../transport/items";
import { lessonEvents, lessonRecording, tracesAt } from "../transport/lessons";
import type { Page } from "./page";
import { loadTraces } from "./trace_log";

/** What one request of a lesson did some time ago. */
export interface RecordedRun {
  /** Kept by this dashboard, or recorded with the lesson. */
  origin: "stored" | "shipped";
  /** Under which it was asked for; a script need not have made events in it. */
  trace: string;
  /** Nanoseconds since the epoch. */
  at: number;
  /** Its events and nothing else. */
  log: EventLog;
  items: readonly TraceItem[];
  status: number | null;
  /** Null where nobody kept it. */
  answer: string | null;
  /** Versions that it ran on, where that is known. */
  flask: string | null;
  /** What was registered, where it is another process than those that the page knows. */
  registered: readonly RegisteredItem[] | null;
}

/** By the request's number. */
export type RecordedRuns = ReadonlyMap<number, RecordedRun>;

/** So many of the newest runs of an address are looked at. */
const MOST_LOOKED_AT = 3;

/**
 * The newest run of each request that the dashboard has and that shows what the lesson says of it;
 * else the one that comes along with the lesson.
 */
export async function recordedRuns(page: Page, lesson: LessonItem): Promise<RecordedRuns> {
  const [recording, frame] = await Promise.all([
    lessonRecording(page.api, lesson.id),
    lessonEvents(page.api, lesson.id),
  ]);
  const shipped = shippedRuns(recording, decodeFrame(frame).blocks);
  const found = await Promise.all(
    lesson.requests.map(async (_, number) => {
      const stored = await storedRun(page, lesson, number, recording).catch(() => null);
      return stored ?? shipped[number];
    }),
  );
  return new Map(found.flatMap((run, number) => (run === undefined ? [] : [[number, run]])));
}

/** A log for each request, with the events that are its own. */
function shippedRuns(recording: LessonRecording, blocks: Block[]): RecordedRun[] {
  let from = 0;
  return recording.requests.map(({ trace, events, status, answer }) => {
    const log = new EventLog({ maxEvents: Number.MAX_SAFE_INTEGER });
    for (const block of rowsBetween(blocks, from, from + events)) log.append(block);
    from += events;
    const own = new Set(log.traceIds());
    const items = recording.traces.filter(({ id }) => own.has(id));
    return {
      origin: "shipped",
      trace,
      at: items[0]?.start_ts ?? recording.recorded,
      log,
      items,
      status,
      answer,
      flask: recording.flask,
      registered: recording.registered,
    };
  });
}

/** The rows of *blocks* from the one to the other, counted over all of them. */
function rowsBetween(blocks: readonly Block[], from: number, to: number): Block[] {
  let start = 0;
  return blocks.flatMap((block) => {
    const rows = Array.from({ length: block.count }, (_, row) => row).filter(
      (row) => start + row >= from && start + row < to,
    );
    start += block.count;
    return rows.length === 0 ? [] : [selectRows(block, rows)];
  });
}

/** The newest one that the dashboard has, null without one that is surely of this request. */
async function storedRun(
  page: Page,
  lesson: LessonItem,
  number: number,
  recording: LessonRecording,
): Promise<RecordedRun | null> {
  const request = lesson.requests[number] as LessonRequest;
  const claims = lesson.points.filter((point) => point.request === number);
  const alike = lesson.requests.filter((other) => addressOf(other) === addressOf(request));
  // A script has no address; of several requests to the same one only a claim tells which it was.
  if (lesson.script || (claims.length === 0 && alike.length > 1)) return null;
  const shipped = new Set(recording.requests.map(({ trace }) => trace));
  const found = (await tracesAt(page.api, addressOf(request)))
    .filter(({ id, complete, method }) => complete && method === request.method && !shipped.has(id))
    .slice(0, MOST_LOOKED_AT);
  for (const item of found) {
    const { log, items } = await loadTraces(page, [item.id]);
    const events = allEvents(log);
    const told = lesson.apart ? apart(events, log.lanes) : events;
    const lines = pictureLines(told, log.lanes, null);
    if (isComplete(events) && claims.every((claim) => shownIn(claim, lines, true).seen)) {
      return {
        origin: "stored",
        trace: item.id,
        at: item.start_ts,
        log,
        items,
        status: item.status,
        answer: null,
        flask: null,
        registered: null,
      };
    }
  }
  return null;
}

/** As a trace's item has it. */
function addressOf({ mount, path, query }: LessonRequest): string {
  return `${mount}${path}${searchOf(query)}`;
}

/** The query as it is sent, with its question mark; "" without one. */
export function searchOf(query: LessonRequest["query"]): string {
  const search = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    ),
  ).toString();
  return search && `?${search}`;
}
