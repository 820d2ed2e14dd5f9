// biome-ignore-all lint/a11y/useSemanticElements: rows are placed one by one, which <table> cannot
/** The merged tree: every step of both requests, with what differs and by how much. */
import { useRef } from "preact/hooks";
import { duration } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import type { Change, Comparison, MergedStep } from "../model/compare/compare";
import type { Step } from "../model/compare/steps";
import { phaseOfKind } from "../model/kinds";
import { Glyph } from "./compare_head";
import { deltaText, valueText, wayOf } from "./compare_text";
import { usePage } from "./context";
import { Grid, MOVES, ROW, TALL_ROW, Twist } from "./grid";
import { Foreign, Tile } from "./marks";
import { useNarrow } from "./narrow";

const COLUMNS = ["difference", "step", "a", "b", "delta", "bar", "what"] as const;
const NUMERIC: ReadonlySet<string> = new Set(["a", "b", "delta"]);
const INDENT = 14;

interface Props {
  rows: readonly MergedStep[];
  comparison: Comparison;
  closed: ReadonlySet<number>;
  setClosed: (closed: ReadonlySet<number>) => void;
  selected: MergedStep | null;
  select: (step: MergedStep) => void;
}

export function CompareTable(props: Props) {
  const { rows, comparison, closed, setClosed, selected, select } = props;
  const page = usePage();
  const height = useNarrow() ? TALL_ROW : ROW;
  const active = Math.max(0, selected === null ? 0 : rows.indexOf(selected));
  const shouldFocus = useRef(false);
  const largest = Math.max(1, ...comparison.steps.map(({ delta }) => Math.abs(delta ?? 0)));

  const toggle = (step: MergedStep, open: boolean) => {
    const next = new Set(closed);
    if (open) next.delete(step.id);
    else next.add(step.id);
    setClosed(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    if (row === undefined) return;
    const isOpen = row.children.length > 0 && !closed.has(row.id);
    let to: MergedStep | undefined;
    if (event.key === "ArrowRight" && row.children.length > 0 && !isOpen) toggle(row, true);
    else if (event.key === "ArrowLeft" && isOpen) toggle(row, false);
    else if (event.key === "ArrowLeft") to = comparison.steps[row.parent ?? -1];
    else to = rows[MOVES[event.key]?.(selected === null ? -1 : active, rows.length - 1) ?? -1];
    if (to === undefined && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    if (to === undefined) return;
    shouldFocus.current = true;
    select(to);
    page.announcement.value = sentenceOf(to);
  };

  return (
    <Grid
      class="compare-table"
      role="treegrid"
      label={t("compare.table")}
      testId="compare"
      head={COLUMNS.map((column) => (
        <span
          key={column}
          role="columnheader"
          tabIndex={-1}
          class={`c-${column} ${NUMERIC.has(column) ? "num" : ""}`}
        >
          {t(`compare.column.${column}`)}
        </span>
      ))}
      count={rows.length}
      height={height}
      active={selected === null ? -1 : active}
      shouldFocus={shouldFocus}
      onKeyDown={onKeyDown}
      row={(index, top) => {
        const step = rows[index] as MergedStep;
        return (
          <Row
            key={step.id}
            step={step}
            index={index}
            top={top}
            active={index === active}
            selected={step === selected}
            open={step.children.length === 0 ? null : !closed.has(step.id)}
            toggle={toggle}
            select={select}
            share={(step.delta ?? 0) / largest}
          />
        );
      }}
    />
  );
}

interface RowProps {
  step: MergedStep;
  index: number;
  top: number;
  active: boolean;
  selected: boolean;
  /** Null for what has nothing inside. */
  open: boolean | null;
  toggle: (step: MergedStep, open: boolean) => void;
  select: (step: MergedStep) => void;
  /** Of the largest difference of time, with its sign. */
  share: number;
}

function Row(props: RowProps) {
  const { step, index, top, active, selected, open, toggle, select, share } = props;
  const shown = (step.b ?? step.a) as Step;
  const way = wayOf(step.delta);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the treegrid handles the keys of its rows
    <div
      role="row"
      class={`d-${step.difference}`}
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-level={step.level}
      aria-expanded={open ?? undefined}
      aria-selected={selected}
      style={{ top: `${top}px` }}
      data-difference={step.difference}
      data-kind={shown.kind}
      data-name={shown.name}
      onClick={() => select(step)}
    >
      <span role="gridcell" tabIndex={-1} class="c-difference">
        <Glyph difference={step.difference} />
        <span class="visually-hidden">{t(`compare.difference.${step.difference}`)}</span>
      </span>
      <span role="gridcell" tabIndex={-1} class="c-step">
        <span style={{ width: `${(step.level - 1) * INDENT}px`, flex: "none" }} />
        <Twist
          open={open}
          label={t(open ? "compare.close" : "compare.expand", { name: shown.name })}
          toggle={() => toggle(step, !open)}
        />
        <Tile app={shown.app} />
        <span
          class={`swatch ph-${shown.failed ? "error" : phaseOfKind(shown.kind)}`}
          aria-hidden="true"
        />
        <span class="ellipsis">
          <span class="t2">{shown.kind} </span>
          <Foreign text={shown.name} />
          {shown.count > 1 && ` ${t("compare.times", { n: shown.count })}`}
        </span>
      </span>
      <span role="gridcell" tabIndex={-1} class="num c-a">
        {timeText(step.a)}
      </span>
      <span role="gridcell" tabIndex={-1} class="num c-b">
        {timeText(step.b)}
      </span>
      <span role="gridcell" tabIndex={-1} class={`num c-delta ${way}`}>
        {step.delta !== null && deltaText(step.delta)}
      </span>
      <span role="gridcell" tabIndex={-1} class="c-bar">
        <span class={`delta-bar ${way}`} style={barStyle(share)} />
      </span>
      <span role="gridcell" tabIndex={-1} class="c-what">
        <span class="ellipsis t2">
          <Foreign text={whatText(step)} />
        </span>
      </span>
    </div>
  );
}

/** From the middle to the right for what got slower, to the left for what got faster. */
function barStyle(share: number): Record<string, string> {
  const width = Math.abs(share) * 48;
  return { width: `${width}%`, left: share > 0 ? "50%" : `${50 - width}%` };
}

function timeText(step: Step | null): string {
  if (step === null) return t("compare.absent");
  if (step.duration !== null) return duration(step.duration);
  return step.open ? t("compare.open") : "";
}

/** What a step did differently, in one line. */
export function whatText(step: MergedStep): string {
  if (step.difference === "onlyA" || step.difference === "onlyB") {
    return t(`compare.difference.${step.difference}`);
  }
  const said = step.changes.map(changeText);
  if (step.inside > 0 && said.length === 0) said.push(plural("compare.inside", step.inside));
  return said.join(", ");
}

export function changeText({ what, a, b }: Change): string {
  if (what === "count") return t("compare.what.count", { a: String(a), b: String(b) });
  if (what === "contexts") return t("compare.what.contexts");
  if (what === "open") return t("compare.what.open");
  if (what === "source") return t("compare.what.source");
  return `${what} ${valueText(a)} → ${valueText(b)}`;
}

function sentenceOf(step: MergedStep): string {
  const shown = (step.b ?? step.a) as Step;
  const delta = step.delta === null ? "" : deltaText(step.delta);
  return [
    t(`compare.difference.${step.difference}`),
    `${shown.kind} ${shown.name}`,
    delta,
    whatText(step),
  ]
    .filter(Boolean)
    .join(", ");
}
