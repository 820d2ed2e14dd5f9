/** Where Flask keeps its contexts, by what a trace reported: that changed twice in its history. */
import type { ContextType } from "./contract";
import type { EventLog } from "./log";

/** Two LocalStacks (Flask ≤ 2.1), two ContextVars (2.2 to 3.1), one ContextVar for both (3.2). */
export type Storage = "stacks" | "vars" | "merged";

const STACKS = /^_(app|request)_ctx_stack$/;

/** Null when no context was pushed in the trace. */
export function storageOf(log: EventLog, trace: string): Storage | null {
  let found: Storage | null = null;
  for (const index of log.eventsOf(trace)) {
    const event = log.event(index);
    if (event?.kind === "local_stack.push" && STACKS.test(event.name)) return "stacks";
    if (event?.kind !== "app_context.push" && event?.kind !== "request_context.push") continue;
    if (event.attributes.has_request !== undefined) return "merged";
    found = "vars";
  }
  return found;
}

/** The name in Flask's own code; "" for a LocalStack that is not Flask's. */
export function holderOf(storage: Storage, type: ContextType): string {
  if (type === "LocalStack") return "";
  const isApp = type === "AppContext" || storage === "merged";
  if (storage === "stacks") return isApp ? "_app_ctx_stack" : "_request_ctx_stack";
  return isApp ? "_cv_app" : "_cv_request";
}
