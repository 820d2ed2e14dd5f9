"""The rule that a URL fits, and the response that an answer becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..capture import class_name, describe
from .calls import leave
from .flows import FLOWS, INNER
from .rows import charge

__all__ = ["described_endpoint", "made_response", "matcher", "response_maker"]


def matcher(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of a context's ``match_request``."""
    # compiled: cdef Switch switch
    # compiled: cdef Recording recorder
    switch = probe
    recorder = probe.recorder
    traced = probe.tools.apps.traced

    def match_request(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        span = None
        name = ["url_match"]
        if switch.is_on:
            try:
                record = traced.get(id(context.app))
                if record is not None:
                    span = recorder.begin("url_match", name, record.key)
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        if span is None:
            return original(context, *args, **kwargs)
        try:
            result = original(context, *args, **kwargs) if args or kwargs else original(context)
        except BaseException as error:
            try:
                name.append("url_match")
                recorder.left(span, error)
            except Exception as fault:  # noqa: BLE001
                probe.fault(fault)
            raise
        try:
            request = context.request
            rule = request.url_rule
            if rule is not None and not request.view_args:
                name.append(rule.rule)
                recorder.end(span, (described_endpoint, rule.endpoint))
            else:
                shown, dynamic = probe.matched(request)
                charge(recorder.buffer, shown, *dynamic.get("view_args", {}).values())
                name.append(shown)
                recorder.end(span, dynamic)
        except Exception as error:  # noqa: BLE001
            name.append(name[-1])
            probe.end_anyway(span, error)
        return result

    return match_request


def described_endpoint(endpoint: Any) -> dict[str, Any]:
    return {"endpoint": endpoint if type(endpoint) is str else describe(endpoint)}


def response_maker(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of ``Flask.make_response``."""
    # compiled: cdef Switch switch
    switch = probe
    traced = probe.tools.apps.traced

    def make_response(*args: Any, **kwargs: Any) -> Any:
        record = traced.get(id(args[0])) if args and switch.is_on else None
        if record is None:
            return original(*args, **kwargs)
        return made_response(probe, record.key, original, args, kwargs)

    return make_response


def made_response(probe: Any, key: str, original: Any, args: Any, kwargs: Any) -> Any:
    # compiled: cdef Recording recorder
    recorder = probe.recorder
    span = None
    try:
        # One that calls super() makes one response.
        flow = FLOWS.flow if INNER.flow_of is None else recorder.flow()
        if flow.open[5][0] != "make_response":
            cls = type(args[-1]) if args else object
            name = "str" if cls is str else class_name(cls)
            span = recorder.begin("make_response", name, key)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
    if span is None:
        return original(*args, **kwargs)
    try:
        response = original(*args, **kwargs) if kwargs else original(*args)
    except BaseException as error:
        leave(probe, span, error)
        raise
    try:
        recorder.end(span, (_code_of, response._status_code))
    except Exception as error:  # noqa: BLE001
        probe.end_anyway(span, error)
    return response


def _code_of(code: Any) -> dict[str, Any]:
    return {"status": code}
