"""Two sequences laid side by side: which items stand for each other, none crossing another.

Of all such alignments one with the highest total score is found, by dynamic programming, as long as
that costs at most :data:`MAX_CELLS` comparisons; equal beginnings and ends cost one each. What is
longer is first divided at items of one key that stand for each other: the first of the one with the
first of the other, the second with the second, as many as fit in one order (a longest rising
subsequence). So n and m items cost O((n + m) log (n + m)), and MAX_CELLS for each gap between.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_CELLS: Final = 1_000_000
EXACT, NAMED, KIND = 8, 6, 1
"""Scores: the same in the same contexts, the same elsewhere, of one kind by another name."""

Pair = tuple[int | None, int | None]
"""Positions in both sequences; None where one of them has nothing."""


class Item(NamedTuple):
    """What an alignment knows of an item; equal numbers mean equal things."""

    exact: int
    """Everything that tells it from others: kind, name, application, contexts."""
    named: int
    """Kind and name alone."""
    kind: int
    """Its kind, if two of it may stand for each other whatever their names are; else its own."""


def score_of(a: Item, b: Item) -> int:
    """What it is worth that two items stand for each other; 0 if they must not."""
    if a.exact == b.exact:
        return EXACT
    if a.named == b.named:
        return NAMED
    return KIND if a.kind == b.kind else 0


def align(a: Sequence[Item], b: Sequence[Item], max_cells: int = MAX_CELLS) -> Iterator[Pair]:
    """Every item of both exactly once, in an order in which both keep theirs.

    Between two pairs lies the work of one gap at most, so that who takes them can stop in between.
    """
    task = _Task(a, b, max_cells)
    return task.aligned(range(len(a)), range(len(b)), may_divide=True)


@dataclass(frozen=True, slots=True)
class _Task:
    a: Sequence[Item]
    b: Sequence[Item]
    max_cells: int

    def aligned(self, in_a: range, in_b: range, *, may_divide: bool) -> Iterator[Pair]:
        head = self._equal(in_a, in_b)
        yield from zip(in_a[:head], in_b[:head], strict=True)
        in_a, in_b = in_a[head:], in_b[head:]
        tail = self._equal(in_a[::-1], in_b[::-1])
        end_a, end_b = len(in_a) - tail, len(in_b) - tail
        yield from self._middle(in_a[:end_a], in_b[:end_b], may_divide=may_divide)
        yield from zip(in_a[end_a:], in_b[end_b:], strict=True)

    def _equal(self, in_a: range, in_b: range) -> int:
        """How many items at the beginning of both are equal."""
        count = 0
        for i, j in zip(in_a, in_b, strict=False):
            if self.a[i].exact != self.b[j].exact:
                break
            count += 1
        return count

    def _middle(self, in_a: range, in_b: range, *, may_divide: bool) -> Iterator[Pair]:
        if len(in_a) * len(in_b) <= self.max_cells:
            return self._best(in_a, in_b)
        return self._divided(in_a, in_b) if may_divide else _apart(in_a, in_b)

    def _best(self, in_a: range, in_b: range) -> Iterator[Pair]:
        a, b = self.a, self.b
        score = self._scores(in_a, in_b)
        i = j = 0
        while i < len(in_a) and j < len(in_b):
            match = score_of(a[in_a[i]], b[in_b[j]])
            if match and score[i][j] == match + score[i + 1][j + 1]:
                yield in_a[i], in_b[j]
                i, j = i + 1, j + 1
            elif score[i][j] == score[i + 1][j]:
                yield in_a[i], None
                i += 1
            else:
                yield None, in_b[j]
                j += 1
        yield from _apart(in_a[i:], in_b[j:])

    def _scores(self, in_a: range, in_b: range) -> list[array[int]]:
        """``[i][j]`` is the best that the items from i and from j on can reach."""
        columns = [self.b[j] for j in reversed(in_b)]
        below = array("i", bytes(4 * (len(columns) + 1)))
        rows = [below]
        for i in reversed(in_a):
            exact, named, kind = self.a[i]
            right = diagonal = 0
            row = [0]
            # From the end of both, as `below` was built: the row is turned round when it is done.
            for other, down in zip(columns, below[-2::-1], strict=True):
                # `score_of`, without the call: most of the time goes here.
                if other[0] == exact:
                    paired = EXACT + diagonal
                elif other[1] == named:
                    paired = NAMED + diagonal
                elif other[2] == kind:
                    paired = KIND + diagonal
                else:
                    paired = 0
                right = max(right, down, paired)
                diagonal = down
                row.append(right)
            row.reverse()
            below = array("i", row)
            rows.append(below)
        rows.reverse()
        return rows

    def _divided(self, in_a: range, in_b: range) -> Iterator[Pair]:
        """Aligns what lies between items that surely stand for each other."""
        start_a, start_b = in_a.start, in_b.start
        for i, j in self._anchors(in_a, in_b):
            yield from self.aligned(range(start_a, i), range(start_b, j), may_divide=False)
            yield i, j
            start_a, start_b = i + 1, j + 1
        rest_a, rest_b = range(start_a, in_a.stop), range(start_b, in_b.stop)
        yield from self.aligned(rest_a, rest_b, may_divide=False)

    def _anchors(self, in_a: range, in_b: range) -> list[tuple[int, int]]:
        """The n-th item of a key in the one and the n-th in the other, as many as do not cross."""
        places: dict[int, list[int]] = {}
        for j in in_b:
            places.setdefault(self.b[j].exact, []).append(j)
        seen: Counter[int] = Counter()
        candidates = []
        for i in in_a:
            key = self.a[i].exact
            known = places.get(key, ())
            if seen[key] < len(known):
                candidates.append((i, known[seen[key]]))
            seen[key] += 1
        return _longest_rising(candidates)


def _apart(in_a: range, in_b: range) -> Iterator[Pair]:
    """Without a partner: first what only the one has, then what only the other has."""
    for i in in_a:
        yield i, None
    for j in in_b:
        yield None, j


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most pairs whose second numbers rise; the first ones do already. Patience sorting."""
    piles: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for at, (_, value) in enumerate(pairs):
        pile = bisect_left(tops, value)
        before.append(piles[pile - 1] if pile else -1)
        piles[pile : pile + 1] = [at]
        tops[pile : pile + 1] = [value]
    found = []
    at = piles[-1] if piles else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
