"""What changes in ``g``, the session and the response from step to step. The switch ``state``.

Looks at exact places only: the session where the context keeps it, never through the proxy (a look
through that adds ``Vary: Cookie``), a response's status and headers where Werkzeug keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from ..capture import MAX_NAMES, MAX_VALUE, described_values
from ..redaction import clean_text, redact_headers
from .base import Probe
from .flask_compat import current_context, session_of
from .patching import Patches

STEPS: Final = (
    "before_request",
    "view",
    "after_request",
    "error_handler",
    "teardown_request",
    "teardown_appcontext",
    "before_first_request",
)
"""After which roles there is an instant; ``after_this_request`` functions have after_request's."""
_WITHIN: Final = "_flaskscope_state"
"""Where an application context carries what was seen last."""
_NOTHING: Final[Mapping[str, str]] = {}


class Seen(NamedTuple):
    """Names → described values, as they were."""

    g: Mapping[str, str] = _NOTHING
    session: Mapping[str, str] = _NOTHING
    status: str | None = None
    headers: Mapping[str, str] | None = None
    """None as long as there is no response."""


class StateProbe(Probe):
    name = "state"
    kinds = ("state",)

    def install(self, patches: Patches) -> None:
        for role in STEPS:
            self.tools.steps[role] = self.around
        self._start_anew()

    def uninstall(self) -> None:
        self.tools.steps.clear()
        self._start_anew()

    def _start_anew(self) -> None:
        """Functions that were prepared before must be prepared again."""
        apps = self.tools.apps
        for record in apps.records():
            app = record.app()
            if app is not None:
                apps.held(app).calls.clear()

    def around(self, kind: str, name: str, key: str, call: Any) -> Any:
        """*call*, the function inside its span, and after it the instant."""

        def step(*args: Any, **kwargs: Any) -> Any:
            if not self.is_on:
                return call(*args, **kwargs)
            context = self._before(args)
            try:
                result = call(*args, **kwargs)
            except BaseException:
                self._after(context, kind, name, key, None)
                context = None  # the traceback keeps this frame, which must not keep ``g``
                raise
            self._after(context, kind, name, key, result)
            return result

        return step

    def _before(self, args: tuple[Any, ...]) -> Any:
        """The context that the step is in, which remembers what it looked like."""
        try:
            context = current_context("app_context")
            if context is not None:
                held = vars(context)
                seen = held.get(_WITHIN)
                response = args[0] if args else None
                if type(seen) is not Seen:
                    held[_WITHIN] = _look(context, response, Seen())
                elif seen.headers is None and _is_response(response):
                    status, headers = _response(response)
                    held[_WITHIN] = seen._replace(status=status, headers=headers)
            return context
        except Exception as error:  # noqa: BLE001
            self.fault(error)
            return None

    def _after(self, context: Any, kind: str, name: str, key: str, result: Any) -> None:
        if context is None:
            return
        try:
            held = vars(context)
            seen: Seen = held[_WITHIN]
            held[_WITHIN] = found = _look(context, result, seen)
            changes = _changes(seen, found)
            self.recorder.buffer.charge(_size(changes))
            self.recorder.instant("state", name, key, None, {"after": kind, "changes": changes})
        except Exception as error:  # noqa: BLE001
            self.fault(error)


def _look(context: Any, response: Any, before: Seen) -> Seen:
    status, headers = before.status, before.headers
    if _is_response(response):
        status, headers = _response(response)
    request_context = current_context("request_context")
    session = before.session
    if request_context is not None:  # popped before the application's teardown functions run
        session = _of_session(session_of(request_context))
    return Seen(_of_g(context), session, status, headers)


def _of_g(context: Any) -> Mapping[str, str]:
    g = vars(context).get("g")
    try:
        return described_values(object.__getattribute__(g, "__dict__"))
    except AttributeError:  # an application's own class for g, with slots
        return _NOTHING


def _of_session(session: Any) -> Mapping[str, str]:
    if not issubclass(type(session), dict):
        return _NOTHING
    return described_values(session)


def _is_response(value: Any) -> bool:
    return Response in type(value).__mro__


def _response(response: Any) -> tuple[str | None, Mapping[str, str]]:
    held = object.__getattribute__(response, "__dict__")
    status, headers = held.get("_status"), held.get("headers")
    pairs = headers.__dict__["_list"] if type(headers) is Headers else ()
    return (status if type(status) is str else None), _of_headers(pairs)


def _of_headers(pairs: Iterable[Any]) -> dict[str, str]:
    plain = [
        (name, value[:MAX_VALUE])
        for name, value in list(pairs)[:MAX_NAMES]
        if type(name) is str and type(value) is str
    ]
    shown: dict[str, str] = {}
    times: dict[str, int] = {}
    for name, value in redact_headers(plain):
        times[name] = times.get(name, 0) + 1
        # By itself: two cookies may have been set by two steps.
        key = name if times[name] == 1 else f"{name} ({times[name]})"
        shown[key] = clean_text(value)
    return shown


def _changes(before: Seen, after: Seen) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in ("g", "session"):
        difference = _difference(getattr(before, part), getattr(after, part))
        if difference:
            found[part] = difference
    if before.status != after.status:
        found["status"] = [before.status, after.status]
    if after.headers is not None:
        difference = _difference(before.headers or _NOTHING, after.headers)
        if difference:
            found["headers"] = difference
    return found


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    """Only what there is of ``added``, ``removed`` (name → value) and ``changed`` (name → two)."""
    if before == after:
        return {}
    parts = {
        "added": {name: value for name, value in after.items() if name not in before},
        "removed": {name: value for name, value in before.items() if name not in after},
        "changed": {
            name: [before[name], value]
            for name, value in after.items()
            if name in before and before[name] != value
        },
    }
    return {part: names for part, names in parts.items() if names}


def _size(changes: dict[str, Any]) -> int:
    """About how many bytes; what every row takes holds a few."""
    return max(0, len(repr(changes)) - 100) if changes else 0
