/** All that a frame is drawn from; the drawing functions read it and nothing else. */
import { formatTotal } from "../lib/format";
import type { Translate } from "../lib/translate";
import type { ContextStore } from "../model/contexts";
import { labelsOf } from "../model/kinds";
import type { EventLog, EventView } from "../model/log";
import type { SpanStore } from "../model/spans";
import type { Warp } from "../model/warp";
import type { Claims } from "./claims";
import type { LaneLayout, Layout } from "./layout";
import type { FontRole, Palette } from "./palette";
import type { Pixels } from "./raster";
import type { EventRef, SkippedSteps, View } from "./values";

/** Height of the ruler in CSS pixels. */
export const RULER = 25;

/** A span that is drawn by itself, not merged with others. */
export interface DrawnBar {
  lane: LaneLayout;
  depth: number;
  i: number;
  event: EventRef;
  style: number;
  /** CSS pixels; `y` below the ruler, before scrolling. */
  left: number;
  right: number;
  y: number;
  height: number;
  duration: number;
}

/** A bar that is drawn by itself, by its begin event. */
export function barOf({ bars }: Scene, event: EventRef): DrawnBar | undefined {
  let known = byEvent.get(bars);
  if (known === undefined) {
    known = new Map(bars.map((bar) => [bar.event, bar]));
    byEvent.set(bars, known);
  }
  return known.get(event);
}

const byEvent = new WeakMap<DrawnBar[], Map<EventRef, DrawnBar>>();

/** What is known of a recording beyond the events that are here: it is drawn where they are not. */
export interface Beyond {
  /** All of the recording. */
  readonly times: View;
  /** The times of which all events are here, in order. */
  readonly loaded: readonly View[];
  /** Lanes in which something happens in a part of `view` of which the events are not here. */
  busy(view: View): ReadonlySet<number>;
  /** Paints what happens there into the uppermost row of a lane. */
  paint(pixels: Pixels, scene: Scene, lane: LaneLayout): void;
  /** Shades those times. */
  shade(context: CanvasRenderingContext2D, scene: Scene): void;
  /** The request that is painted at a place in CSS pixels of the host, or stands for some. */
  traceAt(scene: Scene, x: number, y: number): string | null;
  /** Events by bucket of time and app, and where requests failed: what an overview draws. */
  within(
    log: EventLog,
    start: number,
    end: number,
    buckets: number,
  ): { byHue: (Float64Array | undefined)[]; totals: Float64Array };
  failures(log: EventLog): readonly number[];
}

export interface Scene {
  log: EventLog;
  spans: SpanStore;
  contexts: ContextStore;
  layout: Layout;
  /** Times at the left and right edge. */
  view: View;
  /** How the axis is bent; null while it is straight. */
  warp: Warp | null;
  /** Places on the axis at the left and right edge: the view's own times while it is straight. */
  axis: View;
  /** CSS pixels of the whole host. */
  width: number;
  height: number;
  /** Device pixels a CSS pixel. */
  ratio: number;
  scroll: number;
  now: number;
  /** The time that the ruler calls 0. */
  zero: number;
  palette: Palette;
  texts: Texts;
  label: Translate;
  /** What did not run in the shown trace. */
  skipped: SkippedSteps;
  /** Spans of repeated siblings that were opened. */
  unfolded: { has(span: EventRef): boolean };
  beyond: Beyond | null;
  bars: DrawnBar[];
  /** The places that text has taken in this frame. */
  claims: Claims;
  selection: EventRef | null;
  hover: EventRef | null;
  cursor: number | null;
}

/** The part of a scene that says where a time stands. */
export type Axis = Pick<Scene, "warp" | "axis" | "width">;

/** CSS pixels from the left edge. */
export function xOf({ warp, axis, width }: Axis, t: number): number {
  const place = warp === null ? t : warp.to(t);
  return ((place - axis.start) * width) / (axis.end - axis.start);
}

/** The inverse of {@link xOf}. */
export function timeAt({ warp, axis, width }: Axis, x: number): number {
  const place = axis.start + (x * (axis.end - axis.start)) / width;
  return warp === null ? place : warp.from(place);
}

/** Where texts on the right end: before the scroll bar, where there is one. */
export function textEnd(scene: Scene): number {
  return scene.width - (scene.layout.height > scene.height - RULER ? 10 : 0);
}

/** Upper edge in the host of something that stands at `y` in the layout. */
export function yOf(scene: Scene, y: number): number {
  return RULER + y - scene.scroll;
}

/** Whether something that stands there in the layout can be seen below the ruler. */
export function isVisible(scene: Scene, { y, height }: { y: number; height: number }): boolean {
  return yOf(scene, y + height) > RULER && yOf(scene, y) < scene.height;
}

const MOST_KEPT = 20_000;

/** Names and measures of bars, which are the same from frame to frame. */
export class Texts {
  private readonly labels = new Map<EventRef, readonly string[]>();
  /** By font, then by text. */
  private readonly widths = new Map<string, Map<string, number>>();
  private readonly ends = new Map<EventRef, EventView>();

  constructor(
    private readonly context: CanvasRenderingContext2D | null,
    private readonly log: EventLog,
  ) {}

  /** What the bar of an event may say, longest first. */
  labelsOf(event: EventRef, isOpen: boolean): readonly string[] {
    const known = this.labels.get(event);
    if (known !== undefined) return known;
    const view = this.log.event(event);
    if (view === undefined) return [];
    const end = view.kind === "request" && !isOpen ? this.endOf(event) : undefined;
    const labels = labelsOf(view, end);
    if (!isOpen) this.keep(this.labels, event, labels);
    return labels;
  }

  /** The end event of a span, undefined while it is open. */
  endOf(event: EventRef): EventView | undefined {
    const known = this.ends.get(event);
    if (known !== undefined) return known;
    const view = this.log.event(event);
    if (view?.traceId == null) return undefined;
    // A span's end stands behind its begin; a root's is the last of its trace.
    const indexes = this.log.eventsOf(view.traceId);
    for (let i = indexes.length - 1; i >= 0; i--) {
      const other = this.log.event(indexes[i] as number);
      if (other?.phase === "end" && other.spanId === view.spanId) {
        this.keep(this.ends, event, other);
        return other;
      }
    }
    return undefined;
  }

  /** Width in CSS pixels. */
  measure(text: string, font: string): number {
    let widths = this.widths.get(font);
    if (widths === undefined) {
      widths = new Map();
      this.widths.set(font, widths);
    }
    let width = widths.get(text);
    if (width === undefined) {
      width = this.measureNow(text, font);
      this.keep(widths, text, width);
    }
    return width;
  }

  private measureNow(text: string, font: string): number {
    if (this.context === null) return text.length * 6;
    this.context.font = font;
    return this.context.measureText(text).width;
  }

  duration(ns: number): string {
    return Number.isFinite(ns) && ns > 0 ? formatTotal(ns) : "";
  }

  private keep<K, V>(map: Map<K, V>, key: K, value: V): void {
    if (map.size >= MOST_KEPT) map.clear();
    map.set(key, value);
  }
}

/** CSS fonts of the canvas. */
export function fontOf(palette: Palette, role: FontRole): string {
  return palette.fonts[role];
}
