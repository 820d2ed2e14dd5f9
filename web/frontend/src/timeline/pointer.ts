/** What the pointer and the wheel do on the canvas, as intentions; nothing here knows the model. */

export interface PointerActions {
  /** The cursor comes to where the pointer goes down there. */
  isOnRuler(y: number): boolean;
  /** A drag from there moves the cursor; a click is for what lies below it. */
  isOnCursor(x: number): boolean;
  grabsScrollbar(x: number, y: number): boolean;
  cursorTo(x: number): void;
  /** Pixels to the right and downwards since the last call. */
  dragBy(dx: number, dy: number): void;
  scrollBy(dy: number): void;
  scrollbarBy(dy: number): void;
  panBy(dx: number): void;
  /** Above 1 goes nearer, about `x`. */
  zoomAt(factor: number, x: number): void;
  click(x: number, y: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  /** A drag or a turn of the wheel is under way, or over. */
  busy(on: boolean): void;
}

const CLICK_DISTANCE = 3;
const WHEEL_ZOOM = 0.0022;
const LINE = 16;
const WHEEL_REST = 200;

type Drag = "drag" | "cursor";
type Mode = "none" | "press" | Drag | "scrollbar";

/**
 * Listens on `host`; the answer takes all listeners off again. `embedded`: what scrolls the page
 * stays the page's, a wheel without Ctrl and a finger that moves up or down.
 */
export function listenToPointer(
  host: HTMLElement,
  actions: PointerActions,
  embedded = false,
): () => void {
  const off = new AbortController();
  const { signal } = off;
  let mode: Mode = "none";
  /** What a press becomes when it moves. */
  let drag: Drag = "drag";
  let lastX = 0;
  let lastY = 0;
  let wheelTimer = 0;

  const at = (event: MouseEvent): [number, number] => {
    const box = host.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const [x, y] = at(event);
    [lastX, lastY] = [x, y];
    host.setPointerCapture(event.pointerId);
    drag = actions.isOnCursor(x) ? "cursor" : "drag";
    if (actions.grabsScrollbar(x, y)) mode = "scrollbar";
    else if (actions.isOnRuler(y)) {
      mode = "cursor";
      actions.cursorTo(x);
    } else mode = "press";
  };

  const move = (event: PointerEvent) => {
    const [x, y] = at(event);
    if (mode === "none") return actions.hover(x, y);
    if (mode === "press") {
      if (Math.hypot(x - lastX, y - lastY) < CLICK_DISTANCE) return;
      mode = drag;
      if (mode === "drag") actions.busy(true);
    }
    if (mode === "cursor") return actions.cursorTo(x);
    if (mode === "scrollbar") actions.scrollbarBy(y - lastY);
    else actions.dragBy(x - lastX, y - lastY);
    [lastX, lastY] = [x, y];
  };

  const up = (event: PointerEvent) => {
    const [x, y] = at(event);
    if (mode === "press" && event.type === "pointerup") actions.click(x, y);
    if (mode === "drag") actions.busy(false);
    mode = "none";
  };

  const wheel = (event: WheelEvent) => {
    if (embedded && !event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const [x] = at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    const across = (event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX) * unit;
    const along = event.deltaY * unit;
    actions.busy(true);
    clearTimeout(wheelTimer);
    wheelTimer = window.setTimeout(() => actions.busy(false), WHEEL_REST);
    if (event.altKey) actions.scrollBy(along);
    else if (event.shiftKey || Math.abs(across) > Math.abs(along)) actions.panBy(across);
    else actions.zoomAt(Math.exp(-along * WHEEL_ZOOM), x);
  };

  if (embedded) host.style.touchAction = "pan-y";
  host.addEventListener("pointerdown", down, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", up, { signal });
  host.addEventListener("pointercancel", up, { signal });
  host.addEventListener("pointerleave", () => actions.leave(), { signal });
  host.addEventListener("wheel", wheel, { signal, passive: false });
  return () => {
    clearTimeout(wheelTimer);
    off.abort();
  };
}
