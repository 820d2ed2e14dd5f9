// biome-ignore-all lint/a11y/useSemanticElements: rows are placed one by one, which <table> cannot
/** The table of Hooks & signals: grouped in the order of a request, or sorted by a column. */
import { useRef } from "preact/hooks";
import { duration } from "../i18n/format";
import { type MessageKey, number, plural, t } from "../i18n/translate";
import { phaseOfKind } from "../model/kinds";
import type { Group, Registration } from "../model/registrations";
import { type HooksView, SORTS, type SortColumn, sortedBy } from "../state/hooks_view";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { Grid, MOVES, ROW, TALL_ROW } from "./grid";
import { showLatestRun } from "./hooks_runs";
import { Foreign, PathTail, Tile } from "./marks";
import { useNarrow } from "./narrow";

const NUMERIC: ReadonlySet<SortColumn> = new Set(["order", "runs", "total"]);
const BAR = 44;

type Line = { group: Group } | { row: Registration; position: number };

interface Props {
  rows: readonly Registration[];
  selected: Registration | null;
  view: HooksView;
  show: (change: Partial<HooksView>) => void;
  workspace: Workspace;
  /** Application → requests that reached it. */
  requests: ReadonlyMap<string, number>;
}

export function HooksTable({ rows, selected, view, show, workspace, requests }: Props) {
  const page = usePage();
  const height = useNarrow() ? TALL_ROW : ROW;
  const lines = view.sort === "order" ? grouped(rows) : rows.map(asLine);
  const active = Math.max(0, selected === null ? 0 : rows.indexOf(selected));
  const activeLine = lines.findIndex((line) => "row" in line && line.position === active);
  const shouldFocus = useRef(false);
  const slowest = slowestOf(rows, view);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest("button")) return;
    if (event.key === "Enter" && selected !== null) {
      event.preventDefault();
      showLatestRun(page, workspace, selected, view.recording);
      return;
    }
    const to = MOVES[event.key]?.(selected === null ? -1 : active, rows.length - 1);
    const row = to === undefined ? undefined : rows[to];
    if (row === undefined) return;
    event.preventDefault();
    shouldFocus.current = true;
    show({ row: row.key });
    page.announcement.value = `${row.kind}, ${row.name}, ${runsText(row)}, ${remark(row, requests)}`;
  };

  return (
    <Grid
      class="hooks-table"
      role="grid"
      label={t("hooks.label")}
      testId="hooks"
      head={SORTS.map((column) => (
        <ColumnHead key={column} column={column} view={view} show={show} />
      ))}
      count={lines.length}
      height={height}
      active={selected === null ? -1 : activeLine}
      shouldFocus={shouldFocus}
      onKeyDown={onKeyDown}
      row={(index, top) => {
        const line = lines[index] as Line;
        if ("group" in line) {
          return <GroupRow key={line.group} group={line.group} index={index} top={top} />;
        }
        const { row, position } = line;
        return (
          <Row
            key={row.key}
            row={row}
            index={index}
            top={top}
            active={position === active}
            selected={row === selected}
            select={() => show({ row: row.key })}
            open={() => showLatestRun(page, workspace, row, view.recording)}
            share={(row.runs?.mean ?? 0) / (slowest(row) || 1)}
            remark={remark(row, requests)}
          />
        );
      }}
    />
  );
}

function asLine(row: Registration, position: number): Line {
  return { row, position };
}

/** Each run of rows of one group under its heading. */
function grouped(rows: readonly Registration[]): Line[] {
  return rows.flatMap((row, position) =>
    row.group === rows[position - 1]?.group
      ? [asLine(row, position)]
      : [{ group: row.group }, asLine(row, position)],
  );
}

/** Bars compare the rows under one heading, or, sorted, all of them. */
function slowestOf(rows: readonly Registration[], view: HooksView): (row: Registration) => number {
  const groupOf = (row: Registration) => (view.sort === "order" ? row.group : "");
  const slowest = new Map<string, number>();
  for (const row of rows) {
    const group = groupOf(row);
    slowest.set(group, Math.max(slowest.get(group) ?? 0, row.runs?.mean ?? 0));
  }
  return (row) => slowest.get(groupOf(row)) ?? 0;
}

function ColumnHead(props: {
  column: SortColumn;
  view: HooksView;
  show: (change: Partial<HooksView>) => void;
}) {
  const { column, view, show } = props;
  const sortedHere = view.sort === column;
  const way = view.descending ? "descending" : "ascending";
  return (
    <span
      role="columnheader"
      tabIndex={-1}
      aria-sort={sortedHere ? way : undefined}
      class={`c-${column} ${NUMERIC.has(column) ? "num" : ""}`}
    >
      <button type="button" class="sort" onClick={() => show(sortedBy(view, column))}>
        {t(`hooks.column.${column}`)}
        <span aria-hidden="true" class="way">
          {sortedHere ? (view.descending ? "▾" : "▴") : ""}
        </span>
      </button>
    </span>
  );
}

function GroupRow({ group, index, top }: { group: Group; index: number; top: number }) {
  return (
    <div
      role="row"
      class="group"
      tabIndex={-1}
      aria-rowindex={index + 2}
      style={{ top: `${top}px` }}
    >
      <span role="gridcell" tabIndex={-1} aria-colspan={SORTS.length} class="ellipsis">
        <b>{t(`hooks.group.${group}`)}</b> <span class="t2">{t(`hooks.rule.${group}`)}</span>
      </span>
    </div>
  );
}

interface RowProps {
  row: Registration;
  index: number;
  top: number;
  active: boolean;
  selected: boolean;
  select: () => void;
  open: () => void;
  /** Of the longest mean time that it is compared with. */
  share: number;
  remark: string;
}

function Row(props: RowProps) {
  const { row, index, top, active, selected, select, open, share, remark } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of its rows
    <div
      role="row"
      class={row.never !== null ? "never" : ""}
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ top: `${top}px` }}
      onClick={select}
      onDblClick={open}
      data-kind={row.kind}
      data-name={row.name}
      data-app={row.app ?? ""}
      data-runs={row.runs?.count ?? 0}
    >
      <span role="gridcell" tabIndex={-1} class="num c-order">
        {row.order ?? ""}
      </span>
      <span role="gridcell" tabIndex={-1} class="c-name">
        <Swatch row={row} />
        <span class="ellipsis">
          <Foreign text={row.name} />
          <Beside row={row} />
        </span>
      </span>
      <span role="gridcell" tabIndex={-1} class="c-scope">
        <Tile app={row.app} />
        <span class="ellipsis">
          <Foreign text={scopeText(row)} />
        </span>
      </span>
      <span role="gridcell" tabIndex={-1} class="c-by">
        <span class="ellipsis">
          <Foreign text={row.by ?? t("hooks.own")} />
        </span>
      </span>
      <span role="gridcell" tabIndex={-1} class="c-place mono">
        {row.file !== null && <PathTail path={placeText(row)} />}
      </span>
      <span role="gridcell" tabIndex={-1} class="num c-runs">
        {runsText(row)}
      </span>
      <span role="gridcell" tabIndex={-1} class="num c-total">
        {isTimed(row) && duration(row.runs?.total ?? 0)}
      </span>
      <span role="gridcell" tabIndex={-1} class="c-mean">
        {isTimed(row) && (
          <>
            <span class="num mean">{duration(row.runs?.mean ?? 0)}</span>
            <span class="bar" style={{ width: `${Math.max(1, share * BAR)}px` }} />
          </>
        )}
        <Remark row={row} text={remark} />
      </span>
    </div>
  );
}

/** A signal to which nobody listens takes no time. */
function isTimed(row: Registration): boolean {
  return (row.runs?.durations.length ?? 0) > 0 && row.unheard !== true;
}

function Swatch({ row }: { row: Registration }) {
  const ghost = row.never !== null || row.unheard === true;
  const phase = row.kind === "error_handler" ? "error" : phaseOfKind(row.kind);
  return <span class={`swatch ${ghost ? "ghost" : `ph-${phase}`}`} aria-hidden="true" />;
}

/** What belongs to the name: the signal, the error, the rule, the sort of template function. */
function Beside({ row }: { row: Registration }) {
  if (row.kind === "signal_receiver") {
    return (
      <span class="t2">
        {" ← "}
        <Foreign text={row.detail} />
      </span>
    );
  }
  const kind = BESIDE[row.kind];
  const text = kind === undefined ? row.detail : t(kind);
  if (row.group === "other") return <span class="t2"> {row.kind}</span>;
  if (text === "" || text === row.name) return null;
  return (
    <span class="t2">
      {" ("}
      <Foreign text={text} />)
    </span>
  );
}

const BESIDE: Readonly<Record<string, MessageKey>> = {
  template_filter: "hooks.kind.template_filter",
  template_global: "hooks.kind.template_global",
  template_test: "hooks.kind.template_test",
  context_processor: "hooks.kind.context_processor",
};

function Remark({ row, text }: { row: Registration; text: string }) {
  if (text === "") return null;
  const mark = row.died > 0 || row.sendsSince > 0 || (row.runs?.raised ?? 0) > 0;
  const flagged = !mark && (row.runs?.returned ?? 0) > 0;
  return (
    <span class={`ellipsis remark ${mark ? "bad" : flagged ? "flagged" : "t2"}`} title={text}>
      {text}
    </span>
  );
}

/** What is worth knowing of a row beside its times. */
export function remark(row: Registration, requests: ReadonlyMap<string, number>): string {
  const { never, runs } = row;
  if (never !== null) return neverText(row, requests.get(row.app ?? "") ?? 0);
  if (row.unheard !== null) {
    return row.unheard ? t("hooks.unheard") : plural("hooks.heard", runs?.receivers ?? 0);
  }
  const said: string[] = [];
  if (row.died > 0) said.push(plural("hooks.gone", row.died));
  else if (row.sendsSince > 0) said.push(t("hooks.died", { n: row.sendsSince }));
  if ((runs?.raised ?? 0) > 0) said.push(`✕ ${t("hooks.raised", { n: runs?.raised ?? 0 })}`);
  if ((runs?.returned ?? 0) > 0) said.push(`⚑ ${t("hooks.returned", { n: runs?.returned ?? 0 })}`);
  if (!row.announced && row.kind !== "after_this_request") said.push(t("hooks.notAnnounced"));
  return said.join(" · ");
}

function neverText(row: Registration, requests: number): string {
  const never = row.never;
  const app = row.app ?? t("hooks.noApp");
  switch (never?.why) {
    case "died":
      return plural("hooks.gone", row.died);
    case "notCalled":
      return plural("hooks.why.notCalled", never.sends, { signal: row.detail });
    case "notSent":
      return t("hooks.why.notSent", { signal: row.detail });
    case "noRequest":
      return t("hooks.why.noRequest", { app });
    case "noBlueprintRequest":
      return t("hooks.why.noBlueprintRequest", { scope: row.scope ?? "" });
    case "notNeeded":
      return plural("hooks.why.notNeeded", requests);
    default:
      return t("hooks.why.unseen");
  }
}

export function runsText(row: Registration): string {
  if (row.never?.why === "unseen") return "–";
  return row.runs === null ? t("hooks.never") : number(row.runs.count);
}

export function scopeText(row: Registration): string {
  if (row.scope !== null) return t("hooks.blueprint", { scope: row.scope });
  return row.app === null ? t("hooks.noApp") : t("hooks.allOf", { app: row.app });
}

export function placeText({ file, line }: Registration): string {
  return line === null ? (file ?? "") : `${file}:${line}`;
}
