/** The timeline: owns view, selection and scroll position, and draws when one of them changes. */
import { contextsOf } from "../model/contexts";
import { laneKey, laneOrder } from "../model/lanes";
import type { EventLog, Lane } from "../model/log";
import { spansOf } from "../model/spans";
import type { Warp } from "../model/warp";
import { Claims } from "./claims";
import { describe } from "./describe";
import { drawBack } from "./draw_back";
import { BarPainter } from "./draw_bars";
import { drawFront } from "./draw_front";
import type * as Extras from "./extras";
import { hitAt } from "./hit";
import { nearestWork } from "./idle_work";
import { layOut } from "./layout";
import { linkFrom, moveFrom } from "./navigation";
import { type Palette, readPalette } from "./palette";
import { listenToPointer } from "./pointer";
import { hemWidth, warpFor } from "./rooms";
import type { Beyond } from "./scene";
import { type Axis, RULER, type Scene, Texts, timeAt, xOf } from "./scene";
import { createStage, prefersStillness, type Stage } from "./stage";
import { SteadyLanes } from "./steady";
import {
  FIRST_VIEW,
  isNear,
  MARGIN,
  SHORTEST,
  sane,
  type Travel,
  viewOn,
  withMargin,
} from "./travel";
import type { Timeline, TimelineOptions } from "./types";
import type { EventRef, Foldable, Folds, Hit, Move, SkippedSteps, TimeScale, View } from "./values";

const HOVER_REST = 120;
const CURSOR_REACH = 4;
/** A trace that takes a smaller share of the view than this looks the same bent or straight. */
const LEAST_BENT = 1 / 50;
const NS_PER_MS = 1e6;
/** Behind the bars, and the bars with what lies on them: a canvas on the graphics card takes pixels slowly. */
const LAYERS: readonly CanvasRenderingContext2DSettings[] = [{}, { willReadFrequently: true }];
const NOTHING: SkippedSteps = new Map();
const NOBODY: ReadonlySet<number> = new Set();

export function createTimeline(host: HTMLElement, options: TimelineOptions): Timeline {
  return new CanvasTimeline(host, options);
}

class CanvasTimeline implements Timeline {
  private log: EventLog;
  private readonly stage: Stage;
  private readonly back: CanvasRenderingContext2D | null;
  private readonly front: CanvasRenderingContext2D | null;
  private readonly painter = new BarPainter();
  private palette: Palette;
  private texts: Texts;
  private scene: Scene | null = null;
  private current: View = { ...FIRST_VIEW };
  private selection: EventRef | null = null;
  private cursor: number | null = null;
  private hover: EventRef | null = null;
  private scroll = 0;
  private zeroTrace: string | null = null;
  private scale: TimeScale;
  private warp: { key: string; warp: Warp | null } = { key: "", warp: null };
  private isRunning = false;
  private ghost = false;
  private isBusy = false;
  private toldHeight = 0;
  private readonly lanes = new SteadyLanes();
  private readonly folds: Folds;
  /** Comes with the extras. */
  private folding: Extras.Folding | null = null;
  private stale: "none" | "front" | "all" = "all";
  private frame = 0;
  private animation: Travel | null = null;
  private hoverTimer = 0;
  private extras: typeof Extras | null = null;
  private isGone = false;
  private unsubscribe: () => void = () => {};
  private stopFollowing: () => void = () => {};
  private readonly stopPointer: () => void;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: TimelineOptions,
  ) {
    this.log = options.log;
    this.scale = options.scale ?? "time";
    this.folds = options.folds ?? { lanes: new Set(), idle: null, opened: new Map(), wanted: [] };
    const name =
      options.name ??
      options.label("Timeline of events. Arrow keys move the selection, T shows a table.");
    this.stage = createStage(host, LAYERS, name, (what) => this.environmentChanged(what));
    [this.back = null, this.front = null] = this.stage.layers;
    this.palette = readPalette(host);
    this.texts = new Texts(this.front, this.log);
    this.stopPointer = listenToPointer(
      this.stage.root,
      this.pointerActions(),
      options.embedded ?? false,
    );
    this.setLog(options.log);
    void this.loadExtras();
  }

  private async loadExtras(): Promise<void> {
    try {
      this.extras = await import("./extras");
    } catch {
      // Without them it is still the timeline; the next one tries again.
      return;
    }
    this.folding = new this.extras.Folding(this.foldingHost());
    if (!this.isGone) this.redraw("all");
  }

  setLog(log: EventLog): void {
    this.unsubscribe();
    this.stopFollowing();
    if (log !== this.log) this.folds.opened.clear();
    this.log = log;
    this.scene = null;
    this.texts = new Texts(this.front, log);
    this.selection = this.hover = this.cursor = this.zeroTrace = null;
    this.unsubscribe = log.subscribe(() => this.redraw("all"));
    this.stopFollowing = log.onAdoption((_, renumber) => this.renumbered(renumber));
    if (log.count > 0) this.fitAll();
    this.redraw("all");
  }

  setSelection(ref: EventRef | null): void {
    if (ref === this.selection) return;
    this.selection = ref;
    const event = ref === null ? undefined : this.log.event(ref);
    if (event?.traceId != null) this.zeroTrace = event.traceId;
    this.reveal();
    this.redraw("all");
  }

  setCursor(t: number | null): void {
    this.cursor = t;
    this.redraw("front");
  }

  setView(view: View, animate = false): void {
    this.show(view, animate);
  }

  view(): View {
    return this.current;
  }

  setScale(scale: TimeScale): void {
    if (scale === this.scale) return;
    this.scale = scale;
    this.redraw("all");
  }

  fitTrace(traceId: string): void {
    const extent = this.extentOf(traceId);
    if (extent === null) return;
    this.zeroTrace = traceId;
    const { start, end } = this.around(extent);
    // What is under way reaches to the edge of the pane: beyond it lies what has not happened yet.
    this.show({ start, end: this.isRunning ? extent.end : end }, true);
  }

  fitSelection(): void {
    const place = this.selection === null ? null : spansOf(this.log).place(this.selection);
    const event = this.selection === null ? undefined : this.log.event(this.selection);
    if (event === undefined) return;
    const end = place ? Math.min(place.row.end[place.i] as number, this.now()) : event.t;
    if (end > event.t) this.show(this.around({ start: event.t, end }), true);
    else if (event.traceId !== null) this.fitTrace(event.traceId);
  }

  fitAll(): void {
    const { start, end } = this.extent();
    if (this.log.count === 0 && this.beyond() === null) return;
    this.zeroTrace = null;
    this.show(withMargin({ start, end }), false);
  }

  setRunning(on: boolean): void {
    this.isRunning = on;
    this.redraw("all");
  }

  setGhostLegend(on: boolean): void {
    this.ghost = on;
    this.redraw("all");
  }

  refresh(): void {
    this.palette = readPalette(this.host);
    this.texts = new Texts(this.front, this.log);
    this.warp.key = "";
    this.redraw("all");
  }

  zoom(factor: number, at?: number): void {
    const { start, end } = this.current;
    const axis = this.axis();
    const inView = this.cursor !== null && this.cursor > start && this.cursor < end;
    const pivot = at ?? (inView ? (this.cursor as number) : timeAt(axis, axis.width / 2));
    const x = xOf(axis, pivot);
    const [left, right] = [x - x / factor, x + (axis.width - x) / factor];
    const all = withMargin(this.extent());
    const length = Math.max(all.end - all.start, end - start);
    // Beyond all that there is nothing is to be seen.
    if (factor < 1 && timeAt(axis, right) - timeAt(axis, left) > length) {
      if (length > end - start) this.show(all, false);
    } else this.showPixels(left, right);
  }

  pan(fraction: number): void {
    this.panBy(this.stage.width * fraction);
  }

  moveSelection(move: Move): void {
    const to =
      this.selection === null ? this.firstInView() : moveFrom(this.log, this.selection, move);
    if (to !== null) this.select(to);
  }

  followLink(direction: 1 | -1): boolean {
    const to = this.selection === null ? null : linkFrom(this.log, this.selection, direction);
    if (to !== null) this.select(to);
    return to !== null;
  }

  toggleFold(what: Foldable): string | null {
    return this.folding?.toggleBy(what, this.selection) ?? null;
  }

  hitTest(x: number, y: number): Hit {
    return hitAt(this.seen(), x, y);
  }

  destroy(): void {
    this.isGone = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.hoverTimer);
    this.unsubscribe();
    this.stopFollowing();
    this.stopPointer();
    this.stage.destroy();
  }

  // --- selection ----------------------------------------------------------------------------------

  private select(ref: EventRef): void {
    this.setSelection(ref);
    this.options.onSelect(ref, describe(ref, this.log, this.texts, this.options));
  }

  private firstInView(): EventRef | null {
    for (const lane of this.makeScene().layout.lanes) {
      const row = lane.spans.rows[0];
      const i = row?.firstEndingFrom(this.current.start) ?? 0;
      if (row && i < row.length) return row.event[i] as number;
    }
    return null;
  }

  /** Brings the selection into view, sideways and up or down, moving no further than needed. */
  private reveal(): void {
    const event = this.selection === null ? undefined : this.log.event(this.selection);
    if (event === undefined) return;
    const place = spansOf(this.log).place(event.index);
    const end = place ? Math.min(place.row.end[place.i] as number, this.now()) : event.t;
    const { start, end: viewEnd } = this.current;
    if (end < start || event.t > viewEnd) {
      const axis = this.axis();
      const x = xOf(axis, event.t);
      const left = x - axis.width * 0.1;
      const target =
        xOf(axis, end) - x > axis.width * 0.9
          ? this.around({ start: event.t, end })
          : { start: timeAt(axis, left), end: timeAt(axis, left + axis.width) };
      this.show(target, true);
    }
    const lane = this.makeScene().layout.lanes.find((item) => item.lane === event.lane);
    const row = place && lane?.rows[place.depth];
    if (!lane || !row) return;
    const pane = this.stage.height - RULER;
    if (row.y + row.height + 8 > this.scroll + pane) this.scroll = row.y + row.height + 8 - pane;
    if (row.y - 8 < this.scroll) this.scroll = Math.max(0, row.y - 32);
  }

  // --- view ---------------------------------------------------------------------------------------

  /** Shows what now lies between two places of the pane, in CSS pixels. */
  private showPixels(left: number, right: number): void {
    const axis = this.axis();
    this.show({ start: timeAt(axis, left), end: timeAt(axis, right) }, false);
  }

  /** A view of these times with a small margin on the pane. */
  private around(times: View): View {
    const axis = this.axis(times);
    const { start, end } = withMargin({ start: 0, end: axis.width });
    return { start: timeAt(axis, start), end: timeAt(axis, end) };
  }

  private panBy(dx: number): void {
    this.showPixels(dx, dx + Math.max(1, this.stage.width));
  }

  /** Where times stand in `view`. */
  private axis(view: View = this.current): Axis {
    const width = Math.max(1, this.stage.width);
    const bent = this.currentWarp();
    const isSeen =
      bent !== null && bent.length >= (bent.to(view.end) - bent.to(view.start)) * LEAST_BENT;
    const warp = isSeen ? bent : null;
    const axis = warp ? { start: warp.to(view.start), end: warp.to(view.end) } : view;
    return { warp, axis, width };
  }

  /** Kept until the trace or the room for it changes. */
  private currentWarp(): Warp | null {
    const { log, zeroTrace: trace, stage, texts, palette } = this;
    if (this.scale === "time" || trace === null) return null;
    const { length } = log.eventsOf(trace);
    const state = [log.generation, stage.width, palette.labelSize, this.isRunning];
    const key = [trace, length, ...state].join(" ");
    if (this.warp.key !== key) {
      const contexts = contextsOf(log);
      const width = stage.width / (1 + 2 * MARGIN);
      const warp = warpFor(trace, { log, contexts, texts, palette, width });
      this.warp = { key, warp: this.isRunning && warp ? warp.opened() : warp };
    }
    return this.warp.warp;
  }

  private show(view: View, animate: boolean): void {
    const target = sane(view);
    if (animate && !prefersStillness() && this.scene !== null && isNear(this.current, target)) {
      this.animation = { from: this.current, to: target, began: performance.now() };
    } else {
      this.animation = null;
      this.current = target;
      this.options.onView(target);
    }
    this.redraw("all");
  }

  private advanceAnimation(at: number): void {
    if (this.animation === null) return;
    const { to } = this.animation;
    const view = viewOn(this.animation, at, this.axis(to));
    this.current = view ?? to;
    if (view === null) this.animation = null;
    this.options.onView(this.current);
    this.redraw("all");
  }

  private extentOf(traceId: string): View | null {
    const indexes = this.log.eventsOf(traceId);
    const first = this.log.event(indexes[0] ?? -1);
    const last = this.log.event(indexes.at(-1) ?? -1);
    if (first === undefined || last === undefined) return null;
    const isOpen = first.phase === "begin" && last.spanId !== first.spanId;
    const end = isOpen && !this.hasGone(first.lane) ? Math.max(last.t, this.now()) : last.t;
    return { start: first.t, end: Math.max(end, first.t + SHORTEST) };
  }

  private hasGone(lane: number): boolean {
    return this.options.isGone?.(this.log.lanes[lane]?.pid ?? null) ?? false;
  }

  /** Until when open spans reach: the newest event, and as long as the shown trace runs, this moment. */
  private now(): number {
    const { log } = this;
    if (!this.isRunning || spansOf(log).openCount === 0) return log.endTime;
    return Math.max(log.endTime, Date.now() * NS_PER_MS - Number(log.epoch ?? 0n));
  }

  private zero(): number {
    const first = this.zeroTrace === null ? undefined : this.log.eventsOf(this.zeroTrace)[0];
    const event = first === undefined ? undefined : this.log.event(first);
    return event?.t ?? this.extent().start;
  }

  private beyond(): Beyond | null {
    return this.options.beyond?.() ?? null;
  }

  /** The times of all that there is. */
  private extent(): View {
    return this.beyond()?.times ?? { start: this.log.startTime, end: this.now() };
  }

  // --- what happens outside -----------------------------------------------------------------------

  /** The events have other numbers now; what is shown stays. */
  private renumbered(now: (ref: EventRef) => EventRef | null): void {
    this.selection = this.selection === null ? null : now(this.selection);
    this.hover = this.scene = null;
    const { folds } = this;
    const opened = [...folds.opened].map(([ref, view]) => [now(ref), view] as const);
    folds.opened.clear();
    for (const [ref, view] of opened) if (ref !== null) folds.opened.set(ref, view);
    folds.wanted = folds.wanted.map(now).filter((ref) => ref !== null);
    this.texts = new Texts(this.front, this.log);
  }

  private environmentChanged(what: "size" | "theme"): void {
    if (what === "theme") this.palette = readPalette(this.host);
    this.redraw("all");
  }

  private pointerActions(): Parameters<typeof listenToPointer>[1] {
    return {
      isOnRuler: (y) => y < RULER,
      isOnCursor: (x) => this.isOnCursor(x),
      grabsScrollbar: (x) => x > this.stage.width - 10 && this.overflow() > 0,
      cursorTo: (x) => {
        this.cursorTo(timeAt(this.axis(), Math.min(Math.max(x, 0), this.stage.width)));
      },
      dragBy: (dx, dy) => {
        this.scrollTo(this.scroll - dy);
        this.panBy(-dx);
      },
      scrollBy: (dy) => this.scrollTo(this.scroll + dy),
      scrollbarBy: (dy) => {
        const pane = this.stage.height - RULER;
        this.scrollTo(this.scroll + (dy * (this.overflow() + pane)) / pane);
      },
      panBy: (dx) => this.panBy(dx),
      zoomAt: (factor, x) => this.zoom(factor, timeAt(this.axis(), x)),
      click: (x, y) => this.click(x, y),
      hover: (x, y) => this.pointAt(x, y),
      leave: () => this.pointAt(-1, -1),
      busy: (on) => {
        this.isBusy = on;
        if (!on) this.redraw("all");
      },
    };
  }

  private cursorTo(t: number): void {
    this.setCursor(t);
    this.options.onCursor(t);
  }

  private click(x: number, y: number): void {
    this.stage.root.focus({ preventScroll: true });
    const hit = this.hitTest(x, y);
    const fold = this.extras?.foldAt(this.seen(), x, y);
    if (fold) this.folding?.toggle(fold);
    else if (hit.what === "lane" && hit.lane !== null) this.folding?.toggleLane(hit.lane);
    else if (hit.what === "idle") this.clickIdle(hit.lane);
    else if (hit.ref !== null) this.select(hit.ref);
    else if (hit.what === "empty") {
      const trace = this.seen().beyond?.traceAt(this.seen(), x, y) ?? null;
      if (trace !== null) this.options.onTrace?.(trace);
      else this.cursorTo(hit.t);
    }
  }

  /** What a reader points at is what was drawn last, whatever is going to be drawn next. */
  private seen(): Scene {
    return this.scene ?? this.makeScene();
  }

  private foldingHost(): Extras.FoldingHost {
    return {
      folds: this.folds,
      label: this.options.label,
      scene: () => this.makeScene(),
      view: () => this.current,
      show: (view) => this.show(view, true),
      fit: (times) => this.show(this.around(times), true),
      changed: () => {
        this.options.onFolds?.();
        this.redraw("all");
      },
    };
  }

  /** The strip opens and closes; a line leads to what its lane did nearest to what is in view. */
  private clickIdle(lane: number | null): void {
    if (lane === null) this.folding?.toggleIdle();
    const work = lane === null ? null : nearestWork(this.makeScene(), lane);
    const trace = work && this.log.event(work.event)?.traceId;
    if (work) this.select(work.event);
    if (trace) this.fitTrace(trace);
    this.redraw("all");
  }

  private isCollapsed(lane: number): boolean {
    const { lanes } = this.folds;
    return lanes.size > 0 && lanes.has(laneKey(this.log.lanes[lane] as Lane));
  }

  private pointAt(x: number, y: number): void {
    const hit = x < 0 || this.scene === null ? null : this.hitTest(x, y);
    const fold = this.scene && this.extras?.foldAt(this.scene, x, y);
    const shape = cursorStyle(hit, x >= 0 && this.isOnCursor(x));
    this.stage.root.style.cursor = fold ? "pointer" : shape;
    const ref = hit?.ref ?? null;
    if (ref === this.hover) return;
    this.hover = ref;
    this.redraw("front");
    clearTimeout(this.hoverTimer);
    if (ref === null) this.options.onHover(null, x, y);
    else this.hoverTimer = window.setTimeout(() => this.options.onHover(ref, x, y), HOVER_REST);
  }

  private isOnCursor(x: number): boolean {
    if (this.cursor === null || this.scene === null) return false;
    return Math.abs(xOf(this.scene, this.cursor) - x) <= CURSOR_REACH;
  }

  private overflow(): number {
    return Math.max(0, (this.scene?.layout.height ?? 0) - (this.stage.height - RULER));
  }

  private scrollTo(scroll: number): void {
    this.scroll = Math.min(Math.max(0, scroll), this.overflow());
    this.redraw("all");
  }

  // --- drawing ------------------------------------------------------------------------------------

  private redraw(what: "front" | "all"): void {
    if (this.stale !== "all") this.stale = what;
    if (this.frame === 0) this.frame = requestAnimationFrame((at) => this.draw(at));
  }

  private draw(at: number): void {
    this.frame = 0;
    this.advanceAnimation(at);
    const { stage, back, front, painter } = this;
    if (stage.resize()) this.stale = "all";
    const all = this.stale === "all" || this.scene === null;
    this.stale = "none";
    const scene = all ? this.makeScene() : this.freshFront(this.scene as Scene);
    this.scene = scene;
    if (all && this.folding?.openWanted(scene)) this.redraw("all");
    this.tellHeight(RULER + scene.layout.height);
    if (back === null || front === null) return;
    if (all) {
      drawBack(back, scene);
      painter.paint(scene);
    }
    painter.put(front);
    drawFront(front, scene, this.extras);
    if (this.ghost) this.extras?.drawGhostLegend(front, scene);
    this.extras?.drawCallouts(front, scene, this.options.callouts?.() ?? []);
    if (this.animation !== null) this.redraw("all");
  }

  private tellHeight(height: number): void {
    if (height === this.toldHeight) return;
    this.toldHeight = height;
    this.options.onHeight?.(height);
  }

  private freshFront(scene: Scene): Scene {
    return { ...scene, selection: this.selection, hover: this.hover, cursor: this.cursor };
  }

  private makeScene(): Scene {
    const { stage, log, current } = this;
    const spans = spansOf(log);
    const contexts = contextsOf(log);
    const placed = this.axis();
    const { width } = placed;
    const height = Math.max(RULER + 1, stage.height);
    const focus = this.selection === null ? null : (log.event(this.selection)?.lane ?? null);
    const now = this.now();
    const skipped = this.options.skipped?.() ?? NOTHING;
    const beyond = this.beyond();
    const layout = this.lanes.steady(
      layOut({
        spans,
        contexts,
        // The legend stands alone: what an application registered would lie beneath it.
        order: this.ghost ? [] : laneOrder(log),
        isCollapsed: (lane) => this.isCollapsed(lane),
        idleOpen: this.folds.idle,
        view: current,
        xOf: (t) => xOf(placed, t),
        width,
        height: height - RULER,
        now,
        focus,
        isGone: (lane) => this.hasGone(lane),
        busy: beyond?.busy(current) ?? NOBODY,
        skipped,
        hemWidth: (sleeve) => hemWidth(sleeve, this.texts, this.palette),
      }),
      this.isBusy,
    );
    this.scroll = Math.min(this.scroll, Math.max(0, layout.height - (height - RULER)));
    return {
      log,
      spans,
      contexts,
      layout,
      view: current,
      ...placed,
      height,
      ratio: stage.ratio,
      scroll: Math.round(this.scroll),
      now,
      zero: this.zero(),
      palette: this.palette,
      texts: this.texts,
      label: this.options.label,
      skipped,
      unfolded: this.folds.opened,
      beyond,
      bars: this.scene?.bars ?? [],
      claims: new Claims(),
      selection: this.selection,
      hover: this.hover,
      cursor: this.cursor,
    };
  }
}

function cursorStyle(hit: Hit | null, onCursor: boolean): string {
  if (onCursor || hit?.what === "ruler") return "ew-resize";
  if (hit?.ref != null || hit?.what === "lane" || hit?.what === "idle") return "pointer";
  return "default";
}
