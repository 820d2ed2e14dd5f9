/** Which languages the page speaks, which one it speaks now, and where the choice is kept. */
import { signal } from "@preact/signals";

export type Language = "en" | "zh";

/** Language → its tag for documents and Intl, and its own name for itself. */
export const LANGUAGES: Readonly<Record<Language, { tag: string; name: string; short: string }>> = {
  en: { tag: "en", name: "English", short: "EN" },
  zh: { tag: "zh-Hans", name: "简体中文", short: "中文" },
};

/** Whoever reads it while drawing is drawn anew in another language. Set by `catalogue.ts` alone. */
export const language = signal<Language>("en");

const COOKIE = "flaskscope_language";
const YEAR = 365 * 24 * 3600;

/** What the dashboard chose: by `?lang=`, by the kept choice, or by what the browser asks for. */
export function languageOf(document: Document): Language {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}

/** A cookie, because the dashboard too has to know: for the shell, and for what it says itself. */
export function keepLanguage(chosen: Language, document: Document): void {
  document.documentElement.lang = LANGUAGES[chosen].tag;
  document.cookie = `${COOKIE}=${chosen}; Path=/; Max-Age=${YEAR}; SameSite=Strict`;
}
