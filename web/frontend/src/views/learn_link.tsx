/** A link to a lesson, and a lesson's words in the language of the page. */
import type { ComponentChildren } from "preact";
import { language } from "../i18n/language";
import type { Way } from "../model/lessons/names";
import { writeLesson } from "../state/learn";
import type { Page } from "../state/page";
import type { LessonText } from "../transport/items";
import { usePage } from "./context";

export function say(text: LessonText): string {
  return text[language.value];
}

/** The words as they are read: what stands between backticks is code. */
export function Said({ text }: { text: LessonText }) {
  return (
    <>
      {say(text)
        .split("`")
        .map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part))}
    </>
  );
}

/** Opens a lesson; "" is the list alone. */
export function goToLesson(page: Page, lesson: string, way?: Way): void {
  page.show("learn", writeLesson(lesson, way));
}

interface LinkProps {
  lesson: string;
  way?: Way;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

export function LessonLink({ lesson, way, current, children, class: name }: LinkProps) {
  const page = usePage();
  const own = writeLesson(lesson, way);
  return (
    <a
      href={`/learn${own && `?${own}`}`}
      class={name}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        goToLesson(page, lesson, way);
      }}
    >
      {children}
    </a>
  );
}
