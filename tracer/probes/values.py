"""Values where only names are recorded otherwise. The switch ``values``.

Of the session when it is opened and saved, of a template's context, and of forms: a form is shown
when the application had it parsed, never before, since reading it empties the request's stream.
"""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from ..capture import described_values, size_of, text
from .base import Probe
from .patching import Patches


class ValuesProbe(Probe):
    name = "values"
    kinds = ("form",)

    def install(self, patches: Patches) -> None:
        self.tools.shows_values = True
        patches.replace(Request, "_load_form_data", self._load)

    def uninstall(self) -> None:
        self.tools.shows_values = False

    def _load(self, original: Any) -> Any:
        def _load_form_data(request: Any, /, *args: Any, **kwargs: Any) -> Any:
            is_news = self.is_on and "form" not in object.__getattribute__(request, "__dict__")
            result = original(request, *args, **kwargs)
            if is_news:
                try:
                    self._loaded(object.__getattribute__(request, "__dict__"))
                except Exception as error:  # noqa: BLE001
                    self.fault(error)
            return result

        return _load_form_data

    def _loaded(self, held: Any) -> None:
        fields = {name: _one_or_all(values) for name, values in _items(held.get("form"))}
        files = [text(name) for name, _ in _items(held.get("files")) if type(name) is str]
        if not fields and not files:
            return
        shown = described_values(fields)
        self.recorder.buffer.charge(size_of(shown))
        self.recorder.instant(
            "form", "form", self.tools.current_key(), None, {"values": shown, "files": files}
        )


def _items(form: Any) -> Any:
    """Name → list of values, as a MultiDict keeps them."""
    return list(dict.items(form)) if issubclass(type(form), MultiDict) else ()


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
