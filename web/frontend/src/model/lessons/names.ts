/** Lessons by their names: the one that is meant, those that come near, the order. */

export interface Named {
  id: string;
  slug: string;
  section: number;
  /** Its place in the hour, from 1; null: not one of its lessons. */
  hour: number | null;
}

/** A lesson whose names are this much alike is near. */
const LIKE = 0.4;
const MOST_NEAR = 6;

/** The lesson with this id (letter case aside) or slug. */
export function lessonNamed<L extends Named>(lessons: readonly L[], name: string): L | null {
  const wanted = name.trim().toLowerCase();
  return lessons.find(({ id, slug }) => id.toLowerCase() === wanted || slug === wanted) ?? null;
}

/** Lessons that somebody who asked for *name* may have meant, the likeliest first. */
export function lessonsNear<L extends Named>(lessons: readonly L[], name: string): L[] {
  const wanted = name.trim().toLowerCase();
  const section = /^\d+/.exec(wanted)?.[0];
  return lessons
    .map((lesson) => ({
      lesson,
      likeness: String(lesson.section) === section ? 1 : likeness(wanted, lesson.slug),
    }))
    .filter(({ likeness }) => likeness >= LIKE)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, MOST_NEAR)
    .map(({ lesson }) => lesson);
}

/** Which lessons follow one another: all by section, or those that teach the lifecycle in an hour. */
export type Way = "sections" | "hour";

/** The lessons on this way, in the order to take them. */
export function onWay<L extends Named>(lessons: readonly L[], way: Way): readonly L[] {
  if (way === "sections") return lessons;
  return lessons
    .filter(({ hour }) => hour !== null)
    .sort((a, b) => (a.hour as number) - (b.hour as number));
}

/** Lessons of one section together, in the order in which they came. */
export function bySection<L extends Named>(lessons: readonly L[]): L[][] {
  const sections = new Map<number, L[]>();
  for (const lesson of lessons) {
    sections.set(lesson.section, [...(sections.get(lesson.section) ?? []), lesson]);
  }
  return [...sections.values()];
}

/** Share of the neighbouring letters that both have, 0 to 1. */
function likeness(a: string, b: string): number {
  const left = pairs(a);
  const right = pairs(b);
  const both = [...left].filter((pair) => right.has(pair)).length;
  return left.size + right.size === 0 ? 0 : (2 * both) / (left.size + right.size);
}

function pairs(text: string): Set<string> {
  const letters = text.replace(/[^\p{L}\p{N}]/gu, "");
  return new Set([...letters].slice(1).map((letter, i) => letters.charAt(i) + letter));
}
