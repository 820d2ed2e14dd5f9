/** Whether a request went well. */
import type { TraceItem } from "../transport/items";

/** Whether a request went wrong for good: an error that a handler answered is an answer. */
export function isFailed({ status, error }: TraceItem): boolean {
  return status === null ? error !== null : status >= 500;
}
