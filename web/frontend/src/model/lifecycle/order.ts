/** Whether a request kept to the documented order. */
import { isOf } from "./facts";
import type { LifecycleMap } from "./map";
import type { Step } from "./table";

/** Steps that came earlier or later than at their place, in the order in which they came. */
export function moved({ pass, facts }: LifecycleMap): Step[] {
  const found = new Set<Step>();
  let last = -1;
  for (const { event } of pass.happenings) {
    const at = facts.steps.findIndex((step) => isOf(step, event));
    if (at < 0) continue;
    const step = facts.steps[at] as Step;
    if (at < last && !step.again) found.add(step);
    last = at;
  }
  return [...found];
}
