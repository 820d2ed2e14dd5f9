/** What is shown on Compare: its part of the address, and which request belongs beside which. */
import type { TimeScale } from "../timeline/values";
import type { TraceItem } from "../transport/items";

export interface CompareView {
  /** Ids of the traces. */
  a: string | null;
  b: string | null;
  /** Place of the selected step in the merged tree. */
  step: number | null;
  hideSame: boolean;
  /** Places of the steps that hide those inside of them. */
  closed: readonly number[];
  /** Null leaves the axis as the reader has it. */
  scale: TimeScale | null;
}

export function readCompareView(query: string): CompareView {
  const params = new URLSearchParams(query);
  const step = params.get("step") ?? "";
  const scale = params.get("scale");
  return {
    a: params.get("a") || null,
    b: params.get("b") || null,
    step: isPlace(step) ? Number(step) : null,
    hideSame: params.get("same") === "0",
    closed: (params.get("closed") ?? "").split("_").filter(isPlace).map(Number),
    scale: scale === "steps" || scale === "time" ? scale : null,
  };
}

export function writeCompareView({ a, b, step, hideSame, closed, scale }: CompareView): string {
  const params = new URLSearchParams();
  if (a !== null) params.set("a", a);
  if (b !== null) params.set("b", b);
  if (step !== null) params.set("step", String(step));
  if (hideSame) params.set("same", "0");
  if (closed.length > 0) params.set("closed", closed.join("_"));
  if (scale !== null) params.set("scale", scale);
  return params.toString();
}

function isPlace(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

/** The latest request of the same route before *item*, or else the first after it; null without any. */
export function lastOfRoute(items: readonly TraceItem[], item: TraceItem): TraceItem | null {
  const route = routeOf(item);
  const others = items
    .filter((other) => other.id !== item.id && routeOf(other) === route)
    .sort((a, b) => b.start_ts - a.start_ts);
  return others.find((other) => other.start_ts <= item.start_ts) ?? others.at(-1) ?? null;
}

/** What a reader finds when nothing was chosen: the request that is selected and the last like it. */
export function suggestion(
  items: readonly TraceItem[],
  selected: TraceItem | null,
): { a: string; b: string } | null {
  const candidates = selected === null ? items : [selected, ...items];
  for (const b of candidates) {
    const a = lastOfRoute(items, b);
    if (a !== null) return { a: a.id, b: b.id };
  }
  const [b, a] = items;
  return a && b ? { a: a.id, b: b.id } : null;
}

/** A request that no view answered has its path in place of a route. */
function routeOf({ kind, app, method, endpoint, path, name }: TraceItem): string {
  return JSON.stringify([kind, app, method, endpoint ?? path ?? name]);
}
