/**
 * Where the bars of two compared requests stand: on one axis of time from the start of each, or on one
 * of steps, where what stands for each other stands in the same place. All positions are shares of
 * the width, 0 to 1.
 */

import type { FillPhase } from "../contract";
import { phaseOfKind } from "../kinds";
import type { Comparison, MergedStep } from "./compare";
import type { Step } from "./steps";

export type SideName = "a" | "b";

export interface Bar {
  merged: MergedStep;
  step: Step;
  x: number;
  width: number;
  /** Row, from 0. */
  depth: number;
  phase: FillPhase;
}

/** A context from its push to its pop. */
export interface Frame {
  x: number;
  width: number;
  type: "AppContext" | "RequestContext";
  app: string | null;
  /** 0 for the outermost; nested ones stand inside. */
  nesting: number;
}

export interface Picture {
  a: { bars: Bar[]; frames: Frame[] };
  b: { bars: Bar[]; frames: Frame[] };
  rows: number;
  /** Bars of both that are not drawn: too deep, or too many. */
  leftOut: number;
}

export const MAX_ROWS = 6;
/** Of one side. Beyond that nobody can tell them apart, and the table has them all. */
export const MAX_BARS = 400;

const CONTEXT = /^(app|request)_context\.(push|pop)$/;
/** Room of a context's push or pop on the axis of steps, and of the ends of a step around others. */
const THIN = 0.3;

export function pictureOf(comparison: Comparison, scale: "steps" | "time"): Picture {
  const slots = scale === "steps" ? slotsOf(comparison) : null;
  const longest = Math.max(comparison.lengthA, comparison.lengthB, 1);
  const span = (merged: MergedStep, step: Step): [number, number] =>
    slots?.get(merged.id) ?? [step.start / longest, (step.start + (step.duration ?? 0)) / longest];
  const depths = depthsOf(comparison);
  const draw = (side: SideName) => {
    const bars: Bar[] = [];
    for (const merged of comparison.steps) {
      const step = merged[side];
      const depth = depths.get(merged.id);
      if (step === null || depth === undefined) continue;
      const [start, end] = span(merged, step);
      bars.push({ merged, step, x: start, width: end - start, depth, phase: phaseOf(step) });
    }
    return { all: bars, kept: fewest(bars) };
  };
  const a = draw("a");
  const b = draw("b");
  const rows = 1 + Math.max(0, ...[...a.kept, ...b.kept].map(({ depth }) => depth));
  return {
    a: { bars: a.kept, frames: framesOf(comparison, "a", span) },
    b: { bars: b.kept, frames: framesOf(comparison, "b", span) },
    rows,
    leftOut: a.all.length - a.kept.length + b.all.length - b.kept.length,
  };
}

function phaseOf(step: Step): FillPhase {
  return step.failed ? "error" : phaseOfKind(step.kind);
}

/** Steps that took time are bars; a signal to which nobody listens took none. */
function isBar({ a, b, children }: MergedStep): boolean {
  const step = (b ?? a) as Step;
  const isSpan = [a, b].some((one) => one !== null && (one.duration !== null || one.open));
  return isSpan && (step.kind !== "signal" || children.length > 0);
}

/** Row of each bar: below the nearest bar that it is in. */
function depthsOf({ steps }: Comparison): Map<number, number> {
  const below = new Map<number, number>();
  const depths = new Map<number, number>();
  for (const step of steps) {
    const depth = step.parent === null ? 0 : (below.get(step.parent) ?? 0);
    if (isBar(step)) depths.set(step.id, depth);
    below.set(step.id, isBar(step) ? depth + 1 : depth);
  }
  return depths;
}

/** The outermost first, then the longest. */
function fewest(bars: readonly Bar[]): Bar[] {
  const shallow = bars.filter(({ depth }) => depth < MAX_ROWS);
  if (shallow.length <= MAX_BARS) return shallow;
  const wanted = new Set(
    [...shallow]
      .sort((one, other) => one.depth - other.depth || other.width - one.width)
      .slice(0, MAX_BARS),
  );
  return shallow.filter((bar) => wanted.has(bar));
}

/** Every bar without others inside has a slot of one width, whichever side has it. */
function slotsOf({ steps }: Comparison): Map<number, [number, number]> {
  const slots = new Map<number, [number, number]>();
  const open: MergedStep[] = [];
  let at = 0;
  const leave = (level: number) => {
    while ((open.at(-1)?.level ?? -1) >= level) {
      const step = open.pop() as MergedStep;
      const slot = slots.get(step.id) as [number, number];
      const hasInside = at > slot[0] + THIN;
      at = hasInside ? at + THIN : slot[0] + 1;
      slot[1] = at;
    }
  };
  for (const step of steps) {
    leave(step.level);
    const kind = ((step.b ?? step.a) as Step).kind;
    if (isBar(step)) {
      slots.set(step.id, [at, at]);
      at += THIN;
      open.push(step);
    } else if (CONTEXT.test(kind)) {
      slots.set(step.id, [at, at + THIN]);
      at += THIN;
    }
  }
  leave(0);
  const whole = Math.max(at, 1);
  for (const slot of slots.values()) {
    slot[0] /= whole;
    slot[1] /= whole;
  }
  return slots;
}

function framesOf(
  { steps }: Comparison,
  side: SideName,
  span: (merged: MergedStep, step: Step) => [number, number],
): Frame[] {
  const frames: Frame[] = [];
  const open = new Map<unknown, Frame>();
  for (const merged of steps) {
    const step = merged[side];
    const [, which, what] = CONTEXT.exec(step?.kind ?? "") ?? [];
    if (step === null || which === undefined) continue;
    const [start, end] = span(merged, step);
    const label = step.attributes.context;
    if (what === "push") {
      const type = which === "app" ? "AppContext" : "RequestContext";
      const frame: Frame = { x: start, width: 1 - start, type, app: step.app, nesting: open.size };
      // Pushed twice, it is on the stack until its last pop.
      if (!open.has(label)) frames.push(frame);
      open.set(label, open.get(label) ?? frame);
    } else {
      const frame = open.get(label);
      if (frame === undefined || Number(step.attributes.push_count ?? 0) > 0) continue;
      frame.width = end - frame.x;
      open.delete(label);
    }
  }
  return frames;
}
