/** What the fired requests of a lesson made happen, as the lines that its claims are about. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { eventsIn } from "../model/lessons/moment";
import { type PictureLine, pictureLines } from "../model/lessons/picture";
import { isComplete } from "../model/lessons/points";
import type { EventLog, EventView } from "../model/log";
import { type AllFired, type Fired, firedKey, learnState } from "../state/learn";
import type { Page } from "../state/page";
import type { LessonItem } from "../transport/items";

/** The fired requests of a lesson, as the lines that its claims are looked for in. */
export interface Picture {
  trace: string;
  /** Traces with at least one event of it, in their order. */
  traces: readonly string[];
  lines: readonly PictureLine[];
  complete: boolean;
}

/** By the request's number, of those that were fired. */
export type Pictures = ReadonlyMap<number, Picture>;

/** Made anew while events arrive. */
export function usePictures(page: Page, lesson: LessonItem): Pictures {
  const fired = learnState(page).fired.value;
  const { log, revision } = page.live;
  const isOver = useOver(lesson, fired);
  return useMemo(() => {
    const pictures = new Map<number, Picture>();
    lesson.requests.forEach((_, number) => {
      const run = fired.get(firedKey(lesson.id, number));
      if (run !== undefined) pictures.set(number, pictureOf(log, run, isOver));
    });
    return pictures;
  }, [lesson, fired, log, revision.value, isOver]);
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

function pictureOf(log: EventLog, run: Fired, isOver: boolean): Picture {
  const own = log.eventsOf(run.trace).map((index) => log.event(index) as EventView);
  const events = eventsIn(log, run);
  const traces = new Set(events.map(({ traceId }) => traceId).filter((id) => id !== null));
  return {
    trace: run.trace,
    traces: [...traces],
    lines: pictureLines(events, log.lanes, run.answer.body),
    complete: isOver || isComplete(own),
  };
}
