// biome-ignore-all lint/a11y/useSemanticElements: rows are placed one by one, which <table> cannot
// biome-ignore-all lint/a11y/noStaticElementInteractions: its role is a grid's, whichever it is
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: both kinds of grid count their rows
/** What the tables share: a head that stays, rows drawn only near the visible part, and the focus. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useVirtualRows } from "./virtual";

/** Height of a row; that of the head as well. */
export const ROW = 29;
/** On a narrow page a row may have two lines. */
export const TALL_ROW = 48;
/** Up to here all rows are drawn. */
const WHOLE_BELOW = 500;

/** The keys that move to another row. */
export const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  PageDown: (at, last) => Math.min(at + 10, last),
  PageUp: (at) => Math.max(at - 10, 0),
  Home: () => 0,
  End: (_, last) => last,
};

interface Props {
  class: string;
  role: "grid" | "treegrid";
  label: string;
  testId: string;
  /** The heads of the columns. */
  head: ComponentChildren;
  count: number;
  height?: number;
  /** The row that is the grid's one tab stop; it is shown when it changes, unless it is -1. */
  active: number;
  /** Set by a key: the row that is active then gets the focus. */
  shouldFocus: { current: boolean };
  onKeyDown: (event: KeyboardEvent) => void;
  /** The row at a place, `top` pixels below the first. */
  row: (index: number, top: number) => ComponentChildren;
}

export function Grid(props: Props) {
  const { count, height = ROW, active, shouldFocus } = props;
  const { box, onScroll, first, end, reveal } = useVirtualRows(count, height, ROW);
  const from = count <= WHOLE_BELOW ? 0 : first;
  const to = count <= WHOLE_BELOW ? count : end;

  useEffect(() => reveal(active), [active, count, height]);
  // After each drawing: the row may have come only with the one after the key.
  useEffect(() => {
    if (!shouldFocus.current) return;
    const row = box.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
    shouldFocus.current = row == null;
    row?.focus();
  });

  return (
    <div
      class={`grid ${props.class}`}
      role={props.role}
      aria-label={props.label}
      aria-rowcount={count + 1}
      ref={box}
      onScroll={onScroll}
      onKeyDown={props.onKeyDown}
      data-testid={props.testId}
    >
      <div role="rowgroup" class="head">
        <div role="row" aria-rowindex={1} tabIndex={-1}>
          {props.head}
        </div>
      </div>
      <div role="rowgroup" class="body" style={{ height: `${count * height}px` }}>
        {Array.from({ length: to - from }, (_, i) => props.row(from + i, (from + i) * height))}
      </div>
    </div>
  );
}

/** Opens and closes what a row has inside; nothing where it has none. */
export function Twist(props: {
  open: boolean | null;
  label: string;
  toggle: () => void;
  children?: ComponentChildren;
}) {
  const { open, label, toggle, children } = props;
  if (open === null) {
    return (
      <span class="twist" aria-hidden="true">
        {children}
      </span>
    );
  }
  return (
    <button
      type="button"
      class="twist"
      tabIndex={-1}
      aria-label={label}
      onClick={(event) => {
        event.stopPropagation();
        toggle();
      }}
    >
      {open ? "▾" : "▸"}
    </button>
  );
}
