/** Compare: two requests on one axis, and over one merged tree of their steps. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { type Comparison, compare, type MergedStep, visibleSteps } from "../model/compare/compare";
import { loadSide, type Side } from "../state/compare_side";
import {
  type CompareView,
  readCompareView,
  suggestion,
  writeCompareView,
} from "../state/compare_view";
import type { Page } from "../state/page";
import { CompareDetails } from "./compare_details";
import { CompareHead } from "./compare_head";
import { ComparePicture } from "./compare_picture";
import { CompareTable } from "./compare_table";
import { usePage } from "./context";
import { useLetters } from "./letters";
import { Busy, ProblemBox } from "./marks";

export function Compare() {
  const page = usePage();
  const view = readCompareView(page.own.value);
  const show = (change: Partial<CompareView>) => {
    const known = readCompareView(page.own.peek());
    // Places in the tree of two others mean nothing.
    const closed = "a" in change || "b" in change ? [] : known.closed;
    page.own.value = writeCompareView({ ...known, closed, ...change });
  };
  useAxis(page, view, show);
  useSuggestion(page, view, show);
  const known = useRef<readonly (Side | null)[]>([]);
  const a = useSide(page, view.a, known.current);
  const b = useSide(page, view.b, known.current);
  known.current = [a.side, b.side];
  const comparison = useMemo(
    () =>
      a.side && b.side
        ? compare(
            { log: a.side.log, trace: a.side.trace },
            { log: b.side.log, trace: b.side.trace },
          )
        : null,
    [a.side, b.side],
  );
  const closed: ReadonlySet<number> = new Set(view.closed);
  const rows = comparison ? visibleSteps(comparison, closed, view.hideSame) : [];
  const selected = comparison?.steps[view.step ?? -1] ?? null;
  const select = (step: MergedStep) => {
    const open = comparison === null ? closed : withoutAncestors(comparison, step, closed);
    show({ step: step.id, closed: [...open] });
  };
  useKeys(page, comparison, selected, select, view, show);

  return (
    <main class="compare">
      <CompareHead
        view={view}
        sides={[a.side?.item ?? null, b.side?.item ?? null]}
        comparison={comparison}
        show={show}
        next={() => nextDifference(comparison, selected, select)}
      />
      <Troubles view={view} a={a} b={b} />
      {comparison === null || a.side === null || b.side === null ? (
        <Waiting
          view={view}
          busy={a.busy || b.busy}
          failed={a.problem !== null || b.problem !== null}
        />
      ) : (
        <>
          <ComparePicture
            comparison={comparison}
            a={a.side}
            b={b.side}
            selected={selected}
            select={select}
          />
          <div class="panes">
            <CompareTable
              rows={rows}
              comparison={comparison}
              closed={closed}
              setClosed={(steps) => show({ closed: [...steps] })}
              selected={selected}
              select={select}
            />
            <CompareDetails
              comparison={comparison}
              selected={selected}
              select={select}
              a={a.side}
              b={b.side}
            />
          </div>
        </>
      )}
    </main>
  );
}

interface Loaded {
  side: Side | null;
  problem: unknown;
  busy: boolean;
}

const NOTHING: Loaded = { side: null, problem: null, busy: false };

/**
 * One side, fetched whenever its trace changes to one that is not *known* from the drawing before:
 * swapped sides are there at once, and so is what is pressed next. A request that still ran is
 * fetched again when it has ended, and stays meanwhile.
 */
function useSide(page: Page, trace: string | null, known: readonly (Side | null)[]): Loaded {
  const [loaded, setLoaded] = useState<Loaded>(NOTHING);
  const side = [loaded.side, ...known].find((one) => one?.trace === trace) ?? null;
  const hasEnded =
    side?.item.complete === false &&
    page.live.items.value.some(({ id, complete }) => id === trace && complete);
  useEffect(() => {
    if (trace === null || !hasEnded) return;
    let wanted = true;
    loadSide(page, trace).then(
      (whole) => wanted && setLoaded({ ...NOTHING, side: whole }),
      (problem) => wanted && page.fail(problem),
    );
    return () => {
      wanted = false;
    };
  }, [page, trace, hasEnded]);
  useEffect(() => {
    if (trace === null || side !== null) {
      setLoaded({ ...NOTHING, side });
      return;
    }
    let wanted = true;
    setLoaded({ ...NOTHING, busy: true });
    loadSide(page, trace).then(
      (side) => wanted && setLoaded({ side, problem: null, busy: false }),
      (problem) => wanted && setLoaded({ side: null, problem, busy: false }),
    );
    return () => {
      wanted = false;
    };
  }, [page, trace]);
  if (side !== null) return { ...NOTHING, side };
  return loaded.side === null ? loaded : { ...NOTHING, busy: true };
}

/** The address has the axis that is shown, and a link brings it back. */
function useAxis(
  page: Page,
  view: CompareView,
  show: (change: Partial<CompareView>) => void,
): void {
  const { scale } = page.preferences;
  const linked = useRef(view.scale);
  useEffect(() => {
    if (linked.current !== null) scale.value = linked.current;
    linked.current = null;
  }, []);
  const shown = scale.value;
  const isChosen = view.a !== null && view.b !== null;
  useEffect(() => {
    if (isChosen && linked.current === null) show({ scale: shown });
  }, [isChosen, shown]);
}

/** Whoever came without saying what to compare finds the latest two of one route. */
function useSuggestion(
  page: Page,
  view: CompareView,
  show: (change: Partial<CompareView>) => void,
): void {
  const items = page.live.items.value;
  useEffect(() => {
    if (view.a !== null || view.b !== null) return;
    const found = suggestion(items, page.live.selectedItem.peek());
    if (found !== null) show(found);
  }, [items, view.a, view.b]);
}

function Troubles({ view, a, b }: { view: CompareView; a: Loaded; b: Loaded }) {
  const notes: string[] = [];
  if (a.side?.item.complete === false) notes.push(t("compare.stillRuns", { side: "A" }));
  if (b.side?.item.complete === false) notes.push(t("compare.stillRuns", { side: "B" }));
  if (view.a !== null && view.a === view.b) notes.push(t("compare.identical"));
  return (
    <>
      {[a, b].map(
        ({ problem }, i) =>
          problem !== null && (
            <div key={i === 0 ? "A" : "B"} class="compare-trouble">
              <b>{t("compare.gone", { side: i === 0 ? "A" : "B" })}</b>
              <ProblemBox error={problem} />
            </div>
          ),
      )}
      {notes.map((note) => (
        <p key={note} class="compare-trouble t2" role="status">
          {note}
        </p>
      ))}
    </>
  );
}

function Waiting(props: { view: CompareView; busy: boolean; failed: boolean }) {
  const page = usePage();
  if (props.busy) {
    return (
      <p class="empty">
        <Busy>{t("compare.loading")}</Busy>
      </p>
    );
  }
  const few = page.live.items.value.length < 2 && props.view.a === null;
  return <p class="empty">{t(few ? "compare.none" : "compare.chooseBoth")}</p>;
}

function withoutAncestors(
  { steps }: Comparison,
  step: MergedStep,
  closed: ReadonlySet<number>,
): ReadonlySet<number> {
  const open = new Set(closed);
  for (let at = step.parent; at !== null; at = steps[at]?.parent ?? null) open.delete(at);
  return open.size === closed.size ? closed : open;
}

/** The next step that differs itself, not only by what is inside; round to the first again. */
function nextDifference(
  comparison: Comparison | null,
  selected: MergedStep | null,
  select: (step: MergedStep) => void,
): void {
  const differing = (comparison?.steps ?? []).filter(
    ({ difference, changes }) =>
      difference !== "same" && (difference !== "changed" || changes.length > 0),
  );
  const next = differing.find(({ id }) => id > (selected?.id ?? -1)) ?? differing[0];
  if (next !== undefined) select(next);
}

function useKeys(
  page: Page,
  comparison: Comparison | null,
  selected: MergedStep | null,
  select: (step: MergedStep) => void,
  view: CompareView,
  show: (change: Partial<CompareView>) => void,
): void {
  useLetters(page, (key) => {
    if (key === "n") nextDifference(comparison, selected, select);
    else if (key === "s") show({ a: view.b, b: view.a, step: null });
    else if (key === "u") show({ hideSame: !view.hideSame });
    else if (key === "x") {
      const { scale } = page.preferences;
      scale.value = scale.peek() === "steps" ? "time" : "steps";
    } else return false;
    return true;
  });
}
