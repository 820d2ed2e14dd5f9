"""Settings, tokens, jars, the bundle, problems and the OpenAPI document, each by itself."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import make_bundle
from web.bundle import Bundle, LatestBundle
from web.config import Config, ConfigError, is_loopback
from web.cookie_jars import MAX_JARS, CookieJars
from web.highlight import MAX_TEXT, token_lines
from web.keys import Keys
from web.problems import Problem, register_problem_handlers
from web.runtime import Runtime
from web.server import ThreadRuntime
from web.settings import MAX_PATTERNS, Settings
from web.store import Store

# --- settings ----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path, runtime: Runtime) -> Store:
    return runtime.run(Store.open, f"sqlite:///{tmp_path / 'store.sqlite3'}")


def test_changed_settings_are_there_after_a_restart(runtime: Runtime, store: Store) -> None:
    settings = Settings(runtime, store)
    assert settings.to_dict() == {
        "ignored_paths": ["/static/*", "/favicon.ico"],
        "size_cap": 512 << 20,
    }
    changed = settings.change({"ignored_paths": ["/health*", "*.png"], "size_cap": 64 << 20})
    assert changed == {"ignored_paths": ["/health*", "*.png"], "size_cap": 64 << 20}
    assert store.size_cap == 64 << 20
    again = Settings(runtime, store)
    assert again.to_dict() == changed
    assert again.ignored_paths == ("/health*", "*.png")
    assert again.change({}) == changed


@pytest.mark.parametrize(
    "changes",
    [None, [], "x", {"size": 1}, {"size_cap": "1"}, {"size_cap": True}, {"size_cap": 1.5e8},
     {"size_cap": 1}, {"size_cap": 1 << 60}, {"size_cap": -(1 << 25)}, {"ignored_paths": "/x"},
     {"ignored_paths": [7]}, {"ignored_paths": ["x"]}, {"ignored_paths": [""]},
     {"ignored_paths": ["/" * 201]}, {"ignored_paths": ["/x"] * (MAX_PATTERNS + 1)},
     {"ignored_paths": ["/ok"], "size_cap": 1}],
    ids=lambda changes: ascii(changes)[:40],
)  # fmt: skip
def test_an_unusable_setting_changes_nothing(
    runtime: Runtime, store: Store, changes: object
) -> None:
    settings = Settings(runtime, store)
    before = settings.to_dict()
    with pytest.raises(Problem) as caught:
        settings.change(changes)
    assert caught.value.status == 422
    assert (settings.to_dict(), Settings(runtime, store).to_dict()) == (before, before)


# --- tokens ------------------------------------------------------------------------------------


def joined(text: str) -> str:
    return "\n".join("".join(part for _, part in line) for line in token_lines(text))


def test_python_is_cut_into_tokens_line_by_line() -> None:
    assert token_lines("def f(x):\n    return 'a' # b\n") == [
        [("k", "def"), ("w", " "), ("nf", "f"), ("p", "("), ("n", "x"), ("p", "):")],
        [("", "    "), ("k", "return"), ("", " "), ("s1", "'a'"), ("", " "), ("c1", "# b")],
        [],
    ]


@pytest.mark.parametrize(
    "text",
    ["", "\n", "\n\n", "  \n", "x", "'''a\n\nb'''", "def (:\n\t\x00", "é\u2028x", "a\\\nb", "?$`"],
)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert joined(text) == text


@given(st.text(alphabet="abc '\"\\\n\t#(){}:=.f0é\u2028\x00", max_size=200))
def test_any_tokens_joined_are_the_text(text: str) -> None:
    assert joined(text) == text


def test_a_very_long_text_stays_plain() -> None:
    text = "x = 1\n" * (MAX_TEXT // 6 + 1)
    assert token_lines(text)[0] == [("", "x = 1")]


# --- keys and jars -----------------------------------------------------------------------------


def session_keys(name: str = "flaskscope_1", session_key: str = "secret") -> Keys:
    return Keys("control", "ingest", None, name, session_key)


def test_a_session_is_good_after_a_restart_and_for_its_own_dashboard_alone() -> None:
    session = session_keys().start_session()
    cookie = {"HTTP_COOKIE": f"flaskscope_1={session}"}
    assert session_keys().has_session(cookie)
    assert not session_keys(session_key="another").has_session(cookie)
    other_port = {"HTTP_COOKIE": f"flaskscope_2={session}"}
    assert not session_keys("flaskscope_2").has_session(other_port)
    assert not session_keys().has_session({})


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: "x" + s, lambda s: "", str.swapcase]
)
def test_a_session_that_was_tampered_with_opens_nothing(change: Callable[[str], str]) -> None:
    session = change(session_keys().start_session())
    assert not session_keys().has_session({"HTTP_COOKIE": f"flaskscope_1={session}"})


def test_jars_are_bounded_and_the_one_used_longest_ago_goes() -> None:
    jars = CookieJars()
    first = jars.get("0")
    for number in range(1, MAX_JARS):
        jars.get(str(number))
    assert jars.get("0") is first
    second = jars.get("1")
    jars.get("one-more")
    assert jars.get("0") is first
    assert jars.get("1") is second


# --- config ------------------------------------------------------------------------------------


def test_a_port_that_is_the_schemes_own_is_left_away() -> None:
    config = Config(port=80)
    assert config.url == "http://127.0.0.1"
    assert config.hosts == {"127.0.0.1", "localhost", "[::1]"}


def test_the_bound_address_is_answered_too() -> None:
    config = Config.from_environment({}, host="192.0.2.7", port=5001, token="x", database="/tmp/x")
    assert "192.0.2.7:5001" in config.hosts
    assert config.url == "http://192.0.2.7:5001"
    anywhere = Config.from_environment({}, host="0.0.0.0", port=5001, token="x", database="/tmp/x")
    assert anywhere.url == "http://127.0.0.1:5001"
    assert anywhere.hosts == {"127.0.0.1:5001", "localhost:5001", "[::1]:5001"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "box", "localhost.example", ""])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


# --- bundle ------------------------------------------------------------------------------------


def test_the_files_of_imported_chunks_are_found(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    for name in ("a.js", "b.js", "a.css", "zh.js", "zh.later.js"):
        (bundle / "assets" / name).write_text("")
    chunks = {
        "src/main.tsx": {"file": "assets/main-0a1b2c3d.js", "isEntry": True, "imports": ["_a"]},
        "_a": {"file": "assets/a.js", "css": ["assets/a.css"], "imports": ["_b", "src/main.tsx"]},
        "_b": {"file": "assets/b.js"},
        "lazy": {"file": "assets/never.js"},
        "src/i18n/zh.json": {"file": "assets/zh.js", "isDynamicEntry": True},
        "src/i18n/zh.later.json": {"file": "assets/zh.later.js", "isDynamicEntry": True},
    }
    (bundle / ".vite" / "manifest.json").write_text(json.dumps(chunks))
    assert Bundle.read(bundle) == Bundle(
        script="assets/main-0a1b2c3d.js",
        styles=("assets/a.css",),
        preloads=("assets/a.js", "assets/b.js"),
        catalogues={"zh": "assets/zh.js"},
    )


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"a": {}}', '{"a": {"isEntry": true}}', "7"])
def test_a_broken_manifest_is_a_missing_page(tmp_path: Path, manifest: str) -> None:
    bundle = make_bundle(tmp_path)
    (bundle / ".vite" / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigError, match="not built"):
        Bundle.read(bundle)


def test_a_page_that_is_built_anew_is_the_one_from_then_on(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    manifest = bundle / ".vite" / "manifest.json"
    latest = LatestBundle(bundle)
    before = latest.get()

    def build(text: str, at: int) -> None:
        manifest.write_text(text)
        os.utime(manifest, (at, at))

    build("{", 1)  # half of it
    assert latest.get() == before
    (bundle / "assets" / "new.js").write_text("")
    build('{"src/main.tsx": {"file": "assets/new.js", "isEntry": true}}', 2)
    assert latest.get().script == "assets/new.js"
    manifest.unlink()  # the next build begins
    assert latest.get().script == "assets/new.js"


# --- problems ----------------------------------------------------------------------------------


def test_a_fault_of_the_dashboard_is_a_problem_without_its_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("dashboard")
    register_problem_handlers(app)

    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("the secret path /root/x")

    answer = app.test_client().get("/fault")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert answer.json is not None
    assert answer.json["found"] == "RuntimeError"
    assert "secret" not in answer.text
    assert "the secret path" in caplog.text


def test_a_problem_with_a_lone_surrogate_is_still_json() -> None:
    problem = Problem(400, "t", "d", asked="\ud800", headers={"Retry-After": "2"})
    assert json.loads(problem.body())["asked"] == "\ud800"
    assert "found" not in problem.to_dict()


# --- the runtime -------------------------------------------------------------------------------


def test_calls_run_one_after_another_on_one_thread(runtime: Runtime) -> None:
    running, seen = threading.Semaphore(1), set()

    def call(number: int) -> int:
        assert running.acquire(blocking=False), "two calls at the same time"
        time.sleep(0.001)
        seen.add(threading.get_ident())
        running.release()
        return number

    results: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda n=n: results.update({n: runtime.run(call, n)}))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n for n in range(20)}
    assert len(seen) == 1
    assert seen != {threading.get_ident()}


def test_what_a_call_raises_is_raised_where_it_was_asked_for(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        runtime.run(lambda: 1 / 0)
    with pytest.raises(SystemExit):
        runtime.run(lambda: (_ for _ in ()).throw(SystemExit))
    assert runtime.run(divmod, 7, 2) == (3, 1)


# --- the runtime -------------------------------------------------------------------------------


def test_a_closed_runtime_wakes_its_sleepers_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    runtime = ThreadRuntime()
    asleep = threading.Event()

    def sleep() -> None:
        asleep.set()
        runtime.sleep(3600)

    runtime.spawn(sleep)
    assert asleep.wait(10)
    assert runtime.run(lambda: "stored") == "stored"
    runtime.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before
    with pytest.raises(RuntimeError, match="was closed"):
        runtime.run(lambda: "too late")
