/** The function's text, highlighted by the server as tokens; its line is marked. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import type { SpanFacts } from "../state/facts";
import type { Api } from "../transport/api";
import type { SourceItem } from "../transport/items";
import { CodeLines } from "./code_lines";
import { usePage } from "./context";
import { Busy, PathTail, ProblemBox, ScrollBox } from "./marks";

const HEAD = /^\s*(async\s+def|def|class)\b/;

/** Sources never change, so one fetch each is enough for as long as the page lives. */
const fetched = new WeakMap<Api, Map<string, Promise<SourceItem>>>();

export function Source({ facts }: { facts: SpanFacts }) {
  const page = usePage();
  const { source, file, line } = facts.attributes;
  const id = typeof source === "string" ? source : null;
  const [item, setItem] = useState<SourceItem | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    setItem(null);
    setProblem(null);
    if (id === null) return;
    let wanted = true;
    fetchOnce(page.api, id).then(
      (answer) => wanted && setItem(answer),
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [id, page]);

  if (problem !== null) return <ProblemBox error={problem} />;
  if (id === null) {
    return (
      <p class="empty">
        {typeof file === "string"
          ? t("source.notSent", { place: place(file, line) })
          : t("source.none")}
      </p>
    );
  }
  if (item === null) return <Busy>{t("source.loading")}</Busy>;
  return <SourceText item={item} line={typeof line === "number" ? line : item.line} />;
}

/** Exported for its tests. */
export function SourceText({ item, line }: { item: SourceItem; line: number }) {
  const path = `${item.file}:${line}`;
  const here = headLine(item, line);
  return (
    <>
      <div class="source-place mono">
        <PathTail path={path} />
      </div>
      <ScrollBox class="code" label={t("source.label", { name: item.name })}>
        <CodeLines tokens={item.tokens} first={item.line} here={here} />
      </ScrollBox>
    </>
  );
}

/** Python counts a function from its first decorator on; its own line is the one with `def`. */
function headLine(item: SourceItem, line: number): number {
  const from = Math.max(0, line - item.line);
  const head = item.tokens
    .slice(from)
    .findIndex((tokens) => HEAD.test(tokens.map(([, words]) => words).join("")));
  return head < 0 ? line : item.line + from + head;
}

function place(file: string, line: unknown): string {
  return typeof line === "number" ? `${file}:${line}` : file;
}

function fetchOnce(api: Api, id: string): Promise<SourceItem> {
  let known = fetched.get(api);
  if (known === undefined) {
    known = new Map();
    fetched.set(api, known);
  }
  let pending = known.get(id);
  if (pending === undefined) {
    pending = api.source(id);
    known.set(id, pending);
    // A failure is not kept: the next look tries again.
    pending.catch(() => known.delete(id));
  }
  return pending;
}
