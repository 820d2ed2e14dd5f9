"""The dashboard that ``flaskscope run`` finds, or starts for as long as its command runs."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import click

from tracer.data_folder import DataFolderError, data_folder

from .config import DEFAULT_PORT, is_loopback
from .lifeline import LIFELINE

FIRST_CHOICE: Final = 5050
"""Port of a dashboard that we start unasked. Not 5000: that is where Flask's own server goes."""
PATIENCE: Final = 2.0
"""Seconds for an answer to whether somebody is a dashboard."""
STOP_PATIENCE: Final = 5.0
_LAUNCH: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from web.cli import main; main(['dashboard', *sys.argv[2:]], prog_name='flaskscope')"
)


class NoDashboard(Exception):
    """None could be started; the message is one sentence."""


@contextmanager
def dashboard_for(url: str | None) -> Iterator[str]:
    """The address of a dashboard while the block runs.

    That is *url*, or one of this user's that runs already; where none answers, one is started,
    its address with the key is printed to standard error, and it ends with the block, or with this
    process however that ends. :class:`NoDashboard` if it does not start.
    """
    for candidate in [url] if url else _own_addresses():
        if is_dashboard(candidate):
            yield candidate
            return
    place = _place(url)
    if place is None:
        _say(f"No dashboard answers at {url}; what is traced is sent there once one does.")
        yield url or ""
        return
    with _started(*place) as address:
        _say(address)
        parts = urlsplit(address)
        yield f"{parts.scheme}://{parts.netloc}"


def is_dashboard(url: str) -> bool:
    """Whether a Flaskscope dashboard answers at *url*; it says so when it asks for its key."""

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *args: object, **kwargs: object) -> None:
            return None

    request = Request(f"{url.rstrip('/')}/api/status")  # noqa: S310 (the scheme was checked)
    try:
        with build_opener(ProxyHandler({}), NoRedirects).open(request, timeout=PATIENCE):
            return False
    except HTTPError as error:
        with error:
            return 'realm="flaskscope"' in error.headers.get("WWW-Authenticate", "")
    except (OSError, HTTPException, ValueError):
        return False


def _own_addresses() -> Iterator[str]:
    """Where this user's dashboards run: they have left their key. The usual place first.

    Somebody else's must not get our events, unless a token was set, which is for whoever has it.
    """
    ports = {DEFAULT_PORT} if os.environ.get("FLASKSCOPE_TOKEN") else set()
    try:
        for file in data_folder().glob("control-*.key"):
            found = re.fullmatch(r"control-(\d{1,5})\.key", file.name)
            ports |= {int(found[1])} if found else set()
    except (DataFolderError, OSError):
        pass
    return (
        f"http://127.0.0.1:{port}" for port in sorted(ports, key=lambda p: (p != DEFAULT_PORT, p))
    )


def _place(url: str | None) -> tuple[str, int] | None:
    """Host and port to start at; None if *url* is not a place on this machine to start at."""
    if url is None:
        return "127.0.0.1", FIRST_CHOICE if _is_free("127.0.0.1", FIRST_CHOICE) else _free_port()
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or not is_loopback(host) or parts.path.strip("/"):
        return None
    port = parts.port or 80
    if _is_free(host, port):
        return host, port
    other = _free_port()
    _say(f"At {url} is something else, so the dashboard goes to another port.")
    return "127.0.0.1", other


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _started(host: str, port: int) -> Iterator[str]:
    """A dashboard of our own; its address with the key."""
    # Isolated: the command's folder may hold a `web` and a `tracer` that are not ours.
    path = json.dumps([str(Path(__file__).parents[1]), *(folder for folder in sys.path if folder)])
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603 - this Python
            [sys.executable, "-I", "-c", _LAUNCH, path, "--host", host, "--port", str(port)],
            env={**os.environ, LIFELINE: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # The terminal's Ctrl-C is for the command, which then has more to tell.
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            if not line:
                process.wait()
                errors.seek(0)
                raise NoDashboard(_last_line(errors.read()))
            yield line.removeprefix("Flaskscope: ")
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _last_line(errors: str) -> str:
    lines = errors.strip().splitlines() or ["The dashboard ended at once."]
    return lines[-1].removeprefix("Error: ")


def _say(sentence: str) -> None:
    # Standard output is the command's.
    click.echo(f"Flaskscope: {sentence}", err=True)
