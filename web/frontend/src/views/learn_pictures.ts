/** What the requests of a lesson made happen, as the lines that its claims are about. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { allEvents, apart, eventsIn } from "../model/lessons/moment";
import { type PictureLine, pictureLines } from "../model/lessons/picture";
import { isComplete } from "../model/lessons/points";
import type { EventLog, EventView } from "../model/log";
import { type AllFired, type Fired, firedKey, learnState } from "../state/learn";
import { type RecordedRun, type RecordedRuns, recordedRuns } from "../state/learn_runs";
import type { Page } from "../state/page";
import type { LessonItem } from "../transport/items";

/** One run of a request, as the lines that its claims are looked for in. */
export interface Picture {
  trace: string;
  /** Traces with at least one event of it, in their order. */
  traces: readonly string[];
  lines: readonly PictureLine[];
  complete: boolean;
  /** Where its events are. */
  log: EventLog;
  /** Null of one that was fired from this page. */
  recorded: RecordedRun | null;
}

/** By the request's number: of those that were fired, and of those that were recorded. */
export type Pictures = ReadonlyMap<number, Picture>;

/** Made anew while events arrive. */
export function usePictures(page: Page, lesson: LessonItem): Pictures {
  const fired = learnState(page).fired.value;
  const { log, revision } = page.live;
  const isOver = useOver(lesson, fired);
  const recorded = useRecorded(page, lesson);
  return useMemo(() => {
    const pictures = new Map<number, Picture>();
    lesson.requests.forEach((_, number) => {
      const run = fired.get(firedKey(lesson.id, number));
      const picture = run ? pictureOf(log, run, lesson, isOver) : recorded.get(number);
      if (picture !== undefined) pictures.set(number, picture);
    });
    return pictures;
  }, [lesson, fired, log, revision.value, isOver, recorded]);
}

/** What was recorded of a lesson's requests; nothing while it is on its way, or cannot be had. */
function useRecorded(page: Page, lesson: LessonItem): Pictures {
  const [runs, setRuns] = useState<RecordedRuns>(new Map());
  useEffect(() => {
    let wanted = true;
    recordedRuns(page, lesson).then(
      (found) => wanted && setRuns(found),
      () => {}, // It can be fired, and the expected pictures are there.
    );
    return () => {
      wanted = false;
    };
  }, [page, lesson]);
  return useMemo(
    () => new Map([...runs].map(([number, run]) => [number, pictureOfRun(run, lesson)])),
    [runs, lesson],
  );
}

function pictureOfRun(run: RecordedRun, lesson: LessonItem): Picture {
  const events = allEvents(run.log);
  return {
    trace: run.trace,
    traces: tracesOf(events),
    lines: linesOf(lesson, events, run.log, run.answer),
    complete: true,
    log: run.log,
    recorded: run,
  };
}

/** A script need not have a trace whose end would tell: it is over some time after its answer. */
function useOver(lesson: LessonItem, fired: AllFired): boolean {
  const until = lesson.script ? fired.get(firedKey(lesson.id, 0))?.until : undefined;
  const [over, setOver] = useState<number | null>(null);
  useEffect(() => {
    if (until === undefined) return;
    const timer = setTimeout(() => setOver(until), Math.max(0, until - Date.now()));
    return () => clearTimeout(timer);
  }, [until]);
  return until !== undefined && over === until;
}

function pictureOf(log: EventLog, run: Fired, lesson: LessonItem, isOver: boolean): Picture {
  const own = log.eventsOf(run.trace).map((index) => log.event(index) as EventView);
  const events = eventsIn(log, run);
  return {
    trace: run.trace,
    traces: tracesOf(events),
    lines: linesOf(lesson, events, log, run.answer.body),
    complete: isOver || isComplete(own),
    log,
    recorded: null,
  };
}

function linesOf(
  lesson: LessonItem,
  events: readonly EventView[],
  { lanes }: EventLog,
  answer: string | null,
): PictureLine[] {
  return pictureLines(lesson.apart ? apart(events, lanes) : events, lanes, answer);
}

function tracesOf(events: readonly EventView[]): string[] {
  return [...new Set(events.map(({ traceId }) => traceId).filter((id) => id !== null))];
}
