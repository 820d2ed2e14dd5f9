"""A plugin of pytest with the fixtures of flask-restx's tests.

Its source archive brings the tests without the ``conftest.py`` that they are written for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
import flask_restx
import pytest
from flask.testing import FlaskClient


class JsonClient(FlaskClient):
    """A client that expects JSON of a certain status."""

    def get_json(self, url: str, status: int = 200, **options: Any) -> Any:
        return _json(self.get(url, **options), status)

    def post_json(self, url: str, data: Any, status: int = 200, **options: Any) -> Any:
        return _json(self.post(url, json=data, **options), status)

    def get_specs(self, prefix: str = "", status: int = 200, **options: Any) -> Any:
        return self.get_json(f"{prefix}/swagger.json", status, **options)


def _json(response: Any, status: int) -> Any:
    assert response.status_code == status
    assert response.content_type == "application/json"
    return response.get_json()


@pytest.fixture
def app() -> flask.Flask:
    app = flask.Flask("tests.conftest")
    app.test_client_class = JsonClient
    return app


@pytest.fixture
def api(request: Any, app: flask.Flask) -> flask_restx.Api:
    """An API on a blueprint, as the mark ``api`` describes both."""
    mark = request.node.get_closest_marker("api")
    options = {} if mark is None else dict(mark.kwargs)
    where = {"url_prefix": options.pop("prefix", None), "subdomain": options.pop("subdomain", None)}
    blueprint = flask.Blueprint("api", "tests.conftest", **where)
    api = flask_restx.Api(blueprint, **options)
    app.register_blueprint(blueprint)
    return api


@pytest.fixture(autouse=True)
def _inside_a_request(request: Any, _push_request_context: None) -> Iterator[None]:
    """The request that the mark describes, inside the one that pytest-flask pushes."""
    mark = request.node.get_closest_marker("request_context")
    if mark is None:
        yield
        return
    with request.getfixturevalue("app").test_request_context(*mark.args, **mark.kwargs):
        yield
