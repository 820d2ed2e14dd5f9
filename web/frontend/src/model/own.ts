/** Which steps are the application's own, and which the framework takes for every application. */
import type { EventView } from "./log";

/** Hooks that Flask registers itself carry a mark; these steps are Flask's, whoever wrote the application. */
const FRAMEWORK =
  /^(wsgi_app|start_response|url_match|make_response|signal|state|proxy|setup|dispatch)$|^(response|session|framework|app_context|request_context|local_stack|local)\./;

/** What went wrong is never hidden. */
export function isOwn(event: EventView): boolean {
  const { kind, attributes } = event;
  if (attributes.error !== undefined || attributes.refused !== undefined) return true;
  return attributes.framework !== true && !FRAMEWORK.test(kind);
}
