/** The strip above the timeline: how much happened when, what failed, and which part is in view. */
import { formatTick, tickStep } from "../lib/format";
import { Activity } from "../model/activity";
import type { EventLog } from "../model/log";
import { write } from "./draw_text";
import { appColor, faded, type Palette, readPalette } from "./palette";
import type { Beyond } from "./scene";
import { fontOf, Texts } from "./scene";
import { createStage, type Stage } from "./stage";
import type { Overview, OverviewOptions } from "./types";
import type { View } from "./values";

const BUCKET = 4;
const BAR = 3;
/** Height of the bars' area; below it stand the times. */
const CHART = 40;
const HANDLE = 5;
const LEAST_FRAME = 8;
/** The strip of a live log moves on at least this often, ms. */
const TICK = 250;

export function createOverview(host: HTMLElement, options: OverviewOptions): Overview {
  return new CanvasOverview(host, options);
}

type Grip = "none" | "move" | "start" | "end";

class CanvasOverview implements Overview {
  private log: EventLog;
  private readonly stage: Stage;
  private palette: Palette;
  private texts: Texts;
  private span: number | null;
  private frameView: View | null = null;
  private readonly activity = new Activity();
  private pending = 0;
  /** What the bars were drawn from; they stay while only the frame moves. */
  private drawn = "";
  private grip: Grip = "none";
  private gripOffset = 0;
  private readonly timer: number;
  private readonly off = new AbortController();
  private unsubscribe: () => void = () => {};

  constructor(
    private readonly host: HTMLElement,
    private readonly options: OverviewOptions,
  ) {
    this.log = options.log;
    this.span = options.span ?? null;
    this.stage = createStage(host, [{}, {}, {}], options.label("Overview"), (what) =>
      this.changed(what),
    );
    // The timeline below is where the keyboard works; the strip repeats it for the pointer.
    this.stage.root.setAttribute("role", "img");
    this.stage.root.removeAttribute("tabindex");
    this.palette = readPalette(host);
    this.texts = new Texts(this.stage.layers[0] ?? null, this.log);
    this.listen();
    this.setLog(options.log);
    this.timer = window.setInterval(() => this.span !== null && this.redraw(), TICK);
  }

  setLog(log: EventLog): void {
    this.unsubscribe();
    this.log = log;
    this.drawn = "";
    this.unsubscribe = log.subscribe(() => this.redraw());
    this.redraw();
  }

  setView(view: View): void {
    this.frameView = view;
    this.redraw();
  }

  setSpan(span: number | null): void {
    this.span = span;
    this.redraw();
  }

  refresh(): void {
    this.palette = readPalette(this.host);
    this.texts = new Texts(this.stage.layers[0] ?? null, this.log);
    this.drawn = "";
    this.redraw();
  }

  destroy(): void {
    cancelAnimationFrame(this.pending);
    clearInterval(this.timer);
    this.off.abort();
    this.unsubscribe();
    this.stage.destroy();
  }

  private changed(what: "size" | "theme"): void {
    if (what === "theme") this.palette = readPalette(this.host);
    this.drawn = "";
    this.redraw();
  }

  /** The times at both ends of the strip. */
  private extent(): View {
    const { startTime, endTime, count } = this.log;
    const beyond = this.options.beyond?.() ?? null;
    if (beyond !== null) return beyond.times;
    if (this.span === null) return { start: startTime, end: Math.max(endTime, startTime + 1) };
    // By the wall clock, so that a page that was loaded anew shows what is old as old.
    const wall = Date.now() * 1e6 - Number(this.log.epoch ?? 0n);
    const end = count === 0 ? 0 : Math.max(endTime, wall);
    return { start: end - this.span, end };
  }

  private redraw(): void {
    if (this.pending === 0) this.pending = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.pending = 0;
    this.stage.resize();
    // Marks of failures lie above the frame and its shade, so that those are never dimmed.
    const { layers, width, height } = this.stage;
    const [back, middle, front] = layers;
    if (!back || !middle || !front) return;
    const extent = this.extent();
    const content = `${this.log.version} ${extent.start} ${extent.end} ${width} ${height} ${this.stage.ratio}`;
    if (content !== this.drawn) {
      this.drawn = content;
      back.clearRect(0, 0, width, height);
      this.drawBars(back, extent);
      if (this.log.count > 0 || this.options.beyond?.()) this.drawTimes(back, extent);
      front.clearRect(0, 0, width, height);
      this.drawFailures(front, extent);
    }
    middle.clearRect(0, 0, width, height);
    this.drawFrame(middle, extent);
  }

  private drawBars(context: CanvasRenderingContext2D, { start, end }: View): void {
    const { width } = this.stage;
    const buckets = Math.max(1, Math.floor(width / BUCKET));
    const events = this.source().within(this.log, start, end, buckets);
    const highest = Math.max(
      1,
      events.totals.reduce((most, total) => Math.max(most, total), 0),
    );
    for (let bucket = 0; bucket < buckets; bucket++) {
      let y = CHART;
      events.byHue.forEach((counts, hue) => {
        const count = counts?.[bucket] ?? 0;
        if (count === 0) return;
        const height = Math.max(1.5, (count / highest) * (CHART - 10));
        context.fillStyle = faded(appColor(this.palette, hue), y === CHART ? 0.75 : 0.85);
        context.fillRect(bucket * BUCKET, y - height, BAR, height);
        y -= height + 1;
      });
    }
    context.fillStyle = this.palette.color.line;
    context.fillRect(0, CHART + 2, width, 1);
    context.fillStyle = this.palette.color.accent;
    for (const loaded of this.options.beyond?.()?.loaded ?? []) {
      const left = ((loaded.start - start) * width) / (end - start);
      const right = ((loaded.end - start) * width) / (end - start);
      context.fillRect(left, CHART + 2, Math.max(2, right - left), 1);
    }
  }

  /** What tells how much happened when. */
  private source(): Pick<Beyond, "within" | "failures"> {
    return this.options.beyond?.() ?? this.activity;
  }

  private drawTimes(context: CanvasRenderingContext2D, { start, end }: View): void {
    const { width, height } = this.stage;
    const font = fontOf(this.palette, "small");
    const step = tickStep(((end - start) * 110) / width);
    const zero = this.span === null ? start : end;
    const from = this.span === null ? 0 : -Math.floor((end - start) / step);
    const to = this.span === null ? Math.floor((end - start) / step) : -1;
    for (let i = from; i <= to; i++) {
      const x = ((zero + i * step - start) * width) / (end - start) + 4;
      const text =
        this.span === null
          ? formatTick(i * step, step)
          : this.options.label("{time} ago", { time: formatTick(-i * step, step) });
      if (x + this.texts.measure(text, font) > width) continue;
      write(context, text, x, Math.min(height - 3, CHART + 13), font, this.palette.color["text-3"]);
    }
  }

  private drawFrame(context: CanvasRenderingContext2D, extent: View): void {
    const frame = this.frameEdges(extent);
    if (frame === null) return;
    const { width } = this.stage;
    const { palette } = this;
    context.fillStyle = faded(palette.color.surface, 0.55);
    context.fillRect(0, 0, Math.max(0, frame.left), CHART + 2);
    context.fillRect(frame.right, 0, Math.max(0, width - frame.right), CHART + 2);
    context.strokeStyle = palette.color.accent;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(frame.left, 1, frame.right - frame.left, CHART + 1, 3);
    context.stroke();
  }

  /** The frame in pixels, never too small to be seen and held; null while there is none. */
  private frameEdges(extent: View): { left: number; right: number } | null {
    if (this.frameView === null) return null;
    const density = this.stage.width / (extent.end - extent.start);
    const left = (this.frameView.start - extent.start) * density;
    const right = (this.frameView.end - extent.start) * density;
    const missing = Math.max(0, LEAST_FRAME - (right - left)) / 2;
    const edges = {
      left: Math.max(1, left - missing),
      right: Math.min(this.stage.width - 1, right + missing),
    };
    return edges.right - edges.left >= 2 ? edges : null;
  }

  private drawFailures(context: CanvasRenderingContext2D, { start, end }: View): void {
    context.fillStyle = this.palette.color.error;
    let last = Number.NEGATIVE_INFINITY;
    for (const t of this.source().failures(this.log)) {
      const place = ((t - start) * this.stage.width) / (end - start);
      // Marks that would cover each other say no more than one of them.
      if (place < 0 || place > this.stage.width || place - last < 2) continue;
      const x = Math.min(Math.max(place, 5), this.stage.width - 5);
      last = place;
      context.beginPath();
      context.moveTo(x - 4, 3);
      context.lineTo(x + 4, 3);
      context.lineTo(x, 9);
      context.fill();
    }
  }

  private listen(): void {
    const { root } = this.stage;
    const { signal } = this.off;
    const xOf = (event: PointerEvent) => event.clientX - root.getBoundingClientRect().left;
    root.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        root.setPointerCapture(event.pointerId);
        this.grab(xOf(event));
      },
      { signal },
    );
    root.addEventListener(
      "pointermove",
      (event) => {
        root.style.cursor = this.gripAt(xOf(event)) === "move" ? "grab" : "ew-resize";
        if (this.grip !== "none") this.dragTo(xOf(event));
      },
      { signal },
    );
    for (const type of ["pointerup", "pointercancel"] as const) {
      root.addEventListener(
        type,
        () => {
          this.grip = "none";
        },
        { signal },
      );
    }
  }

  private gripAt(x: number): Grip {
    const frame = this.frameEdges(this.extent());
    if (frame === null) return "none";
    if (frame.right - frame.left > 3 * HANDLE) {
      if (Math.abs(x - frame.left) <= HANDLE) return "start";
      if (Math.abs(x - frame.right) <= HANDLE) return "end";
    }
    return x >= frame.left && x <= frame.right ? "move" : "none";
  }

  private grab(x: number): void {
    const t = this.timeAt(x);
    const view = this.frameView;
    if (view === null) return;
    this.grip = this.gripAt(x);
    if (this.grip === "none") {
      // A click beside the frame brings the frame there.
      this.grip = "move";
      this.gripOffset = (view.end - view.start) / 2;
      this.dragTo(x);
    } else this.gripOffset = t - view.start;
  }

  private dragTo(x: number): void {
    const view = this.frameView;
    if (view === null) return;
    const t = this.timeAt(x);
    const length = view.end - view.start;
    const start = t - this.gripOffset;
    let moved: View = { start, end: start + length };
    if (this.grip === "start") moved = { start: Math.min(t, view.end - 1000), end: view.end };
    if (this.grip === "end") moved = { start: view.start, end: Math.max(t, view.start + 1000) };
    this.setView(moved);
    this.options.onView(moved);
  }

  private timeAt(x: number): number {
    const { start, end } = this.extent();
    return start + (x * (end - start)) / Math.max(1, this.stage.width);
  }
}
