// biome-ignore-all lint/a11y/useSemanticElements: rows are placed one by one, which <table> cannot
/** The selected trace as an accessible table: every span, signal and instant, in true order. */

import { useEffect, useRef, useState } from "preact/hooks";
import { duration } from "../i18n/format";
import { type MessageKey, plural, t } from "../i18n/translate";
import type { TreeRow } from "../model/contract";
import { isOwn } from "../model/own";
import { buildTree } from "../model/tree";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { Grid, MOVES, Twist } from "./grid";
import { Busy, Foreign, ProblemBox, Tile } from "./marks";

const COLUMNS = ["step", "kind", "app", "start", "duration", "result"] as const;
const NUMERIC: ReadonlySet<string> = new Set(["start", "duration"]);
const INDENT = 14;
const NONE: ReadonlySet<number> = new Set();

export function TreeGrid({ workspace }: { workspace: Workspace }) {
  workspace.revision.value;
  const trace = workspace.trace.value;
  const collapsed = workspace.closedRows.value;
  const setCollapsed = (rows: ReadonlySet<number>) => {
    workspace.closedRows.value = rows;
  };
  const tree =
    trace === null
      ? null
      : buildTree(workspace.log, trace, workspace.ownOnly.value ? isOwn : undefined);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(NONE);
  const rows = tree?.rows(collapsed, unfolded) ?? [];
  const selected = workspace.selectedRef.value;

  // A selection made elsewhere opens what hides it.
  useEffect(() => {
    if (selected === null || tree === null) return;
    const fold = tree.foldOf(selected);
    if (fold !== null && fold !== selected && !unfolded.has(fold)) {
      setUnfolded(new Set([...unfolded, fold]));
    }
    const hiding = tree.find(selected).filter((event) => collapsed.has(event));
    if (hiding.length === 0) return;
    setCollapsed(new Set([...collapsed].filter((event) => !hiding.includes(event))));
  }, [selected]);

  if (rows.length === 0) return <NoRows workspace={workspace} />;
  return (
    <Rows
      key={trace}
      rows={rows}
      workspace={workspace}
      setExpanded={(event, expanded) => {
        const isFold = rows.some((row) => row.event === event && row.like > 0);
        const next = new Set(isFold ? unfolded : collapsed);
        if (expanded === isFold) next.add(event);
        else next.delete(event);
        if (isFold) setUnfolded(next);
        else setCollapsed(next);
      }}
    />
  );
}

interface RowsProps {
  rows: TreeRow[];
  workspace: Workspace;
  setExpanded: (event: number, expanded: boolean) => void;
}

function Rows({ rows, workspace, setExpanded }: RowsProps) {
  const page = usePage();
  const selected = workspace.selectedRef.value;
  const active = Math.max(
    0,
    rows.findIndex((row) => row.event === selected),
  );
  // Whoever pressed T stood in the timeline, which is gone: the keys go on in the table.
  const shouldFocus = useRef(document.activeElement === document.body);

  const go = (row: number) => {
    const wanted = rows[Math.min(Math.max(row, 0), rows.length - 1)];
    if (wanted === undefined) return;
    shouldFocus.current = true;
    workspace.selectEvent(wanted.event);
    page.announcement.value = rowSentence(wanted);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = keyMove(event.key, rows, active);
    if (move === null) return;
    event.preventDefault();
    event.stopPropagation();
    if ("row" in move) go(move.row);
    else {
      shouldFocus.current = true;
      setExpanded(move.event, move.expanded);
    }
  };

  return (
    <Grid
      class="table"
      role="treegrid"
      label={t("table.label")}
      testId="table"
      head={COLUMNS.map((column) => (
        <span
          key={column}
          role="columnheader"
          tabIndex={-1}
          class={NUMERIC.has(column) ? "num" : ""}
        >
          {t(`table.${column}` as MessageKey)}
        </span>
      ))}
      count={rows.length}
      active={active}
      shouldFocus={shouldFocus}
      onKeyDown={onKeyDown}
      row={(index, top) => {
        const row = rows[index] as TreeRow;
        return (
          <Row
            key={row.event}
            row={row}
            index={index}
            top={top}
            active={index === active}
            selected={row.event === selected}
            workspace={workspace}
            setExpanded={setExpanded}
          />
        );
      }}
    />
  );
}

function Row(props: {
  row: TreeRow;
  index: number;
  top: number;
  active: boolean;
  selected: boolean;
  workspace: Workspace;
  setExpanded: (event: number, expanded: boolean) => void;
}) {
  const { row, index, top, active, selected, workspace, setExpanded } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the treegrid handles the keys of its rows
    <div
      role="row"
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.expanded ?? undefined}
      aria-selected={selected}
      style={{ top: `${top}px` }}
      data-kind={row.kind}
      data-name={row.view.name}
      data-phase={row.view.phase}
      data-app={row.app ?? ""}
      onClick={() => workspace.selectEvent(row.event)}
    >
      <span role="gridcell" tabIndex={-1}>
        <span style={{ width: `${(row.level - 1) * INDENT}px`, flex: "none" }} />
        <Twist
          open={row.expanded}
          label={t(row.expanded ? "table.collapse" : "table.expand", { name: row.name })}
          toggle={() => setExpanded(row.event, !row.expanded)}
        >
          {row.view.phase === "instant" && "·"}
        </Twist>
        <span class={`swatch ph-${row.error ? "error" : row.phase}`} aria-hidden="true" />
        <span class="ellipsis">
          <Foreign text={row.name} />
        </span>
        {row.folded && <span class="t2"> ×{row.like}</span>}
      </span>
      <span role="gridcell" tabIndex={-1} class="t2">
        <span class="ellipsis">{row.kind}</span>
      </span>
      <span role="gridcell" tabIndex={-1}>
        {row.app !== null && <Tile app={row.app} />}
        <span class="ellipsis">
          <Foreign text={row.app ?? ""} />
        </span>
      </span>
      <span role="gridcell" tabIndex={-1} class="num">
        {duration(row.start)}
      </span>
      <span role="gridcell" tabIndex={-1} class="num">
        {durationText(row)}
      </span>
      <span role="gridcell" tabIndex={-1}>
        <span class={`ellipsis ${row.error ? "bad" : ""}`}>
          {row.error && "✕ "}
          {row.shortCircuit && "⚑ "}
          <Foreign text={resultText(row)} />
        </span>
      </span>
    </div>
  );
}

function NoRows({ workspace }: { workspace: Workspace }) {
  const problem = workspace.problem.value;
  return (
    <div class="empty grow">
      {problem !== null && <ProblemBox error={problem} />}
      {problem === null && workspace.loading.value && <Busy>{t("table.loading")}</Busy>}
      {problem === null && !workspace.loading.value && t("table.none")}
    </div>
  );
}

type Move = { row: number } | { event: number; expanded: boolean };

/** What *key* does in a treegrid, by the ARIA Authoring Practices; null when it does nothing. */
export function keyMove(key: string, rows: readonly TreeRow[], active: number): Move | null {
  const row = rows[active];
  if (row === undefined) return null;
  const to = MOVES[key]?.(active, rows.length - 1);
  if (to !== undefined) return { row: to };
  switch (key) {
    case "ArrowRight":
      if (row.expanded === false) return { event: row.event, expanded: true };
      return row.expanded ? { row: active + 1 } : null;
    case "ArrowLeft":
      if (row.expanded) return { event: row.event, expanded: false };
      return row.level > 1 ? { row: parentRow(rows, active) } : null;
    default:
      return null;
  }
}

function parentRow(rows: readonly TreeRow[], active: number): number {
  const level = rows[active]?.level ?? 1;
  let row = active;
  while (row > 0 && (rows[row]?.level ?? 1) >= level) row--;
  return row;
}

/** A number of receivers says more with its unit. */
function resultText(row: TreeRow): string {
  const counted = row.kind === "signal" && /^\d+$/.test(row.result);
  return counted ? plural("table.receivers", Number(row.result)) : row.result;
}

function durationText(row: TreeRow): string {
  if (row.duration !== null) return duration(row.duration);
  return row.open ? t("table.open") : "";
}

function rowSentence(row: TreeRow): string {
  const name = row.folded ? `${row.name} ×${row.like}` : row.name;
  return [row.kind, name, row.app, duration(row.start), durationText(row), resultText(row)]
    .filter(Boolean)
    .join(", ");
}
