"""What its events tell of a request: its kinds, names and steps, contexts that it left behind."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.wire import Columns

_BEGIN, _END = 0, 1
_ROOTS: Final = frozenset({"request", "run"})
_HOOKS: Final = frozenset(
    {
        "before_first_request",
        "before_request",
        "after_request",
        "teardown_request",
        "teardown_appcontext",
        "after_this_request",
        "url_value_preprocessor",
        "url_defaults",
        "context_processor",
    }
)
_LEFT_OUT: Final = re.compile(r"(?:state|proxy|log)\Z|local\.")
"""Recorded in more detail than others, or as often as the body has pieces."""
_NAMED: Final = re.compile(
    r"(?:view|error_handler|exception|middleware|signal|signal_receiver|start_response|template\..+)\Z"
)
_STACK: Final = re.compile(r"(?:app_context|request_context)\.(push|pop)\Z")
"""A ``LocalStack`` of the reader's own may well keep what it has."""


_COOKIE: Final = re.compile(r"set-cookie(?: \([0-9]+\))?\Z", re.IGNORECASE)
"""A header that came again has its number behind it: ``Set-Cookie (2)``."""


Context = tuple[int, str]
"""Lane and label of one that was pushed."""


@dataclass(slots=True)
class Told:
    """Of one request; takes its events in their order."""

    kinds: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Of what g, the session, headers and cookies held."""
    steps: list[str] = field(default_factory=list)
    """Which steps, of which function, in which order; no times, no values."""
    _held: Counter[Context] = field(default_factory=Counter)
    """What it pushed and did not pop."""
    _popped: Counter[Context] = field(default_factory=Counter)
    """What it popped and had not pushed."""
    _root: int = 0
    _ended: bool = False
    _cut: bool = False

    @property
    def leaking(self) -> bool:
        """Whether it is over and pushed a context that nobody popped, as far as it was told."""
        return self._ended and not self._cut and any(n > 0 for n in self._held.values())

    def step(self, text: str) -> None:
        # A body has as many pieces as it has.
        if text != "response.chunk" or self.steps[-1:] != [text]:
            self.steps.append(text)

    def root(self, span: int, phase: int, attributes: str) -> None:
        if phase == _BEGIN:
            self._root = self._root or span
        elif span == self._root:
            self._ended = True
            # Of what was not recorded whole the pops may have been dropped.
            self._cut = '"truncated":' in attributes or '"dropped":' in attributes

    def stack(self, lane: int, operation: str, label: str) -> None:
        context = lane, label
        if operation == "push":
            self._held[context] += 1
        elif self._held[context]:
            self._held[context] -= 1
        else:
            self._popped[context] += 1

    def settle(self, popped: Counter[Context]) -> None:
        """*popped*: what those after it popped and had not pushed, none of it for anybody yet.

        What this one left is taken out of it, and what it popped itself is put in.
        """
        taken = self._held & popped
        self._held -= taken
        popped -= taken
        popped += self._popped


def listen(columns: Columns, told: Mapping[str, Told], *, all_of_it: bool) -> None:
    """Tell each request in *told*, by its id, what it did in *columns*; or of which kinds alone."""
    of = {i: told[text] for i, text in enumerate(columns.strings) if text in told}
    data, strings = columns.data, columns.strings
    for trace, kind in set(zip(data["trace"], data["kind"], strict=True)):
        if trace in of:
            of[trace].kinds.add(strings[kind])
    _listen_for_names(columns, of)
    if all_of_it:
        _Listener(columns).run(of)


def _listen_for_names(columns: Columns, of: Mapping[int, Told]) -> None:
    kinds = {i for i, text in enumerate(columns.strings) if text in ("session.open", "state")}
    data = columns.data
    if not kinds:
        return
    rows = zip(data["trace"], data["kind"], data["attributes"], strict=True)
    for trace, kind, attributes in {row for row in rows if row[1] in kinds and row[0] in of}:
        told = json.loads(columns.attributes[attributes])
        of[trace].names.update(_names_in(columns.strings[kind], told))


def _names_in(kind: str, told: Mapping[str, Any]) -> Iterator[str]:
    if kind == "session.open":
        keys = told.get("keys")
        yield from map(str, keys if isinstance(keys, list) else ())
        return
    for part in ("g", "session", "headers"):
        for way in ("added", "removed", "changed"):
            for name, value in _record_in(_record_in(told.get("changes"), part), way).items():
                yield name
                if part == "headers" and _COOKIE.match(name):
                    values = value if isinstance(value, list) else [value]
                    yield from (v.split("=", 1)[0] for v in values if isinstance(v, str))


def _record_in(outer: object, name: str) -> dict[str, Any]:
    found = outer.get(name) if isinstance(outer, dict) else None
    return found if isinstance(found, dict) else {}


class _Listener:
    """The loop over one chunk; what a kind, a name and attributes mean is found out once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._steps: dict[tuple[int, int, int, int], str | None] = {}
        # Lanes have numbers of their own in each chunk.
        self._lanes = [hash(lane) for lane in columns.lanes]
        strings = columns.strings
        self._stack = [_STACK.match(text) for text in strings]
        self._is_root = [text in _ROOTS for text in strings]

    def run(self, of: Mapping[int, Told]) -> None:
        data = self._columns.data
        names = ("trace", "phase", "kind", "name", "attributes", "span", "lane")
        for row in zip(*(data[name] for name in names), strict=True):
            told = of.get(row[0])
            if told is not None:
                self._take(told, *row[1:])

    def _take(
        self, told: Told, phase: int, kind: int, name: int, attributes: int, span: int, lane: int
    ) -> None:
        key = (phase == _END, kind, name, attributes)
        if key not in self._steps:
            self._steps[key] = self._step(*key)
        text = self._steps[key]
        if text is not None:
            told.step(text)
        if self._is_root[kind]:
            told.root(span, phase, self._columns.attributes[attributes])
        change = self._stack[kind]
        if change is not None:
            told.stack(self._lanes[lane], change[1], self._label(name, attributes))

    def _step(self, is_end: bool, kind: int, name: int, attributes: int) -> str | None:
        """None for what does not count, and for an end that says nothing new."""
        word = self._columns.strings[kind]
        if _LEFT_OUT.match(word):
            return None
        if is_end:
            said = self._columns.attributes[attributes]
            if '"short_circuit"' not in said or json.loads(said)["short_circuit"] is not True:
                return None
            return f"⚑ {self._name(word, name, attributes)}"
        is_named = word in _HOOKS or _NAMED.match(word)
        return f"{word} {self._name(word, name, attributes)}" if is_named else word

    def _name(self, kind: str, name: int, attributes: int) -> str:
        """As people say it: a view by its endpoint."""
        said = self._attributes(attributes).get("endpoint") if kind == "view" else None
        return said if isinstance(said, str) else self._columns.strings[name]

    def _label(self, name: int, attributes: int) -> str:
        said = self._attributes(attributes)
        found = next((said[k] for k in ("context", "value") if said.get(k) is not None), None)
        return self._columns.strings[name] if found is None else str(found)

    def _attributes(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._columns.attributes[number])
        return found


def difference(steps: Iterable[str], usual: Iterable[str]) -> dict[str, list[str]]:
    """Steps that it took and the usual one does not, and the other way round."""
    steps, usual = list(steps), list(usual)
    return {"more": _without(steps, usual), "less": _without(usual, steps)}


def _without(steps: Iterable[str], others: Iterable[str]) -> list[str]:
    """Those of *steps* that *others* have not, or not as often."""
    left = Counter(others)
    found = []
    for step in steps:
        if left[step] <= 0:
            found.append(step)
        left[step] -= 1
    return found
