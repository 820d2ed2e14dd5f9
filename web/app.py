"""Builds the dashboard: every part once, every route, and the gate around all of it."""

from __future__ import annotations

from typing import Final

from flask import Flask
from flask_socketio import SocketIO
from sqlalchemy.exc import SQLAlchemyError

from .api.answers import answer_unavailable
from .api.apps import apps as apps_api
from .api.compare import compare as compare_api
from .api.events import events as events_api
from .api.fire import fire as fire_api
from .api.ingest import ingest as ingest_api
from .api.lessons import lessons as lessons_api
from .api.openapi import openapi as openapi_api
from .api.recordings import recordings as recordings_api
from .api.settings import settings as settings_api
from .api.sources import sources as sources_api
from .api.status import status as status_api
from .api.traces import traces as traces_api
from .apps import Apps
from .bundle import LatestBundle
from .chunks import Chunks
from .config import Config, ConfigError
from .cookie_jars import CookieJars
from .fire import Fire
from .gate import Gate
from .ingest import IngestService
from .keys import Keys
from .live import NAMESPACE, LiveHub
from .live_namespace import register
from .pages import pages_blueprint
from .problems import register_problem_handlers
from .recordings import Recordings
from .runtime import Runtime
from .services import EXTENSION, Services
from .settings import DEFAULT_SIZE_CAP, Settings
from .status import build_status
from .store import Store, StoreError, StoreUnavailable
from .strangers import Strangers
from .viewer_messages import bound_messages

MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a message from a browser; eventlet unmasks them in pure Python."""


def create_app(config: Config, runtime: Runtime) -> Flask:
    """The dashboard as a WSGI application; :class:`ConfigError` if it cannot be built.

    Call it from a task of *runtime*. Its ``wsgi_app`` is the gate, outside Socket.IO and Flask.
    """
    bundle = LatestBundle(config.bundle)
    keys = Keys.for_start(config)
    app = Flask(__name__)
    socketio = _socketio(app, config)
    app.extensions[EXTENSION] = parts = _services(config, keys, runtime, socketio)
    register_problem_handlers(app)
    app.register_error_handler(StoreUnavailable, answer_unavailable)
    for blueprint in (
        apps_api,
        compare_api,
        events_api,
        fire_api,
        ingest_api,
        openapi_api,
        recordings_api,
        settings_api,
        lessons_api,
        sources_api,
        status_api,
        traces_api,
        pages_blueprint(bundle),
    ):
        app.register_blueprint(blueprint)
    register(socketio, parts)
    Strangers(runtime, socketio.server)
    # Assigned last: outside what Socket.IO has put around Flask.
    app.wsgi_app = Gate(Chunks(app.wsgi_app), config, keys)  # type: ignore[method-assign]
    return app


def _socketio(app: Flask, config: Config) -> SocketIO:
    socketio = SocketIO(
        app,
        async_mode=config.async_mode,
        transports=["websocket"],
        # Named, or else the default namespace lets everybody in.
        namespaces=[NAMESPACE],
        allow_upgrades=False,
        cors_allowed_origins=sorted(config.origins),
        max_http_buffer_size=MAX_MESSAGE,
        http_compression=False,
        manage_session=False,
    )
    bound_messages(socketio.server.eio, config.async_mode, MAX_MESSAGE)
    return socketio


def _services(config: Config, keys: Keys, runtime: Runtime, socketio: SocketIO) -> Services:
    try:
        store = runtime.run(Store.open, config.database, size_cap=DEFAULT_SIZE_CAP)
    except StoreError as error:
        raise ConfigError(str(error)) from error
    except (SQLAlchemyError, ImportError) as error:
        # The URL may hold a password: it is not repeated.
        raise ConfigError(f"The database of --db cannot be used: {error}.") from error
    settings = Settings(runtime, store)
    apps, jars = Apps(runtime), CookieJars()
    apps.remember(runtime.run(store.known_agents))
    fire = Fire(config, runtime, apps, jars)
    parts: Services
    live = LiveHub(runtime, socketio, store, status=lambda: build_status(parts))
    recordings = Recordings(runtime, store, live)
    ingest = IngestService(runtime, store, apps, settings, fire, live, recordings)
    parts = Services(
        config=config,
        keys=keys,
        runtime=runtime,
        store=store,
        ingest=ingest,
        live=live,
        recordings=recordings,
        apps=apps,
        settings=settings,
        fire=fire,
        jars=jars,
    )
    return parts
