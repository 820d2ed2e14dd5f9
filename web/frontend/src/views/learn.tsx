/** Learn: the lessons in order, and the one that the address names. */
import "../styles/learn.css";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { lessonNamed, lessonsNear, onWay } from "../model/lessons/names";
import { doneOf, type Stage, stageOf } from "../model/lessons/progress";
import { learnState, readLesson, readWay } from "../state/learn";
import type { LessonItem, LessonName } from "../transport/items";
import { readLesson as fetchLesson, lessonNames } from "../transport/lessons";
import { usePage } from "./context";
import { Lesson } from "./learn_lesson";
import { goToLesson, LessonLink, say } from "./learn_link";
import { idsOf, LessonList, StageMark } from "./learn_list";
import { useLetters } from "./letters";
import { Busy, Foreign, ProblemBox } from "./marks";

export function Learn() {
  const page = usePage();
  const asked = readLesson(page.own.value);
  // Asked again when the dashboard is back.
  const connected = page.connection.value.state === "connected";
  const list = useFetched(() => lessonNames(page.api), String(connected));
  const chosen = list.found === null || asked === "" ? null : lessonNamed(list.found, asked);
  return (
    <main class={`learn ${asked === "" ? "" : "with-lesson"}`}>
      {list.found === null ? (
        <div class="learn-wait">
          {list.problem === null ? (
            <Busy>{t("learn.loading")}</Busy>
          ) : (
            <ProblemBox error={list.problem} />
          )}
        </div>
      ) : (
        <>
          <LessonList lessons={list.found} chosen={chosen} />
          {chosen !== null && <Chosen lessons={list.found} name={chosen} />}
          {chosen === null && asked === "" && <Start lessons={list.found} />}
          {chosen === null && asked !== "" && <Unknown lessons={list.found} asked={asked} />}
        </>
      )}
    </main>
  );
}

function Chosen({ lessons, name }: { lessons: LessonName[]; name: LessonName }) {
  const page = usePage();
  // Only a lesson of the hour has neighbours there.
  const way = name.hour === null ? "sections" : readWay(page.own.value);
  const walk = onWay(lessons, way);
  // N and P lead on, also while a lesson is still on its way.
  useLetters(page, (key) => {
    const step = { n: 1, p: -1 }[key] ?? 0;
    const other = step !== 0 ? walk[walk.indexOf(name) + step] : undefined;
    if (other !== undefined) goToLesson(page, other.id, way);
    return step !== 0;
  });
  const { found, problem } = useFetched(() => fetchLesson(page.api, name.id), name.id);
  if (found?.id === name.id)
    return <Lesson key={name.id} lesson={found} lessons={lessons} way={way} />;
  return (
    <div class="learn-wait">
      {problem === null ? <Busy>{t("learn.loadingLesson")}</Busy> : <ProblemBox error={problem} />}
    </div>
  );
}

function Start({ lessons }: { lessons: LessonName[] }) {
  const all = learnState(usePage()).progress.all.value;
  const hour = onWay(lessons, "hour");
  const at = (stage: Stage, among = lessons as readonly LessonName[]) =>
    among.find(({ id }) => stageOf(all[id]) === stage);
  const next = at("read") ?? at("new", hour) ?? at("new");
  const isNew = !at("read") && !at("done");
  return (
    <section class="learn-start">
      <h1>{t("learn.title")}</h1>
      <p class="lead">{t("learn.intro")}</p>
      {next ? (
        <LessonLink
          lesson={next.id}
          way={next.hour === null ? "sections" : "hour"}
          class="btn primary"
        >
          {t(isNew ? "learn.begin" : "learn.goOn", { id: next.id, title: say(next.title) })}
        </LessonLink>
      ) : (
        <p>{t("learn.allDone")}</p>
      )}
      <TheHour lessons={hour} />
    </section>
  );
}

/** The shortest way through: a few lessons of all sections. */
function TheHour({ lessons }: { lessons: readonly LessonName[] }) {
  const all = learnState(usePage()).progress.all.value;
  const done = doneOf(all, idsOf(lessons));
  return (
    <section class="learn-hour" aria-labelledby="learn-hour">
      <h2 id="learn-hour">{t("learn.hour")}</h2>
      <p class="t2">{t("learn.hourText", { done, all: lessons.length })}</p>
      <ol>
        {lessons.map(({ id, title, section_title }) => (
          <li key={id}>
            <LessonLink lesson={id} way="hour">
              <StageMark progress={all[id]} />
              <span class="id">{id}</span>
              <span>{say(title)}</span>
              <span class="t3">{say(section_title)}</span>
            </LessonLink>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Unknown({ lessons, asked }: { lessons: LessonName[]; asked: string }) {
  const near = lessonsNear(lessons, asked);
  return (
    <section class="learn-start">
      <h1>
        <Foreign text={t("learn.unknown", { name: asked.slice(0, 80) })} />
      </h1>
      <p>{t(near.length > 0 ? "learn.near" : "learn.unknownFar")}</p>
      <ul class="learn-near">
        {near.map(({ id, title }) => (
          <li key={id}>
            <LessonLink lesson={id}>
              {id} · {say(title)}
            </LessonLink>
          </li>
        ))}
      </ul>
      <LessonLink lesson="" class="btn learn-to-list">
        {t("learn.toList")}
      </LessonLink>
    </section>
  );
}

/** What *fetch* answers, asked for anew whenever *version* changes. */
function useFetched<T extends LessonItem | LessonName[]>(fetch: () => Promise<T>, version: string) {
  const [found, setFound] = useState<T | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    fetch().then(
      (answer) => {
        if (!wanted) return;
        setFound(answer);
        setProblem(null);
      },
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [version]);
  return { found, problem };
}
