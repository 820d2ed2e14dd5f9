/** What is shown on Hooks & signals: its part of the address, and the rows that this leaves. */
import type { Registration } from "../model/registrations";

export const CATEGORIES = [
  "all",
  "hooks",
  "views",
  "templates",
  "errors",
  "signals",
  "other",
  "never",
] as const;
/** `never` are those of every category that did not run. */
export type Shown = (typeof CATEGORIES)[number];

export const SORTS = ["order", "name", "scope", "by", "place", "runs", "total", "mean"] as const;
export type SortColumn = (typeof SORTS)[number];

export interface HooksView {
  recording: string | null;
  shown: Shown;
  app: string | null;
  sort: SortColumn;
  descending: boolean;
  filter: string;
  /** Key of the selected row. */
  row: string | null;
}

const DESCENDING: ReadonlySet<SortColumn> = new Set(["runs", "total", "mean"]);

export function readHooksView(query: string): HooksView {
  const params = new URLSearchParams(query);
  const sort = SORTS.find((name) => name === params.get("sort")) ?? "order";
  return {
    recording: params.get("recording"),
    shown: CATEGORIES.find((name) => name === params.get("show")) ?? "all",
    app: params.get("app"),
    sort,
    descending: params.has("down") ? params.get("down") === "1" : DESCENDING.has(sort),
    filter: params.get("q") ?? "",
    row: params.get("row"),
  };
}

export function writeHooksView(view: HooksView): string {
  const params = new URLSearchParams();
  if (view.recording !== null) params.set("recording", view.recording);
  if (view.shown !== "all") params.set("show", view.shown);
  if (view.app !== null) params.set("app", view.app);
  if (view.sort !== "order") params.set("sort", view.sort);
  if (view.descending !== DESCENDING.has(view.sort))
    params.set("down", view.descending ? "1" : "0");
  if (view.filter !== "") params.set("q", view.filter);
  if (view.row !== null) params.set("row", view.row);
  return params.toString();
}

/** A press on a column's head: that column, and the other way round at the second press. */
export function sortedBy(view: HooksView, sort: SortColumn): HooksView {
  const again = view.sort === sort;
  return { ...view, sort, descending: again ? !view.descending : DESCENDING.has(sort) };
}

/** The rows that application and words leave; how many each category has of them is shown, too. */
export function narrowed(rows: readonly Registration[], view: HooksView): Registration[] {
  const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (view.app === null || row.app === view.app) &&
      words.every((word) => haystack(row).includes(word)),
  );
}

export function isShown(row: Registration, shown: Shown): boolean {
  if (shown === "all") return true;
  return shown === "never" ? hasNeverRun(row) : row.category === shown;
}

/** Not of what has no runs at all. */
export function hasNeverRun(row: Registration): boolean {
  return row.never !== null && row.never.why !== "unseen";
}

/** *rows* come in the order of a request, which the column `order` leaves as it is. */
export function sorted(rows: readonly Registration[], view: HooksView): Registration[] {
  const { sort, descending } = view;
  const inOrder = [...rows];
  if (sort !== "order") inOrder.sort((a, b) => compare(a, b, sort) * (descending ? -1 : 1));
  else if (descending) inOrder.reverse();
  return inOrder;
}

function compare(a: Registration, b: Registration, sort: SortColumn): number {
  const [one, other] = [sortValue(a, sort), sortValue(b, sort)];
  return typeof one === "number"
    ? one - (other as number)
    : one.localeCompare(other as string, "en", { numeric: true });
}

function sortValue(row: Registration, sort: SortColumn): string | number {
  switch (sort) {
    case "runs":
      return row.runs?.count ?? 0;
    case "total":
      return row.runs?.total ?? 0;
    case "mean":
      return row.runs?.mean ?? 0;
    case "scope":
      return `${row.app ?? ""}\n${row.scope ?? ""}`;
    case "by":
      return row.by ?? "";
    case "place":
      return `${row.file ?? ""}:${row.line ?? ""}`;
    default:
      return row.name;
  }
}

function haystack(row: Registration): string {
  return [row.name, row.kind, row.app, row.scope, row.by, row.file, row.detail]
    .filter(Boolean)
    .join("\n")
    .toLowerCase();
}
