/** What the lesson claims, point by point, and which event of the fired trace shows it. */
import { t } from "../i18n/translate";
import { type Shown, shownIn } from "../model/lessons/points";
import type { Page } from "../state/page";
import type { LessonItem, LessonPoint, LessonRequest } from "../transport/items";
import { usePage } from "./context";
import { Said, say } from "./learn_link";
import type { Picture, Pictures } from "./learn_pictures";

export function LessonPoints({ lesson, pictures }: { lesson: LessonItem; pictures: Pictures }) {
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
        <p>
          <Said text={point} />
        </p>
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

/** Goes to where the timeline is, with the request and, if there is one, its event selected. */
export async function openTrace(page: Page, trace: string, event: number | null): Promise<void> {
  // Before the screen changes: together they are one step of the history.
  const of = event === null ? null : page.live.log.event(event)?.traceId;
  await page.live.select(of ?? trace);
  if (event !== null) page.live.selectEvent(event);
  page.show("live");
  page.announceSelection();
}
