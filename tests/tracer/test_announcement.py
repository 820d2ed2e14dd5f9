"""What is said of an application to the dashboard is looked at before anything happens."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tracer import Tracer
from tracer.engine import ENGINE

REFUSED = [
    ({"base_url": 42}, "base_url is where"),
    ({"base_url": "127.0.0.1:8000"}, "base_url is where"),
    ({"samples": 42}, "samples is a list of mappings, found 42"),
    ({"samples": {"path": "/"}}, "samples is a list of mappings"),
    ({"samples": [42]}, "A sample is a mapping"),
    ({"samples": [{"path": object}]}, "A sample is a mapping"),
    ({"allow_methods": "POST"}, "allow_methods is a list"),
    ({"allow_methods": 42}, "allow_methods is a list"),
    ({"allow_methods": [1]}, "allow_methods is a list"),
    ({"dashboard": 42}, "The dashboard's address is a text like .* found int"),
    ({"dashboard": "http://[::1"}, "cannot be used: Invalid IPv6 URL"),
    ({"token": 42}, "The dashboard's key"),
    ({"record": 42}, "Nothing that can be recorded is called 42"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_an_argument_that_is_none_is_told_before_anything_is_patched(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Tracer(Flask("shop"), **{"enabled": True, **arguments})
    assert ENGINE.patches() == 0


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED[:9])
def test_an_announcement_says_the_same(arguments: dict[str, Any], sentence: str) -> None:
    tracer = Tracer()
    with pytest.raises(ValueError, match=sentence):
        tracer.announce(Flask("shop"), **arguments)
    with pytest.raises(ValueError, match=sentence):
        tracer.announce_program(
            "shop", **{"name": "shop", "framework": "wsgi", "base_url": None, **arguments}
        )


def test_what_is_said_is_kept_as_it_was_then() -> None:
    app = Flask("shop")
    sample = {"method": "GET", "path": "/", "headers": [("X-Who", "me")]}
    tracer = Tracer(
        app,
        enabled=True,
        base_url="http://127.0.0.1:8000/shop/",
        samples=(one for one in [sample]),  # type: ignore[arg-type]
        allow_methods={"post"},
    )
    sample["path"] = "/elsewhere"
    record = ENGINE.apps.of(app)
    assert (record.base_url, list(record.samples), list(record.allow_methods)) == (
        "http://127.0.0.1:8000/shop",
        [{"method": "GET", "path": "/", "headers": [["X-Who", "me"]]}],
        ["POST"],
    )
    tracer.uninstall()
