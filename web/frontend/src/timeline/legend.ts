/** The dashed sample request of the empty state: it explains the signs before there is anything. */

import type { Sentence } from "../lib/translate";
import { drawFlag } from "./draw_flag";
import { drawGhost } from "./draw_ghosts";
import { drawTriangle } from "./draw_signals";
import { drawSleeve } from "./draw_sleeves";
import { write } from "./draw_text";
import { fontOf, type Scene } from "./scene";

/** [row, left, right] in shares of the width, and what it is. */
const BARS: readonly [row: number, left: number, right: number, text: Sentence][] = [
  [0, 0, 1, "request: from the server's call to the end of the response"],
  [1, 0.03, 0.97, "wsgi_app: Flask's own part"],
  [2, 0.08, 0.19, "session"],
  [2, 0.195, 0.365, "before_request"],
  [2, 0.375, 0.635, "view: your function"],
  [2, 0.64, 0.8, "after_request"],
  [2, 0.805, 0.925, "teardown"],
  [3, 0.39, 0.505, "db.query"],
  [3, 0.51, 0.625, "template"],
];
const ROW = 24;
const WIDEST = 760;

export function drawGhostLegend(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette, label, texts } = scene;
  const width = Math.min(WIDEST, scene.width - 64);
  if (width < 280) return;
  const left = Math.round((scene.width - width) / 2);
  const top = 36;
  const small = fontOf(palette, "small");
  drawContexts(context, scene, left, top, width);
  for (const [row, from, to, text] of BARS) {
    const x = left + from * width;
    const y = top + row * ROW + (row >= 2 ? 26 : 0);
    const barWidth = (to - from) * width - 2;
    drawGhost(context, scene, x, y, barWidth, 19);
    const said = label(text);
    const short = said.split(/[:：]/)[0] as string;
    const fitting = [said, short].find((words) => texts.measure(words, small) + 14 <= barWidth);
    if (fitting !== undefined)
      write(context, fitting, x + 8, y + 14, small, palette.color["text-2"]);
  }
  drawFlag(context, scene, left + 0.365 * width - 2, top + 2 * ROW + 26);
  for (const [share, heard] of [
    [0.09, false],
    [0.2, true],
    [0.65, true],
    [0.9, false],
  ] as const) {
    const x = left + share * width;
    drawTriangle(
      context,
      x,
      top + 2 * ROW + 14,
      palette.signal,
      heard ? palette.signal : palette.color.surface,
    );
  }
}

function drawContexts(
  context: CanvasRenderingContext2D,
  scene: Scene,
  left: number,
  top: number,
  width: number,
): void {
  const names = ["AppContext", "RequestContext"] as const;
  names.forEach((type, i) => {
    drawSleeve(
      context,
      { ...scene, scroll: 0 },
      {
        sleeve: {
          label: type,
          type,
          app: null,
          hue: 1,
          name: "",
          lane: 0,
          start: 0,
          end: 1,
          depth: i + 1,
          balanced: true,
          pushEvent: null,
          popEvent: null,
          traceId: null,
        },
        left: left + (0.05 + i * 0.015) * width,
        right: left + (0.95 - i * 0.015) * width,
        top: top - 25 + 2 * ROW + i * 6,
        bottom: top - 25 + 4 * ROW + 64 - i * 18,
        names: [],
        openLeft: false,
        torn: false,
        growing: false,
      },
    );
    const color = scene.palette.app[1] as string;
    const text = `${i + 1} ${type}`;
    write(
      context,
      text,
      left + (0.05 + i * 0.015) * width + 10,
      top + 4 * ROW + 59 - i * 18,
      fontOf(scene.palette, "strong"),
      color,
    );
  });
}
