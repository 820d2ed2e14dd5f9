/** The request list: newest first, two lines each, selectable by pointer and keys. */
import { useEffect } from "preact/hooks";
import { duration } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import type { Difference } from "../model/usual";
import { isFailed } from "../state/failed";
import type { Page } from "../state/page";
import type { Workspace } from "../state/workspace";
import type { TraceItem } from "../transport/items";
import { usePage } from "./context";
import { Busy, PathTail, ProblemBox, Tile } from "./marks";
import { useVirtualRows } from "./virtual";

const ROW = 47;
const JUMPS: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  PageDown: (at, last) => Math.min(at + 10, last),
  PageUp: (at) => Math.max(at - 10, 0),
  Home: () => 0,
  End: (_, last) => last,
};

export function Requests({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  const live = workspace === page.live;
  const { pinned, frozen, waiting } = workspace;
  const isNewest = workspace.items.value[0]?.id === workspace.trace.value;
  return (
    <>
      <div class="list-head">
        <h2 class="cap">{t("requests.title")}</h2>
        {frozen.value && waiting.value > 0 ? (
          <button type="button" class="link" onClick={() => page.toggleFreeze()}>
            {plural("requests.waiting", waiting.value)}
          </button>
        ) : live && pinned.value && !frozen.value && !isNewest ? (
          <button type="button" class="link" onClick={() => page.followNewest()}>
            {t("requests.followNewest")}
          </button>
        ) : (
          <span class="cap">{orderText(workspace)}</span>
        )}
      </div>
      <RequestRows workspace={workspace} />
    </>
  );
}

/** The latest stand above; of more than are listed it says so. */
function orderText({ listed, whole, filter, finder }: Workspace): string {
  const shown = listed.value.length;
  const search = filter.value.trim() === "" ? null : finder.value?.search.value;
  const all = search ? search.found.value : (whole.value?.traces ?? shown);
  return all > shown ? t("requests.newestOf", { n: shown, all }) : t("requests.newestFirst");
}

function RequestRows({ workspace }: { workspace: Workspace }) {
  const items = workspace.listed.value;
  const selected = items.findIndex((item) => item.id === workspace.trace.value);
  const { box, onScroll, first, end, reveal } = useVirtualRows(items.length, ROW);
  const pinned = workspace.pinned.value;

  // Not on every new item: rows that come in above must not scroll the list.
  useEffect(() => {
    if (pinned) reveal(selected);
  }, [workspace.trace.value, pinned, selected >= 0]);

  if (items.length === 0) return <NoRequests workspace={workspace} />;
  return (
    <div
      class="requests"
      role="listbox"
      aria-label={t("requests.title")}
      aria-activedescendant={selected >= 0 ? optionId(selected) : undefined}
      tabIndex={0}
      ref={box}
      onScroll={onScroll}
      onKeyDown={(event) => {
        const jump = JUMPS[event.key];
        if (jump === undefined) return;
        event.preventDefault();
        const wanted = selected < 0 ? 0 : jump(selected, items.length - 1);
        const item = items[wanted];
        if (item) void workspace.select(item.id);
      }}
    >
      <div class="requests-inner" style={{ height: `${items.length * ROW}px` }} role="presentation">
        {items.slice(first, end).map((item, i) => (
          <RequestRow
            key={item.id}
            item={item}
            row={first + i}
            count={items.length}
            workspace={workspace}
          />
        ))}
      </div>
    </div>
  );
}

function RequestRow(props: { item: TraceItem; row: number; count: number; workspace: Workspace }) {
  const { item, row, workspace } = props;
  const page = usePage();
  const difference = workspace.finder.value?.differenceOf(item.id) ?? null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options
    <div
      id={optionId(row)}
      class="request"
      role="option"
      tabIndex={-1}
      aria-selected={item.id === workspace.trace.value}
      aria-setsize={props.count}
      aria-posinset={row + 1}
      style={{ top: `${row * ROW}px` }}
      data-trace={item.id}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) compareSelectedWith(page, workspace, item);
        else void workspace.select(item.id);
      }}
    >
      <Tile app={item.app ?? item.apps[0] ?? null} />
      <div class="path">
        {item.method && <span class="method">{item.method} </span>}
        <PathTail path={item.path ?? item.name} />
      </div>
      <Status item={item} />
      <div class="second ellipsis">{secondLine(item, difference)}</div>
      <div class="num duration">{item.duration === null ? "" : duration(item.duration)}</div>
    </div>
  );
}

/** Two are chosen as in a list of files: the selected one, and another with Ctrl. */
function compareSelectedWith(page: Page, workspace: Workspace, item: TraceItem): void {
  const selected = page.marked.value ?? workspace.selectedItem.value;
  if (selected !== null && selected.id !== item.id) page.compare(selected.id, item.id);
}

function Status({ item }: { item: TraceItem }) {
  const gone = usePage().gone.value;
  const { status } = item;
  if (isFailed(item)) {
    return <div class="num status failed">✕ {status ?? ""}</div>;
  }
  if (status === null) {
    const left = t(gone.has(item.pid) ? "requests.cutOff" : "requests.running");
    const text = item.complete ? "" : left;
    return <div class="num status redirect">{text}</div>;
  }
  const turned = item.short_circuit !== null || (status >= 300 && status < 400 && status !== 304);
  return (
    <div class={`num status ${turned ? "redirect" : ""}`}>{turned ? `↷ ${status}` : status}</div>
  );
}

/** What is worth knowing of a trace beside its address. */
export function secondLine(item: TraceItem, difference: Difference | null = null): string {
  const names = item.apps.length > 0 ? item.apps : [item.app ?? t("requests.noApp")];
  const apps = names.map(isolate).join(" → ");
  const remarked = difference === null ? remark(item) : differenceText(difference);
  return [apps, remarked].filter(Boolean).join(" · ");
}

/** `+ hook check − view cart`: what the usual request of the route does not do, and what it does. */
function differenceText({ more, less }: Difference): string {
  const said = [...more.map((step) => `+ ${step}`), ...less.map((step) => `− ${step}`)];
  return said.length === 0 ? t("requests.otherOrder") : isolate(said.join(" "));
}

function remark(item: TraceItem): string {
  if (item.error !== null) return item.error;
  if (item.short_circuit !== null) return t("requests.shortCircuited");
  if (item.truncated) return t("requests.truncated");
  return plural("events", item.events);
}

function NoRequests({ workspace }: { workspace: Workspace }) {
  if (workspace.items.value.length === 0)
    return <p class="empty no-requests">{t("requests.none")}</p>;
  const search = workspace.finder.value?.search.value;
  if (search?.problem.value) return <ProblemBox error={search.problem.value} />;
  if (search && search.share.value !== null) {
    return (
      <p class="empty no-requests">
        <Busy />
      </p>
    );
  }
  return (
    <div class="empty no-requests stack">
      <span>{t("requests.noMatch", { filter: workspace.filter.value })}</span>
      <span>
        <button
          type="button"
          class="btn small"
          onClick={() => {
            workspace.filter.value = "";
          }}
        >
          {t("requests.clearFilter")}
        </button>
      </span>
    </div>
  );
}

function optionId(row: number): string {
  return `request-${row}`;
}
