/** All bars of a frame as one buffer; and the list of those wide enough to carry more. */
import { OPEN } from "../model/span_row";
import type { LaneLayout, RowLayout } from "./layout";
import type { Palette } from "./palette";
import { type Band, type Pixels, paintRow, Runs, resolveRuns, type Scale } from "./raster";
import { paintRibbon, type RibbonPixels } from "./raster_ribbon";
import { paintStamp, type Stamp, triangleStamp } from "./raster_triangle";
import { ribbonOf } from "./ribbon";
import { isVisible, type Scene, yOf } from "./scene";
import { signalGroups } from "./signal_groups";

/** In CSS pixels: a narrower bar has neither a label nor a decoration. */
const LEAST_DECORATED = 3;
/** No bar is drawn narrower, CSS pixels. */
const LEAST_WIDTH = 2;
/** Height of a ribbon's line, CSS pixels, and the strength of the hue below it. */
const RIBBON_LINE = 1.5;
const RIBBON_AREA = Math.round(0.14 * 255);

/** The triangles of signals with and without receivers, for one palette and ratio. */
interface Stamps {
  palette: Palette;
  ratio: number;
  heard: Stamp;
  unheard: Stamp;
}

/** How the times of a scene stand on the canvas. */
export function scaleOf({ axis, now, warp }: Scene, { width }: Pixels): Scale {
  return { start: axis.start, density: width / (axis.end - axis.start), width, now, bend: warp };
}

/** The least width of a bar in device pixels. */
export function leastOf({ ratio }: Scene): number {
  return Math.round(LEAST_WIDTH * ratio);
}

/** Where a row stands on the canvas. */
export function bandOf(
  scene: Scene,
  { y, height, thin }: Pick<RowLayout, "y" | "height" | "thin">,
): Band {
  const { ratio } = scene;
  const top = Math.round(yOf(scene, y) * ratio);
  return { y: top, height: Math.round(height * ratio), ratio, edge: !thin };
}

/** Owns the buffer of the bars. */
export class BarPainter {
  private image: ImageData | null = null;
  private pixels: Pixels = { words: new Uint32Array(0), width: 0, height: 0 };
  private readonly runs = new Runs();
  private stamps: Stamps | null = null;

  /** Paints every row of every lane in view and fills `scene.bars`. */
  paint(scene: Scene): void {
    this.prepare(scene);
    scene.bars = [];
    const inks = scene.palette.inks;
    const scale = scaleOf(scene, this.pixels);
    const least = leastOf(scene);
    for (const lane of scene.layout.lanes) {
      lane.rows.forEach(({ y, height, thin, row }, depth) => {
        const band = bandOf(scene, { y, height, thin });
        if (!isVisible(scene, { y, height })) return;
        resolveRuns(row, scale, least, this.runs);
        paintRow(this.pixels, band, row, this.runs, inks);
        this.collect(scene, lane, depth);
      });
      scene.beyond?.paint(this.pixels, scene, lane);
      if (!isVisible(scene, lane)) continue;
      this.paintRibbon(scene, lane);
      this.paintSignals(scene, lane);
    }
  }

  /** Puts what was painted last onto a canvas, in place of all that stood there. */
  put(context: CanvasRenderingContext2D): void {
    if (this.image) context.putImageData(this.image, 0, 0);
  }

  private collect(scene: Scene, lane: LaneLayout, depth: number): void {
    const { runs } = this;
    const { row, y, height } = lane.rows[depth] as LaneLayout["rows"][number];
    for (let r = 0; r < runs.length; r++) {
      const left = (runs.x0[r] as number) / scene.ratio;
      const right = (runs.x1[r] as number) / scene.ratio;
      if (right - left < LEAST_DECORATED) continue;
      const i = runs.span[r] as number;
      const style = row.style[i] as number;
      const end = (style & OPEN) === 0 ? (row.end[i] as number) : Number.POSITIVE_INFINITY;
      const duration = end - (row.start[i] as number);
      const event = row.event[i] as number;
      scene.bars.push({ lane, depth, i, event, style, left, right, y, height, duration });
    }
  }

  private paintRibbon(scene: Scene, lane: LaneLayout): void {
    const ribbon = ribbonOf(scene, lane);
    if (ribbon === null) return;
    const { palette, ratio } = scene;
    const { steps, unit, hue: own } = ribbon;
    const { length } = steps;
    const base = Math.round(ribbon.base * ratio);
    const painted: RibbonPixels = {
      x: new Int32Array(length),
      y: new Int32Array(length),
      line: new Uint32Array(length),
      length,
      right: Math.round(ribbon.right * ratio),
      base,
      thickness: Math.round(RIBBON_LINE * ratio),
      area: RIBBON_AREA,
    };
    for (let i = 0; i < length; i++) {
      const hue = (steps.hue[i] as number) || own;
      painted.x[i] = Math.round((steps.x[i] as number) * ratio);
      painted.y[i] = base - Math.round((steps.depth[i] as number) * unit * ratio);
      painted.line[i] = palette.inks.app[hue] as number;
    }
    paintRibbon(this.pixels, painted);
  }

  /** Every triangle as if nobody pointed at it. */
  private paintSignals(scene: Scene, lane: LaneLayout): void {
    const { signals } = lane.spans;
    const { heard, unheard } = this.stampsFor(scene);
    for (const { x, y, from, to } of signalGroups(scene, lane)) {
      const stamp = signals.isHeard(from, to) ? heard : unheard;
      paintStamp(this.pixels, stamp, x, y, scene.ratio);
    }
  }

  private stampsFor({ palette, ratio }: Scene): Stamps {
    const { signal, surface } = palette.inks;
    if (this.stamps?.palette !== palette || this.stamps.ratio !== ratio) {
      const heard = triangleStamp(ratio, signal, signal);
      this.stamps = { palette, ratio, heard, unheard: triangleStamp(ratio, signal, surface) };
    }
    return this.stamps;
  }

  private prepare(scene: Scene): void {
    const width = Math.max(1, Math.round(scene.width * scene.ratio));
    const height = Math.max(1, Math.round(scene.height * scene.ratio));
    if (this.image?.width === width && this.image.height === height) {
      this.pixels.words.fill(0);
      return;
    }
    this.image = new ImageData(width, height);
    this.pixels = { words: new Uint32Array(this.image.data.buffer), width, height };
  }
}
