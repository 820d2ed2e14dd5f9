"""Bodies that arrive compressed, expanded piece by piece and never beyond a bound."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

MAX_RATIO: Final = 200
"""Expanded bytes per compressed byte; a JSON batch reaches 20, a zip bomb 1,000."""
_SLACK: Final = 1 << 20
"""Expanded bytes that are allowed whatever the ratio."""
_STEP: Final = 1 << 16
_WINDOW_BITS: Final = {"deflate": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}


class TooLarge(ValueError):
    """The body expands beyond its bound; the message says which."""


class NotCompressed(ValueError):
    """The body is not what its Content-Encoding says."""


class UnknownEncoding(ValueError):
    """A Content-Encoding that is not understood here."""


def inflated(pieces: Iterable[bytes], encoding: str | None, limit: int) -> Iterator[bytes]:
    """The expanded body in pieces of at most 64 KiB (identity: as they come).

    Raises :class:`TooLarge` beyond *limit* bytes or the ratio of 200, :class:`NotCompressed` for
    damaged or cut data, :class:`UnknownEncoding`.
    """
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return _bounded(pieces, limit)
    if name not in _WINDOW_BITS:
        raise UnknownEncoding(
            f"Content-Encoding {name[:40]!r} was found; deflate, gzip or none can be read"
        )
    return _expanded(pieces, name, limit)


def inflate(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The whole of :func:`inflated` at once."""
    return b"".join(inflated((body,), encoding, limit))


def _bounded(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        yield piece


def _expanded(pieces: Iterable[bytes], name: str, limit: int) -> Iterator[bytes]:
    engine = zlib.decompressobj(_WINDOW_BITS[name])
    taken = given = 0
    for piece in pieces:
        taken += len(piece)
        rest = piece
        while rest and not engine.eof:
            try:
                out = engine.decompress(rest, _STEP)
            except zlib.error as error:
                raise NotCompressed(f"the body is not valid {name} data: {error}") from error
            rest = engine.unconsumed_tail
            given += len(out)
            _check(given, taken, limit)
            if out:
                yield out
        if engine.unused_data or (engine.eof and rest):
            raise NotCompressed(f"bytes follow the end of the {name} data")
    tail = engine.flush(_STEP)
    given += len(tail)
    _check(given, taken, limit)
    if tail:
        yield tail
    if not engine.eof:
        raise NotCompressed(f"the {name} data is cut off after {taken} bytes")


def _check(given: int, taken: int, limit: int) -> None:
    if given > limit:
        raise TooLarge(f"the body expands to more than {limit} bytes")
    if given > _SLACK + taken * MAX_RATIO:
        raise TooLarge(f"the body expands to more than {MAX_RATIO} times its size")
