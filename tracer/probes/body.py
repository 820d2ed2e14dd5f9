"""A request on its way back: start_response, the pieces of the body, the close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..hot_path import OpenSpan, Running


class Body:
    """The response iterable that the server gets, with the application's own inside.

    An object and not a generator, so that ``close()`` reaches it also when it was never iterated.
    """

    __slots__ = ("__weakref__", "_inner", "_iterator", "_running")

    def __init__(self, running: Running, inner: Any) -> None:
        self._running = running
        self._inner = inner
        self._iterator: Any = None

    @property
    def is_begun(self) -> bool:
        return self._iterator is not None

    def __iter__(self) -> Iterator[bytes]:
        if self._iterator is None:
            self._iterator = iter(self._inner)
        return self

    def __next__(self) -> bytes:
        iterator = self._iterator
        if iterator is None:
            iterator = self._iterator = iter(self._inner)
        running = self._running
        outside = running.resume()
        try:
            chunk: bytes = next(iterator)
            try:
                if running.probe.is_on and running.root is not None:
                    running.piece(chunk)
            except Exception as error:  # noqa: BLE001
                running.probe.fault(error)
            return chunk
        except StopIteration:
            raise
        except BaseException as error:
            running.failed = type(error).__name__
            raise
        finally:
            running.pause(outside)

    def close(self) -> None:
        running = self._running
        close = getattr(self._inner, "close", None)
        if running.root is None:
            if close is not None:
                close()
            return
        outside = running.resume()
        try:
            _close(running, close)
        finally:
            running.pause(outside)

    def __del__(self) -> None:
        running = getattr(self, "_running", None)
        if running is not None and running.root is not None:
            # First what is inside: a generator that is collected may still do things, and it does
            # them for this request.
            outside = running.resume()
            try:
                self._iterator = self._inner = None
            finally:
                running.pause(outside)
            running.abandon()


class _Pieces:
    """What a list or a tuple is for whoever gets one: its length and its pieces may be looked at,
    and it may be gone through again. Only the first time is recorded."""

    body: Body | None = None

    def __iter__(self) -> Iterator[bytes]:
        body = self.body
        if body is None or body.is_begun:
            return super().__iter__()  # type: ignore[misc, no-any-return]
        return iter(body)

    def close(self) -> None:
        if self.body is not None:
            self.body.close()


class ListBody(_Pieces, list[bytes]):
    pass


class TupleBody(_Pieces, tuple[bytes, ...]):
    pass


def _close(running: Running, close: Any) -> None:
    recorder = running.probe.recorder
    span = None
    try:
        if running.probe.is_on:
            span = recorder.begin("response.close", "response.close", running.app)
    except Exception as error:  # noqa: BLE001
        running.probe.fault(error)
    try:
        if close is not None:
            close()
    except BaseException as error:
        _ended(running, span, error)
        raise
    _ended(running, span, None)


def _ended(running: Running, span: OpenSpan | None, error: BaseException | None) -> None:
    sizes = {"chunks": running.chunks, "bytes": running.bytes}
    try:
        if span is not None:
            if error is None:
                running.probe.recorder.end(span, sizes)
            else:
                running.probe.recorder.left(span, error, sizes)
    except Exception as fault:  # noqa: BLE001
        running.probe.fault(fault)
    running.finish({} if error is None else {"left_by": type(error).__name__})


def body_for(running: Running, environ: Any, body: Any) -> Any:
    """*body* as the server shall get it; the flow of control leaves the request here."""
    root = running.root
    if root is None:
        return body
    flow = running.probe.recorder.flow()
    running.pause((flow, root[4], root[2].outside))
    wrapper = environ.get("wsgi.file_wrapper")
    if type(wrapper) is type and issubclass(type(body), wrapper):
        return _file(running, body)
    if type(body) is list or type(body) is tuple:
        pieces = ListBody(body) if type(body) is list else TupleBody(body)
        pieces.body = Body(running, body)
        return pieces
    return Body(running, body)


class _Finisher:
    """Ends the request of a file that is collected without having been closed."""

    __slots__ = ("_running",)

    def __init__(self, running: Running) -> None:
        self._running = running

    def close(self, inner: Any) -> None:
        running = self._running
        outside = running.resume()
        try:
            _close(running, inner)
        finally:
            running.pause(outside)

    def __del__(self) -> None:
        running = getattr(self, "_running", None)
        if running is not None:
            running.abandon()


def _file(running: Running, body: Any) -> Any:
    """The server's own file wrapper must reach it as it is, or it will not use sendfile."""
    running.bytes = None
    inner = getattr(body, "close", None)
    finisher = _Finisher(running)
    try:
        body.close = lambda: finisher.close(inner)
    except AttributeError:  # slots, or written in C: what happens to it is out of sight
        running.finish({})
    return body
