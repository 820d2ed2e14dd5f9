/** Two states of a function's text, line by line. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { align, type Item } from "../model/compare/alignment";
import type { SourceItem } from "../transport/items";
import { usePage } from "./context";
import { Busy, PathTail, ProblemBox, ScrollBox } from "./marks";

export interface DiffLine {
  sign: "=" | "−" | "+";
  text: string;
}

/** Every line of both, those of the first before those of the second where they differ. */
export function diffLines(a: readonly string[], b: readonly string[]): DiffLine[] {
  const numbers = new Map<string, number>();
  const item = (line: string): Item => {
    const number = numbers.get(line) ?? numbers.size;
    numbers.set(line, number);
    return { exact: number, named: number, kind: number };
  };
  return align(a.map(item), b.map(item)).map(([i, j]) =>
    j === null
      ? { sign: "−", text: a[i as number] as string }
      : { sign: i === null ? "+" : "=", text: b[j] as string },
  );
}

const LOOKS = { "=": "", "−": "only-a", "+": "only-b" } as const;

export function SourceDiff({ a, b }: { a: string; b: string }) {
  const page = usePage();
  const [items, setItems] = useState<readonly [SourceItem, SourceItem] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    let wanted = true;
    Promise.all([page.api.source(a), page.api.source(b)]).then(
      (found) => wanted && setItems(found),
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [page, a, b]);
  if (problem !== null) return <ProblemBox error={problem} />;
  if (items === null) return <Busy />;
  const [one, other] = items;
  return (
    <>
      <div class="source-place mono">
        <PathTail path={`${other.file}:${other.line}`} />
      </div>
      <ScrollBox class="code" label={t("compare.sourceDiff")}>
        <div class="code-inner">
          {diffLines(linesOf(one), linesOf(other)).map(({ sign, text }, i) => (
            <div key={`${i}${sign}`} class={`code-line diff ${LOOKS[sign]}`}>
              <span class="sign">{sign === "=" ? "" : sign}</span>
              <span>{text}</span>
            </div>
          ))}
        </div>
      </ScrollBox>
    </>
  );
}

function linesOf({ text }: SourceItem): string[] {
  return text.replace(/\n+$/, "").split("\n");
}
