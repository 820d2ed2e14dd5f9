"""Settings for gunicorn: ``gunicorn --config python:web.gunicorn web.wsgi:app``."""

from __future__ import annotations

import os

from .config import Config

_config = Config.from_environment(os.environ, async_mode="threading")

bind = f"{_config.host}:{_config.port}"
worker_class = "gthread"
workers = 1
"""Viewers, connected applications and keys live in the memory of one process."""
threads = 256
"""Each viewer's socket holds one."""
graceful_timeout = 1
"""Seconds; viewers' sockets never end by themselves."""
control_socket_disable = True
"""gunicorn's own remote control: nobody asked for it, and it writes into the home folder."""
