/** Source text as the server highlighted it: numbered lines of tokens, one of them marked. */
import type { SourceItem } from "../transport/items";

/** First letters of Pygments' short class names → the look they get here; the rest stays plain. */
const LOOKS: readonly [RegExp, string][] = [
  [/^k|^ow$/, "tok-k"],
  [/^s/, "tok-s"],
  [/^c/, "tok-c"],
  [/^n[bcdf]/, "tok-n"],
];

interface CodeLinesProps {
  tokens: SourceItem["tokens"];
  /** Number of the first line. */
  first: number;
  /** Number of the marked line. */
  here?: number;
}

export function CodeLines({ tokens, first, here }: CodeLinesProps) {
  return (
    <div class="code-inner">
      {withoutEmptyEnd(tokens).map((line, i) => {
        const number = first + i;
        return (
          <div key={number} class={number === here ? "code-line here" : "code-line"}>
            <span class="line-number">{number}</span>
            <span>
              {line.map(([kind, words]) => {
                const look = lookOf(kind);
                return look ? <span class={look}>{words}</span> : words;
              })}
            </span>
          </div>
        );
      })}
    </div>
  );
}

function withoutEmptyEnd(lines: SourceItem["tokens"]): SourceItem["tokens"] {
  const last = lines.findLastIndex((tokens) => tokens.length > 0);
  return lines.slice(0, last + 1);
}

function lookOf(kind: string): string | undefined {
  return LOOKS.find(([pattern]) => pattern.test(kind))?.[1];
}
