"""Loading and saving of the session, by whatever interface the application uses.

The session is never looked at through its proxy, and its values are
looked at only when somebody asked for them.
"""

from __future__ import annotations

from typing import Any

from flask.sessions import SecureCookieSessionInterface, SessionInterface

from ..hot_path import session_method
from .base import Probe, Tools
from .patching import Patches

METHODS = ("open_session", "save_session", "make_null_session")


class SessionsProbe(Probe):
    name = "sessions"
    kinds = ("session.open", "session.save", "session.null")

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._known = tools.session_interfaces
        self._patched: set[tuple[type, str]] = set()
        self._patches: Patches | None = None
        tools.see_session_interface = self.see

    def install(self, patches: Patches) -> None:
        self._patches = patches
        self.see(SecureCookieSessionInterface)
        self.see(SessionInterface)

    def see(self, interface: type) -> None:
        """Patch *interface* where it defines the methods; interfaces are assigned at any time."""
        if interface in self._known or self._patches is None:
            return
        self._known.add(interface)
        for cls in interface.__mro__:
            for method, make in (
                ("open_session", self._open_session),
                ("save_session", self._save_session),
                ("make_null_session", self._make_null_session),
            ):
                if method in vars(cls) and (cls, method) not in self._patched:
                    self._patched.add((cls, method))
                    self._patches.replace(cls, method, make)

    def _open_session(self, original: Any) -> Any:
        return session_method(self, original, "session.open")

    def _save_session(self, original: Any) -> Any:
        return session_method(self, original, "session.save")

    def _make_null_session(self, original: Any) -> Any:
        return session_method(self, original, "session.null")
