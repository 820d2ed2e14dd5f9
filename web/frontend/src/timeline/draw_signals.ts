/** The rail of signals: a triangle for each, merged where they would touch. */

import { writeFree } from "./draw_text";
import type { LaneLayout } from "./layout";
import { lowerBound } from "./layout";
import { fontOf, type Scene, timeAt, xOf, yOf } from "./scene";

const WIDTH = 9;
const HEIGHT = 8;
/** Triangles nearer than this become one with a count. */
const NEAR = 12;
/** Between a count and the next triangle. */
const TEXT_GAP = 2;

/** A triangle, and the signals that it stands for. */
export interface SignalGroup {
  x: number;
  y: number;
  /** Positions in the lane's rail. */
  from: number;
  to: number;
}

/** The triangles of a lane from left to right, in CSS pixels of the host. */
export function signalGroups(scene: Scene, lane: LaneLayout): SignalGroup[] {
  if (lane.rail === null) return [];
  const { t } = lane.spans.signals;
  const y = yOf(scene, lane.rail);
  const groups: SignalGroup[] = [];
  let from = lowerBound(t.data, t.length, timeAt(scene, -WIDTH));
  while (from < t.length) {
    const start = t.data[from] as number;
    const x = xOf(scene, start);
    if (x > scene.width + WIDTH) break;
    const to = lowerBound(t.data, t.length, timeAt(scene, x + NEAR));
    groups.push({ x, y, from, to: Math.max(to, from + 1) });
    from = Math.max(to, from + 1);
  }
  return groups;
}

export function drawSignals(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
): void {
  const { palette, texts } = scene;
  const { signals } = lane.spans;
  const font = fontOf(palette, "small");
  const groups = signalGroups(scene, lane);
  const pointed = [scene.selection, scene.hover].map((event) => placeOf(scene, lane, event));
  for (const group of groups) {
    for (const s of pointed) if (isIn(group, s)) drawHairLines(context, scene, lane, group, s);
  }
  groups.forEach((group, i) => {
    const selected = pointed.some((s) => isIn(group, s));
    const color = selected ? palette.color.accent : palette.signal;
    const fill = signals.isHeard(group.from, group.to) ? color : palette.color.surface;
    stampTriangle(context, scene.ratio, group.x, group.y, color, fill);
    if (group.to - group.from < 2) return;
    const text = `×${group.to - group.from}`;
    const x = group.x + WIDTH / 2 + 2;
    const next = groups[i + 1]?.x ?? Number.POSITIVE_INFINITY;
    if (x + texts.measure(text, font) + TEXT_GAP > next - WIDTH / 2) return;
    writeFree(context, scene, text, x, group.y + HEIGHT, font, palette.color["text-2"], true);
  });
}

/** Position of a signal in a lane's rail, -1 if it is not there. */
function placeOf(scene: Scene, lane: LaneLayout, event: number | null): number {
  const sent = event === null ? undefined : scene.log.event(event);
  if (sent?.lane !== lane.lane || sent.kind !== "signal") return -1;
  const { t, event: events } = lane.spans.signals;
  let s = lowerBound(t.data, t.length, sent.t);
  while (s < t.length && t.data[s] === sent.t && events.data[s] !== event) s++;
  return events.data[s] === event ? s : -1;
}

function isIn({ from, to }: SignalGroup, s: number): boolean {
  return s >= from && s < to;
}

/** From the signal that is pointed at or selected to the functions that received it. */
function drawHairLines(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: LaneLayout,
  group: SignalGroup,
  s: number,
): void {
  const spanId = scene.log.event(lane.spans.signals.event.data[s] as number)?.spanId;
  context.strokeStyle = scene.palette.color.accent;
  context.lineWidth = 1;
  context.beginPath();
  for (const bar of scene.bars) {
    if (bar.lane !== lane || scene.log.event(bar.event)?.parentId !== spanId) continue;
    context.moveTo(group.x, group.y + HEIGHT);
    context.lineTo((bar.left + bar.right) / 2, yOf(scene, bar.y));
  }
  context.stroke();
}

/** Space around a triangle in its stamp, CSS pixels. */
const MARGIN = 2;
const stamps = new Map<string, HTMLCanvasElement>();

/** A triangle on whole pixels, from a stamp: a path costs ten times as much, and there are hundreds. */
function stampTriangle(
  context: CanvasRenderingContext2D,
  ratio: number,
  x: number,
  y: number,
  stroke: string,
  fill: string,
): void {
  const key = `${stroke} ${fill} ${ratio}`;
  let stamp = stamps.get(key);
  if (stamp === undefined) {
    stamp = document.createElement("canvas");
    stamp.width = Math.ceil((WIDTH + 2 * MARGIN) * ratio);
    stamp.height = Math.ceil((HEIGHT + 2 * MARGIN) * ratio);
    const own = stamp.getContext("2d");
    own?.scale(ratio, ratio);
    if (own) drawTriangle(own, MARGIN + WIDTH / 2, MARGIN, stroke, fill);
    stamps.set(key, stamp);
  }
  const left = Math.round((x - WIDTH / 2 - MARGIN) * ratio) / ratio;
  const top = Math.round((y - MARGIN) * ratio) / ratio;
  context.drawImage(stamp, left, top, stamp.width / ratio, stamp.height / ratio);
}

export function drawTriangle(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  stroke: string,
  fill: string,
): void {
  context.beginPath();
  context.moveTo(x - WIDTH / 2, y);
  context.lineTo(x + WIDTH / 2, y);
  context.lineTo(x, y + HEIGHT);
  context.closePath();
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.lineWidth = 1.3;
  context.lineJoin = "round";
  context.fill();
  context.stroke();
  context.lineJoin = "miter";
}
