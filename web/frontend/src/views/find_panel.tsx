/** Below the find box: what may be written next, what could not be read, and what was found. */
import "../styles/find.css";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { number, plural, t } from "../i18n/translate";
import { Proposals } from "../state/proposals";
import type { Suggestion } from "../state/suggest";
import type { Workspace } from "../state/workspace";
import { Foreign } from "./marks";

interface FindPanelProps {
  workspace: Workspace;
  input: RefObject<HTMLInputElement | null>;
  /** Whether the box has the focus. */
  open: boolean;
}

export function FindPanel({ workspace, input, open }: FindPanelProps) {
  const proposals = useMemo(() => new Proposals(workspace), [workspace]);
  const shown = proposals.shown.value;
  const active = proposals.active.value;

  useLayoutEffect(() => {
    proposals.open.value = open;
  }, [proposals, open]);
  // With proposals the box is a combobox; before they are here it is a plain one.
  useLayoutEffect(() => {
    describe(input.current, {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": String(shown),
      "aria-controls": shown ? "find-list" : null,
      "aria-activedescendant": shown && active >= 0 ? optionId(active) : null,
    });
  });
  useLayoutEffect(() => {
    const box = input.current;
    const onKeyDown = (event: KeyboardEvent) => {
      if (!proposals.press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    box?.addEventListener("keydown", onKeyDown, { capture: true });
    return () => box?.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [proposals]);

  return (
    <div class="find-panel">
      {shown && <List proposals={proposals} />}
      <Result workspace={workspace} />
    </div>
  );
}

function List({ proposals }: { proposals: Proposals }) {
  const active = proposals.active.value;
  return (
    <div class="find-list" role="listbox" id="find-list" aria-label={t("find.suggestions")}>
      {proposals.list.value.map((suggestion, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box that has the focus handles the keys
        <div
          key={suggestion.word}
          id={optionId(i)}
          role="option"
          tabIndex={-1}
          aria-selected={i === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => proposals.take(suggestion)}
        >
          <code>
            <Foreign text={suggestion.word} />
          </code>
          <span class="t2">{meaning(suggestion)}</span>
        </div>
      ))}
    </div>
  );
}

/** Stands under the box as long as something is looked for. */
function Result({ workspace }: { workspace: Workspace }) {
  const finder = workspace.finder.value;
  if (finder === null || workspace.filter.value.trim() === "") return null;
  const { problems } = finder.query.value;
  const usual = finder.usual.value;
  return (
    <div class="find-result" role="status" data-testid="find-result">
      {problems.map(({ key, word }) => (
        <p key={word} class="bad">
          ✕ {t(key, { word })}
        </p>
      ))}
      <p class="t2">
        {t("find.found", {
          found: number(finder.found.value.length),
          all: plural("requests.count", workspace.items.value.length),
        })}
      </p>
      {usual !== null && (
        <p class="t2">{t("find.usual", { judged: usual.judged, unknown: usual.unknown })}</p>
      )}
    </div>
  );
}

function describe(box: HTMLElement | null, attributes: Record<string, string | null>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) box?.removeAttribute(name);
    else box?.setAttribute(name, value);
  }
}

function meaning({ text, count }: Suggestion): string {
  if (text !== null) return t(text);
  return count === null ? "" : plural("requests.count", count);
}

function optionId(place: number): string {
  return `find-option-${place}`;
}
