/** Below the find box: what may be written next, what could not be read, and what was found. */
import "../styles/find.css";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { number, plural, t } from "../i18n/translate";
import type { Usual } from "../model/usual";
import type { Finder } from "../state/finder";
import { Proposals } from "../state/proposals";
import type { Suggestion } from "../state/suggest";
import type { WholeSearch } from "../state/whole_search";
import type { Workspace } from "../state/workspace";
import { Busy, Foreign, ProblemBox } from "./marks";

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
  const search = finder.search.value;
  const usual = finder.usual.value;
  return (
    <div class="find-result" data-testid="find-result">
      {problems.map(({ key, word }) => (
        <p key={word} class="bad" role="status">
          ✕ {t(key, { word })}
        </p>
      ))}
      {search !== null && <Searching search={search} />}
      <div role="status">
        {(search === null || search.share.value === null) && (
          <p class="t2">{foundText(workspace, finder)}</p>
        )}
        {usual !== null && <p class="t2">{usualText(usual, search !== null)}</p>}
      </div>
    </div>
  );
}

/** How far the search in a whole recording is; it can be stopped. */
function Searching({ search }: { search: WholeSearch }) {
  const share = search.share.value;
  const problem = search.problem.value;
  if (problem !== null) return <ProblemBox error={problem} />;
  if (share === null) return null;
  return (
    <Busy>
      <span class="row">
        <progress max={1} value={share} aria-label={t("find.searching")} />
        <span class="t2">{t("find.soFar", { found: number(search.found.value) })}</span>
        <button type="button" class="btn small" onClick={() => search.stop()}>
          {t("find.stop")}
        </button>
      </span>
    </Busy>
  );
}

function foundText(workspace: Workspace, finder: Finder): string {
  const search = finder.search.value;
  if (search === null) {
    const all = plural("requests.count", workspace.items.value.length);
    return t("find.found", { found: number(finder.found.value.length), all });
  }
  const all = plural("requests.count", workspace.whole.value?.traces ?? 0);
  const key = search.stopped.value ? "find.stopped" : "find.found";
  return t(key, { found: number(search.found.value), all });
}

function usualText({ judged, unknown }: Usual, isWhole: boolean): string {
  return t(isWhole ? "find.usualWhole" : "find.usual", { judged, unknown });
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
