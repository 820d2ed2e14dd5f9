/** The two languages say the same things, and nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Texts = Record<string, string>;

const FILES = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));
const read = (name: string): Texts =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), "utf-8"));
const all = (language: string): Texts =>
  Object.assign({}, ...FILES.filter((name) => name.startsWith(`${language}.`)).map(read));
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
/** Chinese has one form for all numbers. */
const isOne = (key: string) => key.endsWith(".one");

test("each part of the catalogue has both languages", () => {
  const english = FILES.filter((name) => name.startsWith("en."));
  const chinese = FILES.filter((name) => name.startsWith("zh."));
  expect(english.length).toBeGreaterThan(1);
  expect(chinese).toEqual(english.map((name) => name.replace("en.", "zh.")));
});

test("Chinese has the keys of English in the same part, and beside them sentences only", () => {
  const sources = sourceTexts();
  const wrong: string[] = [];
  for (const name of FILES.filter((name) => name.startsWith("en."))) {
    const english = Object.keys(read(name)).filter((key) => !isOne(key));
    const chinese = Object.keys(read(name.replace("en.", "zh.")));
    const missing = english.filter((key) => !chinese.includes(key));
    // A sentence is its own key: it has to stand in the code that says it.
    const unused = chinese
      .filter((key) => !english.includes(key))
      .filter((key) => !sources.includes(JSON.stringify(key)));
    wrong.push(...missing.map((key) => `${name}: ${key} is missing in Chinese`));
    wrong.push(...unused.map((key) => `${name}: nobody says ${key}`));
  }
  expect(wrong).toEqual([]);
});

test("no text stands in two parts", () => {
  const seen = new Map<string, string>();
  const twice = FILES.flatMap((name) =>
    Object.keys(read(name)).flatMap((key) => {
      const id = `${name.slice(0, 2)} ${key}`;
      const other = seen.get(id);
      seen.set(id, name);
      return other === undefined ? [] : [`${key}: ${other}, ${name}`];
    }),
  );
  expect(twice).toEqual([]);
});

test("a translation has the same holes as its original", () => {
  const english = all("en");
  const wrong = Object.entries(all("zh"))
    .map(([key, text]) => [key, holes(english[key] ?? key), holes(text)] as const)
    .filter(([, wanted, found]) => wanted.join() !== found.join());
  expect(wrong).toEqual([]);
});

test("both plural forms have the same holes", () => {
  const english = all("en");
  const wrong = Object.keys(english)
    .filter(isOne)
    .filter((key) => {
      const other = english[key.replace(/one$/, "other")];
      return other === undefined || holes(other).join() !== holes(english[key] ?? "").join();
    });
  expect(wrong).toEqual([]);
});

/** The code that is not a test. */
function sourceTexts(): string {
  const root = join(import.meta.dirname, "..");
  return readdirSync(root, { recursive: true, encoding: "utf-8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\./.test(name))
    .map((name) => readFileSync(join(root, name), "utf-8"))
    .join("\n");
}
