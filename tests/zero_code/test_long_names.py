"""Names of 10,000 characters, wherever a name can stand: nothing is refused, nothing is lost."""

from __future__ import annotations

from tests.processes import DashboardProcess

from .commands import Project, kinds_of, traces_of

LONG = """
import asyncio
import logging
import threading

from blinker import Namespace
from flask import Blueprint, Flask, flash, g, render_template_string, session

WORD = "n" * 10_000


def named(function):
    function.__name__ = function.__qualname__ = WORD
    return function


def app_called(name):
    app = Flask(name)
    app.secret_key = "s"
    app.config["TESTING"] = True
    return app


app = app_called("long-names")
parts = Blueprint(WORD, __name__)
app.before_request(named(lambda: None))
app.teardown_appcontext(named(lambda error: None))
app.add_template_filter(named(lambda value: value), WORD)
app.context_processor(named(lambda: {WORD: 1}))
Wrong = type(WORD, (Exception,), {"__qualname__": WORD})
app.register_error_handler(Wrong, named(lambda error: ("wrong", 500)))
signal = Namespace().signal(WORD)
signal.connect(heard := named(lambda sender: None))


async def task():
    asyncio.current_task().set_name(WORD)
    with app.test_request_context("/" + WORD):
        pass


@named
def view():
    g.setdefault(WORD, 1)
    session[WORD] = WORD
    flash(WORD, WORD)
    signal.send(app)
    logging.getLogger(WORD).warning(WORD)
    render_template_string("{{ 1|" + WORD + " }}")
    exec(compile("def far(): pass", "/" + WORD, "exec"), space := {})
    app.jinja_env.globals[WORD] = space["far"]
    asyncio.run(task())
    other = app_called(WORD)
    other.add_url_rule("/", WORD, named(lambda: "other"))
    thread = threading.Thread(target=lambda: other.test_client().get("/"), name=WORD)
    thread.start()
    thread.join()
    raise Wrong(WORD)


parts.add_url_rule("/", WORD, view)
app.register_blueprint(parts)
app.test_client().get("/?" + WORD, headers={"X-" + WORD: WORD})
"""


def test_long_names_are_told_and_nothing_is_refused(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("long.py", LONG)
    ended = project.run_to_the_end("python", "long.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (0, f"{'n' * 10_000}\n")
    [trace] = traces_of(dashboard, "long-names")
    assert (trace["status"], trace["complete"]) == (500, True)
    kinds = set(kinds_of(dashboard, trace))
    wanted = {"before_request", "view", "signal_receiver", "log", "flash", "template_filter"}
    assert kinds >= {*wanted, "exception", "error_handler", "session.save", "teardown_appcontext"}
    assert max(map(len, trace["apps"])) > 1000
