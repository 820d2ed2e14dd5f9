/** How a request's time divides among the phases; no nanosecond is counted twice. */
import type { FillPhase } from "../contract";
import { phaseOfKind } from "../kinds";
import type { LifecycleMap } from "./map";
import type { Happening } from "./pass";

export interface PhaseTime {
  phase: FillPhase;
  /** Nanoseconds. */
  time: number;
}

/** Own time of the happenings by phase, the largest first. What is in no step is `request`. */
export function phasesOf({ pass }: LifecycleMap): PhaseTime[] {
  const times = new Map<FillPhase, number>();
  for (const one of pass.happenings) {
    if (one.end === null) continue;
    const phase = phaseOfKind(one.event.kind);
    times.set(phase, (times.get(phase) ?? 0) + ownTime(one, pass.happenings));
  }
  return [...times]
    .map(([phase, time]) => ({ phase, time }))
    .filter(({ time }) => time > 0)
    .sort((a, b) => b.time - a.time);
}

/** Its duration without what lies inside it on the same lane. */
function ownTime(one: Happening, all: readonly Happening[]): number {
  const end = one.end?.t ?? one.event.t;
  let own = end - one.event.t;
  let covered = one.event.t;
  for (const other of all) {
    if (other === one || other.end === null || other.event.lane !== one.event.lane) continue;
    if (other.event.seq < one.event.seq || other.end.t > end) continue;
    if (other.event.t < covered) continue;
    own -= other.end.t - other.event.t;
    covered = other.end.t;
  }
  return Math.max(0, own);
}
