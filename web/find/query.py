"""The language of the find box.

Words are looked for in name, path, application, function and error, and in the names of what g,
the session, headers and cookies held; ``field:value`` narrows; ``-`` in front turns it round;
quotes hold words together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from web.outline import FAILED
from web.trace_index import TraceSummary


class Known(NamedTuple):
    """What only its events tell of a request; empty as long as nobody asks for it."""

    kinds: frozenset[str] = frozenset()
    names: str = ""
    """Of what its ``state`` tells of, one a line, in lower case."""
    unusual: bool = False
    leaking: bool = False


NOTHING_KNOWN: Final = Known()

Test = Callable[[TraceSummary, Known], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """All of the words that could be read must hold."""

    left_out: tuple[str, ...]
    """Words that cannot be read."""
    cheap: tuple[Test, ...]
    """What a summary answers."""
    dear: tuple[Test, ...]
    """What its events may make true that the summary alone does not."""
    dear_not: tuple[Test, ...]
    """What its events may make false."""
    asks: frozenset[str]
    """What about its events: ``kind``, ``names``, ``unusual``, ``leaking``."""

    def may_fit(self, summary: TraceSummary) -> bool:
        """Whether it is worth to read its events, if they are asked about."""
        return all(test(summary, NOTHING_KNOWN) for test in (*self.cheap, *self.dear_not))

    def is_settled(self, summary: TraceSummary) -> bool:
        """Whether one that may fit does, whatever its events tell."""
        return not self.dear_not and all(test(summary, NOTHING_KNOWN) for test in self.dear)

    def fits(self, summary: TraceSummary, known: Known) -> bool:
        """Whether the rest holds as well."""
        return all(test(summary, known) for test in (*self.dear, *self.dear_not))


_WORD: Final = re.compile(r'-?(?:([a-z_]+):)?(?:"([^"]*)"?|([^\s"]\S*))|-?[a-z_]+:')
_BARE: Final = re.compile(r"[a-z_]+:")
_DEAR: Final = re.compile(r'-?(?:(kind):|is:"?(unusual|leaking))')


def read_query(text: str) -> Query:
    """*text* as it is tested; what cannot be read is named and left out."""
    left_out: list[str] = []
    cheap: list[Test] = []
    dear: list[Test] = []
    dear_not: list[Test] = []
    asks = set()
    for match in _WORD.finditer(text.lower()):
        word = match[0]
        test = _read_word(word, match)
        if test is None:
            left_out.append(word)
            continue
        asked = _asked(word, test)
        if asked:
            asks.add(asked)
        if word[0] == "-":
            (dear_not if asked else cheap).append(_not(test))
        else:
            (dear if asked else cheap).append(test)
    return Query(tuple(left_out), tuple(cheap), tuple(dear), tuple(dear_not), frozenset(asks))


def _asked(word: str, test: Test) -> str | None:
    """What has to be known of the events for *word*."""
    if isinstance(test, _Text):
        return "names"
    found = _DEAR.match(word)
    return None if found is None else found[1] or found[2]


def _not(test: Test) -> Test:
    return lambda summary, known: not test(summary, known)


def _read_word(word: str, match: re.Match[str]) -> Test | None:
    field, value = match[1], match[2] if match[2] is not None else match[3] or ""
    bare = word.removeprefix("-")
    # `http://…` and `127.0.0.1:5000` are looked for as they are.
    is_bare = field is None and _BARE.fullmatch(bare) is not None
    if field is None and not is_bare:
        return _Text(value)
    if value.startswith("//"):
        return _Text(bare)
    read = _TESTS.get(bare[:-1] if field is None else field)
    return None if read is None or is_bare or not value else read(value)


@dataclass(frozen=True, slots=True)
class _Text:
    value: str

    def __call__(self, summary: TraceSummary, known: Known) -> bool:
        return self.value in _haystack(summary) or self.value in known.names


def _haystack(of: TraceSummary) -> str:
    said = (of.name, of.path, of.endpoint, of.error, of.short_circuit, *of.apps)
    return "\n".join(filter(None, said)).lower()


def _app(value: str) -> Test:
    return lambda summary, known: any(value in app.lower() for app in summary.apps)


def _route(value: str) -> Test:
    """A path where it has a slash, with ``*`` for anything; an endpoint's part elsewhere."""
    if "/" not in value:
        return lambda summary, known: value in (summary.endpoint or "").lower()
    first, *parts = value.split("*")
    return lambda summary, known: _follow(first, parts, (summary.path or "").lower())


def _follow(first: str, parts: list[str], path: str) -> bool:
    """Whether *path* begins with *first*, has *parts* in this order, and ends with the last.

    No regular expression: with many stars one would take for ever.
    """
    if not parts:
        return path == first
    at = len(first)
    if not path.startswith(first):
        return False
    for part in parts[:-1]:
        at = path.find(part, at) + len(part)
        if at < len(part):
            return False
    return path.endswith(parts[-1]) and len(path) - len(parts[-1]) >= at


def _status(value: str) -> Test | None:
    """``5xx``, ``4`` and ``404`` are all ways to say it."""
    if not re.fullmatch(r"[1-5]([0-9]{0,2}|xx|[0-9]x)", value):
        return None
    digits = value.rstrip("x")
    return lambda summary, known: str(summary.status or "").startswith(digits)


_UNITS: Final = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_AMOUNT: Final = r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s)?"
_LIMIT: Final = re.compile(rf"([<>]=?){_AMOUNT}")
_RANGE: Final = re.compile(rf"{_AMOUNT}\.\.{_AMOUNT}")


def _duration(value: str) -> Test | None:
    """``>10ms``, ``<=2s``, ``5ms..20ms``; without a unit milliseconds."""
    if limit := _LIMIT.fullmatch(value):
        least, most = _bounds(limit[1], _amount(limit[2], limit[3]))
    elif span := _RANGE.fullmatch(value):
        least, most = _amount(span[1], span[2] or span[4]), _amount(span[3], span[4])
    else:
        return None
    return lambda summary, known: summary.duration is not None and least <= summary.duration <= most


def _bounds(sign: str, limit: float) -> tuple[float, float]:
    """The least and the most that ``sign limit`` lets through; durations are whole numbers."""
    if sign[0] == ">":
        return (limit if sign == ">=" else int(limit) + 1), float("inf")
    return float("-inf"), (limit if sign == "<=" else -int(-limit // 1) - 1)


def _amount(digits: str, unit: str | None) -> float:
    return float(digits) * _UNITS[unit or "ms"]


def _method(value: str) -> Test:
    return lambda summary, known: (summary.method or "").lower() == value


def _kind(value: str) -> Test:
    return lambda summary, known: (
        (summary.kind or "request") == value or any(k.startswith(value) for k in known.kinds)
    )


def _is_error(summary: TraceSummary, _: Known) -> bool:
    return summary.error is not None or (summary.status or 0) >= FAILED


_STATES: Final[dict[str, Test]] = {
    "error": _is_error,
    "short": lambda summary, known: summary.short_circuit is not None,
    "unusual": lambda summary, known: known.unusual,
    "leaking": lambda summary, known: known.leaking,
    "running": lambda summary, known: not summary.complete,
    "run": lambda summary, known: summary.kind == "run",
}

_TESTS: Final[dict[str, Callable[[str], Test | None]]] = {
    "app": _app,
    "route": _route,
    "status": _status,
    "duration": _duration,
    "method": _method,
    "kind": _kind,
    "is": _STATES.get,
}
