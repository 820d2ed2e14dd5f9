/** What lies under the bars: grid, lane headers, sleeves, depth ribbons. */
import { formatCount } from "../lib/format";
import { isolate } from "../lib/isolate";
import { plural } from "../lib/translate";
import { foldedName, laneName } from "../model/lanes";
import { drawSleeve } from "./draw_sleeves";
import { write } from "./draw_text";
import { idleText } from "./idle_work";
import { shorten } from "./labels";
import { type LaneLayout, lowerBound } from "./layout";
import type { Palette } from "./palette";
import { ribbonOf } from "./ribbon";
import { eachTick } from "./ruler";
import { fontOf, isVisible, RULER, type Scene, textEnd, yOf } from "./scene";
import { HEADER } from "./values";

const SIDE = 12;
/** Room that a lane's process has before what stands on the right, CSS pixels. */
const MOST_DETAIL = 160;
/** Steps that are looked at to tell whether a lane serves one request only. */
const PEEK = 32;
/** More levels of a ribbon than this are no help to count. */
const MOST_LEVELS = 8;

export function drawBack(context: CanvasRenderingContext2D, scene: Scene): void {
  context.clearRect(0, 0, scene.width, scene.height);
  scene.beyond?.shade(context, scene);
  drawGrid(context, scene);
  for (const lane of scene.layout.lanes) {
    if (!isVisible(scene, lane)) continue;
    drawHeader(context, scene, lane);
    for (const box of lane.sleeves) drawSleeve(context, scene, box);
    drawLevels(context, scene, lane);
  }
  drawFolded(context, scene);
}

function drawGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  context.strokeStyle = scene.palette.color.grid;
  context.lineWidth = 1;
  // Whole lines would say that all is as far apart as it looks.
  if (scene.warp !== null) context.setLineDash([1, 4]);
  context.beginPath();
  eachTick(scene, (at) => {
    const x = Math.round(at) + 0.5;
    context.moveTo(x, RULER);
    context.lineTo(x, scene.height);
  });
  context.stroke();
  context.setLineDash([]);
}

// --- headers -------------------------------------------------------------------------------------

function drawHeader(context: CanvasRenderingContext2D, scene: Scene, lane: LaneLayout): void {
  const info = scene.log.lanes[lane.lane];
  if (info === undefined) return;
  const name = laneName(info, scene.label);
  drawStrip(
    context,
    scene,
    lane.y,
    lane.collapsed,
    name.title,
    name.detail,
    summaryOf(scene, lane),
  );
}

function drawFolded(context: CanvasRenderingContext2D, scene: Scene): void {
  const { folded } = scene.layout;
  if (folded === null) return;
  const title = foldedName(folded.lanes.length, scene.label);
  const count = folded.shown.length;
  const isPart = count > 0 && count < folded.lanes.length;
  const said = isPart ? scene.label("the newest {count}", { count }) : "";
  drawStrip(context, scene, folded.y, count === 0, title, "", said);
  hairline(context, scene, yOf(scene, folded.y + HEADER) - 0.5);
  folded.shown.forEach((lane, i) => {
    const info = scene.log.lanes[lane];
    const y = folded.y + HEADER * (i + 1);
    if (info === undefined || !isVisible(scene, { y, height: HEADER })) return;
    const { title, detail } = laneName(info, scene.label);
    context.fillStyle = scene.palette.color.surface;
    context.fillRect(0, yOf(scene, y), scene.width, HEADER - 1);
    drawTexts(context, scene, y, "label", title, detail, idleText(scene, lane));
    hairline(context, scene, yOf(scene, y + HEADER) - 0.5);
  });
}

function drawStrip(
  context: CanvasRenderingContext2D,
  scene: Scene,
  layoutY: number,
  isClosed: boolean,
  title: string,
  detail: string,
  summary: string,
): void {
  const y = yOf(scene, layoutY);
  context.fillStyle = scene.palette.color.sunken;
  context.fillRect(0, y, scene.width, HEADER);
  hairline(context, scene, y - 0.5);
  drawTriangle(context, scene.palette, y, isClosed);
  drawTexts(context, scene, layoutY, "title", title, detail, summary);
}

function drawTexts(
  context: CanvasRenderingContext2D,
  scene: Scene,
  layoutY: number,
  role: "title" | "label",
  title: string,
  detail: string,
  summary: string,
): void {
  const { palette, texts } = scene;
  const baseline = yOf(scene, layoutY) + 16;
  const strong = fontOf(palette, role);
  const small = fontOf(palette, "small");
  const end = textEnd(scene) - SIDE;
  write(context, title, 24, baseline, strong, palette.color[role === "title" ? "text" : "text-2"]);
  const detailX = 24 + texts.measure(title, strong) + 12;
  const measure = (text: string) => texts.measure(text, small);
  // A request's path may be of any length; which process it was in stays readable.
  const detailEnd = detailX + Math.min(measure(detail), MOST_DETAIL) + 12;
  const shown = fitting(summary, end - detailEnd, measure);
  const summaryX = end - measure(shown);
  write(
    context,
    fitting(detail, summaryX - detailX - 12, measure),
    detailX,
    baseline,
    small,
    palette.color["text-3"],
  );
  write(context, shown, summaryX, baseline, small, palette.color["text-3"]);
}

function fitting(text: string, room: number, measure: (text: string) => number): string {
  return measure(text) <= room ? text : (shorten(text, room, measure) ?? "");
}

function hairline(context: CanvasRenderingContext2D, scene: Scene, y: number): void {
  context.strokeStyle = scene.palette.color.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(scene.width, y);
  context.stroke();
}

function drawTriangle(
  context: CanvasRenderingContext2D,
  palette: Palette,
  y: number,
  isClosed: boolean,
): void {
  context.fillStyle = palette.color["text-3"];
  context.beginPath();
  context.moveTo(isClosed ? 11 : 10, y + (isClosed ? 7 : 9));
  context.lineTo(isClosed ? 16 : 14, y + (isClosed ? 12 : 14));
  context.lineTo(isClosed ? 11 : 18, y + (isClosed ? 17 : 9));
  context.fill();
}

/** The one request that is in view, or how many are. */
function summaryOf(scene: Scene, lane: LaneLayout): string {
  const root = lane.spans.rows[0];
  if (root === undefined) return summaryOfTrace(scene, lane.sleeves[0]?.sleeve.traceId);
  const from = root.firstEndingFrom(scene.view.start);
  const to = lowerBound(root.start, root.length, scene.view.end);
  const first = scene.log.event(root.event[from] as number);
  if (first?.traceId == null) return "";
  // A thread that was handed work may have many steps on top; few rows are all of one request.
  const rest = Array.from({ length: Math.min(to - from, PEEK) }, (_, i) => root.event[from + i]);
  if (rest.some((other) => scene.log.event(other as number)?.traceId !== first.traceId)) {
    return plural(scene.label, to - from, "{count} request", "{count} requests");
  }
  return summaryOfTrace(scene, first.traceId);
}

function summaryOfTrace(scene: Scene, trace: string | null | undefined): string {
  const indexes = trace == null ? [] : scene.log.eventsOf(trace);
  const event = scene.log.event(indexes[0] ?? -1);
  if (event === undefined) return "";
  const count = indexes.length;
  const events = scene.label(count === 1 ? "{count} event" : "{count} events", {
    count: formatCount(count),
  });
  return `${isolate(event.name)} · ${events}`;
}

/** The levels behind a depth ribbon. */
function drawLevels(context: CanvasRenderingContext2D, scene: Scene, lane: LaneLayout): void {
  const ribbon = ribbonOf(scene, lane);
  if (ribbon === null || ribbon.levels > MOST_LEVELS) return;
  context.fillStyle = scene.palette.color.grid;
  for (let level = 1; level <= ribbon.levels; level++) {
    const y = Math.round(ribbon.base - level * ribbon.unit);
    context.fillRect(ribbon.left, y, ribbon.right - ribbon.left, 1);
  }
}
