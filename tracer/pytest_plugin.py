"""In people's tests: assertions on what happened, and what failing tests recorded.

What pytest itself needs to see, the hooks and the fixture, is in ``flaskscope_pytest.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from .announce import describe_app
from .chrome_trace import dump_trace
from .config import TracerConfig
from .engine import ENGINE
from .events import Event, Trace
from .exporters.memory import Capture
from .exporters.outlet import describe_process
from .json_lines import dump_lines
from .probes.flask_compat import flask_version, refusal
from .steps import Step, order_problem
from .testing import capture_trace

MAX_NAME: Final = 80
"""Characters of a file's name, before what makes it unique."""


class Lifecycle:
    """What the applications did since the fixture was set up; all of them, in all threads."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    @property
    def events(self) -> list[Event]:
        """Everything, in the order in which it happened."""
        return self._capture.events

    @property
    def traces(self) -> list[Trace]:
        """One per request, and one per script run outside of any, in the order of their begins."""
        return self._capture.traces

    @property
    def trace(self) -> Trace:
        """The last one; :class:`AssertionError` if nothing was traced."""
        __tracebackhide__ = True
        traces = self.traces
        if not traces:
            raise AssertionError(
                "Nothing was traced: no Flask application was called and none pushed a context"
                + (", and FLASKSCOPE_DISABLED is set." if not ENGINE.is_on else ".")
            )
        return traces[-1]

    def assert_order(
        self, steps: Sequence[str], *, exact: bool = False, trace: Trace | None = None
    ) -> None:
        """These *steps* happened in this order, others between them or not.

        A step is a kind (``"view"``), a kind and a name (``"before_request load_user"``), or either
        with ``end`` before it (``"end view"``); the kinds are in ``docs/events.md``. With *exact*,
        nothing else of the kinds that you name happened. Looks at the last trace, or *trace*.
        """
        __tracebackhide__ = True
        if isinstance(steps, str):
            raise TypeError(f"The steps are a list of texts: [{steps!r}].")
        looked_at = trace or self.trace
        problem = order_problem(looked_at.events, [Step.parse(text) for text in steps], exact)
        if problem:
            raise AssertionError(problem)

    def assert_contexts_balanced(self) -> None:
        """Every context that was pushed since the fixture was set up was popped, the last first."""
        __tracebackhide__ = True
        problems = list(_unbalanced(self.events))
        if problems:
            raise AssertionError("\n".join(["Contexts are not balanced:", *problems]))


def why_not() -> str | None:
    """Why nothing can be recorded here, as a sentence; None when it can.

    :class:`ValueError` when a ``FLASKSCOPE_*`` variable holds what it cannot.
    """
    TracerConfig.read()
    return refusal(flask_version())


@contextmanager
def recorded() -> Iterator[Lifecycle]:
    """Record until the end of the block."""
    with capture_trace() as capture:
        yield Lifecycle(capture)


def _unbalanced(events: Sequence[Event]) -> Iterator[str]:
    """A line for each context that was left on the stack, or popped out of its turn."""
    stacks: dict[Any, list[tuple[str, Event]]] = {}
    for event in events:
        if not event.kind.endswith(("_context.push", "_context.pop")):
            continue
        context = event.attributes.get("context", event.name)
        stack = stacks.setdefault(event.lane, [])
        if event.kind.endswith(".push"):
            stack.append((context, event))
        elif any(one == context for one, _ in stack):
            # What was pushed before we looked is not ours to judge.
            while stack[-1][0] != context:
                above, pushed = stack.pop()
                yield f"  {_of(above, pushed)} was still there when {context} below it was popped"
            stack.pop()
    for lane, stack in stacks.items():
        for context, pushed in stack:
            yield f"  {_of(context, pushed)} was never popped (thread {lane.thread_name})"


def _of(context: str, pushed: Event) -> str:
    return f"{context} of {pushed.name!r}"


# --- what failing tests recorded -----------------------------------------------------------------


def file_name(test: str) -> str:
    """The file for the test with the id *test*: always the same, for every file system."""
    readable = re.sub(r"[^A-Za-z0-9_.=\[\]-]+", "-", test).strip("-.")[-MAX_NAME:]
    return f"{readable}-{blake2b(test.encode(), digest_size=4).hexdigest()}.jsonl"


def applications(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The applications of *events*, described as in a recording's header; while they are traced."""
    seen = {event.app for event in events}
    agent = ENGINE.collector.ids.agent
    return [
        {
            "agent": agent,
            **describe_app(app, record.key, record.base_url, record.samples, record.allow_methods),
        }
        for record in ENGINE.apps.records()
        if record.key in seen and (app := record.app()) is not None
    ]


def write_recording(
    file: Path, test: str, events: Sequence[Event], apps: Sequence[Mapping[str, Any]]
) -> None:
    """Write *events* as a recording that can be imported, unless there are none.

    And beside it as a Chrome trace. Both are whole from their first moment. OSError if they cannot
    be written.
    """
    if not events:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    header = {"name": test, "agents": [_agent()], "apps": apps}
    _write(file, dump_lines(events, _sources(events), **header))
    _write(file.with_suffix(".trace.json"), dump_trace(events, **header))


def _write(file: Path, texts: Iterator[str]) -> None:
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("w", encoding="ascii", newline="\n") as output:
            output.writelines(texts)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _agent() -> dict[str, Any]:
    ids = ENGINE.collector.ids
    return {**describe_process(ids.agent), "span_prefixes": [ids.span_prefix]}


def _sources(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """The source texts that *events* point to."""
    wanted = {event.attributes.get("source") for event in events}
    return (source for source in ENGINE.sources.all() if source["id"] in wanted)
