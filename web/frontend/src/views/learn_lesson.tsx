/** One lesson: question, code, prediction, requests, and what their traces show. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { onWay, type Way } from "../model/lessons/names";
import { isAnswered } from "../model/lessons/progress";
import { appFor, firedKey, learnState } from "../state/learn";
import type { Page } from "../state/page";
import type { LessonItem, LessonName, LessonText } from "../transport/items";
import { CodeLines } from "./code_lines";
import { usePage } from "./context";
import { LessonLanes } from "./learn_lanes";
import { LessonLink, Said, say } from "./learn_link";
import { type Pictures, usePictures } from "./learn_pictures";
import { LessonPoints } from "./learn_points";
import { LessonPrediction } from "./learn_prediction";
import { LessonRequests } from "./learn_requests";
import { LessonTrace } from "./learn_trace";
import { useLetters } from "./letters";
import { Key, PathTail, ScrollBox } from "./marks";

interface LessonProps {
  lesson: LessonItem;
  lessons: LessonName[];
  /** Where its neighbours are. */
  way: Way;
}

export function Lesson({ lesson, lessons, way }: LessonProps) {
  const page = usePage();
  const { progress, fired } = learnState(page);
  const { prediction } = lesson;
  const [peeked, setPeeked] = useState(false);
  const showing = prediction && lesson.points[prediction.point]?.request;
  const answered = showing != null && fired.value.has(firedKey(lesson.id, showing));
  // Whoever comes back to a lesson has seen its answer.
  const [known] = useState(() => isAnswered(progress.all.peek()[lesson.id]));
  const revealed = prediction === null || answered || peeked || known;
  const pictures = usePictures(page, lesson);
  const heading = useHeading(page, lesson);
  const choose = (choice: number) => progress.advance(lesson.id, { predicted: choice });
  const walk = onWay(lessons, way);
  const at = walk.findIndex(({ id }) => id === lesson.id);
  useFigures(page, revealed ? 0 : (prediction?.choices.length ?? 0), choose);

  return (
    <div class="lesson" ref={heading.scroller}>
      <article class="lesson-main">
        <LessonLink lesson="" class="btn small learn-to-list">
          {t("learn.toList")}
        </LessonLink>
        <Place lesson={lesson} lessons={lessons} way={way} />
        <h1 tabIndex={-1} ref={heading.heading}>
          <Said text={lesson.question} />
        </h1>
        <p class="lead">
          <b class="strong">{lesson.id}</b> {say(lesson.title)}
        </p>
        <div class={prediction === null ? "lesson-pair alone" : "lesson-pair"}>
          <Code lesson={lesson} />
          {prediction !== null && (
            <LessonPrediction
              lesson={lesson}
              prediction={prediction}
              chosen={progress.all.value[lesson.id]?.predicted ?? null}
              revealed={revealed}
              choose={choose}
            />
          )}
        </div>
        <LessonRequests lesson={lesson} pictures={pictures} revealed={revealed} />
        {lesson.systems.length > 1 && <LessonLanes lesson={lesson} pictures={pictures} />}
        <LessonTrace lesson={lesson} pictures={pictures} revealed={revealed} />
        {revealed && <ExpectedPictures lesson={lesson} />}
        <Others previous={walk[at - 1] ?? null} next={walk[at + 1] ?? null} way={way} />
      </article>
      <aside class="lesson-side" aria-label={t("learn.points")}>
        {revealed ? (
          <Explained lesson={lesson} pictures={pictures} />
        ) : (
          <section>
            <h2>{t("learn.points")}</h2>
            <p class="t2">{t("learn.hidden")}</p>
            <button type="button" class="btn" onClick={() => setPeeked(true)}>
              {t("learn.peek")}
            </button>
          </section>
        )}
        {lesson.then !== null && lesson.now !== null && (
          <section>
            <h2>{t("learn.thenNow")}</h2>
            <dl>
              <dt>{t("learn.then")}</dt>
              <dd>
                <Said text={lesson.then} />
              </dd>
              <dt>{t("learn.now")}</dt>
              <dd>
                <Said text={lesson.now} />
              </dd>
            </dl>
          </section>
        )}
      </aside>
    </div>
  );
}

/** Remembers that the lesson was opened; one that follows another begins at its top. */
function useHeading(page: Page, lesson: LessonItem) {
  const heading = useRef<HTMLHeadingElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    learnState(page).progress.advance(lesson.id, { read: true });
    page.announcement.value = `${lesson.id} ${say(lesson.question)}`;
    scroller.current?.scrollTo(0, 0);
    // Whoever walks through the list stays there.
    if (!document.activeElement?.closest(".learn-list, .top")) heading.current?.focus();
  }, [page, lesson.id]);
  return { heading, scroller };
}

function Place({ lesson, lessons, way }: LessonProps) {
  if (way === "hour") {
    const all = onWay(lessons, way).length;
    return <p class="t3">{t("learn.hourPlace", { n: lesson.hour ?? 0, all })}</p>;
  }
  const group = lessons.filter(({ section }) => section === lesson.section);
  const n = group.findIndex(({ id }) => id === lesson.id) + 1;
  const title = say(lesson.section_title);
  return (
    <p class="t3">{t("learn.place", { section: lesson.section, title, n, all: group.length })}</p>
  );
}

function Code({ lesson }: { lesson: LessonItem }) {
  return (
    <section class="lesson-code">
      <h2 class="visually-hidden">{t("learn.code")}</h2>
      <div class="source-place mono">
        <PathTail path={lesson.file} />
      </div>
      <ScrollBox class="code" label={t("learn.codeOf", { file: lesson.file })}>
        <CodeLines tokens={lesson.tokens} first={1} />
      </ScrollBox>
    </section>
  );
}

function Explained({ lesson, pictures }: { lesson: LessonItem; pictures: Pictures }) {
  return (
    <>
      <LessonPoints lesson={lesson} pictures={pictures} />
      <Told title={t("learn.watch")} text={lesson.watch} />
      <Told title={t("learn.mistake")} text={lesson.mistake} />
    </>
  );
}

function Told({ title, text }: { title: string; text: LessonText }) {
  return (
    <section>
      <h2>{title}</h2>
      <p class="t2">
        <Said text={text} />
      </p>
    </section>
  );
}

function ExpectedPictures({ lesson }: { lesson: LessonItem }) {
  const apps = usePage().status.value?.apps ?? [];
  return (
    <div class="lesson-pictures">
      {lesson.requests.map((request, number) => {
        const label = t("learn.picture", { label: say(request.label) });
        return (
          <details key={label} open={number === 0 && appFor(apps, lesson, request) === null}>
            <summary class="picture-name">{label}</summary>
            <p class="t3">{t("learn.pictureText")}</p>
            <ScrollBox class="picture" label={label}>
              <pre>{lesson.pictures[number]}</pre>
            </ScrollBox>
          </details>
        );
      })}
    </div>
  );
}

interface OthersProps {
  previous: LessonName | null;
  next: LessonName | null;
  way: Way;
}

function Others({ previous, next, way }: OthersProps) {
  const keys = usePage().preferences.singleKeys.value;
  return (
    <nav class="lesson-others" aria-label={t("learn.neighbours")}>
      {previous && (
        <LessonLink lesson={previous.id} way={way} class="btn">
          {t("learn.previous")}
          <span class="visually-hidden">{say(previous.title)}</span>
          {keys && <Key name="P" />}
        </LessonLink>
      )}
      {next && (
        <LessonLink lesson={next.id} way={way} class="btn primary">
          <span class="ellipsis">{t("learn.next", { title: say(next.title) })}</span>
          {keys && <Key name="N" />}
        </LessonLink>
      )}
    </nav>
  );
}

/** Figures choose what is expected. */
function useFigures(page: Page, choices: number, choose: (choice: number) => void): void {
  useLetters(page, (key) => {
    const figure = /^[1-9]$/.test(key) ? Number(key) : 0;
    if (figure < 1 || figure > choices) return false;
    choose(figure - 1);
    return true;
  });
}
