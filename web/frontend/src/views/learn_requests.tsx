/** The lesson's requests, one button each, and what was answered. */
import { useState } from "preact/hooks";
import { moment } from "../i18n/format";
import { t } from "../i18n/translate";
import { appFor, firedKey, fireLesson, learnState } from "../state/learn";
import { type RecordedRun, searchOf } from "../state/learn_runs";
import type { LessonItem, LessonRequest } from "../transport/items";
import { usePage } from "./context";
import { say } from "./learn_link";
import { openRun } from "./learn_open";
import type { Picture, Pictures } from "./learn_pictures";
import { Busy, Foreign, ProblemBox, ScrollBox } from "./marks";

interface Props {
  lesson: LessonItem;
  pictures: Pictures;
  /** What was recorded may be shown: not before the reader has predicted. */
  revealed: boolean;
}

export function LessonRequests({ lesson, pictures, revealed }: Props) {
  const page = usePage();
  const apps = page.status.value?.apps ?? [];
  const { fired, progress } = learnState(page);
  const predicted = progress.all.value[lesson.id]?.predicted !== undefined;
  const [firing, setFiring] = useState<number | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const missing = lesson.requests.some((request) => appFor(apps, lesson, request) === null);
  const first = lesson.requests.findIndex((_, n) => !fired.value.has(firedKey(lesson.id, n)));
  const fire = async (number: number) => {
    const app = appFor(apps, lesson, lesson.requests[number] as LessonRequest);
    if (app === null || firing !== null) return;
    setFiring(number);
    setProblem(null);
    try {
      await fireLesson(page, app, lesson, number);
      const status = learnState(page).fired.peek().get(firedKey(lesson.id, number))?.answer.status;
      page.announcement.value = t("learn.answered", { status: String(status) });
    } catch (error) {
      setProblem(error);
    } finally {
      setFiring(null);
    }
  };
  return (
    <section class="lesson-fire" aria-label={t("learn.fire")}>
      <h2>{t("learn.fire")}</h2>
      {missing ? (
        <NotRunning lesson={lesson} />
      ) : (
        lesson.prediction !== null && !predicted && <p class="t3">{t("learn.fireHint")}</p>
      )}
      <ul>
        {lesson.requests.map((request, number) => {
          const done = fired.value.get(firedKey(lesson.id, number)) ?? null;
          const ready = appFor(apps, lesson, request) !== null;
          const recorded = revealed ? (pictures.get(number) ?? null) : null;
          return (
            <li key={firedKey(lesson.id, number)} class="fire" data-request={number}>
              <div class="row">
                <button
                  type="button"
                  class={`btn fire-button ${number === first ? "primary" : ""}`}
                  aria-disabled={!ready}
                  aria-describedby={ready ? undefined : "lesson-not-running"}
                  onClick={() => void fire(number)}
                >
                  <span>{say(request.label)}</span>
                  {done !== null && <span class="t2">· {t("learn.again")}</span>}
                </button>
                <code class="ellipsis">{requestLine(request)}</code>
                {firing === number && <Busy />}
              </div>
              {done !== null && (
                <Answer
                  lesson={lesson}
                  number={number}
                  status={done.answer.status}
                  body={done.answer.body}
                  picture={pictures.get(number) ?? null}
                />
              )}
              {done === null && recorded?.recorded && (
                <Answer
                  lesson={lesson}
                  number={number}
                  status={recorded.recorded.status}
                  body={recorded.recorded.answer}
                  picture={recorded}
                />
              )}
            </li>
          );
        })}
      </ul>
      {problem !== null && <ProblemBox error={problem} />}
    </section>
  );
}

function NotRunning({ lesson }: { lesson: LessonItem }) {
  return (
    <p id="lesson-not-running" class="not-running">
      {t("learn.notRunning")} <code>flaskscope samples --only {lesson.id}</code>, {t("learn.orAll")}{" "}
      <code>flaskscope samples</code>. {t("learn.noFire")}
    </p>
  );
}

interface AnswerProps {
  lesson: LessonItem;
  number: number;
  status: number | null;
  /** Null where nobody kept it. */
  body: string | null;
  picture: Picture | null;
}

function Answer({ lesson, number, status, body, picture }: AnswerProps) {
  const page = usePage();
  const label = say((lesson.requests[number] as LessonRequest).label);
  return (
    <div class="answer">
      <div class="row">
        <b class={(status ?? 0) >= 500 ? "bad" : "strong"}>{status}</b>
        <span class="grow t2">
          {picture?.recorded && <RecordedNote run={picture.recorded} short />}
        </span>
        {picture !== null && (
          <button
            type="button"
            class="btn small"
            onClick={() => openRun(page, lesson, picture, null)}
          >
            {t("learn.timeline")}
          </button>
        )}
      </div>
      {body ? (
        <ScrollBox class="answer-text" label={t("learn.answer", { label })}>
          <pre>
            <Foreign text={body} />
          </pre>
        </ScrollBox>
      ) : (
        <p class="t3">{t(body === null ? "learn.noAnswer" : "learn.noBody")}</p>
      )}
    </div>
  );
}

/** That it was not fired now, and when and on what it was; *short* where that is said once more. */
export function RecordedNote({ run, short = false }: { run: RecordedRun; short?: boolean }) {
  const { at, flask } = run;
  const when = moment(at);
  if (flask === null) return t("learn.recorded", { when });
  return short ? t("learn.recordedShort") : t("learn.recordedShipped", { when, flask });
}

function requestLine({ method, path, query, mount }: LessonRequest): string {
  return `${method} ${mount}${path}${searchOf(query)}`;
}
