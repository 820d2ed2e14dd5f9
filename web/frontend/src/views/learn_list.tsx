/** All lessons by section, each with how far the reader is. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/translate";
import { bySection } from "../model/lessons/names";
import { doneOf, type Progress, type Stage, stageOf } from "../model/lessons/progress";
import { learnState } from "../state/learn";
import type { LessonName } from "../transport/items";
import { usePage } from "./context";
import { LessonLink, say } from "./learn_link";

const SIGNS: Readonly<Record<Stage, string>> = { new: "○", read: "◐", done: "✓" };

interface ListProps {
  lessons: LessonName[];
  chosen: LessonName | null;
}

export function LessonList({ lessons, chosen }: ListProps) {
  const all = learnState(usePage()).progress.all.value;
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);
  return (
    <nav class="learn-list" aria-label={t("learn.lessons")} ref={box}>
      <p class="learn-list-head">
        <span class="cap">{t("learn.lessons")}</span>
        <span class="cap" data-testid="done">
          {t("learn.done", { done: doneOf(all, idsOf(lessons)), all: lessons.length })}
        </span>
      </p>
      {bySection(lessons).map((group) => {
        const first = group[0] as LessonName;
        const done = doneOf(all, idsOf(group));
        return (
          <details key={first.section} open={chosen?.section === first.section}>
            <summary>
              <span class="t3">{first.section}</span>
              <span>{say(first.section_title)}</span>
              <span class="num t3" title={t("learn.sectionDone", { done, all: group.length })}>
                {done}/{group.length}
              </span>
            </summary>
            <ul>
              {group.map((lesson) => (
                <li key={lesson.id}>
                  <LessonLink lesson={lesson.id} current={lesson.id === chosen?.id}>
                    <StageMark progress={all[lesson.id]} />
                    <span class="id">{lesson.id}</span>
                    <span>{say(lesson.title)}</span>
                  </LessonLink>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
      <p class="learn-kept t3">{t("learn.kept")}</p>
    </nav>
  );
}

/** How far the lesson is, as a sign and in words. */
export function StageMark({ progress }: { progress: Progress | undefined }) {
  const stage = stageOf(progress);
  const words = [t(`learn.stage.${stage}`)];
  if (progress?.predicted !== undefined) words.push(t("learn.predicted"));
  const said = words.join(", ");
  return (
    <span class={`stage-mark ${stage}`} title={said} data-stage={stage}>
      <span aria-hidden="true">{SIGNS[stage]}</span>
      <span class="visually-hidden">{said}</span>
    </span>
  );
}

export function idsOf(lessons: readonly LessonName[]): string[] {
  return lessons.map(({ id }) => id);
}
