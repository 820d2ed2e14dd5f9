/** A traced request as something to paste elsewhere: a command for a shell, a test for pytest. */
import type { EventLog, EventView } from "./log";

/** Kinds that a copied test asks for: what an application's own code decides the order of. */
const TESTED: ReadonlySet<string> = new Set([
  "before_first_request",
  "url_value_preprocessor",
  "before_request",
  "view",
  "exception",
  "error_handler",
  "template.render",
  "after_this_request",
  "after_request",
  "teardown_request",
  "teardown_appcontext",
]);
const WITHOUT_BODY = /^(GET|HEAD|OPTIONS)$/;

/** What a copy needs of a traced request. */
export interface CopiedRequest {
  method: string;
  /** Path and query as the server got them, mount points included. */
  path: string;
  /** The same as the application got it. */
  inside: string;
  app: string | null;
  status: number | null;
  /** Steps as `lifecycle.assert_order` takes them. */
  steps: readonly string[];
}

/** The request of a trace; null for what is none, a script say, or before its begin is here. */
export function copiedRequest(log: EventLog, trace: string): CopiedRequest | null {
  const events = log.eventsOf(trace).map((index) => log.event(index) as EventView);
  const root = events.find((event) => event.kind === "request" && event.phase === "begin");
  const { method, path } = root?.attributes ?? {};
  if (root === undefined || typeof method !== "string" || typeof path !== "string") return null;
  const end = events.find((event) => event.spanId === root.spanId && event.phase === "end");
  const status = end?.attributes.status;
  const mount = mountOf(events, root);
  return {
    method,
    path,
    inside: mount !== "" && path.startsWith(mount) ? path.slice(mount.length) || "/" : path,
    app: events.find((event) => event.kind === "wsgi_app")?.app ?? root.app,
    status: typeof status === "number" ? status : null,
    steps: events
      .filter((event) => event.lane === root.lane && event.phase !== "end")
      .filter((event) => TESTED.has(event.kind))
      .map((event) => `${event.kind} ${event.name}`),
  };
}

/** Where the application that answered is mounted, as the last dispatcher before it says. */
function mountOf(events: readonly EventView[], root: EventView): string {
  const reached = events.findIndex((event) => event.kind === "wsgi_app");
  const last = events.slice(0, reached).findLast((event) => event.kind === "dispatch");
  const names = last?.attributes.script_name;
  const name = Array.isArray(names) ? names[1] : root.attributes.script_root;
  return typeof name === "string" ? name : "";
}

/** For a POSIX shell. *origin* is where the application answers: `http://127.0.0.1:5000`. */
export function asCurl(request: CopiedRequest, origin: string): string {
  const { method } = request;
  const how = { GET: "", HEAD: " --head" }[method] ?? ` --request ${quoted(method)}`;
  const note = WITHOUT_BODY.test(method)
    ? ""
    : "# Its body was not recorded: add it with --data.\n";
  // As they are: curl would take brackets for patterns, and walk up `..` by itself.
  return `${note}curl --include --globoff --path-as-is${how} ${quoted(origin + address(request.path))}\n`;
}

/** A test for the fixture `lifecycle` of Flaskscope's plugin; its `client` is the application's own. */
export function asPytest(request: CopiedRequest): string {
  const { method, inside, app, status, steps } = request;
  const lines = [
    `# Copied from Flaskscope. \`client\` is a test client of the application ${text(app ?? "")}.`,
    ...(WITHOUT_BODY.test(method)
      ? []
      : ["# The body was not recorded: add it to the call, as data= or json=."]),
    `def ${testName(method, inside)}(client, lifecycle):`,
    `    response = client.open(${text(address(inside))}, method=${text(method)})`,
    ...(status === null ? [] : [`    assert response.status_code == ${status}`]),
  ];
  if (steps.length > 0) {
    lines.push("    lifecycle.assert_order(", "        [");
    lines.push(...steps.map((step) => `            ${text(step)},`), "        ]", "    )");
  }
  return `${lines.join("\n")}\n`;
}

/** *path* without what no address holds: it was recorded decoded. */
function address(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

/** A word of a POSIX shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A Python literal, which JSON's texts are; on one line whatever it holds. */
function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function testName(method: string, path: string): string {
  const words = `${method} ${path.split("?")[0]}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return ["test", ...words].join("_").slice(0, 80);
}
