"""The dashboard for a threaded WSGI server: ``gunicorn --config python:web.gunicorn web.wsgi:app``.

One worker process only: viewers, connected applications and keys live in its memory.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack

from .app import create_app
from .config import Config
from .database_lock import locked_database
from .keys import published_control_key
from .server import close_services, make_runtime
from .services import EXTENSION, Services

config = Config.from_environment(os.environ, async_mode="threading")
_stack = ExitStack()
_stack.enter_context(locked_database(config))
app = create_app(config, make_runtime("threading"))

_parts: Services = app.extensions[EXTENSION]
_stack.callback(close_services, _parts)
_stack.enter_context(published_control_key(config, _parts.keys))
atexit.register(_stack.close)

print(f"Flaskscope: {_parts.keys.address(config.url)}", flush=True)  # noqa: T201 (its one line)
