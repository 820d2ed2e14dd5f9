"""The OpenAPI 3.1 description of the HTTP interface, both halves of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .compare import DIFFERENCES
from .exports import FORMATS

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_WHOLE: Final[Json] = {"type": "integer"}
_STATUS: Final[Json] = {"type": "string", "pattern": "^[1-5]([0-9]{2}|[xX]{2})$"}
_FLAG: Final[Json] = {"type": "boolean"}
_OPEN: Final[Json] = {"type": "object"}
_FORMAT: Final[Json] = {
    "name": "format",
    "in": "query",
    "required": False,
    "schema": {"enum": list(FORMATS), "default": "jsonl"},
}


def build_document() -> Json:
    """The whole document; built from nothing but this module and lists of words."""
    paths: Json = {}
    for operation in _operations():
        method, _, path = operation.pop("at").partition(" ")
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flaskscope",
            "version": "1",
            "summary": "How a Flask application handles a request, live and recorded.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {"problem": _problem_response()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "flaskscope_{port}",
                    "description": "Set by opening the printed address; its name ends in the port.",
                },
                "ingest": {"type": "http", "scheme": "bearer"},
            },
        },
    }


# --- operations --------------------------------------------------------------------------------


def _operations() -> list[Json]:
    return [
        *_for_programs(),
        *_about_apps(),
        *_about_traces(),
        *_about_recordings(),
        *_about_settings(),
    ]


def _for_programs() -> list[Json]:
    batch = {
        "required": True,
        "content": {"application/json": {"schema": _OPEN}},
        "description": "A batch as docs/wire.md describes it, plain or deflated.",
    }
    return [
        _operation("GET /healthz", "Whether it runs", _item(_OPEN), security=[]),
        _operation(
            "POST /ingest", "Deliver a batch of events", _nothing(), body=batch,
            security=[{"ingest": []}],
        ),
        _operation("GET /api/openapi.json", "This document", _item(_OPEN)),
        _operation("GET /api/status", "What the status line shows", _item(_ref("Status"))),
    ]  # fmt: skip


def _about_apps() -> list[Json]:
    recorded = "/api/lessons/{name}/recording"
    return [
        _operation("GET /api/apps", "Applications, connected ones first", _list("Application")),
        _operation(
            "GET /api/apps/registry", "Everything registered, in every application",
            _list("Registered"),
        ),
        _operation("GET /api/apps/{app_id}/routes", "What can be fired", _list("Route")),
        _operation(
            "GET /api/apps/{app_id}/registry", "Everything registered, in order",
            _list("Registration"),
        ),
        _operation(
            "POST /api/apps/{app_id}/fire", "Send a request to a connected application",
            _item(_ref("FireAnswer")), body=_json_body("FireRequest"),
        ),
        _operation("DELETE /api/cookie_jars/{name}", "Forget a cookie jar", _nothing()),
        _operation("GET /api/lessons", "The lessons, in their order", _list("LessonName")),
        _operation(
            "GET /api/lessons/{name}", "One lesson, by id or name", _item(_ref("Lesson"))
        ),
        _operation(
            f"GET {recorded}", "What its requests did when they were recorded",
            _item(_ref("LessonRecording")),
        ),
        _operation(f"GET {recorded}/events.bin", "Its recording as a frame", _frame()),
        _operation(
            f"POST {recorded}", "Put its recording among the others, unless it is there",
            _created("ImportedRecording"),
        ),
    ]  # fmt: skip


def _about_traces() -> list[Json]:
    filters = [
        _query("app", _TEXT), _query("path", _TEXT), _query("status", _STATUS), _query("q", _TEXT),
        _query("limit", _WHOLE),
    ]  # fmt: skip
    positions = [_query("after_seq", _WHOLE), _query("to_seq", _WHOLE)]
    return [
        _operation("GET /api/traces", "Recent traces, newest first", _list("Trace"), filters),
        _operation("DELETE /api/traces", "Clear what no recording holds", _nothing()),
        _operation("GET /api/traces/{trace_id}", "One trace", _item(_ref("Trace"))),
        _operation("GET /api/traces/{trace_id}/events", "Its events", _list("Event")),
        _operation("GET /api/traces/{trace_id}/events.bin", "Its events as a frame", _frame()),
        _operation("GET /api/traces/{trace_id}/export", "It as a file", _file(), [_FORMAT]),
        _operation(
            "GET /api/compare", "The merged, diffed tree of two traces", _item(_ref("Comparison")),
            [_query("a", _TEXT, required=True), _query("b", _TEXT, required=True)],
        ),
        _operation("GET /api/events.bin", "Stored events by position", _frame(), positions),
        _operation("GET /api/sources/{source_id}", "A function's text", _item(_ref("Source"))),
    ]  # fmt: skip


def _about_recordings() -> list[Json]:
    times = [_query("start", _WHOLE), _query("end", _WHOLE)]
    named = _json_body("RecordingName")
    named_or_not = {**_json_body("NewRecording"), "required": False}
    file = {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        "description": "An exported file as it is.",
    }
    one = "/api/recordings/{recording_id}"
    return [
        _operation("GET /api/recordings", "All recordings", _list("Recording")),
        _operation("POST /api/recordings", "Start one", _created("Recording"), body=named_or_not),
        _operation(
            "POST /api/recordings/import", "Bring it in", _created("ImportedRecording"), body=file
        ),
        _operation(f"GET {one}", "One recording", _item(_ref("Recording"))),
        _operation(f"PATCH {one}", "Rename it", _item(_ref("Recording")), body=named),
        _operation(f"DELETE {one}", "Delete it", _nothing()),
        _operation(f"POST {one}/stop", "Stop it", _item(_ref("Recording"))),
        _operation(
            f"GET {one}/traces", "Its traces, or the last of them", _list("Trace"),
            [_query("limit", _WHOLE)],
        ),
        _operation(
            f"GET {one}/registry", "Everything registered in the applications it recorded",
            _list("Registered"),
        ),
        _operation(f"GET {one}/events.bin", "Its events as a frame", _frame(), times),
        _operation(
            f"GET {one}/outline", "Its requests from afar, by thread and slot of time",
            _item(_ref("Outline")), [*times, _query("slots", _WHOLE)],
        ),
        _operation(
            f"GET {one}/find", "Find requests in all of it, the latest first", _lines("Finding"),
            [_query("q", _TEXT), _query("limit", _WHOLE)],
        ),
        _operation(f"GET {one}/export", "It as a file", _file(), [_FORMAT]),
    ]  # fmt: skip


def _about_settings() -> list[Json]:
    return [
        _operation("GET /api/settings", "What is set", _item(_ref("Settings"))),
        _operation(
            "PATCH /api/settings", "Change it, all or nothing", _item(_ref("Settings")),
            body=_json_body("Settings"),
        ),
        _operation("GET /api/snippet", "What to paste into an application", _item(_ref("Snippet"))),
    ]  # fmt: skip


def _operation(
    at: str,
    summary: str,
    answer: tuple[str, Json],
    parameters: list[Json] | None = None,
    *,
    body: Json | None = None,
    security: list[Json] | None = None,
) -> Json:
    status, response = answer
    in_path = [part[1:-1] for part in at.split("/") if part.startswith("{")]
    operation: Json = {
        "at": at,
        "summary": summary,
        "responses": {status: response, "default": {"$ref": "#/components/responses/problem"}},
    }
    path_parameters = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in in_path
    ]
    if path_parameters or parameters:
        operation["parameters"] = [*path_parameters, *(parameters or [])]
    if body is not None:
        operation["requestBody"] = body
    if security is not None:
        operation["security"] = security
    return operation


def _query(name: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _ref(schema: str) -> Json:
    return {"$ref": f"#/components/schemas/{schema}"}


def _json_body(schema: str) -> Json:
    return {"required": True, "content": {"application/json": {"schema": _ref(schema)}}}


def _item(schema: Json, status: str = "200") -> tuple[str, Json]:
    content = {"application/json": {"schema": schema}}
    return status, {"description": "What was asked for.", "content": content}


def _created(schema: str) -> tuple[str, Json]:
    return _item(_ref(schema), "201")


def _list(schema: str) -> tuple[str, Json]:
    items = {"type": "array", "items": _ref(schema)}
    return _item(_fields({"items": items}))


def _frame() -> tuple[str, Json]:
    content = {"application/octet-stream": {"schema": {"type": "string"}}}
    return "200", {"description": "One frame of docs/wire.md.", "content": content}


def _lines(schema: str) -> tuple[str, Json]:
    content = {"application/x-ndjson": {"schema": _ref(schema)}}
    return "200", {
        "description": "One of these a line, as soon as it is known.",
        "content": content,
    }


def _file() -> tuple[str, Json]:
    kinds = dict.fromkeys(form.media_type for form in FORMATS.values())
    content = {kind: {"schema": _TEXT} for kind in kinds}
    return "200", {"description": "A file.", "content": content}


def _nothing() -> tuple[str, Json]:
    return "204", {"description": "Done; there is nothing to say."}


def _problem_response() -> Json:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {"description": "What was asked, what was found, what to do.", "content": content}


# --- schemas -----------------------------------------------------------------------------------


def _schemas() -> Json:
    return {
        **_app_schemas(),
        **_lesson_schemas(),
        **_fire_schemas(),
        **_trace_schemas(),
        **_comparison_schemas(),
        **_recording_schemas(),
        **_other_schemas(),
    }


def _app_schemas() -> Json:
    place = {"file": _or_null(_TEXT), "line": _or_null(_WHOLE)}
    return {
        "Application": _fields(
            {
                **_texts("id", "name"),
                **{k: _or_null(_TEXT) for k in ("framework", "version", "base_url", "agent")},
                **{k: _or_null(_TEXT) for k in ("host", "python", "command")},
                "pid": _or_null(_WHOLE),
                "connected": _FLAG,
                "gone_since": _or_null(_WHOLE),
                "allow_methods": _many(_TEXT),
                "samples": _many(_OPEN),
            }
        ),
        "Route": _fields(
            {
                **_texts("rule"),
                "methods": _or_null(_many(_TEXT)),
                "endpoint": _or_null(_TEXT),
                "arguments": _or_null(_many(_TEXT)),
                "defaults": _or_null(_OPEN),
                **place,
                "registered_by": _or_null(_TEXT),
            }
        ),
        "Registration": _fields(
            {**_texts("kind", "name"), **place, "died": _WHOLE}, required=("kind", "name")
        ),
        "Registered": _fields(
            {
                **_texts("app", "agent"),
                "version": _or_null(_TEXT),
                "routes": _many(_ref("Route")),
                "registry": _many(_ref("Registration")),
            }
        ),
    }


def _lesson_schemas() -> Json:
    text = _fields(_texts("en", "zh"))
    names = {
        **_texts("id", "slug"),
        "section": _WHOLE,
        "section_title": text,
        "title": text,
        "hour": _or_null(_WHOLE),
    }
    return {
        "LessonName": _fields(names),
        "Lesson": _fields(
            {
                **names,
                **dict.fromkeys(("question", "watch", "mistake"), text),
                **{name: _or_null(text) for name in ("then", "now")},
                "script": _FLAG,
                "apart": _FLAG,
                "requests": _many(_OPEN),
                "points": _many(_OPEN),
                "prediction": _or_null(_OPEN),
                "pictures": _many(_TEXT),
                **_texts("file", "code"),
                "tokens": _many(_many(_many(_TEXT))),
            }
        ),
        "LessonRecording": _fields(
            {
                "recorded": _WHOLE,
                **_texts("name", "flask", "python"),
                "requests": _many(
                    _fields({"trace": _TEXT, "events": _WHOLE, "status": _WHOLE, "answer": _TEXT})
                ),
                "traces": _many(_ref("Trace")),
                "registered": _many(_ref("Registered")),
            }
        ),
    }


def _fire_schemas() -> Json:
    pairs = {"type": "object", "additionalProperties": _TEXT}
    return {
        "FireRequest": _fields(
            {
                "method": {"type": "string", "default": "GET"},
                "path": {"type": "string", "pattern": "^/(?!/)"},
                "query": {"type": ["object", "string"]},
                "headers": pairs,
                "body": _TEXT,
                "form": _OPEN,
                "json": {},
                "cookie_jar": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
            },
            required=("path",),
        ),
        "FireAnswer": _fields(
            {
                "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "status": _WHOLE,
                "headers": _OPEN,
                "header_list": _many(_many(_TEXT)),
                "body": _TEXT,
                "encoding": {"const": "base64"},
                "truncated": _FLAG,
                "duration_ms": {"type": "number"},
                "cookies": _many(_TEXT),
            },
            optional=("encoding",),
        ),
    }


def _trace_schemas() -> Json:
    return {
        "Trace": _fields(
            {
                **_texts("id", "name"),
                "kind": {"type": ["string", "null"]},
                "app": _or_null(_TEXT),
                "apps": _many(_TEXT),
                **{k: _or_null(_TEXT) for k in ("method", "path", "error", "short_circuit")},
                "endpoint": _or_null(_TEXT),
                "status": _or_null(_WHOLE),
                "start_ts": _WHOLE,
                "duration": _or_null(_WHOLE),
                "events": _WHOLE,
                "complete": _FLAG,
                "truncated": _FLAG,
                "counts": {"type": "object", "additionalProperties": _WHOLE},
                "pid": _or_null(_WHOLE),
                "thread": _or_null(_TEXT),
            }
        ),
        "Event": _fields(
            {
                "seq": _WHOLE,
                "ts": _WHOLE,
                "phase": {"enum": ["begin", "end", "instant"]},
                **_texts("kind", "name"),
                **{k: _or_null(_TEXT) for k in ("app", "trace_id", "span_id", "parent_id")},
                "lane": _OPEN,
                "attributes": _OPEN,
            }
        ),
        "Source": _fields(
            {
                **_texts("id", "name", "text"),
                "file": _or_null(_TEXT),
                "line": _or_null(_WHOLE),
                "tokens": _many(_many(_many(_TEXT))),
            }
        ),
    }


def _comparison_schemas() -> Json:
    side = {"anyOf": [_ref("ComparedSide"), {"type": "null"}]}
    return {
        "Comparison": _fields(
            {
                "a": _ref("Trace"),
                "b": _ref("Trace"),
                "counts": _fields(dict.fromkeys(DIFFERENCES, _WHOLE)),
                "length_ns": _fields({"a": _WHOLE, "b": _WHOLE}),
                "contexts": _fields({"a": _many(_TEXT), "b": _many(_TEXT)}),
                "steps": _many(_ref("ComparedStep")),
            }
        ),
        "ComparedStep": _fields(
            {
                "id": _WHOLE,
                "parent": _or_null(_WHOLE),
                "depth": _WHOLE,
                "difference": {"enum": list(DIFFERENCES)},
                **_texts("kind", "name"),
                "a": side,
                "b": side,
                "delta_ns": _or_null(_WHOLE),
                "own_delta_ns": _WHOLE,
                "changes": _many(_fields({"what": _TEXT, "a": {}, "b": {}})),
                "inside": _WHOLE,
            }
        ),
        "ComparedSide": _fields(
            {
                "seq": _WHOLE,
                "name": _TEXT,
                "app": _or_null(_TEXT),
                "contexts": _TEXT,
                **dict.fromkeys(("count", "start_ns"), _WHOLE),
                "duration_ns": _or_null(_WHOLE),
                "own_ns": _WHOLE,
                **dict.fromkeys(("open", "failed"), _FLAG),
            }
        ),
    }


def _recording_schemas() -> Json:
    fields: Json = {
        **_texts("id", "name", "state"),
        "problem": _or_null(_TEXT),
        "started": _or_null(_WHOLE),
        "stopped": _or_null(_WHOLE),
        "events": _WHOLE,
        "traces": _WHOLE,
        "bytes": _WHOLE,
        "origin": {"enum": ["live", "import"]},
        "start_ts": _or_null(_WHOLE),
        "end_ts": _or_null(_WHOLE),
    }
    return {
        "Recording": _fields(fields),
        "ImportedRecording": _fields(
            {**fields, "left_out": {"type": "object", "additionalProperties": _WHOLE}}
        ),
        "NewRecording": _fields({"name": _or_null(_TEXT)}, required=()),
        "Outline": _fields(
            {
                **dict.fromkeys(("start_ts", "end_ts", "slots"), _WHOLE),
                "strings": _many(_TEXT),
                "lanes": _many(_ref("OutlineLane")),
            }
        ),
        "OutlineLane": _fields(
            {
                "pid": _or_null(_WHOLE),
                "thread": _or_null(_TEXT),
                **dict.fromkeys(("start", "length", "requests", "failed"), _many(_WHOLE)),
                **dict.fromkeys(("events", "app", "name"), _many(_WHOLE)),
                "trace": _many(_TEXT),
            }
        ),
        "RecordingName": _fields({"name": _TEXT}),
        "Finding": _fields(
            {
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "found": _WHOLE,
                "items": _many(_ref("FoundTrace")),
                "usual": _or_null(_fields({"judged": _WHOLE, "unknown": _WHOLE})),
                "left_out": _many(_TEXT),
            },
            optional=("usual", "left_out"),
        ),
        "FoundTrace": _fields(
            {
                **_trace_schemas()["Trace"]["properties"],
                "difference": _or_null(_fields(dict.fromkeys(("more", "less"), _many(_TEXT)))),
            }
        ),
    }


def _other_schemas() -> Json:
    return {
        "Settings": _fields({"ignored_paths": _many(_TEXT), "size_cap": _WHOLE}, required=()),
        "Snippet": _fields(_texts("url", "key", "python", "environment")),
        "Status": _fields(
            {
                "apps": _many(_ref("Application")),
                "awaited": _many(_WHOLE),
                "recording": {"anyOf": [_ref("Recording"), {"type": "null"}]},
                "store": _fields({"ok": _FLAG, "problem": _or_null(_TEXT)}),
                "dropped": {"type": "object", "additionalProperties": _WHOLE},
                "rate": {"type": "number"},
                "newest_seq": _WHOLE,
            }
        ),
        "Problem": _fields(
            {
                "type": _TEXT,
                "title": _TEXT,
                "status": _WHOLE,
                "detail": _TEXT,
                **_texts("asked", "found", "todo"),
                "values": _OPEN,
            },
            required=("type", "title", "status", "detail"),
        ),
    }


def _fields(
    properties: Mapping[str, Any],
    *,
    required: tuple[str, ...] | None = None,
    optional: tuple[str, ...] = (),
) -> Json:
    """An object; all of its fields are always there unless said otherwise."""
    names = required if required is not None else tuple(n for n in properties if n not in optional)
    return {"type": "object", "properties": dict(properties), "required": list(names)}


def _texts(*names: str) -> Json:
    return dict.fromkeys(names, _TEXT)


def _many(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}
