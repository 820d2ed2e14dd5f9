"""Loading and rendering of templates, and the filters, globals and tests of your own in them.

Jinja's dicts of filters and tests stay as they are; only compiled templates (and Jinja's compiler)
are shown functions inside spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from weakref import finalize

import flask.templating
import jinja2.runtime
from flask.templating import Environment

from ..hot_path import (
    INNER,
    NO_NUMBERS,
    Flow,
    Functions,
    begun_rendering,
    called,
    inside,
    loaded,
    loading,
    rendered,
)
from .base import Probe, Tools
from .patching import Patches

_DONE: Final = object()


class TemplatesProbe(Probe):
    name = "templates"
    kinds = (
        "template.load",
        "template.render",
        "template.stream",
        "template_filter",
        "template_global",
        "template_test",
        "get_flashed_messages",
    )

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.traced = tools.apps.traced
        """An environment of Flask's has its application."""

    def install(self, patches: Patches) -> None:
        patches.replace(flask.templating, "_render", partial(rendered, self))
        patches.replace(flask.templating, "_stream", self._stream)
        patches.replace(Environment, "_load_template", partial(loaded, self))
        patches.replace(Environment, "from_string", self._from_string)
        patches.replace(jinja2.runtime.Context, "call", partial(called, self))
        patches.add(Environment, "filters", Functions(self, "filters", "template_filter"))
        patches.add(Environment, "tests", Functions(self, "tests", "template_test"))

    # --- rendering -------------------------------------------------------------------------------

    def _stream(self, original: Any) -> Any:
        def stream(*args: Any, **kwargs: Any) -> Any:
            span = begun_rendering(self, "template.stream", args)
            if span is None:
                return original(*args, **kwargs)
            try:
                chunks = original(*args, **kwargs)
            except BaseException as error:
                self._left(span, error)
                raise
            span[1].open = span[4]
            return _streamed(_Streaming(self, span), chunks)

        return stream

    def _from_string(self, original: Any) -> Any:
        def from_string(environment: Any, /, *args: Any, **kwargs: Any) -> Any:
            span = None
            if self.is_on:
                try:
                    record = self.traced.get(id(environment.__dict__.get("app")))
                    if record is not None:
                        span = self.recorder.begin(
                            "template.load", "<string>", record.key, loading(None, False)
                        )
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            if span is None:
                return original(environment, *args, **kwargs)
            return inside(self, span, original, (environment, *args), kwargs)

        return from_string

    # --- ends ------------------------------------------------------------------------------------

    def _left(self, span: Any, error: BaseException) -> None:
        try:
            self.recorder.left(span, error)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)


class _Streaming:
    """The span of a template that is rendered piece by piece; it ends with the last piece."""

    def __init__(self, probe: TemplatesProbe, span: Any) -> None:
        self._probe = probe
        self._span = span
        self._numbers = NO_NUMBERS
        """What was granted where other traces, or none, were at work."""

    def __enter__(self) -> None:
        """A piece is made: whatever happens stands in the span."""
        self._flow: Flow | None = None
        try:
            flow = self._probe.recorder.flow()
            self._outside = flow.open, flow.numbers
            self._is_at_home = self._span is None or flow.open[2] is self._span[2]
            if not self._is_at_home:
                flow.numbers = self._numbers if INNER.flow_of is None else NO_NUMBERS
            if self._span is not None:
                flow.open = self._span
            self._flow = flow
        except Exception as fault:  # noqa: BLE001
            self._probe.fault(fault)

    def __exit__(self, *exception: object) -> None:
        flow = self._flow
        if flow is not None:
            flow.open, numbers = self._outside
            if not self._is_at_home:
                self._numbers, flow.numbers = flow.numbers, numbers

    def end(self, error: BaseException | None = None, abandoned: bool = False) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if error is not None:
                self._probe.recorder.left(span, error)
            else:
                self._probe.recorder.end(span, {"left_open": "abandoned"} if abandoned else None)
        except Exception as fault:  # noqa: BLE001
            self._probe.fault(fault)


def _streamed(streaming: _Streaming, chunks: Iterator[str]) -> Iterator[str]:
    """*chunks* as the generator that the application expects."""

    def generate() -> Iterator[str]:
        try:
            while True:
                with streaming:
                    chunk = next(chunks, _DONE)
                if chunk is _DONE:
                    break
                yield chunk  # type: ignore[misc]
        except GeneratorExit:
            with streaming:
                chunks.close()  # type: ignore[attr-defined]
            streaming.end(abandoned=True)
            raise
        except BaseException as error:
            streaming.end(error)
            raise
        streaming.end()

    generator = generate()
    # One that was never begun is closed without a word.
    finalize(generator, streaming.end, abandoned=True).atexit = False
    return generator
