"""OTLP as JSON: what an OpenTelemetry collector takes at ``/v1/traces``.

A span is written when it ends, with the instants inside it as its events; what is kept in memory
is what is open at the moment. Each application of a process is a resource, a service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.events import Event
from tracer.wire import Columns

from .content import Content
from .otlp_values import OWN, dumped, error_of, event_pairs, key_values, own_pairs, span_pairs

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_ERROR: Final = 2
_SCHEMA: Final = "https://opentelemetry.io/schemas/1.36.0"


@dataclass(slots=True)
class _Begun:
    """A span that has not ended yet."""

    event: Event
    agent: str
    events: list[dict[str, Any]] = field(default_factory=list)
    route: str | None = None
    """The rule that routing found, for a request."""


def otlp(content: Content) -> Iterator[str]:
    """The file in pieces."""
    survey = content.survey()
    header = content.header(survey)
    spans = _Spans({str(agent.get("id")): agent for agent in header.get("agents", ())})
    yield '{"resourceSpans":['
    comma = ""
    for text in content.each(spans.add):
        if text:
            yield comma + text
            comma = ",\n"
    last = spans.rest(survey.end_ts)
    yield f"{comma if last else ''}{last}]}}\n"


class _Spans:
    """Events on their way to spans. All calls come one after the other."""

    def __init__(self, agents: Mapping[str, Mapping[str, Any]]) -> None:
        self._agents = agents
        self._open: dict[str, _Begun] = {}
        self._done: dict[tuple[str, str | None], list[dict[str, Any]]] = {}

    def add(self, agent: str, columns: Columns) -> str:
        """The spans that end in *columns*, as resources with a comma between."""
        for event in columns.events():
            if event.phase == "begin":
                self._open[str(event.span_id)] = _Begun(event, agent)
            elif event.phase == "end":
                self._end(agent, event)
            else:
                self._instant(agent, event)
        return self._taken()

    def rest(self, end_ts: int) -> str:
        """The spans that did not end; they are written as if they did with the last event."""
        while self._open:
            begun = self._open.popitem()[1]
            self._write(begun, end_ts, {"left_open": "the recording ended"})
        return self._taken()

    def _end(self, agent: str, event: Event) -> None:
        begun = self._open.pop(str(event.span_id), None)
        if begun is None:  # it began before the recording did
            begun = _Begun(event, agent)
            self._write(begun, event.ts, {})
            return
        if event.kind == "url_match":
            self._routed(event)
        self._write(begun, event.ts, event.attributes)

    def _routed(self, event: Event) -> None:
        """Name the rule on the request around *event*, as the convention wants it."""
        if "endpoint" not in event.attributes:
            return
        parent = self._open.get(str(event.parent_id)) if event.parent_id else None
        while parent is not None and parent.event.kind != "request":
            parent = self._open.get(str(parent.event.parent_id))
        if parent is not None:
            parent.route = event.name

    def _instant(self, agent: str, event: Event) -> None:
        parent = self._open.get(str(event.parent_id))
        pairs = event_pairs(event.kind, event.name, event.attributes)
        if parent is None:
            # No span is open that it could be an event of: it becomes one without length.
            self._write(_Begun(event, agent), event.ts, {})
            return
        parent.events.append(
            {
                "timeUnixNano": str(event.ts),
                # The name that the convention gives them, so that tools find them.
                "name": "exception" if event.kind == "exception" else f"{event.kind} {event.name}",
                "attributes": key_values(pairs),
            }
        )

    def _write(self, begun: _Begun, end_ts: int, ended: Mapping[str, Any]) -> None:
        event = begun.event
        pairs = dict(span_pairs(event.kind, event.name, event.attributes, ended))
        if begun.route is not None:
            pairs["http.route"] = begun.route
        pairs |= {"thread.id": event.lane.thread, "thread.name": event.lane.thread_name}
        if event.lane.task is not None or event.lane.greenlet is not None:
            pairs[f"{OWN}lane"] = event.lane.task or f"greenlet {event.lane.greenlet}"
        span = {
            # Outside of every trace: all of a process's together, as a trace of its own.
            "traceId": event.trace_id or begun.agent,
            "spanId": event.span_id or _made_up(event),
            "parentSpanId": event.parent_id,
            "name": _title(event, begun.route),
            "kind": _span_kind(event.kind),
            "startTimeUnixNano": str(event.ts),
            "endTimeUnixNano": str(max(end_ts, event.ts)),
            "attributes": key_values(pairs.items()),
            "droppedAttributesCount": 0,
            "events": begun.events,
            "droppedEventsCount": _count(ended.get("dropped")),
            "links": _links(event.attributes.get("traceparent")),
            "status": _status(event.kind, ended),
        }
        self._done.setdefault((begun.agent, event.app), []).append(
            {key: value for key, value in span.items() if value not in (None, [], {}, 0)}
        )

    def _taken(self) -> str:
        done, self._done = self._done, {}
        return ",\n".join(
            dumped({"resource": self._resource(*key), "scopeSpans": [_scope(spans)]})
            for key, spans in done.items()
        )

    def _resource(self, agent: str, app: str | None) -> dict[str, Any]:
        known = self._agents.get(agent, {})
        versions = known.get("versions") or {}
        pairs = {
            "service.name": app or "unknown_service:python",
            "service.instance.id": agent,
            "host.name": known.get("host"),
            "process.pid": known.get("pid"),
            "process.command_line": known.get("command"),
            "process.runtime.name": "python",
            "process.runtime.version": known.get("python"),
            "telemetry.sdk.name": "flaskscope",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": known.get("tracer"),
            f"{OWN}flask": versions.get("flask") if isinstance(versions, dict) else None,
        }
        return {"attributes": key_values((k, v) for k, v in pairs.items() if v is not None)}


def _scope(spans: list[dict[str, Any]]) -> dict[str, Any]:
    return {"scope": {"name": "flaskscope"}, "spans": spans, "schemaUrl": _SCHEMA}


def _title(event: Event, route: str | None) -> str:
    """Of few values, as the convention wants it: the rule rather than the path."""
    if event.kind == "request":
        method = str(event.attributes.get("method") or "HTTP")
        return f"{method} {route}" if route else method
    return event.name if event.kind in ("run", "span") else f"{event.kind} {event.name}"


def _span_kind(kind: str) -> int:
    if kind == "request":
        return _SERVER
    return _CLIENT if kind.startswith(("db.", "redis.")) else _INTERNAL


def _status(kind: str, ended: Mapping[str, Any]) -> dict[str, Any]:
    error = error_of(kind, ended)
    return {} if error is None else {"code": _ERROR, "message": error}


def _links(traceparent: Any) -> list[dict[str, Any]]:
    """Who called, as its W3C header says: a link, since our traces have ids of their own."""
    parts = traceparent.split("-") if isinstance(traceparent, str) else []
    if len(parts) < 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return []
    try:
        whole = int(parts[1], 16) and int(parts[2], 16)
    except ValueError:
        return []
    attributes = key_values(own_pairs({"traceparent": traceparent}))
    return [{"traceId": parts[1], "spanId": parts[2], "attributes": attributes}] if whole else []


def _made_up(event: Event) -> str:
    """A span id for what has none; ours begin with a random prefix, which it lacks."""
    return f"{(1 << 63) | (event.seq & ((1 << 62) - 1)):016x}"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
