/** One trace as the rows of an accessible table: spans and instants, nested by parent. */
import type { TreeRow } from "./contract";
import { nameOf, phaseOfKind } from "./kinds";
import type { EventLog, EventView } from "./log";

interface Node {
  event: EventView;
  end: EventView | null;
  parent: Node | null;
  children: Node[];
}

export class Tree {
  constructor(
    private readonly roots: readonly Node[],
    private readonly nodes: ReadonlyMap<number, Node>,
    private readonly startTime: number,
  ) {}

  /**
   * The rows that are visible while the nodes in `collapsed` (begin events) are closed. Like steps
   * one after the other are one row, unless the first of them is in `unfolded`.
   */
  rows(
    collapsed: ReadonlySet<number> = new Set(),
    unfolded: ReadonlySet<number> | null = null,
  ): TreeRow[] {
    const rows: TreeRow[] = [];
    // Without recursion: a trace may nest deeper than the browser's stack.
    const pending = levelOf(this.roots, 1, unfolded).reverse();
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      const isOpen = !collapsed.has(item.node.event.index);
      rows.push(rowOf(item, isOpen, this.startTime));
      if (!isOpen || item.folded) continue;
      pending.push(...levelOf(item.node.children, item.level + 1, unfolded).reverse());
    }
    return rows;
  }

  /** The first of the like steps that `event` is folded with, null when it is folded with none. */
  foldOf(event: number): number | null {
    const node = this.nodes.get(event);
    if (node === undefined) return null;
    const siblings = node.parent?.children ?? this.roots;
    const at = siblings.indexOf(node);
    const found = foldsIn(siblings).find(({ from, to }) => at >= from && at < to);
    return found === undefined ? null : (siblings[found.from] as Node).event.index;
  }

  /** The events whose rows must be open so that the row of `event` is visible, outermost first. */
  find(event: number): number[] {
    const path: number[] = [];
    for (let node = this.nodes.get(event)?.parent; node; node = node.parent) {
      path.unshift(node.event.index);
    }
    return path;
  }

  has(event: number): boolean {
    return this.nodes.has(event);
  }

  /** The end event of a span, null while it is open and for instants. */
  endOf(event: number): EventView | null {
    return this.nodes.get(event)?.end ?? null;
  }

  parentOf(event: number): number | null {
    return this.nodes.get(event)?.parent?.event.index ?? null;
  }

  childrenOf(event: number): number[] {
    return (this.nodes.get(event)?.children ?? []).map((node) => node.event.index);
  }

  siblingsOf(event: number): number[] {
    const node = this.nodes.get(event);
    if (node === undefined) return [];
    return (node.parent?.children ?? this.roots).map((sibling) => sibling.event.index);
  }
}

/** With *shows*, steps that it refuses are left out, and what lies below them moves up. */
export function buildTree(
  log: EventLog,
  traceId: string,
  shows: (event: EventView) => boolean = () => true,
): Tree {
  const spans = new Map<string, Node>();
  /** Spans that are left out → what their children belong to instead. */
  const moved = new Map<string, Node>();
  const nodes = new Map<number, Node>();
  const roots: Node[] = [];
  let startTime: number | null = null;
  for (const index of log.eventsOf(traceId)) {
    const event = log.event(index);
    if (event === undefined) continue;
    startTime = Math.min(startTime ?? event.t, event.t);
    if (event.phase === "end") {
      const node = spans.get(event.spanId ?? "");
      if (node) node.end = event;
      continue;
    }
    const parent = spans.get(event.parentId ?? "") ?? moved.get(event.parentId ?? "") ?? null;
    if (!shows(event)) {
      if (event.spanId !== null && parent !== null) moved.set(event.spanId, parent);
      continue;
    }
    const node: Node = { event, end: null, parent, children: [] };
    (parent?.children ?? roots).push(node);
    nodes.set(index, node);
    if (event.spanId !== null) spans.set(event.spanId, node);
  }
  return new Tree(roots, nodes, startTime ?? 0);
}

interface Item {
  node: Node;
  level: number;
  position: number;
  siblings: number;
  /** The like steps that begin with this one, itself included; empty when it stands for itself. */
  like: readonly Node[];
  /** They are this one row. */
  folded: boolean;
}

/** So many like steps make a fold. */
const LEAST_FOLDED = 4;

function levelOf(
  nodes: readonly Node[],
  level: number,
  unfolded: ReadonlySet<number> | null,
): Item[] {
  const items: Omit<Item, "position" | "siblings">[] = [];
  const folds = new Map(
    (unfolded === null ? [] : foldsIn(nodes)).map(({ from, to }) => [from, to]),
  );
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Node;
    const to = folds.get(i);
    const like = to === undefined ? [] : nodes.slice(i, to);
    const folded = to !== undefined && !unfolded?.has(node.event.index);
    items.push({ node, level, like, folded });
    if (folded) i = (to as number) - 1;
  }
  return items.map((item, i) => ({ ...item, position: i + 1, siblings: items.length }));
}

/** The runs of like steps among siblings, as positions; `to` is behind the last. */
function foldsIn(nodes: readonly Node[]): { from: number; to: number }[] {
  const folds: { from: number; to: number }[] = [];
  for (let from = 0; from < nodes.length; ) {
    let to = from + 1;
    while (to < nodes.length && isLike(nodes[from] as Node, nodes[to] as Node)) to++;
    if (to - from >= LEAST_FOLDED) folds.push({ from, to });
    from = to;
  }
  return folds;
}

/** Whether nothing would be hidden but a number: the same step again, over, in order and with nothing inside. */
function isLike(first: Node, other: Node): boolean {
  const isPlain = (node: Node) =>
    node.children.length === 0 &&
    (node.event.phase === "instant" || node.end !== null) &&
    node.event.kind !== "exception" &&
    node.end?.attributes.left_by === undefined &&
    node.end?.attributes.short_circuit !== true;
  return (
    first.event.kind === other.event.kind &&
    first.event.app === other.event.app &&
    nameOf(first.event) === nameOf(other.event) &&
    isPlain(first) &&
    isPlain(other)
  );
}

function durationOf({ event, end }: Node): number | null {
  return end === null ? null : end.t - event.t;
}

function rowOf(item: Item, isOpen: boolean, zero: number): TreeRow {
  const { node, level, position, siblings, like, folded } = item;
  const { event, end } = node;
  const durations = (folded ? like : [node]).map(durationOf);
  const isSpan = event.phase === "begin";
  return {
    event: event.index,
    level,
    expanded: like.length > 0 ? !folded : node.children.length > 0 ? isOpen : null,
    like: like.length,
    folded,
    position,
    siblings,
    phase: phaseOfKind(event.kind),
    kind: event.kind,
    name: nameOf(event),
    app: event.app,
    start: event.t - zero,
    duration: durations.includes(null)
      ? null
      : durations.reduce((sum: number, each) => sum + (each as number), 0),
    open: isSpan && end === null,
    error: event.kind === "exception" || end?.attributes.left_by !== undefined,
    shortCircuit: end?.attributes.short_circuit === true,
    result: folded ? "" : resultOf(event, end),
    view: event,
  };
}

function resultOf(event: EventView, end: EventView | null): string {
  const { left_by, status, returned, rows, target, url } = {
    ...event.attributes,
    ...end?.attributes,
  };
  const known = left_by ?? status ?? returned ?? rows ?? target ?? url;
  if (known !== undefined && known !== null && typeof known !== "object") return String(known);
  if (event.kind === "signal") return receiversText(event.attributes.receivers);
  if (event.kind === "exception") return String(event.attributes.message ?? "");
  const { stack } = event.attributes;
  return Array.isArray(stack) ? stack.map(String).join(" › ") : "";
}

function receiversText(receivers: unknown): string {
  if (Array.isArray(receivers)) return receivers.map(String).join(", ");
  return typeof receivers === "number" ? String(receivers) : "";
}
