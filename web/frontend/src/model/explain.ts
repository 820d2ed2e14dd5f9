/** One plain sentence for each kind of event, and the page of the documentation that says more. */
import type { Sentence, Translate } from "../lib/translate";
import type { Explanation } from "./contract";
import type { EventView } from "./log";

const DOCS = "https://flask.palletsprojects.com/en/stable/";
const LIFECYCLE = "lifecycle/#how-a-request-is-handled";

/** Sentence, page. */
type Explained = readonly [Sentence, string | null];

const SENTENCES: Readonly<Record<string, Explained>> = {
  run: [
    "Code used an application context outside any request.",
    "appcontext/#manually-push-a-context",
  ],
  request: ["One request, from the server's call until the response was closed.", LIFECYCLE],
  middleware: [
    "A WSGI callable wrapped around the application saw the request first.",
    "lifecycle/#middleware",
  ],
  dispatch: [
    "The dispatcher chose the application that is mounted at this path.",
    "patterns/appdispatch/",
  ],
  wsgi_app: [
    "Flask's own part of the request, inside every middleware.",
    "api/#flask.Flask.wsgi_app",
  ],
  "app_context.push": [
    "An application context was pushed: current_app and g now point at it.",
    "appcontext/#lifetime-of-the-context",
  ],
  "app_context.pop": [
    "An application context was popped: current_app and g point at what lies below it.",
    "appcontext/#lifetime-of-the-context",
  ],
  "request_context.push": [
    "A request context was pushed: request and session now point at it.",
    "reqcontext/#lifetime-of-the-context",
  ],
  "request_context.pop": [
    "A request context was popped, after its teardown functions had run.",
    "reqcontext/#lifetime-of-the-context",
  ],
  "local_stack.push": [
    "Something was pushed onto a LocalStack of this thread, greenlet or task.",
    null,
  ],
  "local_stack.pop": [
    "Something was popped from a LocalStack of this thread, greenlet or task.",
    null,
  ],
  "local.set": [
    "An attribute was set on a Local; only this thread, greenlet or task sees it.",
    null,
  ],
  "local.delete": ["An attribute was deleted from a Local of this thread, greenlet or task.", null],
  proxy: [
    "A proxy such as request looked up what it stands for at this moment.",
    "reqcontext/#notes-on-proxies",
  ],
  url_match: ["Flask looked for the URL rule that fits the path.", "api/#url-route-registrations"],
  "session.open": [
    "The session was read from the request, usually from its cookie.",
    "api/#flask.sessions.SessionInterface.open_session",
  ],
  "session.save": [
    "The session was written into the response, if it had to be.",
    "api/#flask.sessions.SessionInterface.save_session",
  ],
  "session.null": [
    "There is no secret key, so the session can be read but not changed.",
    "api/#flask.sessions.SessionInterface.make_null_session",
  ],
  signal: ["A signal was sent; whoever subscribed to it was called.", "signals/"],
  signal_receiver: [
    "This function subscribed to the signal and was called.",
    "signals/#subscribing-to-signals",
  ],
  before_first_request: ["Ran once, before the first request of this process.", null],
  before_request: [
    "Ran before the view. If such a function returns something, that is the response and the view is skipped.",
    "api/#flask.Flask.before_request",
  ],
  after_request: [
    "Ran after the view with the response, in reverse order of registration.",
    "api/#flask.Flask.after_request",
  ],
  teardown_request: [
    "Ran when the request context was popped, whether or not there was an error.",
    "api/#flask.Flask.teardown_request",
  ],
  teardown_appcontext: [
    "Ran when the application context was popped, whether or not there was an error.",
    "api/#flask.Flask.teardown_appcontext",
  ],
  after_this_request: [
    "Was asked for by this request alone and ran with its response.",
    "api/#flask.after_this_request",
  ],
  url_value_preprocessor: [
    "Saw the values from the URL before the view got them.",
    "api/#flask.Flask.url_value_preprocessor",
  ],
  url_defaults: ["Added values while a URL was being built.", "api/#flask.Flask.url_defaults"],
  context_processor: [
    "Put values into the context of a template.",
    "templating/#context-processors",
  ],
  view: ["Flask called the function that the URL rule chose.", "tutorial/views/"],
  make_response: [
    "What the view returned was turned into a response object.",
    "api/#flask.Flask.make_response",
  ],
  exception: [
    "An exception was raised; the handler that fits it best was looked for.",
    "errorhandling/#handling",
  ],
  error_handler: [
    "This error handler turned the exception into a response.",
    "errorhandling/#error-handlers",
  ],
  "template.load": ["A template was found and compiled.", "templating/"],
  "template.render": ["A template was rendered.", "api/#flask.render_template"],
  "template.stream": ["A template is being rendered piece by piece.", "templating/#streaming"],
  template_filter: [
    "A filter of the application was used in a template.",
    "templating/#registering-filters",
  ],
  template_global: [
    "A function of the application was called from a template.",
    "api/#flask.Flask.template_global",
  ],
  template_test: ["A test of the application was used in a template.", "templating/"],
  flash: ["A message was kept for the next page.", "patterns/flashing/"],
  get_flashed_messages: ["The kept messages were taken out for display.", "patterns/flashing/"],
  state: ["What changed in g, the session and the response since the step before.", null],
  form: ["The application had the body of the request parsed as a form.", null],
  url_for: ["A URL was built for an endpoint.", "api/#flask.Flask.url_for"],
  start_response: ["Status and headers were handed to the server.", LIFECYCLE],
  "response.chunk": [
    "A piece of the body was sent; by now the contexts are gone.",
    "patterns/streaming/",
  ],
  "response.close": ["The server closed the response.", null],
  "db.acquire": ["A database connection was taken from the pool.", null],
  "db.wait": ["The pool had no free connection, so the code waited for one.", null],
  "db.release": ["A database connection was given back.", null],
  "db.connect": ["A database connection was opened.", null],
  "db.query": ["A statement was sent to the database.", null],
  "db.commit": ["A transaction was committed.", null],
  "db.rollback": ["A transaction was rolled back.", null],
  "redis.command": ["A command was sent to Redis.", null],
  log: ["A message was logged.", "logging/"],
  "thread.start": ["Work was handed to another thread.", null],
  "context.copied": [
    "The context was copied, to be used in another thread, greenlet or task.",
    "api/#flask.copy_current_request_context",
  ],
  span: ["A span of your own, marked with tracer.span.", null],
  setup: ["Something was registered, outside any request.", "lifecycle/#application-setup"],
  "framework.connection": ["The server took the connection, or gave it back.", null],
  "framework.parse": ["The framework read the request.", null],
  "framework.context": ["The framework set up what belongs to this request.", null],
  "framework.session_load": ["The framework read the session.", null],
  "framework.route": ["The framework looked for the function that fits the path.", null],
  "framework.pre_hooks": ["The framework ran what is registered before the view.", null],
  "framework.view": ["The framework called the view.", null],
  "framework.template": ["The framework rendered a template.", null],
  "framework.post_hooks": ["The framework ran what is registered after the view.", null],
  "framework.session_save": ["The framework wrote the session.", null],
  "framework.response_start": ["The framework began to send the response.", null],
  "framework.iterate": ["The framework sent the body, piece by piece.", null],
  "framework.close": ["The framework closed the response.", null],
  "framework.teardown": ["The framework cleaned up after the request.", null],
  "framework.error": ["The framework dealt with an exception.", null],
};

/** The sentence for an event and the address of Flask's documentation about it. */
export function explain(event: EventView, translate: Translate): Explanation {
  const [sentence, page] = special(event) ?? SENTENCES[event.kind] ?? UNKNOWN;
  const link = page === null ? null : DOCS + page;
  return { sentence: translate(sentence), link };
}

/** What went wrong is said instead of what the kind is about. */
function special(event: EventView): Explained | undefined {
  if (event.kind === "proxy" && event.attributes.error !== undefined) return FAILED_PROXY;
  if (event.kind === "setup" && event.attributes.refused !== undefined) return REFUSED;
  return undefined;
}

const UNKNOWN: Explained = ["A step that was recorded.", null];
const FAILED_PROXY: Explained = [
  "A proxy such as request was used where it stands for nothing: no such context is pushed here.",
  "appcontext/#lifetime-of-the-context",
];
const REFUSED: Explained = ["Flask refused to register this.", "lifecycle/#application-setup"];

/** Kinds with a sentence; a test compares them with the table of kinds. */
export const EXPLAINED_KINDS: readonly string[] = Object.keys(SENTENCES);
