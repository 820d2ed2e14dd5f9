"""Every kind of event: what it is, when it happens, what it says.

The one source: ``docs/events.md`` and the browser's types are generated from this table, and a
test holds the probes to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["span", "instant"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One word of the vocabulary."""

    kind: str
    shape: Shape
    meaning: str
    name: str
    """What an event of this kind carries as its name."""
    attributes: Mapping[str, str]
    """Attribute → meaning, beside those that every kind may have (:data:`COMMON`)."""
    group: str


COMMON: Final[Mapping[str, str]] = {
    "file": "where the function was written, below the folder that Python imports from",
    "line": "its first line",
    "source": "id of its text, see `sources` in wire.md",
    "framework": "true for a function of Flask itself",
    "left_by": "on the end: class of the exception that left the span",
    "left_open": "on the end: why the tracer had to close it (`abandoned`, `capture ended`, "
    "`process ended`)",
}

_HOOK: Final[Mapping[str, str]] = {
    "scope": "name of the blueprint, null for the application",
    "order": "place in the order of registration within its scope, from 1",
    "registered_by": "installed package that the function comes from, null for your own",
    "returned": "on the end: class of what it returned",
}
_SESSION: Final[Mapping[str, str]] = {
    "keys": "names in the session",
    "values": "with the switch `values`: name → value, described and redacted",
    "modified": "as the session object says",
    "accessed": "as the session object says",
    "permanent": "as the session object says",
    "new": "as the session object says",
}
_LOCAL: Final[Mapping[str, str]] = {
    "local": "label of the Local, the same as long as it lives",
    "ident": "thread, greenlet and task",
}
_CONTEXT: Final[Mapping[str, str]] = {
    "context": "names handed in",
    "values": _SESSION["values"],
}
_STACK: Final[Mapping[str, str]] = {
    "context": "label of the context object, the same as long as it lives",
    "push_count": "how many times the object is on the stack after the change",
    "stack": "labels of the contexts after the change, bottom to top",
    "has_request": "only on Flask 3.2's merged context: whether it carries a request",
}

_PUSH: Final[Mapping[str, str]] = {
    **_STACK,
    "file": "where the application pushed it; not where a server's request begins with it",
    "line": "the same",
    "function": "who pushed it",
    "package": "installed package that this function comes from, absent for your own",
}
_DRIVER: Final = "module of the DB-API driver, where known"
_POOL: Final[Mapping[str, str]] = {
    "driver": _DRIVER,
    "idle": "connections that are free, before and on the end after",
    "used": "connections that are given out, before and on the end after",
}


def _span(
    kind: str, meaning: str, name: str, group: str, attributes: Mapping[str, str] | None = None
) -> Kind:
    return Kind(kind, "span", meaning, name, attributes or {}, group)


def _instant(
    kind: str, meaning: str, name: str, group: str, attributes: Mapping[str, str] | None = None
) -> Kind:
    return Kind(kind, "instant", meaning, name, attributes or {}, group)


_KINDS: Final = (
    _span(
        "run",
        "root of a trace in a script, shell or command: outermost context push to its pop",
        "application",
        "request",
        {"truncated": "true when the trace was cut at its cap", "dropped": "events cut off"},
    ),
    _span(
        "request",
        "root of a trace: outermost WSGI callable to the response iterable's `close()`",
        "`GET /index`",
        "request",
        {
            "method": "HTTP method",
            "path": "path and query, redacted",
            "script_root": "SCRIPT_NAME",
            "client": "REMOTE_ADDR",
            "traceparent": "the W3C header, when one came",
            "app": "on the end: the application that answered",
            "status": "on the end",
            "bytes": "on the end: bytes of the body that were iterated",
            "chunks": "on the end: how many pieces",
            "truncated": "on the end: true when the trace was cut at its cap",
            "dropped": "on the end: events cut off",
        },
    ),
    _span(
        "middleware",
        "a callable wrapped around `app.wsgi_app`, or a dispatcher in front of applications",
        "class or function",
        "request",
        {"position": "from the outside, from 1", "environ": "on the end: environ keys changed"},
    ),
    _instant(
        "dispatch",
        "DispatcherMiddleware chose a mount",
        "mount point",
        "request",
        {
            "script_name": "before → after, as a list of two",
            "path_info": "before → after, as a list of two",
            "mounted": "name of what is mounted there",
        },
    ),
    _span(
        "wsgi_app",
        "Flask's own part",
        "application",
        "request",
        {"method": "only of a request inside a request", "path": "the same"},
    ),
    _instant(
        "app_context.push",
        "the stack of application contexts grew",
        "application",
        "context",
        _PUSH,
    ),
    _instant("app_context.pop", "the stack shrank", "application", "context", _STACK),
    _instant(
        "request_context.push",
        "the stack of request contexts grew (Flask ≤ 3.1)",
        "application",
        "context",
        _PUSH,
    ),
    _instant(
        "request_context.pop", "the stack shrank (Flask ≤ 3.1)", "application", "context", _STACK
    ),
    _instant(
        "local_stack.push",
        "a Werkzeug `LocalStack` grew",
        "label",
        "context",
        {
            "depth": "after the change",
            "ident": "thread, greenlet and task",
            "value": "class of the object",
        },
    ),
    _instant(
        "local_stack.pop",
        "a Werkzeug `LocalStack` shrank",
        "label",
        "context",
        {
            "depth": "after the change",
            "ident": "thread, greenlet and task",
            "value": "class of the object",
        },
    ),
    _instant(
        "local.set",
        "a Werkzeug `Local` got a value (switch `local`)",
        "attribute",
        "context",
        {**_LOCAL, "value": "class of the value"},
    ),
    _instant(
        "local.delete",
        "a Werkzeug `Local` lost a value (switch `local`)",
        "attribute",
        "context",
        _LOCAL,
    ),
    _instant(
        "proxy",
        "a LocalProxy was used (switch `proxy`; always when it fails)",
        "`request.method`",
        "context",
        {
            "file": "where it was used, rather than written",
            "line": "the same",
            "function": "who used it",
            "package": "installed package that this function comes from, absent for your own",
            "target": "label of the context that it looked into; null when it is not Flask's",
            "value": "class of what it stood for",
            "error": "class of the exception, when it stood for nothing",
            "removed": "label of the context whose pop took it away, if that was in this lane",
            "removed_ms": "how long ago, in milliseconds",
            "removed_in": "id of the trace of that pop, when it is another one",
        },
    ),
    _span(
        "url_match",
        "routing",
        "rule, or the path when none fits",
        "routing",
        {
            "endpoint": "on the end",
            "view_args": "on the end",
            "exception": "on the end: class of the routing exception",
            "redirect": "on the end: target of a routing redirect",
        },
    ),
    _span(
        "session.open",
        "the session was loaded",
        "interface class",
        "session",
        {**_SESSION, "null": "true when there is none"},
    ),
    _span(
        "session.save",
        "the session was saved",
        "interface class",
        "session",
        {
            **_SESSION,
            "set_cookie": "on the end: whether a Set-Cookie header was added",
            "size": "on the end: characters of that header",
        },
    ),
    _span(
        "session.null", "a session that cannot be written was made", "interface class", "session"
    ),
    _span(
        "signal",
        "one send of a blinker signal, also with nobody listening",
        "signal",
        "signal",
        {
            "sender": "application, or class of the sender",
            "receivers": "on the end: how many were called",
            "exception": "class of the exception handed in",
        },
    ),
    _span(
        "signal_receiver",
        "a receiver of a signal was called",
        "function",
        "signal",
        {"signal": "name", "registered_by": _HOOK["registered_by"]},
    ),
    *(
        _span(kind, meaning, "function", "hook", attributes)
        for kind, meaning, attributes in (
            (
                "before_request",
                "before the view; what it returns stops the rest",
                {**_HOOK, "short_circuit": "on the end: true when it answered"},
            ),
            ("after_request", "after the view, in reverse order of registration", _HOOK),
            (
                "teardown_request",
                "when the request context goes, always",
                {**_HOOK, "exception": "class of the exception handed in"},
            ),
            (
                "teardown_appcontext",
                "when the application context goes, always",
                {**_HOOK, "exception": "class of the exception handed in"},
            ),
            ("after_this_request", "registered for this one request", {"returned": ""}),
            ("before_first_request", "once (Flask ≤ 2.2)", _HOOK),
            ("url_value_preprocessor", "may change the view's arguments", _HOOK),
            ("url_defaults", "fills in values for `url_for`", _HOOK),
            ("context_processor", "adds names to a template's context", _HOOK),
        )
    ),
    _span(
        "view",
        "the view function",
        "function",
        "view",
        {
            "endpoint": "",
            "arguments": "name → value, described and redacted",
            "async": "true for `async def`",
            "returned": "on the end: class of what it returned",
        },
    ),
    _span(
        "make_response",
        "the view's answer became a response",
        "class of the answer",
        "view",
        {"status": "on the end"},
    ),
    _instant(
        "exception",
        "an exception reached Flask",
        "class",
        "error",
        {
            "message": "redacted",
            "stage": "kind of the outermost function that it left, or `routing`",
            "handled_by": "function, null when nobody does",
            "chosen_because": "`blueprint code`, `app code`, `blueprint class` or `app class`",
        },
    ),
    _span(
        "error_handler",
        "an error handler was called",
        "function",
        "error",
        {
            "scope": _HOOK["scope"],
            "registered_for": "code or class",
            "registered_by": _HOOK["registered_by"],
            "exception": "class of the exception handed in",
            "returned": _HOOK["returned"],
        },
    ),
    _span(
        "template.load",
        "a template was found and compiled (filters on constants run here)",
        "template",
        "template",
        {"loader": "class", "cached": "true when it was compiled before"},
    ),
    _span(
        "template.render",
        "context processors, before_render_template, rendering, template_rendered",
        "template",
        "template",
        _CONTEXT,
    ),
    _span(
        "template.stream",
        "the same, chunk by chunk",
        "template",
        "template",
        _CONTEXT,
    ),
    _span("template_filter", "a filter of your own", "function", "template"),
    _span("template_global", "a global function of your own", "function", "template"),
    _span("template_test", "a test of your own", "function", "template"),
    _instant("flash", "a message was flashed", "category", "session"),
    _instant(
        "get_flashed_messages",
        "flashed messages were taken out",
        "get_flashed_messages",
        "session",
        {"count": "how many were returned"},
    ),
    _instant(
        "state",
        "what changed since the last one, after each hook and view (switch `state`)",
        "step: function",
        "state",
        {
            "after": "kind of the step",
            "changes": "what there is of `g`, `session` and `headers`, each with what there is of "
            "`added` and `removed` (name → value) and `changed` (name → before and after), and "
            "`status` (before and after); described and redacted",
        },
    ),
    _instant(
        "form",
        "the application had the body parsed as a form (switch `values`)",
        "form",
        "request",
        {"values": "name → value, described and redacted", "files": "names of the files"},
    ),
    _instant("url_for", "a URL was built", "endpoint", "routing", {"url": "redacted", "error": ""}),
    _instant(
        "start_response",
        "status and headers went to the server",
        "`200 OK`",
        "response",
        {"headers": "names"},
    ),
    _instant(
        "response.chunk",
        "a piece of the body was asked for; beyond 16 a count on `response.close`",
        "index",
        "response",
        {"bytes": ""},
    ),
    _span(
        "response.close",
        "the server closed the response",
        "response.close",
        "response",
        {"chunks": "pieces in all", "bytes": "in all, null when a file was sent"},
    ),
    _span("db.acquire", "a connection was taken from the pool", "pool", "database", _POOL),
    _span("db.wait", "the pool had none free: waiting for one", "pool", "database", _POOL),
    _span("db.release", "a connection went back to the pool", "pool", "database", _POOL),
    _span(
        "db.connect", "a new connection", "database, or the driver", "database", {"driver": _DRIVER}
    ),
    _span(
        "db.query",
        "a statement, by whichever layer the application spoke to",
        "`SELECT user`",
        "database",
        {
            "statement": "with `?` in place of its literals",
            "driver": _DRIVER,
            "parameters": "only if opted in: described, and redacted by name",
            "rows": "on the end: found or changed, where the driver knows",
        },
    ),
    _span("db.commit", "a transaction was committed", "`COMMIT`", "database", {"driver": _DRIVER}),
    _span(
        "db.rollback",
        "a transaction was rolled back",
        "`ROLLBACK`",
        "database",
        {"driver": _DRIVER},
    ),
    _span(
        "redis.command",
        "a Redis command, or a pipeline of several",
        "`GET`, `PIPELINE`",
        "database",
        {
            "key": "without session ids and the like",
            "bytes": "on the end: of the text that was read, else of key and values sent",
            "commands": "names, of a pipeline",
        },
    ),
    _instant(
        "log",
        "a log record was handed to its logger's handlers",
        "level",
        "log",
        {"logger": "name", "message": "redacted", "exception": "class, when it carries one"},
    ),
    _instant(
        "thread.start",
        "a thread or a greenlet was started from here, or work was given to a pool of threads",
        "target",
        "lane",
        {
            "thread": 'the new thread\'s name, or "of a pool"',
            "greenlet": "the new greenlet's number in its lane",
        },
    ),
    _instant(
        "context.copied",
        "a context was copied, to be used elsewhere",
        "`copy_current_request_context` or `copy_context`",
        "lane",
        {"context": "label of the copy"},
    ),
    _span("span", "your own, `with tracer.span(…)`", "yours", "user", {"…": "yours"}),
    _instant(
        "setup",
        "application made, or blueprint, rule, hook, handler, filter registered or refused",
        "what, and its name",
        "setup",
        {
            "what": "`app`, `blueprint`, `rule`, `before_request`, …",
            "file": "of the call that registers, rather than of what is registered",
            "line": "of that call",
            "who": "function that makes the call",
            "registered_by": "installed package that makes the call, null for your own code",
            "scope": _HOOK["scope"],
            "for_app": "true when a blueprint registers for the whole application",
            "order": _HOOK["order"],
            "function": "view of a rule",
            "endpoint": "of a rule, when it was given",
            "registered_for": "code or class of an error handler",
            "url_prefix": "of a blueprint, when it was given",
            "subdomain": "the same",
            "name": "the same",
            "class": "of an application",
            "refused": "class and message of the exception, when it was refused",
        },
    ),
    *(
        _span(f"framework.{phase}", meaning, "phase", "framework", {"framework": "which one"})
        for phase, meaning in (
            ("connection", "a connection was accepted"),
            ("parse", "the request was read"),
            ("context", "what stands for the request was bound"),
            ("session_load", "the session was loaded"),
            ("route", "routing"),
            ("pre_hooks", "what runs before the view"),
            ("view", "the view"),
            ("template", "a template"),
            ("post_hooks", "what runs after the view"),
            ("session_save", "the session was saved"),
            ("response_start", "status and headers"),
            ("iterate", "the body"),
            ("close", "the response was closed"),
            ("teardown", "cleaning up"),
            ("error", "error handling"),
        )
    ),
)

KINDS: Final[Mapping[str, Kind]] = {kind.kind: kind for kind in _KINDS}
"""Kind → what it is, in the order of the documentation."""
