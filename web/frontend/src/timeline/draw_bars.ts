/** All bars of a frame: one buffer, one putImageData; and the list of those wide enough to carry more. */
import { OPEN } from "../model/span_row";
import type { LaneLayout, RowLayout } from "./layout";
import { APPS } from "./palette";
import { type Band, type Pixels, paintRow, Runs, resolveRuns, type Scale } from "./raster";
import { paintRibbon, type RibbonPixels } from "./raster_ribbon";
import { ribbonOf } from "./ribbon";
import type { Scene } from "./scene";
import { RULER } from "./scene";

/** In CSS pixels: a narrower bar has neither a label nor a decoration. */
const LEAST_DECORATED = 3;
/** No bar is drawn narrower, CSS pixels. */
const LEAST_WIDTH = 2;
/** Height of a ribbon's line, CSS pixels, and the strength of the hue below it. */
const RIBBON_LINE = 1.5;
const RIBBON_AREA = Math.round(0.14 * 255);

/** How the times of a scene stand on the canvas of the bars. */
export function scaleOf({ axis, now, warp }: Scene, { width }: Pixels): Scale {
  return { start: axis.start, density: width / (axis.end - axis.start), width, now, bend: warp };
}

/** The least width of a bar in device pixels. */
export function leastOf({ ratio }: Scene): number {
  return Math.round(LEAST_WIDTH * ratio);
}

/** Where a row stands on the canvas of the bars. */
export function bandOf(
  { scroll, ratio }: Scene,
  { y, height, thin }: Pick<RowLayout, "y" | "height" | "thin">,
): Band {
  const top = Math.round((y - scroll) * ratio);
  return { y: top, height: Math.round(height * ratio), ratio, edge: !thin };
}

/** Owns the buffer behind the canvas of the bars. */
export class BarPainter {
  private image: ImageData | null = null;
  private pixels: Pixels = { words: new Uint32Array(0), width: 0, height: 0 };
  private readonly runs = new Runs();

  constructor(private readonly context: CanvasRenderingContext2D) {}

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
        if (band.y + band.height <= 0 || band.y >= this.pixels.height) return;
        resolveRuns(row, scale, least, this.runs);
        paintRow(this.pixels, band, row, this.runs, inks);
        this.collect(scene, lane, depth);
      });
      scene.beyond?.paint(this.pixels, scene, lane);
      this.paintRibbon(scene, lane);
    }
    if (this.image) this.context.putImageData(this.image, 0, 0);
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
    const { steps } = ribbon;
    const base = Math.round((ribbon.base - RULER) * ratio);
    const inkOf = (app: number) => palette.inks.app[1 + ((app - 1) % APPS)] as number;
    const own = inkOf(ribbon.app);
    const painted: RibbonPixels = {
      x: Int32Array.from(steps, (step) => Math.round(step.x * ratio)),
      y: Int32Array.from(steps, (step) => base - Math.round(step.depth * ribbon.unit * ratio)),
      line: Uint32Array.from(steps, ({ app }) => (app === 0 ? own : inkOf(app))),
      length: steps.length,
      right: Math.round(ribbon.right * ratio),
      base,
      thickness: Math.round(RIBBON_LINE * ratio),
      area: RIBBON_AREA,
    };
    paintRibbon(this.pixels, painted);
  }

  private prepare(scene: Scene): void {
    const width = Math.max(1, Math.round(scene.width * scene.ratio));
    const height = Math.max(1, Math.round((scene.height - RULER) * scene.ratio));
    if (this.image?.width === width && this.image.height === height) {
      this.pixels.words.fill(0);
      return;
    }
    this.image = this.context.createImageData(width, height);
    this.pixels = { words: new Uint32Array(this.image.data.buffer), width, height };
  }
}
