"""Three invented requests in one process, in the words of ``docs/events.md``.

They hold what is hard to get from one real run at will: a mounted application, a nested context, a
hook that answers, an exception with its handler, and contexts popped out of order. pytest and
Vitest read the files that this writes: ``python tests/frontend_protocol/invented.py``.
"""

# ruff: noqa: E501 - one event a line is what makes these scripts readable
from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tracer.events import Event, Lane  # noqa: E402
from tracer.json_lines import dump_lines  # noqa: E402
from tracer.wire import (  # noqa: E402
    ColumnsBuilder,
    encode_block,
    encode_frame,
)

DEMO_DATA = ROOT / "web" / "frontend" / "demo-data"
PREFIX = "0badcafe"
AGENT = "a" * 32
EPOCH = 1_790_000_000_000_000_000


class Script:
    """Writes events down by the clock time of each, in milliseconds; sorts and numbers at the end."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, int, dict[str, Any]]] = []
        self.spans = 0
        self.lane = Lane(4711, 1, "MainThread")
        self.trace: str | None = None
        self.app: str | None = None
        self.parents: list[int] = []
        self.stack: list[str] = []

    def add(
        self, at: float, phase: str, kind: str, name: str, span: int, **attributes: Any
    ) -> None:
        parent = self.parents[-1] if self.parents else 0
        row = {
            "phase": phase, "kind": kind, "name": name, "app": self.app, "trace_id": self.trace,
            "span": span, "parent": parent, "lane": self.lane, "attributes": attributes,
        }  # fmt: skip
        self.rows.append((at, len(self.rows), row))

    def instant(self, at: float, kind: str, name: str, **attributes: Any) -> None:
        self.add(at, "instant", kind, name, 0, **attributes)

    @contextmanager
    def span(
        self,
        start: float,
        end: float,
        kind: str,
        name: str,
        /,
        *,
        after: dict[str, Any] | None = None,
        **attributes: Any,
    ) -> Iterator[None]:
        self.spans += 1
        number = self.spans
        self.add(start, "begin", kind, name, number, **attributes)
        self.parents.append(number)
        yield
        self.parents.pop()
        self.add(end, "end", kind, name, number, **(after or {}))

    def leaf(
        self,
        start: float,
        end: float,
        kind: str,
        name: str,
        /,
        *,
        after: dict[str, Any] | None = None,
        **attributes: Any,
    ) -> None:
        with self.span(start, end, kind, name, after=after, **attributes):
            pass

    def push(self, at: float, kind: str, label: str, count: int = 1) -> None:
        self.stack.append(label)
        self.instant(
            at,
            f"{kind}.push",
            self.app or "",
            context=label,
            push_count=count,
            stack=list(self.stack),
        )

    def pop(self, at: float, kind: str, label: str, count: int = 0) -> None:
        self.stack.remove(label)
        self.instant(
            at,
            f"{kind}.pop",
            self.app or "",
            context=label,
            push_count=count,
            stack=list(self.stack),
        )

    def signal(self, at: float, name: str, receivers: int = 0) -> None:
        self.leaf(at, at + 0.02, "signal", name, sender=self.app, receivers=receivers)

    def events(self) -> list[Event]:
        events = []
        for seq, (at, _, row) in enumerate(sorted(self.rows, key=lambda r: r[:2]), start=1):
            span, parent = row.pop("span"), row.pop("parent")
            events.append(
                Event(
                    seq=seq,
                    ts=EPOCH + round(at * 1e6),
                    span_id=f"{PREFIX}{span:08x}" if span else None,
                    parent_id=f"{PREFIX}{parent:08x}" if parent else None,
                    **row,
                )
            )
        return events


def cart(s: Script) -> None:
    """A mounted application, a view that works in a second application's context, a template."""
    s.lane, s.trace, s.app = Lane(4711, 1, "MainThread"), "c" * 32, "shop"
    with s.span(
        0,
        18.4,
        "request",
        "GET /shop/cart/7",
        method="GET",
        path="/shop/cart/7",
        script_root="",
        after={"status": 200, "bytes": 512},
    ):
        s.app = None
        with s.span(0.15, 18.25, "middleware", "DispatcherMiddleware", position=0):
            s.instant(
                0.5,
                "dispatch",
                "/shop",
                script_name=["", "/shop"],
                path_info=["/shop/cart/7", "/cart/7"],
            )
            s.app = "shop"
            with s.span(0.76, 17.86, "wsgi_app", "shop"):
                s.push(0.95, "app_context", "AppContext#1")
                s.signal(1.0, "appcontext_pushed")
                s.push(1.2, "request_context", "RequestContext#2")
                s.leaf(
                    1.36,
                    1.95,
                    "session.open",
                    "SecureCookieSessionInterface",
                    framework=True,
                    after={"keys": ["user_id"], "new": False},
                )
                s.leaf(
                    2.02,
                    2.42,
                    "url_match",
                    "/cart/<int:cart_id>",
                    endpoint="shop.cart",
                    view_args={"cart_id": 7},
                )
                s.signal(2.44, "request_started", 1)
                with s.span(
                    2.5,
                    4.45,
                    "before_request",
                    "require_login",
                    scope=None,
                    order=1,
                    registered_by="shop",
                    after={"returned": "None", "short_circuit": False},
                ):
                    s.leaf(
                        2.77, 4.14, "db.query", "SELECT user", driver="sqlite3", after={"rows": 1}
                    )
                s.leaf(
                    4.52,
                    5.35,
                    "before_request",
                    "csrf",
                    scope="shop",
                    order=2,
                    after={"returned": "None", "short_circuit": False},
                )
                with s.span(
                    5.47, 13.64, "view", "cart", endpoint="shop.cart", arguments={"cart_id": 7}
                ):
                    s.leaf(
                        5.67, 6.6, "db.query", "SELECT cart", driver="sqlite3", after={"rows": 1}
                    )
                    s.leaf(
                        6.65, 7.6, "db.query", "SELECT item", driver="sqlite3", after={"rows": 3}
                    )
                    s.app = "billing"
                    s.push(7.98, "app_context", "AppContext#3")
                    with (
                        s.span(8.2, 10.9, "span", "quote"),
                        s.span(8.34, 10.43, "span", "load_rate"),
                    ):
                        s.leaf(
                            8.48,
                            10.38,
                            "db.query",
                            "SELECT rate",
                            driver="sqlite3",
                            after={"rows": 1},
                        )
                    s.pop(11.12, "app_context", "AppContext#3")
                    s.app = "shop"
                    with s.span(
                        11.31, 13.54, "template.render", "cart.html", context=["cart", "total"]
                    ):
                        with s.span(
                            11.34,
                            11.55,
                            "signal",
                            "before_render_template",
                            sender="shop",
                            after={"receivers": 2},
                        ):
                            s.leaf(
                                11.35,
                                11.43,
                                "signal_receiver",
                                "add_currency",
                                signal="before_render_template",
                            )
                            s.leaf(
                                11.45,
                                11.54,
                                "signal_receiver",
                                "count_renders",
                                signal="before_render_template",
                            )
                        s.leaf(
                            11.56,
                            12.64,
                            "template.load",
                            "base.html",
                            loader="FileSystemLoader",
                            cached=False,
                        )
                        s.signal(13.5, "template_rendered")
                s.leaf(13.66, 13.74, "make_response", "str", framework=True, after={"status": 200})
                s.leaf(
                    13.77,
                    15.23,
                    "after_request",
                    "no_store",
                    scope=None,
                    order=1,
                    after={"returned": "Response"},
                )
                s.leaf(
                    15.29,
                    15.77,
                    "session.save",
                    "SecureCookieSessionInterface",
                    framework=True,
                    after={"modified": False, "set_cookie": False},
                )
                s.signal(15.7, "request_finished", 1)
                s.instant(
                    15.78, "start_response", "200 OK", headers=["Content-Type", "Content-Length"]
                )
                s.leaf(15.83, 17.23, "teardown_request", "close_db", scope=None, order=1)
                s.signal(16.4, "request_tearing_down", 1)
                s.pop(17.36, "request_context", "RequestContext#2")
                s.signal(17.5, "appcontext_tearing_down", 1)
                s.pop(17.67, "app_context", "AppContext#1")
                s.signal(17.7, "appcontext_popped")
        s.app = "shop"
        s.instant(18.3, "response.chunk", "0", bytes=512)
        s.leaf(18.32, 18.36, "response.close", "ClosingIterator", after={"chunks": 1, "bytes": 512})


def checkout(s: Script) -> None:
    """A before_request function answers, and what would have followed is skipped."""
    s.lane, s.trace, s.app = Lane(4711, 2, "Thread-2 (process_request_thread)"), "d" * 32, "shop"
    with s.span(3.1, 9.2, "request", "POST /shop/checkout", method="POST", path="/shop/checkout", script_root="/shop", after={"status": 302, "bytes": 199}), \
            s.span(3.15, 9.1, "wsgi_app", "shop"):  # fmt: skip
        s.push(3.2, "app_context", "AppContext#4")
        s.push(3.35, "request_context", "RequestContext#5")
        s.leaf(3.56, 4.0, "session.open", "SecureCookieSessionInterface", framework=True)
        s.leaf(4.0, 4.1, "url_match", "/checkout", endpoint="shop.checkout", view_args={})
        s.leaf(4.16, 6.14, "before_request", "require_login", scope=None, order=1,
               after={"returned": "302 /login", "short_circuit": True, "skipped": ["csrf", "checkout"]})  # fmt: skip
        s.leaf(6.51, 7.95, "after_request", "no_store", scope=None, order=1)
        s.leaf(8.03, 8.36, "session.save", "SecureCookieSessionInterface", framework=True)
        s.instant(8.4, "start_response", "302 FOUND")
        s.leaf(8.43, 8.74, "teardown_request", "close_db", scope=None, order=1)
        s.pop(8.9, "request_context", "RequestContext#5")
        s.pop(9.0, "app_context", "AppContext#4")


def invoice(s: Script) -> None:
    """A view raises, an error handler of the application answers."""
    s.lane, s.trace, s.app = Lane(4711, 3, "Thread-3 (process_request_thread)"), "e" * 32, "billing"
    with s.span(1.0, 13.2, "request", "GET /billing/invoice/9", method="GET", path="/billing/invoice/9", script_root="/billing", after={"status": 500, "bytes": 24}), \
            s.span(1.08, 13.1, "wsgi_app", "billing"):  # fmt: skip
        s.push(1.15, "app_context", "AppContext#6")
        s.push(1.3, "request_context", "RequestContext#7")
        s.leaf(1.51, 1.95, "session.open", "NullSession", framework=True)
        s.leaf(2.06, 3.55, "before_request", "load_user", scope=None, order=1)
        with s.span(
            3.66,
            8.06,
            "view",
            "invoice",
            endpoint="billing.invoice",
            arguments={"number": 9},
            after={"left_by": "ZeroDivisionError"},
        ):
            s.leaf(3.9, 6.1, "db.query", "SELECT invoice", driver="sqlite3", after={"rows": 1})
            with s.span(6.2, 8.05, "span", "tax_rate", after={"left_by": "ZeroDivisionError"}):
                s.instant(
                    8.04,
                    "exception",
                    "ZeroDivisionError",
                    message="division by zero",
                    stage="view",
                    handled_by="on_error",
                    chosen_because="app class",
                )
        s.signal(8.1, "got_request_exception", 1)
        s.leaf(
            8.77, 10.5, "error_handler", "on_error", scope=None, registered_for="ZeroDivisionError"
        )
        s.leaf(10.62, 12.05, "after_request", "no_store", scope=None, order=1)
        s.instant(12.1, "start_response", "500 INTERNAL SERVER ERROR")
        s.pop(12.6, "request_context", "RequestContext#7")
        s.pop(12.8, "app_context", "AppContext#6")


def script_run(s: Script) -> None:
    """A script pushes two contexts, pops the lower one first and never pops the other."""
    s.lane, s.trace, s.app, s.stack = Lane(4711, 4, "Thread-4"), "f" * 32, "shop", []
    with s.span(14.0, 17.0, "run", "shop"):
        s.push(14.1, "app_context", "AppContext#8")
        s.app = "billing"
        s.push(14.6, "app_context", "AppContext#9")
        s.app = "shop"
        s.leaf(15.0, 15.6, "span", "rebuild index", items=3)
        s.pop(16.2, "app_context", "AppContext#8")


def events() -> list[Event]:
    script = Script()
    for part in (cart, checkout, invoice):
        script.stack = []
        part(script)
    script_run(script)
    return script.events()


def frame(items: list[Event]) -> bytes:
    """Two blocks, so that a reader must put them together."""
    half = len(items) // 2
    blocks = []
    for first, part in ((1, items[:half]), (1 + half, items[half:])):
        builder = ColumnsBuilder(part[0].seq - 1, part[0].ts, PREFIX)
        for event in part:
            builder.add_event(event)
        blocks.append(encode_block(builder.build(), agent=AGENT, first=first))
    return encode_frame(blocks, 0, len(items))


def write() -> None:
    items = events()
    DEMO_DATA.mkdir(parents=True, exist_ok=True)
    (DEMO_DATA / "invented.bin").write_bytes(frame(items))
    lines = dump_lines(items, name="invented", exported=EPOCH, agents=[{"id": AGENT}], apps=[])
    (DEMO_DATA / "invented.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write()
