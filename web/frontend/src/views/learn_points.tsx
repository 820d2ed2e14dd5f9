/** What the lesson claims, point by point, and which event of a run shows it. */
import { t } from "../i18n/translate";
import { type Shown, shownIn } from "../model/lessons/points";
import type { LessonItem, LessonPoint, LessonRequest } from "../transport/items";
import { usePage } from "./context";
import { Said, say } from "./learn_link";
import { openRun } from "./learn_open";
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
            lesson={lesson}
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
  lesson: LessonItem;
  request: LessonRequest;
  picture: Picture | null;
}

function Point({ number, point, lesson, request, picture }: PointProps) {
  const page = usePage();
  const shown: Shown | null = picture && shownIn(point, picture.lines, picture.complete);
  const stage = stageOf(picture, shown);
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
              <span class={shown.seen ? "ok" : "t3"}>{t(saidOf(shown.seen, picture))}</span>
              <button
                type="button"
                class="btn small"
                aria-label={t("learn.showPoint", { n: number })}
                onClick={() => openRun(page, lesson, picture as Picture, shown.event)}
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

type Stage = "waiting" | "unseen" | "seen" | "recorded";

function stageOf(picture: Picture | null, shown: Shown | null): Stage {
  if (shown === null) return "waiting";
  if (!shown.seen) return "unseen";
  return picture?.recorded ? "recorded" : "seen";
}

function saidOf(seen: boolean, picture: Picture | null) {
  if (picture?.recorded) return seen ? "learn.seenRecorded" : "learn.notSeen";
  return seen ? "learn.seen" : "learn.notSeen";
}
