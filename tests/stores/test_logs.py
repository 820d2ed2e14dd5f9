"""Log records inside a trace: what the application's configuration lets through, and no more."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask

from tests.stores.lines import in_request, lines
from tracer.testing import capture_trace


class Listener(logging.Handler):
    """Keeps what the application's own handlers would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.written.append(f"{record.funcName} {record.lineno} {self.format(record)}")
        except TypeError as error:
            self.written.append(repr(error))


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.getLogger("shop.cart")
    made.setLevel(logging.INFO)
    made.propagate = False
    made.addHandler(Listener())
    return made


class Hostile:
    """Whatever is asked of it, it tells."""

    asked: list[str] = []  # noqa: RUF012

    def __str__(self) -> str:
        Hostile.asked.append("str")
        return "hostile"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)


def test_a_record_is_shown_with_its_level_logger_and_message(logger: logging.Logger) -> None:
    def work() -> None:
        logger.info("added %s, %d of %.1f", "book", 3, 4.5)
        logger.warning("%(who)s has password %(password)s", {"who": "ada", "password": "hunter2"})
        logger.error("login with token=abc123def456")
        logger.log(35, "between")
        logger.critical("100 %")
        logger.error(KeyError("lost"))
        logger.error(["a", 1])
        logger.error("%r and %s", ["a"], ValueError("no such book"))
        logger.debug("below the level")

    assert lines(in_request(work)) == [
        "log INFO logger=shop.cart message=added book, 3 of 4.5",
        "log WARNING logger=shop.cart message=ada has password [redacted]",
        "log ERROR logger=shop.cart message=login with token=[redacted]",
        "log Level 35 logger=shop.cart message=between",
        "log CRITICAL logger=shop.cart message=100 %",
        "log ERROR logger=shop.cart message=lost",
        "log ERROR logger=shop.cart message=['a', 1]",
        """log ERROR logger=shop.cart message="['a']" and no such book""",
    ]


def test_an_exception_is_named(logger: logging.Logger) -> None:
    def work() -> None:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logger.exception("failed")

    assert lines(in_request(work)) == [
        "log ERROR logger=shop.cart message=failed exception=ZeroDivisionError"
    ]


def test_an_exception_that_flask_logs_is_seen_where_it_logs_it() -> None:
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.addHandler(Listener())
    app.logger.propagate = False
    app.add_url_rule("/", view_func=lambda: str(1 // 0), endpoint="broken")
    with capture_trace() as captured:
        app.test_client().get("/")
    assert lines(captured) == [
        "log ERROR logger=shop message=Exception on / [GET] exception=ZeroDivisionError"
    ]


def test_a_message_is_put_together_without_the_arguments_own_code(logger: logging.Logger) -> None:
    logger.handlers[:] = [logging.NullHandler()]  # pytest's own would ask
    Hostile.asked.clear()

    def work() -> None:
        logger.info("seen %s", Hostile())
        logger.info(Hostile())

    assert lines(in_request(work)) == [
        "log INFO logger=shop.cart message=seen <stores.test_logs.Hostile>",
        "log INFO logger=shop.cart message=<stores.test_logs.Hostile>",
    ]
    assert Hostile.asked == []


def test_what_is_long_is_cut_and_says_so(logger: logging.Logger) -> None:
    def work() -> None:
        logger.info("x" * 5000)
        logger.info("%s", "y" * 5000)
        logger.info("%9000d", 1)

    messages = [
        event.attributes["message"] for event in in_request(work).events if event.kind == "log"
    ]
    assert [len(message) < 2100 for message in messages] == [True, True, True]
    assert messages[0].endswith("x… (5000 characters)")
    assert messages[1].endswith("y… (5000 characters)")
    assert messages[2] == "%9000d"


def test_filters_of_the_logger_come_first_and_a_disabled_one_is_silent(
    logger: logging.Logger,
) -> None:
    def no_secrets(record: logging.LogRecord) -> bool:
        record.msg = record.msg.replace("hunter2", "***")
        return "drop" not in record.msg

    def work() -> None:
        logger.info("it is hunter2")
        logger.info("drop this")
        logger.disabled = True
        logger.info("nobody hears")

    logger.addFilter(no_secrets)
    assert lines(in_request(work)) == ["log INFO logger=shop.cart message=it is ***"]


def test_the_tracers_own_records_are_not_reported() -> None:
    own = logging.getLogger("flaskscope")
    own.addHandler(logging.NullHandler())
    propagates, own.propagate = own.propagate, False
    assert lines(in_request(lambda: own.warning("of ours"))) == []
    own.propagate = propagates
    own.handlers.clear()


def test_nothing_is_reported_outside_a_trace_and_all_is_put_back(logger: logging.Logger) -> None:
    before = logging.Logger.callHandlers
    with capture_trace() as captured:
        assert logging.Logger.callHandlers is not before
        logger.info("outside")
    assert list(captured.events) == []
    assert logging.Logger.callHandlers is before


def state() -> Any:
    """Everything that configures logging."""
    manager = logging.Logger.manager
    loggers = {
        name: (one.level, one.propagate, one.disabled, list(one.handlers), list(one.filters))
        for name, one in manager.loggerDict.items()
        if isinstance(one, logging.Logger)
    }
    root = manager.root
    return loggers, root.level, list(root.handlers), manager.disable, logging.getLogRecordFactory()


def test_the_configuration_is_never_changed_and_every_handler_gets_the_same(
    logger: logging.Logger,
) -> None:
    def work() -> None:
        logger.info("hello %s", Hostile())
        logger.warning("%d", "not a number at all")

    logger.handlers[:] = [listener := Listener()]  # pytest's own would raise
    work()
    plain, before = list(listener.written), state()
    listener.written.clear()
    seen: list[Any] = []
    in_request(lambda: (work(), seen.append(state())))
    assert listener.written == plain
    assert seen == [before]
    assert state() == before
