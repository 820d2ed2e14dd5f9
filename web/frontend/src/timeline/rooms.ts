/** What a bar and a context need to be read, measured as they are drawn. */
import type { ContextStore } from "../model/contexts";
import type { Sleeve } from "../model/contract";
import { nameOf } from "../model/kinds";
import type { EventLog, EventView } from "../model/log";
import { buildWarp, type Room, type Rooms, type Stretch, type Warp } from "../model/warp";
import { raisedWidth } from "./draw_exceptions";
import { hemTexts } from "./draw_sleeves";
import { paddingOf, RIGHT_PADDING, TEXT_GAP } from "./labels";
import type { Palette } from "./palette";
import { fontOf, type Texts } from "./scene";

/** Widths are added up in floating point. */
const ROUNDING = 0.5;
const FLAG_GLYPH = 2;
const HEM_SIDES = 24;

export interface WarpInput {
  log: EventLog;
  contexts: ContextStore;
  texts: Texts;
  palette: Palette;
  /** CSS pixels of the trace when it is fitted. */
  width: number;
}

/** The bend that makes a trace readable at this width; null when it has nothing to bend. */
export function warpFor(traceId: string, input: WarpInput): Warp | null {
  const rooms: Rooms = {
    bar: (begin, end) => keptRoom(input, begin, end),
    raised: (name) => raisedWidth(name, input.texts, input.palette),
  };
  return buildWarp(input.log, traceId, input.width, rooms, framesOf(traceId, input));
}

/** Rooms of closed bars, which stay as long as the fonts and the log do; those change with the texts. */
const kept = new WeakMap<Texts, Map<number, Room>>();

function keptRoom(input: WarpInput, begin: EventView, end: EventView | undefined): Room {
  const rooms = kept.get(input.texts) ?? new Map<number, Room>();
  kept.set(input.texts, rooms);
  const room = rooms.get(begin.index) ?? roomOf(input, begin, end);
  if (end !== undefined) rooms.set(begin.index, room);
  return room;
}

function roomOf({ texts, palette }: WarpInput, begin: EventView, end: EventView | undefined): Room {
  const thin = begin.kind === "middleware";
  const font = fontOf(palette, thin ? "small" : "label");
  const labels = texts.labelsOf(begin.index, end === undefined);
  const glyph = end?.attributes.short_circuit === true ? FLAG_GLYPH : 0;
  const around = paddingOf(thin) + RIGHT_PADDING + ROUNDING + glyph;
  const measure = (text: string) => texts.measure(text, font) + around;
  const whole = measure(labels[0] ?? "");
  const duration = thin || end === undefined ? "" : texts.duration(end.t - begin.t);
  const timed = texts.measure(duration, fontOf(palette, "small")) + TEXT_GAP;
  return {
    short: measure(labels.at(-1) ?? ""),
    name: measure(labels.find((label) => label === nameOf(begin)) ?? labels.at(-1) ?? ""),
    whole,
    timed: duration === "" ? whole : whole + timed,
  };
}

/** The contexts that a trace pushed, and what their hems want to say. */
function framesOf(traceId: string, { log, contexts, texts, palette }: WarpInput): Stretch[] {
  const lanes = new Set(log.eventsOf(traceId).map((index) => log.event(index)?.lane ?? 0));
  const frames: Stretch[] = [];
  for (const lane of lanes) {
    for (const sleeve of contexts.sleevesOf(lane)) {
      if (sleeve.traceId !== traceId) continue;
      const { start, end } = sleeve;
      const [short, whole] = [1, 0].map((which) => hemWidth(sleeve, texts, palette, which));
      frames.push({ start, end, short: short as number, whole: whole as number });
    }
  }
  return frames;
}

/** Width that a context's hem needs for what it says; `which` 0 is the longest text. */
export function hemWidth(sleeve: Sleeve, texts: Texts, palette: Palette, which = 0): number {
  return texts.measure(hemTexts([sleeve])[which] ?? "", fontOf(palette, "strong")) + HEM_SIDES;
}
