/** What a timeline draws where a recording's events are not loaded: its requests, as an outline tells them. */
import type { EventLog } from "../model/log";
import type { Outline, OutlineLane } from "../model/outline";
import { bandOf, leastOf, scaleOf } from "./draw_bars";
import type { LaneLayout } from "./layout";
import { faded } from "./palette";
import { type Pixels, paintRow, Runs, resolveRuns } from "./raster";
import type { Beyond } from "./scene";
import { RULER, type Scene, timeAt, xOf, yOf } from "./scene";
import type { View } from "./values";

/** Bars are at least this wide for the pointer, CSS pixels. */
const REACH = 3;

export class OutlineLayer implements Beyond {
  readonly times: View;
  private readonly byLane: ReadonlyMap<number, OutlineLane>;
  private readonly all = new Runs();
  private readonly runs = new Runs();

  /** `outline` is drawn in the timeline, `whole` in the overview; `loaded` stands in order. */
  constructor(
    private readonly whole: Outline,
    outline: Outline,
    readonly loaded: readonly View[],
  ) {
    this.times = whole.times;
    this.byLane = new Map(outline.lanes.map((lane) => [lane.lane, lane]));
  }

  busy(view: View): ReadonlySet<number> {
    const gaps = this.gapsIn(view);
    const found = new Set<number>();
    for (const [lane, { row }] of this.byLane) {
      const touches = ({ start, end }: View) => {
        const i = row.firstEndingFrom(start);
        return i < row.length && (row.start[i] as number) <= end;
      };
      if (gaps.some(touches)) found.add(lane);
    }
    return found;
  }

  paint(pixels: Pixels, scene: Scene, lane: LaneLayout): void {
    const outlined = this.byLane.get(lane.lane);
    const first = lane.rows[0];
    if (outlined === undefined || first === undefined) return;
    const gaps = without(this.gapsIn(scene.view), lane, scene.now);
    if (gaps.length === 0) return;
    const scale = { ...scaleOf(scene, pixels), now: this.times.end };
    resolveRuns(outlined.row, scale, leastOf(scene), this.all);
    const band = bandOf(scene, first);
    for (const gap of gaps) {
      const left = Math.max(0, Math.round(xOf(scene, gap.start) * scene.ratio));
      const right = Math.min(pixels.width, Math.round(xOf(scene, gap.end) * scene.ratio));
      if (left >= right) continue;
      cutOut(this.all, left, right, this.runs);
      paintRow(pixels, band, outlined.row, this.runs, scene.palette.inks, left, right);
    }
  }

  shade(context: CanvasRenderingContext2D, scene: Scene): void {
    context.fillStyle = faded(scene.palette.color.sunken, 0.7);
    for (const gap of this.gapsIn(scene.view)) {
      const left = xOf(scene, gap.start);
      context.fillRect(left, RULER, xOf(scene, gap.end) - left, scene.height - RULER);
    }
  }

  traceAt(scene: Scene, x: number, y: number): string | null {
    const t = timeAt(scene, x);
    if (!this.gapsIn(scene.view).some(({ start, end }) => t >= start && t <= end)) return null;
    const lane = scene.layout.lanes.find(({ rows: [row] }) => {
      const top = row && yOf(scene, row.y);
      return row !== undefined && top !== undefined && y >= top && y < top + row.height;
    });
    const outlined = lane && this.byLane.get(lane.lane);
    if (outlined === undefined) return null;
    const { row, item } = outlined;
    const i = row.firstEndingFrom(timeAt(scene, x - REACH));
    const isThere = i < row.length && (row.start[i] as number) <= timeAt(scene, x + REACH);
    return isThere ? (item.trace[i] as string) : null;
  }

  within(
    log: EventLog,
    start: number,
    end: number,
    buckets: number,
  ): ReturnType<Outline["within"]> {
    return this.whole.within(log, start, end, buckets);
  }

  failures(): readonly number[] {
    return this.whole.failures();
  }

  /** The parts of `view` of which the events are not here. */
  private gapsIn(view: View): View[] {
    let from = Math.max(view.start, this.times.start);
    const last = Math.min(view.end, this.times.end);
    const gaps: View[] = [];
    for (const { start, end } of this.loaded) {
      if (start > from) gaps.push({ start: from, end: Math.min(start, last) });
      from = Math.max(from, end);
    }
    gaps.push({ start: from, end: last });
    return gaps.filter(({ start, end }) => start < end);
  }
}

/** Fills `part` with the runs from one device pixel up to another; what reaches beyond is cut there. */
export function cutOut(all: Runs, from: number, to: number, part: Runs): void {
  part.prepare(Math.max(0, to - from));
  for (let i = 0; i < all.length; i++) {
    const start = Math.max(from, all.x0[i] as number);
    const end = Math.min(to, all.x1[i] as number);
    if (start >= end) continue;
    const at = part.length++;
    part.x0[at] = start;
    part.x1[at] = end;
    for (const column of ["span", "count", "duration"] as const) {
      part[column][at] = all[column][i] as number;
    }
  }
}

/** The gaps without the times of spans that are here all the same: a request that was fetched by itself. */
function without(gaps: readonly View[], { rows: [first] }: LaneLayout, now: number): View[] {
  const row = first?.row;
  if (row === undefined) return [...gaps];
  return gaps.flatMap(({ start: from, end: last }) => {
    const left: View[] = [];
    let at = from;
    for (let i = row.firstEndingFrom(from); i < row.length; i++) {
      const start = row.start[i] as number;
      if (start >= last) break;
      if (start > at) left.push({ start: at, end: start });
      at = Math.max(at, Math.min(row.end[i] as number, now));
    }
    return at < last ? [...left, { start: at, end: last }] : left;
  });
}
