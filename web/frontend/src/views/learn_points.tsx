/** What the lesson claims, point by point, and which event of the fired trace shows it. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { eventsIn } from "../model/lessons/moment";
import { type PictureLine, pictureLines } from "../model/lessons/picture";
import { isComplete, type Shown, shownIn } from "../model/lessons/points";
import type { EventLog, EventView } from "../model/log";
import { type AllFired, type Fired, firedKey, learnState } from "../state/learn";
import type { Page } from "../state/page";
import type { LessonItem, LessonPoint, LessonRequest } from "../transport/items";
import { usePage } from "./context";
import { say } from "./learn_link";

export function LessonPoints({ lesson }: { lesson: LessonItem }) {
  const page = usePage();
  const pictures = usePictures(page, lesson);
  return (
    <section>
      <h2>{t("learn.points")}</h2>
      <ol class="points" data-testid="points">
        {lesson.points.map((point, i) => (
          <Point
            key={point.en}
            number={i + 1}
            point={point}
            request={lesson.requests[point.request] as LessonRequest}
            picture={pictures.get(point.request) ?? null}
          />
        ))}
      </ol>
    </section>
  );
}

interface PointProps {
  number: number;
  point: LessonPoint;
  request: LessonRequest;
  picture: Picture | null;
}

function Point({ number, point, request, picture }: PointProps) {
  const page = usePage();
  const shown: Shown | null = picture && shownIn(point, picture.lines, picture.complete);
  const stage = shown === null ? "waiting" : shown.seen ? "seen" : "unseen";
  return (
    <li data-point={stage}>
      <span class="number" aria-hidden="true">
        {number}
      </span>
      <div>
        <p>{say(point)}</p>
        <p class="point-foot">
          {shown === null && (
            <span class="t3">{t("learn.notFired", { label: say(request.label) })}</span>
          )}
          {shown !== null && (
            <>
              <span class={shown.seen ? "ok" : "t3"}>
                {t(shown.seen ? "learn.seen" : "learn.notSeen")}
              </span>
              <button
                type="button"
                class="btn small"
                aria-label={t("learn.showPoint", { n: number })}
                onClick={() => openTrace(page, (picture as Picture).trace, shown.event)}
              >
                {t("learn.show")}
              </button>
            </>
          )}
        </p>
      </div>
    </li>
  );
}

/** The fired requests of a lesson, as the lines that its claims are looked for in. */
interface Picture {
  trace: string;
  lines: readonly PictureLine[];
  complete: boolean;
}

/** Request's number → its picture, of those that were fired; drawn anew while events arrive. */
function usePictures(page: Page, lesson: LessonItem): ReadonlyMap<number, Picture> {
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
  return {
    trace: run.trace,
    lines: pictureLines(eventsIn(log, run), log.lanes, run.answer.body),
    complete: isOver || isComplete(own),
  };
}

/** Goes to where the timeline is, with the request and, if there is one, its event selected. */
export async function openTrace(page: Page, trace: string, event: number | null): Promise<void> {
  // Before the screen changes: together they are one step of the history.
  const of = event === null ? null : page.live.log.event(event)?.traceId;
  await page.live.select(of ?? trace);
  if (event !== null) page.live.selectEvent(event);
  page.show("live");
  page.announceSelection();
}
