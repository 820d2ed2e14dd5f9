/** Work that one lane handed to another: a dashed line from the bar that asked to the bar that did it. */
import type { LaneSpans } from "../model/spans";
import { arrow } from "./draw_arrow";
import { lowerBound } from "./layout";
import { barOf, type DrawnBar, type Scene, xOf, yOf } from "./scene";

/** More lines than this in one lane cannot be told apart. */
const MOST = 60;
/** Before the bar that it leads to, CSS pixels. */
const LEAD = 10;

export function drawHandOvers(context: CanvasRenderingContext2D, scene: Scene): void {
  for (const { spans, collapsed } of scene.layout.lanes) {
    const { t, event } = spans.handed;
    const from = lowerBound(t.data, t.length, scene.view.start);
    const to = lowerBound(t.data, t.length, scene.view.end);
    if (collapsed || to - from > MOST) continue;
    // One line for each lane that was asked: what it does next was asked for with the first step.
    let before = from === 0 ? undefined : askerOf(scene, spans, event.data[from - 1] as number);
    for (let i = from; i < to; i++) {
      const done = event.data[i] as number;
      const asker = askerOf(scene, spans, done);
      if (asker !== undefined && asker !== before) connect(context, scene, asker, done);
      before = asker;
    }
  }
}

function connect(
  context: CanvasRenderingContext2D,
  scene: Scene,
  asker: number,
  begin: number,
): void {
  const asked = barOf(scene, asker);
  const done = barOf(scene, begin);
  if (done && asked && asked.lane !== done.lane) drawHandOver(context, scene, asked, done);
}

function drawHandOver(
  context: CanvasRenderingContext2D,
  scene: Scene,
  asked: DrawnBar,
  done: DrawnBar,
): void {
  const { palette, selection, hover } = scene;
  const isPointed = [asked.event, done.event].some(
    (event) => event === selection || event === hover,
  );
  const isBelow = done.y > asked.y;
  const start = xOf(scene, startOf(done));
  const x = Math.max(asked.left + 2, Math.min(asked.right - 2, start - LEAD));
  const from = yOf(scene, isBelow ? asked.y + asked.height : asked.y);
  const to = yOf(scene, done.y) + done.height / 2;
  context.strokeStyle = context.fillStyle = palette.color[isPointed ? "accent" : "text-3"];
  context.lineWidth = 1.25;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x, from);
  context.lineTo(x, to);
  context.lineTo(Math.max(x, done.left - 5), to);
  context.stroke();
  context.setLineDash([]);
  if (done.left - 1 > x) arrow(context, done.left - 1, to, "right");
}

function startOf(bar: DrawnBar): number {
  return bar.lane.rows[bar.depth]?.row.start[bar.i] ?? 0;
}

/** The begin event of the span that handed the work over, found once. */
function askerOf(scene: Scene, { askers }: LaneSpans, done: number): number | undefined {
  if (askers.has(done)) return askers.get(done);
  const { log } = scene;
  const event = log.event(done);
  const parent = event?.parentId ?? null;
  const indexes = event?.traceId == null ? [] : log.eventsOf(event.traceId);
  const found =
    parent === null
      ? undefined
      : indexes.find((index) => {
          const other = log.event(index);
          return other?.phase === "begin" && other.spanId === parent;
        });
  // One that is not here yet may still come.
  if (found !== undefined) askers.set(done, found);
  return found;
}
