/** Where a process's clock was set back: times behind such a line are moved on by what it says. */
import { formatTotal } from "../lib/format";
import { writeFree } from "./draw_text";
import { fontOf, RULER, type Scene, xOf } from "./scene";

/** A clock that jumps more often in one log is told no better by more lines. */
const MOST = 200;

export function drawJumps(context: CanvasRenderingContext2D, scene: Scene): void {
  const { log, palette, width, height, label } = scene;
  const font = fontOf(palette, "small");
  for (const { event, by } of log.jumps.slice(-MOST)) {
    const view = log.event(event);
    if (view === undefined) continue;
    const x = Math.round(xOf(scene, view.t));
    if (x < 0 || x > width) continue;
    context.fillStyle = palette.color.error;
    for (let y = RULER; y < height; y += 6) context.fillRect(x, y, 1, 3);
    const text = `✕ ${label("clock set back {time}", { time: formatTotal(by) })}`;
    writeFree(context, scene, text, x + 5, height - 8, font, palette.color.error, true);
  }
}
