/** What the dashboard refuses, in the reader's language: it speaks English, and names the problem's type. */
import { signal } from "@preact/signals";
import { language } from "../i18n/language";
import { fill } from "../lib/translate";
import { ProblemError } from "../transport/api";
import type { Problem } from "../transport/items";

interface Words {
  detail: string;
  todo?: string;
}

interface Catalogue {
  /** By the last part of the type. */
  problems: Readonly<Record<string, Words>>;
  /** What the dashboard says of its store and of a recording, by the English. */
  sentences: Readonly<Record<string, string>>;
}

const chinese = signal<Catalogue | null>(null);

/** Fetches the words of the language that is spoken, unless they are there. */
export async function loadProblemTexts(): Promise<void> {
  if (areProblemTextsLoaded()) return;
  chinese.value = (await import("../i18n/problems.zh.json")).default;
}

export function areProblemTextsLoaded(): boolean {
  return language.peek() === "en" || chinese.peek() !== null;
}

/** What went wrong and what to do, in one or two sentences; drawn anew when its words have come. */
export function problemText(error: unknown): string {
  if (!(error instanceof ProblemError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { problem } = error;
  const words = wordsOf(problem);
  const values = Object.entries(problem.values ?? {}).map(([name, text]) => [name, saidOf(text)]);
  const { title, detail, todo } = { ...problem, ...words };
  const said = [detail || title, todo].filter(Boolean).join(" ");
  // The dashboard filled in its own.
  return words === null ? said : fill(said, Object.fromEntries(values));
}

/** A sentence of the dashboard's about its store, in the reader's language. */
export function saidOf(sentence: string): string {
  const known = language.value === "zh" ? chinese.value?.sentences[sentence] : undefined;
  return known ?? sentence;
}

function wordsOf({ type }: Problem): Words | null {
  if (language.value !== "zh" || type === undefined) return null;
  // Switched to meanwhile: whoever asks is drawn anew when they are there.
  if (chinese.value === null) loadProblemTexts().catch(() => {});
  return chinese.value?.problems[type.slice(type.lastIndexOf("/") + 1)] ?? null;
}
