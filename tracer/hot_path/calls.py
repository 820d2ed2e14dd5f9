"""Functions inside spans."""

from __future__ import annotations

from collections.abc import Callable
from sys import _getframe
from time import perf_counter as now  # compiled: # as in structures.pyx
from typing import Any, Final

from ..applications import ATTRIBUTE
from ..events import Lane
from .flows import FLOWS, Flow, Plan

__all__ = ["FRAMES", "MISSING", "Switch", "asked", "forwarded", "inside", "stamped", "watched"]

MISSING: Final = object()
"""In place of an argument that was not handed over."""
_ELSEWHERE: Final = Flow(Lane(0, 0, ""))
"""In place of a flow, where a span's end is not to be written the short way."""


class Switch:  # compiled: cdef class Switch:
    """What a wrapper asks first."""

    __slots__ = ("is_on",)
    # compiled: cdef public bint is_on

    def __init__(self) -> None:
        self.is_on = False


FRAMES: Final = 1  # compiled: FRAMES = 0
"""That a function of this folder has, for ``_getframe``. What stands in the place of a method has
one more when it is compiled: a function of Python's, see ``as_function`` of the patches."""


def forwarded(function: Any, first: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if first is MISSING:
        return function(*args, **kwargs)
    return function(first, *args, **kwargs)


def watched(
    probe: Any, function: Any, plan: Plan, called: Any, describe: Any, nothing: Any
) -> Callable[..., Any]:
    """*function* inside a span. *called* makes the begin's dynamic attributes of the arguments, if
    any; *describe* the end's of the class of what was returned, *nothing* are those of None."""
    recorder = probe.recorder
    # compiled: cdef RingBuffer buffer
    buffer = recorder.buffer

    def call(first: Any = MISSING, /, *args: Any, **kwargs: Any) -> Any:
        # Arguments are handed on as few as there are: a call that packs them anew takes 1,000
        # instructions more than one that need not.
        # compiled: cdef Flow flow
        dynamic = None
        try:
            if called is not None and first is not None and (kwargs or first is not MISSING):
                dynamic = called(args if first is MISSING else (first, *args), kwargs)
            flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
            above = flow.open
            span: Any = (now(), flow, above[2], next(flow.numbers), above, plan, dynamic)
            # compiled, for the next line: buffer.begun(span)
            buffer.append(span)
            flow.open = span
        except StopIteration:
            flow, above, span = _ELSEWHERE, None, _begin(probe, plan, dynamic)
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
            span = None
        if span is None:
            return forwarded(function, first, args, kwargs)
        try:
            if args or kwargs:
                result = forwarded(function, first, args, kwargs)
            elif first is MISSING:
                result = function()
            else:
                result = function(first)
        except BaseException as error:
            leave(probe, span, error)
            raise
        if flow.open is span:
            flow.open = above
            dynamic = nothing if result is None else (describe, type(result))
            # compiled, for the next line: buffer.ended(span, dynamic)
            buffer.append((now(), span, dynamic))
        else:
            _end(probe, span, nothing if result is None else (describe, type(result)))
        return result

    return call


def _begin(probe: Any, plan: Plan, dynamic: Any) -> Any:
    try:
        return probe.recorder.begin(*plan, dynamic)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)
        return None


def _end(probe: Any, span: Any, dynamic: Any) -> None:
    try:
        probe.recorder.end(span, dynamic)
    except Exception as error:  # noqa: BLE001
        probe.fault(error)


def leave(probe: Any, span: Any, error: BaseException) -> None:
    try:
        probe.recorder.left(span, error)
    except Exception as fault:  # noqa: BLE001
        probe.fault(fault)


def asked(probe: Any, original: Any, may_skip: bool) -> Callable[..., Any]:
    """In place of ``Flask.ensure_sync``: the function that is asked for, inside a span."""

    # compiled: cdef Switch switch
    switch = probe

    def ensure_sync(app: Any, /, func: Any, *args: Any, **kwargs: Any) -> Any:
        held = app.__dict__.get(ATTRIBUTE)
        if held is None or held.owner != id(app) or not switch.is_on:
            return original(app, func, *args, **kwargs)
        try:
            code, container, key, call = held.calls[id(func)]
            # Flask's own method has answered this function with itself before.
            if _getframe(1).f_code is code and container[key] is func:
                return call
            if code is None:
                call = _in_scope(held, func, _getframe(1))
                if call is not None:
                    return call
        except LookupError:
            pass  # not seen before, or the registry has changed
        inner = original(app, func, *args, **kwargs)
        return probe.seen(app, held.record, func, inner, _getframe(1).f_code, may_skip)

    return ensure_sync


def _in_scope(held: Any, function: Any, frame: Any) -> Any:
    """The call of a *function* that is registered in several places, None to look anew."""
    try:
        entry = held.calls.get((id(function), frame.f_locals.get("name")))
        if entry is not None:
            code, container, key, call = entry
            if frame.f_code is code and container[key] is function:
                return call
    except Exception:  # noqa: BLE001, S110 - looked up anew
        pass
    return None


def stamped(probe: Any, function: Any, plan: Plan, slowly: Any, is_simple: bool) -> Any:
    """*function* inside short spans that are only stamped, as long as nothing else happens in this
    flow: it is called for every row of a table. *slowly* calls it when they may not be."""
    recorder = probe.recorder
    # compiled: cdef Flow here
    here = recorder.flow()
    above = here.open
    site: Any = None
    # compiled: cdef Stamps times
    times: Any = None  # compiled: times = None
    # compiled: cdef bint is_inside
    is_inside = False

    def enter() -> bool:
        """Whether calls may be stamped from now on."""
        nonlocal site, times
        try:
            if not is_simple or not probe.is_on or recorder.flow().open is not above:
                return False
            site = recorder.site(here, plan)
            if site is None:
                return False
            times = site[7]
            times.stamp()
        except Exception as error:  # noqa: BLE001
            probe.fault(error)
            return False
        return True

    def call(value: Any, /, *args: Any, **kwargs: Any) -> Any:
        # Templates hand over a value at least. All threads that render an imported macro share
        # one of us; and a function may be called inside itself.
        nonlocal is_inside
        # compiled: cdef Flow flow
        flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
        if here.open is site and flow is here and not is_inside:
            if times.stamp() and not enter():
                return slowly(value, *args, **kwargs)
        elif not enter():
            return slowly(value, *args, **kwargs)
        is_inside = True
        try:
            result = function(value, *args, **kwargs) if args or kwargs else function(value)
        except BaseException as error:
            is_inside = False
            _end_site(probe, site, error)
            raise
        is_inside = False
        if here.open is site:
            times.stamp()
        else:
            _end_site(probe, site, None)
        return result

    return call


def _end_site(probe: Any, site: Any, error: BaseException | None) -> None:
    try:
        probe.recorder.end_site(site, error)
    except Exception as fault:  # noqa: BLE001
        probe.fault(fault)


def inside(probe: Any, span: Any, function: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    """What *function* answers inside *span*, which ends with it."""
    try:
        result = function(*args, **kwargs) if kwargs else function(*args)
    except BaseException as error:
        leave(probe, span, error)
        raise
    _end(probe, span, None)
    return result
