/** Texts, their plurals, and the figures in them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadTexts, speakLanguage } from "./catalogue";
import { bytes, clock, duration } from "./format";
import { number, plural, sentence, t } from "./translate";

test("holes are filled, and numbers get their separators", () => {
  expect(t("requests.noMatch", { filter: "a{b}" })).toBe("No request matches “a{b}”.");
  expect(t("story.stop", { n: 1240 })).toBe("Stop · 1,240 events");
  expect(number(1002311)).toBe("1,002,311");
});

test("a number chooses its form", () => {
  expect([0, 1, 2].map((n) => plural("events", n))).toEqual(["0 events", "1 event", "2 events"]);
});

test("sentences of the model are their own key, and write their numbers themselves", () => {
  expect(sentence("pid {pid}", { pid: 47110 })).toBe("pid 47110");
});

test("durations have three significant digits and a unit", () => {
  expect([0, 2_770, 18_400_000, 2_100_000_000].map(duration)).toEqual([
    "0 ms",
    "2.77 µs",
    "18.4 ms",
    "2.10 s",
  ]);
});

test("sizes go in steps of a thousand", () => {
  expect([0, 812, 4_180, 41_234_000].map(bytes)).toEqual(["0 B", "812 B", "4.18 kB", "41.2 MB"]);
});

test("a time of day has no date", () => {
  expect(clock(1.79e18)).toMatch(/^\d\d:\d\d:\d\d$/);
});

test("another language is spoken at once, with its numbers and in the parts that were loaded", async () => {
  await loadTexts("later");
  const said = () => [t("nav.live"), t("help.title"), plural("events", 1240), sentence("depth")];
  const english = said();
  await speakLanguage("zh");
  const chinese = said();
  await loadTexts("details");
  const later = t("stack.top");
  await speakLanguage("en");
  expect([english, chinese, later, said(), t("stack.top")]).toEqual([
    ["Live", "Keys", "1,240 events", "depth"],
    ["实时", "按键", "1,240 个事件", "深度"],
    "栈顶",
    english,
    "top",
  ]);
});

test("a part that comes in while the language changes speaks the new one", async () => {
  const changing = speakLanguage("zh");
  await Promise.all([loadTexts("later"), changing, loadTexts("details")]);
  expect([t("close"), t("stack.top"), t("copy")]).toEqual(["关闭", "栈顶", "复制"]);
  await speakLanguage("en");
});

test("nothing that comes with the page's first script needs a text that comes later", () => {
  const seen = new Map<string, string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    const text = readFileSync(file, "utf-8");
    seen.set(file, text);
    for (const [, path] of text.matchAll(/^(?:import (?!type )|export |\} ).*?"(\.[^"]+)";$/gm)) {
      const found = [".ts", ".tsx", ""].map((end) => join(dirname(file), path + end));
      const next = found.find((name) => /\.tsx?$/.test(name) && isFile(name));
      if (next !== undefined) follow(next);
    }
  };
  follow(join(import.meta.dirname, "../main.tsx"));
  // Keys are named there, and their texts drawn by the help alone.
  seen.delete(join(import.meta.dirname, "../keys.ts"));
  const first = [...seen.values()].join("\n");
  const parts = readdirSync(import.meta.dirname).filter((name) => /^en\..+\.json$/.test(name));
  const needed = parts
    .flatMap((name) =>
      Object.keys(JSON.parse(readFileSync(join(import.meta.dirname, name), "utf-8"))),
    )
    .filter((key) => first.includes(`"${key.replace(/\.(one|other)$/, "")}"`));
  expect([seen.size > 60, needed]).toEqual([true, []]);
});

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}
