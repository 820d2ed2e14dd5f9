"""A value is described without one line of its own code, whatever it is."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import functools
import gc
import sys
import threading
import time
import types
import uuid
from contextvars import ContextVar

import pytest
from flask import current_app, g, request, session
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.local import LocalProxy

from tracer.safe_repr import safe_repr

BOMBS = """
    __repr__ __str__ __format__ __bytes__ __len__ __length_hint__ __iter__ __next__ __contains__
    __getitem__ __missing__ __bool__ __int__ __index__ __float__ __hash__ __eq__ __ne__ __lt__
    __le__ __gt__ __ge__ __call__ __enter__ __dir__ __reversed__ __getattr__ __getattribute__
    __instancecheck__ __sizeof__ __reduce__ __copy__ __get__ __del__ __abs__ __add__ __radd__
    __mod__ __rmod__ __fspath__ __await__ __class_getitem__ __set_name__ __unicode__ __html__
""".split()  # noqa: SIM905
BASES = (object, str, bytes, int, float, list, tuple, dict, set, frozenset, Exception)


def explode(*args, **kwargs):
    raise SystemError("the application's code ran")


def bomb(base: type, names=BOMBS) -> object:
    """An instance of a subclass of *base* whose every method raises, made without calling one."""
    methods = {name: explode for name in names if name not in ("__del__", "__set_name__")}
    cls = type(f"Bomb{base.__name__}", (base,), methods)
    return base.__new__(cls)


class BombMeta(type):
    """A class that raises whatever is asked of it."""

    __hash__ = __eq__ = __call__ = __repr__ = __str__ = __instancecheck__ = explode  # type: ignore
    __subclasscheck__ = __len__ = __iter__ = __bool__ = explode  # type: ignore

    def __getattribute__(cls, name):
        explode()


class Liar:
    __class__ = dict  # type: ignore[assignment]
    items = keys = explode


class CallingLiar:
    @property
    def __class__(self):
        explode()


class OddNames:
    pass


class EvilText(str):
    __format__ = __repr__ = __str__ = __hash__ = __eq__ = explode  # type: ignore[assignment]


class LazyRows:
    """Like an ORM's query: iterating it would ask the database."""

    __iter__ = __len__ = __getitem__ = __bool__ = __repr__ = explode


class Slotted:
    __slots__ = ("value",)


class Level(enum.IntEnum):
    LOW = 1
    __repr__ = explode


def odd_function():
    pass


def deep(make, depth=100_000):
    value = make(None)
    for _ in range(depth):
        value = make(value)
    return value


def cyclic_list():
    value: list[object] = []
    value.append(value)
    return value


def cyclic_dict():
    value: dict[str, object] = {}
    value["again"] = [value, (value,)]
    return value


def wide():
    value: object = list(range(60))
    for _ in range(8):
        value = [value] * 60
    return value


def changing_class_name():
    OddNames.__qualname__ = EvilText("Odd")
    OddNames.__module__ = EvilText("odd")
    return OddNames()


def changing_function_name():
    odd_function.__qualname__ = EvilText("odd")
    odd_function.__module__ = EvilText("odd")
    return odd_function


def hostile_objects():
    yield from ((f"bomb of {base.__name__}", bomb(base)) for base in BASES)
    yield from ((f"only {name}", bomb(object, (name,))) for name in BOMBS)
    metaclass_bomb = type.__call__(BombMeta, "MetaBomb", (), {})
    yield "class with a raising metaclass", metaclass_bomb
    yield "its instance", object.__new__(metaclass_bomb)
    yield "liar about its class", Liar()
    yield "liar whose __class__ raises", CallingLiar()
    yield "class named by a str subclass", changing_class_name()
    yield "function named by a str subclass", changing_function_name()
    yield "lazy rows", LazyRows()
    yield "empty slots", Slotted.__new__(Slotted)
    yield "enum", Level.LOW
    yield "unbound current_app", current_app
    yield "unbound g", g
    yield "unbound request", request
    yield "unbound session", session
    yield "LocalProxy that raises", LocalProxy(explode)
    yield "LocalProxy to a ContextVar", LocalProxy(ContextVar("unset"))
    yield "defaultdict", collections.defaultdict(explode)
    yield "user dict", collections.UserDict()
    yield "chain map", collections.ChainMap({"a": LazyRows()})
    yield "deque", collections.deque([LazyRows()])
    yield "mapping proxy over a bomb", types.MappingProxyType(bomb(dict))  # type: ignore[arg-type]
    yield "generator", (explode() for _ in range(3))
    yield "partial", functools.partial(explode)
    yield "lru cache", functools.lru_cache(explode)
    yield "bound method of a bomb", types.MethodType(explode, bomb(object))
    yield "method of a callable bomb", types.MethodType(bomb(object), 1)
    yield "decimal", decimal.Decimal("1.5")
    yield "time with its own zone", datetime.datetime.now(bomb_zone())
    yield "huge text", "x" * 10_000_000
    yield "huge astral text", "\U0010ffff" * 1_000_000
    yield "huge bytes", b"\0" * 10_000_000
    yield "huge bytearray", bytearray(10_000_000)
    yield "huge int", 1 << 10_000_000
    yield "range of huge ints", range(1 << 100_000)
    yield "huge list", [0] * 1_000_000
    yield "huge dict", dict.fromkeys(range(1_000_000))
    yield "huge set", set(range(1_000_000))
    yield "wide in every depth", wide()
    yield "cyclic list", cyclic_list()
    yield "cyclic dict", cyclic_dict()
    yield "100k deep list", deep(lambda inner: [inner])
    yield "100k deep tuple", deep(lambda inner: (inner,))
    yield "100k deep dict", deep(lambda inner: {"in": inner})
    yield "bombs inside", {"a": [bomb(object), bomb(dict)], "b": (bomb(str), {1: bomb(list)})}
    yield "dict with str subclass values", {"k": EvilText("x")}
    yield "lone surrogates", "\ud800\udfff"
    yield "module", sys
    yield "frame", sys._getframe()
    yield "lock", threading.Lock()
    yield "file", sys.stdout
    yield "multi dict", ImmutableMultiDict([("a", "b")])
    yield "headers", Headers([("a", "b")])
    yield "memoryview", memoryview(b"abc" * 100_000)
    yield "slice of bombs", slice(bomb(object), bomb(int))
    yield "namespace", types.SimpleNamespace(a=bomb(object))
    yield "weird uuid", broken_uuid()
    yield "exception with a bomb", ValueError(bomb(object))


def bomb_zone():
    class Zone(datetime.tzinfo):
        armed = False

        def utcoffset(self, dt):
            return explode() if Zone.armed else datetime.timedelta(0)

        def fromutc(self, dt):
            return dt

        tzname = dst = explode

    zone = Zone()
    Zone.armed = True
    return zone


def broken_uuid():
    value = uuid.UUID(int=5)
    object.__setattr__(value, "int", bomb(int))
    return value


HOSTILE = dict(hostile_objects())


def test_there_are_enough_hostile_objects():
    assert len(HOSTILE) >= 100


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_is_described_without_running_its_code(name):
    value = HOSTILE[name]
    foreign_calls = []

    def watch(frame, event, argument):
        if event == "call" and not frame.f_globals["__name__"].startswith("tracer."):
            foreign_calls.append(frame.f_code.co_name)

    gc.disable()  # hypothesis listens to the collector
    sys.setprofile(watch)
    try:
        text = safe_repr(value)
    finally:
        sys.setprofile(None)
        gc.enable()

    assert foreign_calls == []
    assert type(text) is str
    assert len(text.encode("utf-8", "surrogatepass")) <= 16 * 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_is_described_within_a_millisecond(name):
    value = HOSTILE[name]
    fastest = min(_duration(value) for _ in range(20))

    assert fastest <= 1_000_000


def _duration(value):
    start = time.perf_counter_ns()
    safe_repr(value)
    return time.perf_counter_ns() - start


def test_builtin_values_are_shown_as_python_writes_them():
    value = {"a": [1, 2.5, None, True], "b": ("x", b"y"), "c": {3}, (): frozenset({4})}

    assert safe_repr(value) == repr(value)


def test_other_objects_are_shown_by_their_class_alone():
    assert safe_repr(Liar()) == f"<{__name__}.Liar>"
    assert safe_repr(current_app) == "<werkzeug.local.LocalProxy>"
    assert safe_repr(Liar) == f"<class {__name__}.Liar>"
    assert safe_repr([int, ValueError()]) == "[<class int>, <ValueError>]"


def test_what_an_url_converter_makes_is_readable():
    number = uuid.UUID("12345678-1234-5678-1234-567812345678")

    assert safe_repr(number) == repr(number)
    assert safe_repr(datetime.date(2026, 11, 22)) == "'2026-11-22'"


def test_a_long_text_is_cut_and_tells_its_length():
    text = safe_repr("x" * 90_000)

    assert text == "'" + "x" * 2048 + "…' (90000 characters)"


def test_a_long_container_is_cut_and_tells_its_length():
    assert safe_repr(list(range(1000))).endswith("48, 49, … 1000 items]")
    assert safe_repr({i: i for i in range(51)}).endswith("49: 49, … 51 items}")
    assert safe_repr(list(range(50))) == repr(list(range(50)))


def test_a_deep_value_ends_at_the_sixth_level():
    assert safe_repr([[[[[[[1, 2]]]]]]]) == "[[[[[[<list of 2 items>]]]]]]"


def test_a_cycle_ends_where_it_closes():
    assert safe_repr(cyclic_list()) == "[<cycle: list of 1 items>]"


def test_a_shared_value_is_not_a_cycle():
    shared = [1]

    assert safe_repr([shared, shared]) == "[[1], [1]]"


def test_a_small_limit_cuts_early():
    assert safe_repr(["abc"] * 40, limit=30) == "['abc', 'abc', 'abc', 'abc', … 40 items]"


def test_values_of_secret_keys_are_left_out():
    value = {"user": "ada", "password": ["hunter2"], "deep": [{"password": "hunter2"}]}

    text = safe_repr(value, hide=lambda name: name == "password")

    assert text == "{'user': 'ada', 'password': '[redacted]', 'deep': [{'password': '[redacted]'}]}"


def test_a_dict_that_another_thread_changes_is_still_described():
    value = {i: i for i in range(20)}
    done = threading.Event()

    def change():
        n = 0
        while not done.is_set():
            value[n % 97 + 20] = n
            value.pop((n + 50) % 97 + 20, None)
            n += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        texts = [safe_repr(value) for _ in range(500)]
    finally:
        done.set()
        thread.join()

    assert all(text.startswith(("{0: 0, 1: 1", "<dict of about")) for text in texts)


def test_at_the_end_of_the_stack_nothing_is_raised():
    def down():
        try:
            return down()
        except RecursionError:
            return safe_repr([[1]])

    assert down() in ("[[1]]", "<not described>")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(plain, st.integers(min_value=0, max_value=300))
def test_the_length_stays_near_the_limit(value, limit):
    assert len(safe_repr(value, limit)) <= 3 * limit + 300


@given(plain)
def test_what_fits_is_the_same_as_repr(value):
    text = safe_repr(value, 100_000)

    assert text == repr(value) or "items" in text
