"""Batches, packed for the way and kept until the dashboard has stored them."""

from __future__ import annotations

import json
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from ..events import Lane
from ..wire import Batch, Columns, ColumnsBuilder, encode_batch

MAX_RAW: Final = 8 * 1024 * 1024
"""Bytes of one batch before compression; the dashboard refuses 16 MiB."""
MAX_UNSENT: Final = 3 * 1024 * 1024
"""Bytes that wait for the dashboard, compressed; about 340,000 events. With a buffer that is full
(``MAX_BYTES`` of rows.py) and a batch that is being packed, 8 MiB at most."""
_OVERHEAD: Final = 512
"""Of a packet's objects, rounded up: a thousand batches of one event are not for nothing."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One batch, compressed."""

    number: int
    body: bytes
    events: int
    dropped: Mapping[str, int]
    announces: bool
    """Whether it carries applications or sources, which must not get lost."""

    @property
    def size(self) -> int:
        """Bytes that it takes while it waits."""
        return len(self.body) + _OVERHEAD


class Packets:
    """The unsent batches, oldest first; at most 3 MiB. The exporter's thread alone uses this.

    A batch keeps its number however often it is sent, so that the dashboard stores it once.
    """

    def __init__(self) -> None:
        self._waiting: deque[Packet] = deque()
        self._bytes = 0
        self._number = 0
        self._shown = 0
        """How many, from the first on, the dashboard has seen and could not store."""
        self.lost: Counter[str] = Counter()
        """Events that fell out here, and counts that travelled in a batch that fell out."""
        self.lost_announcements = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def first(self) -> Packet:
        return self._waiting[0]

    @property
    def unshown(self) -> Packet | None:
        """The oldest one that the dashboard has not seen; None unless it saw those before it."""
        return self._waiting[self._shown] if 0 < self._shown < len(self._waiting) else None

    def first_is_shown(self) -> None:
        """The dashboard cannot store the first one now, and has shown it to who watches."""
        self._shown = max(1, self._shown)

    def next_is_shown(self) -> None:
        """The same of :attr:`unshown`."""
        self._shown += 1

    def forget_shown(self) -> None:
        """The next dashboard may be another one."""
        self._shown = 0

    def add(self, batch: Batch) -> None:
        """Queue *batch* under the next number; too many bytes push the oldest ones out."""
        for packet in self._packed(batch):
            self._waiting.append(packet)
            self._bytes += packet.size
        while self._bytes > MAX_UNSENT and len(self._waiting) > 2:
            self._drop_second()

    def stored(self) -> None:
        """The dashboard has the first one."""
        self._bytes -= self._take_first().size

    def refused(self, reason: str) -> None:
        """The dashboard will never take the first one: count what was in it."""
        packet = self._take_first()
        self._bytes -= packet.size
        self._count(packet, reason)

    def _take_first(self) -> Packet:
        self._shown = max(0, self._shown - 1)
        return self._waiting.popleft()

    def split_first(self) -> bool:
        """Put two halves in place of the first one; False if it cannot be divided."""
        packet = self._waiting[0]
        halves = _halves(_unpacked(packet))
        if halves is None:
            return False
        self.stored()
        packets = [p for half in halves for p in self._packed(half)]
        self._waiting.extendleft(reversed(packets))
        self._bytes += sum(p.size for p in packets)
        return True

    def _packed(self, batch: Batch) -> Iterator[Packet]:
        self._number += 1
        batch = replace(batch, number=self._number)
        raw = encode_batch(batch)
        halves = _halves(batch) if len(raw) > MAX_RAW else None
        if halves is not None:
            for half in halves:
                yield from self._packed(half)
            return
        yield Packet(
            self._number,
            zlib.compress(raw, 1),
            batch.columns.count,
            batch.dropped,
            bool(batch.apps or batch.sources),
        )

    def _drop_second(self) -> None:
        # Not the first: it may have been stored, with only its answer lost, and what is stored
        # must not be counted as lost as well.
        packet = self._waiting[1]
        del self._waiting[1]
        self._shown -= self._shown > 1
        self._bytes -= packet.size
        self._count(packet, "not_sent")

    def _count(self, packet: Packet, reason: str) -> None:
        if packet.events:
            self.lost[reason] += packet.events
        self.lost.update(packet.dropped)
        self.lost_announcements = self.lost_announcements or packet.announces


def empty_columns(ts: int) -> Columns:
    """No events, as a heartbeat carries them."""
    return ColumnsBuilder(0, ts, "00000000").build()


def _unpacked(packet: Packet) -> Batch:
    fields: dict[str, Any] = json.loads(zlib.decompress(packet.body))
    columns = Columns(
        base_seq=fields["base_seq"],
        base_ts=fields["base_ts"],
        span_prefix=fields["span_prefix"],
        strings=fields["strings"],
        lanes=[Lane(*lane) for lane in fields["lanes"]],
        attributes=fields["attributes"],
        data=fields["columns"],
    )
    names = ("agent", "apps", "sources", "dropped", "bye")
    return Batch(number=fields["batch"], columns=columns, **{n: fields[n] for n in names})


def _halves(batch: Batch) -> tuple[Batch, Batch] | None:
    """Two batches with half of everything each; None if there is one thing at most."""
    columns, apps, sources = batch.columns, batch.apps, batch.sources
    if columns.count < 2 and len(apps) < 2 and len(sources) < 2:
        if bool(columns.count) + bool(apps) + bool(sources) < 2:
            return None
        # One of each: what describes goes first, the event after it.
        empty = empty_columns(columns.base_ts)
        return replace(batch, columns=empty, bye=False), replace(
            batch, apps=(), sources=(), dropped={}
        )
    events = columns.count // 2
    first = replace(
        batch,
        columns=_part(columns, 0, events),
        apps=_first_half(apps),
        sources=_first_half(sources),
        bye=False,
    )
    second = replace(
        batch,
        columns=_part(columns, events, columns.count),
        apps=apps[len(first.apps) :],
        sources=sources[len(first.sources) :],
        dropped={},
    )
    return first, second


def _first_half(items: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return items[: (len(items) + 1) // 2]


def _part(columns: Columns, start: int, stop: int) -> Columns:
    """Events *start* to *stop* with the texts that they use, and no others."""
    builder = ColumnsBuilder(columns.base_seq, columns.base_ts, columns.span_prefix)
    data = columns.data
    strings, lanes, attributes = columns.strings, columns.lanes, columns.attributes
    seq, ts = columns.base_seq, columns.base_ts
    for index, row in enumerate(islice(zip(*data.values(), strict=True), stop)):
        at = dict(zip(data, row, strict=True))
        seq, ts = seq + at["seq"], ts + at["ts"]
        if index >= start:
            builder.add(
                seq,
                ts,
                at["phase"],
                strings[at["kind"]],
                strings[at["name"]],
                strings[at["app"]],
                strings[at["trace"]],
                at["span"],
                at["parent"],
                lanes[at["lane"]],
                attributes[at["attributes"]],
            )
    return builder.build()
