/** The lesson's requests, one button each, and what was answered. */
import { useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { appFor, type Fired, firedKey, fireLesson, learnState } from "../state/learn";
import type { LessonItem, LessonRequest } from "../transport/items";
import { usePage } from "./context";
import { say } from "./learn_link";
import { openTrace } from "./learn_points";
import { Busy, Foreign, ProblemBox, ScrollBox } from "./marks";

export function LessonRequests({ lesson }: { lesson: LessonItem }) {
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
              {done !== null && <Answer label={say(request.label)} fired={done} />}
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

function Answer({ label, fired }: { label: string; fired: Fired }) {
  const page = usePage();
  const { status, body } = fired.answer;
  return (
    <div class="answer">
      <div class="row">
        <b class={status >= 500 ? "bad" : "strong"}>{status}</b>
        <span class="grow" />
        <button type="button" class="btn small" onClick={() => openTrace(page, fired.trace, null)}>
          {t("learn.timeline")}
        </button>
      </div>
      {body === "" ? (
        <p class="t3">{t("learn.noBody")}</p>
      ) : (
        <ScrollBox class="answer-text" label={t("learn.answer", { label })}>
          <pre>
            <Foreign text={body} />
          </pre>
        </ScrollBox>
      )}
    </div>
  );
}

function requestLine({ method, path, query, mount }: LessonRequest): string {
  const search = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    ),
  ).toString();
  return `${method} ${mount}${path}${search && `?${search}`}`;
}
