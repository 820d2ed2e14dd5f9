/** Fetches the texts: those of the chosen language only, and each part when it is needed. */
import { type Language, language } from "./language";
import { addTexts, speak, type Texts } from "./translate";

/** `""` comes with the page; the others are named as their files: `en.<part>.json`, `zh.<part>.json`. */
type Part =
  | ""
  | "later"
  | "dashboard"
  | "details"
  | "compare"
  | "find"
  | "hooks"
  | "learn"
  | "map"
  | "share";

/** A file has no lessons in it, and nothing that needs a dashboard. */
const files = __ENCLOSED__
  ? import.meta.glob<Texts>(["./*.json", "!./*.{dashboard,learn}.json"], { import: "default" })
  : import.meta.glob<Texts>("./*.json", { import: "default" });
const loaded = new Set<Part>();

/** Brings in a part's texts, once; those of a part that was loaded follow the language by themselves. */
export async function loadTexts(part: Part): Promise<void> {
  if (loaded.has(part)) return;
  const asked = language.peek();
  const texts = await read(asked, part);
  // Changed meanwhile: then in the language of now.
  if (asked !== language.peek()) return loadTexts(part);
  loaded.add(part);
  addTexts(texts);
}

/** Speaks *chosen* from now on, with all parts that were loaded so far. */
export async function speakLanguage(chosen: Language): Promise<void> {
  const parts = new Set<Part>(["", ...loaded]);
  const texts = await Promise.all([...parts].map((part) => read(chosen, part)));
  const missing = [...loaded].some((part) => !parts.has(part));
  // A part came in while these were on their way.
  if (missing) return speakLanguage(chosen);
  loaded.add("");
  speak(chosen, Object.assign({}, ...texts));
}

function read(chosen: Language, part: Part): Promise<Texts> {
  const name = `./${part === "" ? chosen : `${chosen}.${part}`}.json`;
  return (files[name] as () => Promise<Texts>)();
}
