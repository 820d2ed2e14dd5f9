/** The sequence as a diagram: a spine with a node a step, contexts as frames around their steps. */
import { useEffect, useRef } from "preact/hooks";
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";
import { phaseOfKind } from "../model/kinds";
import type { RowCount } from "../model/lifecycle/counts";
import type { Row } from "../model/lifecycle/map";
import type { ContextName } from "../model/lifecycle/table";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import type { Shown } from "./map_shown";
import { countText, nameOfRow, remarkOf } from "./map_texts";
import { hueClass } from "./marks";

/** Height of a row in CSS pixels; map.css has the same. */
const ROW = 25;
/** The whole is made of its parts: their times would be drawn twice. */
const AROUND = /^(request|middleware|wsgi_app)$/;
const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

/** A row, or a context with what lies between its push and its pop. */
type Block = { row: Row; at: number } | Frame;
interface Frame {
  context: ContextName;
  /** It was not popped. */
  isOpen: boolean;
  blocks: Block[];
}

export function MapDiagram({ workspace, shown }: { workspace: Workspace; shown: Shown }) {
  const page = usePage();
  const box = useRef<HTMLDivElement>(null);
  const { rows, selected } = shown;
  const at = selected === null ? -1 : rows.indexOf(selected);
  useForgottenStep(workspace);
  useEffect(() => {
    box.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [selected?.key]);
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[MOVES[event.key]?.(at, rows.length - 1) ?? -1];
    const other = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (row !== undefined) selectRow(page.map, workspace, shown, row);
    else if (other !== undefined) selectBeside(workspace, other);
    else if (event.key === "Enter") page.showTimeline();
    else return;
    event.preventDefault();
  };
  return (
    <div
      class="map-diagram"
      role="listbox"
      aria-label={t("map.steps")}
      aria-activedescendant={at < 0 ? undefined : optionId(at)}
      tabIndex={0}
      ref={box}
      onKeyDown={onKeyDown}
      data-testid="lifecycle"
    >
      <Blocks
        blocks={blocksOf(rows)}
        depth={0}
        shown={shown}
        workspace={workspace}
        longest={longestOf(shown)}
      />
    </div>
  );
}

/** Selects the row's event; a step without one is only remembered. */
export function selectRow(
  options: ReturnType<typeof usePage>["map"],
  workspace: Workspace,
  { map }: Shown,
  row: Row,
): void {
  const own = map.rows.find(({ key }) => key === row.key);
  const event = own?.runs[0]?.event.index;
  if (event !== undefined) workspace.selectEvent(event);
  options.value = { ...options.value, step: event === undefined ? row.key : null };
}

/** Whoever selects another event does not look at the step without one any more. */
function useForgottenStep(workspace: Workspace): void {
  const { map } = usePage();
  const event = workspace.event.value;
  const before = useRef<{ event: number | null; trace: string | null }>({
    event: null,
    trace: null,
  });
  useEffect(() => {
    const trace = workspace.trace.value;
    const known = before.current;
    if (known.event !== null && known.trace === trace && known.event !== event) {
      map.value = { ...map.peek(), step: null };
    }
    before.current = { event, trace };
  }, [event, map, workspace]);
}

function selectBeside(workspace: Workspace, steps: number): void {
  const items = workspace.listed.value;
  const at = items.findIndex((item) => item.id === workspace.trace.value);
  const item = items[at + steps];
  if (at >= 0 && item !== undefined) void workspace.select(item.id);
}

interface BlocksProps {
  blocks: readonly Block[];
  depth: number;
  shown: Shown;
  workspace: Workspace;
  longest: number;
}

function Blocks({ blocks, depth, ...common }: BlocksProps) {
  return (
    <>
      {blocks.map((block) =>
        "row" in block ? (
          <MapRow key={block.row.key} {...block} depth={depth} {...common} />
        ) : (
          <Context key={block.context} frame={block} depth={depth} {...common} />
        ),
      )}
    </>
  );
}

function Context({ frame, depth, ...common }: Omit<BlocksProps, "blocks"> & { frame: Frame }) {
  const { map } = common.shown;
  const isMerged = !map.facts.steps.some((step) => step.opens === "RequestContext");
  const name = frame.context;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot hold options
    <div
      class={`map-frame ${frame.isOpen ? "open" : ""} ${hueClass(map.pass.app)}`}
      role="group"
      aria-label={name}
      data-context={name}
      style={{ "--depth": depth + 1 }}
    >
      <div class="map-frame-head" aria-hidden="true">
        <b>{name}</b>
        <span class="ellipsis">{t(`map.context.${isMerged ? "merged" : name}`)}</span>
      </div>
      <Blocks blocks={frame.blocks} depth={depth + 1} {...common} />
    </div>
  );
}

type RowProps = Omit<BlocksProps, "blocks"> & { row: Row; at: number };

function MapRow({ row, at, depth, shown, workspace, longest }: RowProps) {
  const page = usePage();
  const count = shown.counts?.rows.find((one) => one.row.key === row.key);
  const state = count === undefined ? row.state : stateOfCount(count);
  const remark =
    count === undefined ? remarkOf(row) : countText(count, shown.counts?.requests ?? 0);
  const time = timeOf(row, shown);
  const width = time === null || AROUND.test(row.step.kind) ? 0 : (time / longest) * 50;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options
    <div
      id={optionId(at)}
      class={`map-row ${state} ph-${state === "raised" ? "error" : phaseOfKind(row.step.kind)}`}
      role="option"
      tabIndex={-1}
      aria-selected={row === shown.selected}
      style={{ "--depth": depth }}
      data-step={row.step.id}
      data-state={state}
      onClick={() => selectRow(page.map, workspace, shown, row)}
      onDblClick={() => page.showTimeline()}
    >
      <Node state={state} jump={count === undefined ? jumpOf(row, at, shown) : 0} />
      <span class="map-number">{at + 1}</span>
      <span class="map-box ellipsis" title={nameOfRow(row)}>
        {nameOfRow(row)}
      </span>
      <span class="map-remark ellipsis" title={remark}>
        {remark}
      </span>
      <span class="map-time-bar" aria-hidden="true">
        {width > 0 && <span style={{ width: `${Math.max(2, width)}px` }} />}
      </span>
      <span class="map-time num">{time === null || time === 0 ? "" : duration(time)}</span>
    </div>
  );
}

const GLYPHS: Readonly<Record<string, string>> = { ran: "circle", skipped: "circle dashed" };

/** The row's sign on the spine; and from one that answered, the line to where Flask goes on. */
function Node({ state, jump }: { state: string; jump: number }) {
  return (
    <span class="map-node" aria-hidden="true">
      {state === "returned" ? (
        <svg width="18" height="22" viewBox="0 0 18 22" aria-hidden="true">
          <path d="M5 1v20" stroke="var(--accent)" stroke-width="2" />
          <path d="M5 1h12l-3 4.5 3 4.5H5z" fill="var(--accent)" />
        </svg>
      ) : (
        <span class={GLYPHS[state] ?? (state === "raised" ? "circle cross" : "dash")} />
      )}
      {jump > 0 && <span class="map-jump" style={{ height: `${jump * ROW}px` }} />}
    </span>
  );
}

/** Rows from one that answered to the next one that ran. */
function jumpOf(row: Row, at: number, { rows }: Shown): number {
  if (row.state !== "returned") return 0;
  return rows.slice(at + 1).findIndex((other) => other.runs.length > 0) + 1;
}

function stateOfCount(count: RowCount): Row["state"] {
  if (count.returned > 0) return "returned";
  if (count.ran > 0) return "ran";
  if (count.raised > 0) return "raised";
  if (count.skipped > 0) return "skipped";
  return count.idle > 0 ? "idle" : "unregistered";
}

function longestOf(shown: Shown): number {
  const times = shown.rows
    .filter((row) => !AROUND.test(row.step.kind))
    .map((row) => timeOf(row, shown) ?? 0);
  return Math.max(1, ...times);
}

/** Of the selected request, or the mean of all. */
function timeOf(row: Row, { counts }: Shown): number | null {
  if (counts === null) return row.duration;
  const count = counts.rows.find((one) => one.row.key === row.key);
  return count === undefined || count.timed === 0 ? null : count.total / count.timed;
}

function blocksOf(rows: readonly Row[]): Block[] {
  const top: Block[] = [];
  const open: Frame[] = [];
  rows.forEach((row, at) => {
    const { opens, closes } = row.step;
    const ran = row.runs.length > 0;
    if (opens !== null && ran) {
      const frame: Frame = { context: opens, isOpen: true, blocks: [] };
      (open.at(-1)?.blocks ?? top).push(frame);
      open.push(frame);
    }
    (open.at(-1)?.blocks ?? top).push({ row, at });
    if (closes === null || open.at(-1)?.context !== closes) return;
    const frame = open.pop() as Frame;
    frame.isOpen = !ran;
  });
  return top;
}

function optionId(at: number): string {
  return `step-${at}`;
}
