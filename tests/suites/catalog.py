"""Whose test suites are run: distributions whose source archives bring their tests.

Versions are pinned here, what they need in ``requirements/suites.lock``.
"""

from __future__ import annotations

from typing import NamedTuple


class Suite(NamedTuple):
    """One distribution and its tests."""

    name: str
    version: str
    needs: tuple[str, ...] = ()
    """What the tests need beside the distribution and pytest."""
    tests: str = "tests"
    options: tuple[str, ...] = ()
    """Words for pytest."""
    requests: bool = True
    """Whether its tests call Flask; without, Flask is only loaded beside them, and our patches."""

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"


FLASK = "flask==3.1.3"
PYTEST = "pytest==8.4.2"
"""Flask's own tests use something that pytest 9 does not have."""
_WITH_FLASK = ("-p", "with_flask")
_BLINKER = (*_WITH_FLASK, "-o", "asyncio_default_fixture_loop_scope=function")

SUITES = (
    Suite("flask", "3.1.3", ("asgiref", "greenlet", "python-dotenv")),
    Suite(
        "werkzeug",
        "3.1.9",
        ("cffi", "cryptography", "ephemeral-port-reserve", "pytest-timeout", "watchdog"),
        # Those with servers of their own call none of Flask, and wait long on a busy machine.
        options=(*_WITH_FLASK, "-m", "not dev_server"),
        requests=False,
    ),
    Suite("blinker", "1.9.0", ("pytest-asyncio",), options=_BLINKER, requests=False),
    Suite("flask-login", "0.6.3", ("asgiref", "semantic-version")),
    Suite("flask-wtf", "1.3.0", ("email-validator", "flask-babel", "flask-reuploaded")),
    Suite("flask-sqlalchemy", "3.1.1", ("sqlalchemy<2.1",)),
    Suite("flask-caching", "2.5.1", ("asgiref", "pytest-asyncio", "pytest-xprocess", "redis")),
    Suite("flask-cors", "6.0.5"),
    Suite("flask-smorest", "0.47.0", ("asgiref", "apispec", "pyyaml")),
    Suite(
        "flask-restx",
        "1.3.2",
        ("blinker", "faker", "pytest-benchmark", "pytest-flask", "pytest-mock", "setuptools<81"),
        options=("-p", "restx_fixtures"),
    ),
    Suite("flask-restful", "0.3.10", ("blinker", "mock")),
    Suite("flask-socketio", "5.7.0", ("flask-login", "redis"), tests="test_socketio.py"),
    Suite("flask-httpauth", "4.8.1", ("asgiref",)),
    Suite("flask-jwt-extended", "4.7.4", ("cryptography", "python-dateutil")),
    Suite(
        "flask-security",
        "5.9.2",
        (
            *("argon2-cffi", "authlib", "babel", "bcrypt", "cbor2", "cryptography", "flask-babel"),
            *("flask-mail", "flask-sqlalchemy", "flask-sqlalchemy-lite", "freezegun", "nh3"),
            *("mongoengine", "mongomock", "peewee", "phonenumberslite", "qrcode", "requests"),
            *("sqlalchemy<2.1", "sqlalchemy-utils", "webauthn", "zxcvbn"),
        ),
    ),
)
