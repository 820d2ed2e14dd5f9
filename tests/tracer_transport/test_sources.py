"""Where a function was written, and its text."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import sys
import textwrap
from pathlib import Path

import flask
import pytest
from flask.views import MethodView, View

from tracer.sources import MAX_FUNCTIONS, MAX_TEXT, Sources, location

HERE = Path(__file__)
ROOT = HERE.parents[2]


def a_view():
    return "text of a view"


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
@logged
def decorated():
    return "decorated"


class Things(MethodView):
    def get(self):
        return "things"


class Page(View):
    def dispatch_request(self):
        return "page"


class Handler:
    def __call__(self):
        return "called"

    def method(self):
        return "method"


def line_of(text: str) -> int:
    lines = HERE.read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip() == text)


def module_from(path: Path, text: str):
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_reference_names_file_line_and_source(monkeypatch):
    monkeypatch.setattr(sys, "path", ["/nowhere", str(ROOT)])

    reference = Sources().reference(a_view)

    assert reference["file"] == HERE.relative_to(ROOT).as_posix()
    assert reference["line"] == line_of("def a_view():")
    assert len(reference["source"]) == 16
    assert int(reference["source"], 16) >= 0


@pytest.mark.parametrize(
    ("function", "first_line"),
    [
        (decorated, "@logged"),
        (functools.partial(a_view), "def a_view():"),
        (functools.partial(functools.partial(decorated)), "@logged"),
        (Handler().method, "def method(self):"),
        (Handler(), "def __call__(self):"),
        (functools.lru_cache(a_view), "def a_view():"),
        (Things.as_view("things"), "def get(self):"),
        (Page.as_view("page"), "def dispatch_request(self):"),
        (staticmethod(a_view), "def a_view():"),
    ],
)
def test_a_wrapped_function_is_found(function, first_line):
    assert Sources().reference(function)["line"] == line_of(first_line)


@pytest.mark.parametrize("function", [len, "text", None, 5, object(), functools.partial(len), dict])
def test_what_python_did_not_make_has_no_reference(function):
    assert dict(Sources().reference(function)) == {}


def test_a_function_of_an_installed_package_is_named_below_its_import_folder():
    reference = Sources().reference(flask.Flask.full_dispatch_request)

    assert reference["file"] == "flask/app.py"
    assert reference["source"]


def test_no_code_of_a_hostile_callable_runs():
    class Hostile:
        def __getattribute__(self, name):
            raise SystemError(name)

        __eq__ = __hash__ = __bool__ = __getattribute__  # type: ignore[assignment]

        def __call__(self):
            pass

    def carrying():
        pass

    carrying.__wrapped__ = Hostile()  # type: ignore[attr-defined]

    assert Sources().reference(Hostile())["line"]
    assert Sources().reference(carrying)["line"] == Sources().reference(Hostile())["line"]


def test_wrappers_that_wrap_each_other_end():
    def one(): ...
    def two(): ...

    one.__wrapped__, two.__wrapped__ = two, one  # type: ignore[attr-defined]

    assert dict(Sources().reference(one)) == {}


def test_the_request_thread_touches_no_file():
    functions = [a_view, decorated, Handler().method, flask.Flask.make_response]
    sources = Sources()
    events: list[str] = []
    armed = [True]
    sys.addaudithook(lambda event, args: events.append(event) if armed[0] else None)

    for function in functions:
        sources.reference(function)
    armed[0] = False

    assert [e for e in events if e.startswith(("open", "os.", "socket.", "import"))] == []


def test_the_text_is_the_whole_function_with_its_decorators():
    sources = Sources()
    reference = sources.reference(decorated)

    (item,) = sources.take_new()

    assert item == {
        "id": reference["source"],
        "file": reference["file"],
        "line": line_of("@logged"),
        "name": "decorated",
        "text": '@logged\n@logged\ndef decorated():\n    return "decorated"\n',
    }


def test_a_text_is_new_once_and_can_be_had_again():
    sources = Sources()
    sources.reference(a_view)
    first = sources.take_new()
    sources.reference(a_view)
    sources.reference(Handler().method)

    assert [item["name"] for item in first] == ["a_view"]
    assert [item["name"] for item in sources.take_new()] == ["Handler.method"]
    assert sources.take_new() == []
    assert [item["name"] for item in sources.take_all()] == ["a_view", "Handler.method"]


def test_equal_functions_in_two_files_keep_their_own_text(tmp_path):
    first = module_from(tmp_path / "first.py", "def index():\n    return 1\n")
    second = module_from(tmp_path / "second.py", "def index():\n    return 1\n")
    sources = Sources()

    references = [sources.reference(m.index) for m in (first, second)]

    assert first.index.__code__ == second.index.__code__
    assert [Path(r["file"]).name for r in references] == ["first.py", "second.py"]
    assert len({r["source"] for r in references}) == 2


def test_changed_code_gets_another_id(tmp_path):
    sources = Sources()
    before = sources.reference(module_from(tmp_path / "m.py", "def f():\n    return 1\n").f)
    after = sources.reference(module_from(tmp_path / "m.py", "def f():\n    return 2\n").f)

    assert before["source"] != after["source"]


def test_the_id_is_the_same_in_every_process():
    ids = {Sources().reference(a_view)["source"] for _ in range(3)}

    assert len(ids) == 1


def test_a_huge_function_is_cut_visibly(tmp_path):
    body = "".join(f"    x = {n}\n" for n in range(20_000))
    module = module_from(tmp_path / "huge.py", f"def f():\n{body}")
    sources = Sources()
    sources.reference(module.f)

    (item,) = sources.take_new()

    assert len(item["text"].encode()) <= MAX_TEXT
    assert item["text"].endswith(f"# … cut here: {len(body) + 9} bytes in all\n")


def test_a_vanished_file_costs_the_text_only(tmp_path):
    module = module_from(tmp_path / "gone.py", "def f():\n    return 1\n")
    sources = Sources()
    reference = sources.reference(module.f)
    (tmp_path / "gone.py").unlink()

    assert reference["source"]
    assert sources.take_new() == []


def test_code_made_from_a_string_has_no_text():
    names: dict[str, object] = {}
    exec(compile("def f(): pass", "<made up>", "exec"), names)
    sources = Sources()

    assert sources.reference(names["f"])["file"] == "<made up>"
    assert sources.take_new() == []


def test_a_key_in_the_text_is_taken_out(tmp_path):
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    module = module_from(tmp_path / "keys.py", f'def f():\n    return "{key}"\n')
    sources = Sources()
    sources.reference(module.f)

    (item,) = sources.take_new()

    assert item["text"] == 'def f():\n    return "[redacted]"\n'


def test_reading_texts_leaves_pythons_line_cache_as_it_was(tmp_path):
    module = module_from(tmp_path / "cached.py", "def f():\n    return 1\n")
    sources = Sources()
    sources.reference(module.f)
    sources.take_new()

    assert module.__file__ not in linecache.cache


def test_endless_new_functions_are_bounded():
    sources = Sources()
    code = compile("lambda: 1", "<generated>", "eval")
    made = [eval(code) for _ in range(3)]
    functions = [
        type(made[0])(made[0].__code__.replace(co_firstlineno=n), {})
        for n in range(MAX_FUNCTIONS + 9)
    ]

    references = [sources.reference(f) for f in functions]

    assert "source" in references[0]
    assert "source" not in references[-1]
    assert references[-1]["line"] == MAX_FUNCTIONS + 8


def test_a_location_is_what_the_reference_says():
    reference = Sources().reference(a_view)

    assert location(a_view) == (reference["file"], reference["line"])
    assert location(len) is None
