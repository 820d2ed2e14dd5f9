/** The dispatch elbow: from the middleware that chose a mount down to the mounted application. */
import { hueIn } from "../model/span_row";
import { arrow } from "./draw_arrow";
import { write } from "./draw_text";
import { type Placed, shorten } from "./labels";
import { lowerBound } from "./layout";
import { appColor } from "./palette";
import { barOf, type DrawnBar, fontOf, type Scene, xOf, yOf } from "./scene";

const LEAST_ELBOW = 14;
/** More elbows than this in one lane cannot be told apart. */
const MOST = 100;

export function drawDispatches(context: CanvasRenderingContext2D, scene: Scene): void {
  for (const lane of scene.layout.lanes) {
    const { t, event } = lane.spans.dispatches;
    const from = lowerBound(t.data, t.length, scene.view.start);
    const to = lowerBound(t.data, t.length, scene.view.end);
    if (to - from > MOST) continue;
    for (let i = from; i < to; i++) {
      const mounted = mountedBar(scene, event.data[i] as number);
      const source = mounted && parentBar(scene, event.data[i] as number);
      if (mounted && source)
        drawElbow(context, scene, xOf(scene, t.data[i] as number), source, mounted);
    }
  }
}

function drawElbow(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: number,
  source: DrawnBar,
  mounted: DrawnBar,
): void {
  const color = appColor(scene.palette, hueIn(mounted.style));
  const top = yOf(scene, source.y + source.height);
  const middle = yOf(scene, mounted.y) + 9.5;
  const right = mounted.left - 1;
  // A mount chosen in a microsecond leaves no room to turn: the line starts as far left as it must.
  const x = Math.max(source.left + 4, Math.min(at, right - LEAST_ELBOW));
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  if (right - x < 8) {
    const straight = mounted.left + 6;
    const tip = yOf(scene, mounted.y) - 1;
    context.moveTo(straight, top);
    context.lineTo(straight, tip - 4);
    context.stroke();
    arrow(context, straight, tip, "down");
    return;
  }
  context.moveTo(x, top);
  context.lineTo(x, middle - 3);
  context.quadraticCurveTo(x, middle, x + 3, middle);
  context.lineTo(right - 5, middle);
  context.stroke();
  arrow(context, right, middle, "right");
}

/** What a mounted application's bar says about its mount, longest first; empty for any other bar. */
function mountTexts(scene: Scene, bar: DrawnBar): string[] {
  const view = scene.log.event(bar.event);
  if (view?.kind !== "wsgi_app" || view.traceId === null) return [];
  const { t, event } = bar.lane.spans.dispatches;
  const i = lowerBound(t.data, t.length, view.t + 1) - 1;
  const dispatch = i < 0 ? undefined : scene.log.event(event.data[i] as number);
  if (dispatch?.traceId !== view.traceId || mountedBar(scene, dispatch.index) !== bar) return [];
  const mount = scene.label("mounted at {mount}", { mount: dispatch.name });
  const changes = ["script_name", "path_info"].map(
    (key) => [key, changeIn(dispatch.attributes, key)] as const,
  );
  const told = changes.filter(([, change]) => change !== null);
  const texts = [mount];
  for (const [key, change] of told) texts.push(`${texts.at(-1)} · ${key.toUpperCase()} ${change}`);
  return texts.reverse();
}

/** "“” → “/shop”" from a pair, or from an object with before and after. */
function changeIn(attributes: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = attributes[key];
  const pair = Array.isArray(value)
    ? value
    : typeof value === "object" && value !== null
      ? [(value as Record<string, unknown>).before, (value as Record<string, unknown>).after]
      : [attributes[`${key}_before`], attributes[`${key}_after`]];
  if (pair.length !== 2 || pair.some((side) => typeof side !== "string")) return null;
  return `“${pair[0]}” → “${pair[1]}”`;
}

/** The first bar of an application that begins after the dispatch, in the same request. */
function mountedBar(scene: Scene, dispatch: number): DrawnBar | undefined {
  const chosen = scene.log.event(dispatch);
  if (chosen?.traceId == null) return undefined;
  const next = scene.log
    .eventsOf(chosen.traceId)
    .find((index) => index > dispatch && scene.log.event(index)?.kind === "wsgi_app");
  return next === undefined ? undefined : barOf(scene, next);
}

function parentBar(scene: Scene, dispatch: number): DrawnBar | undefined {
  const chosen = scene.log.event(dispatch);
  return scene.bars.find((bar) => {
    const event = scene.log.event(bar.event);
    return (
      event !== undefined && event.spanId === chosen?.parentId && event.agent === chosen?.agent
    );
  });
}

/** Where the application is mounted stands behind its name, as long as it leaves the duration its room. */
export function drawMount(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bar: DrawnBar,
  placed: Placed,
  durationX: number,
): void {
  const font = fontOf(scene.palette, "small");
  const x = placed.x + placed.width + 18;
  const room = durationX - 12 - x;
  const measure = (text: string) => scene.texts.measure(text, font);
  const candidates = mountTexts(scene, bar);
  const text =
    candidates.find((candidate) => measure(candidate) <= room) ??
    shorten(candidates.at(-1) ?? "", room, measure);
  if (text === null) return;
  write(context, text, x, yOf(scene, bar.y) + 14, font, scene.palette.color["text-2"]);
}
