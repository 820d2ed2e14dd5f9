"""Which rule a URL fits, and which URL is built for an endpoint."""

from __future__ import annotations

import sys
from typing import Any

from flask.ctx import AppContext
from werkzeug.routing import MapAdapter

from ..capture import class_name, describe, text, wsgi_text
from ..hot_path import charge, described_endpoint, matcher
from ..redaction import REDACTED, is_secret, redact_path
from .base import Probe
from .flask_compat import HAS_TWO_CONTEXTS, RequestContext
from .patching import Patches


class RoutingProbe(Probe):
    name = "routing"
    kinds = ("url_match", "url_for")

    def install(self, patches: Patches) -> None:
        context = RequestContext if HAS_TWO_CONTEXTS else AppContext
        patches.replace(context, "match_request", self._match)
        patches.replace(MapAdapter, "build", self._build)

    def matched(self, request: Any) -> tuple[str, Any]:
        """The name of the span, and what is known at its end."""
        rule = request.url_rule
        if rule is not None:
            view_args = request.view_args
            static: dict[str, Any] = described_endpoint(rule.endpoint)
            if view_args:
                static["view_args"] = {
                    name: REDACTED if is_secret(name) else describe(value)
                    for name, value in view_args.items()
                }
            return rule.rule, static
        error = request.routing_exception
        dynamic: dict[str, Any] = {"exception": None if error is None else class_name(type(error))}
        target = getattr(error, "new_url", None)
        if type(target) is str:
            dynamic["redirect"] = redact_path(text(target))
        path = wsgi_text(request.environ.get("PATH_INFO", ""))
        return redact_path(text(path)) or "/", dynamic

    def _match(self, original: Any) -> Any:
        return matcher(self, original)

    def _build(self, original: Any) -> Any:
        def build(adapter: Any, /, *args: Any, **kwargs: Any) -> Any:
            if not self.is_on or sys._getframe(1).f_code.co_name != "url_for":
                return original(adapter, *args, **kwargs)
            try:
                url = original(adapter, *args, **kwargs)
            except BaseException as error:
                self._built(args, kwargs, {"error": class_name(type(error))})
                raise
            self._built(args, kwargs, (_url, url))
            return url

        return build

    def _built(self, args: Any, kwargs: Any, dynamic: Any) -> None:
        try:
            endpoint = args[0] if args else kwargs.get("endpoint")
            if type(dynamic) is tuple:
                dynamic = _url(dynamic[1])  # a URL may carry secrets: not even for a moment
            key = self.tools.current_key()
            name = text(endpoint) if type(endpoint) is str else "?"
            if key is not None:
                charge(self.recorder.buffer, *dynamic.values())
                self.recorder.instant("url_for", name, key, None, dynamic)
        except Exception as fault:  # noqa: BLE001
            self.fault(fault)


def _url(url: Any) -> dict[str, Any]:
    return {"url": redact_path(text(url))}
