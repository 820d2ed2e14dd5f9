"""Talks to a running dashboard for the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import click

from tracer.config import checked_address

from .config import is_loopback
from .keys import control_key_file

TIMEOUT = 60.0
"""Seconds without a byte."""


class _NoRedirects(HTTPRedirectHandler):
    """The key goes to the address that was named and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Client:
    """One dashboard. Whatever fails becomes a :class:`click.ClickException` of one sentence."""

    def __init__(self, url: str, token: str | None) -> None:
        try:
            checked_address(url)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        self._url = url.rstrip("/")
        self._token = token or self._own_key()
        # No proxy from the environment: the key is for the dashboard alone.
        self._opener = build_opener(ProxyHandler({}), _NoRedirects)

    def recordings(self) -> list[dict[str, Any]]:
        with self._open("GET", "/api/recordings") as response:
            items: list[dict[str, Any]] = json.load(response)["items"]
        return items

    def export(self, recording: str, form: str, output: IO[bytes]) -> None:
        """Write the recording with this id or name to *output* in the format *form*."""
        path = f"/api/recordings/{quote(self._id_of(recording), safe='')}/export?format={form}"
        with self._open("GET", path) as response:
            shutil.copyfileobj(response, output)

    def import_file(self, content: IO[bytes], size: int) -> dict[str, Any]:
        """The recording item that *content*, *size* bytes of an exported file, became."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        with self._open("POST", "/api/recordings/import", content, headers) as response:
            item: dict[str, Any] = json.load(response)
        return item

    def _id_of(self, recording: str) -> str:
        items = self.recordings()
        if any(item["id"] == recording for item in items):
            return recording
        named = [item["id"] for item in items if item["name"] == recording]
        if len(named) == 1:
            return str(named[0])
        found = "no recording has" if not named else f"{len(named)} recordings have"
        raise click.ClickException(
            f"{found.capitalize()} the name {recording!r}; `flaskscope list` shows their ids."
        )

    def _own_key(self) -> str:
        parts = urlsplit(self._url)
        file = control_key_file(parts.port or 80)
        if is_loopback(parts.hostname or ""):
            try:
                return file.read_text("ascii")
            except OSError:
                pass
        raise click.ClickException(
            f"There is no key for {self._url}: start `flaskscope dashboard` there as the same "
            "user, or give --token."
        )

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        body: IO[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Iterator[HTTPResponse]:
        request = Request(  # noqa: S310 (the scheme was checked)
            self._url + path,
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                yield response
        except HTTPError as error:
            raise click.ClickException(_problem(error)) from error
        except BrokenPipeError:
            raise  # whoever read our output has enough of it; the dashboard is well
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", None) or error
            raise click.ClickException(
                f"No dashboard answers at {self._url} ({reason}); "
                "start it with `flaskscope dashboard` or name another with --dashboard."
            ) from error


def _problem(error: HTTPError) -> str:
    try:
        members = json.loads(error.read(65536))
        found = members.get("found")
        parts = [members["detail"], f"Found: {found}." if found else None, members.get("todo")]
    except (ValueError, KeyError, TypeError):
        return f"The dashboard answered {error.code} {error.reason}."
    return " ".join(str(part) for part in parts if part)
