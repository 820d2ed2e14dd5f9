"""What is known about one context while it lives, where Flask keeps no list of tokens for it."""

from __future__ import annotations

from typing import Any

from ..hot_path import Kind, OpenSpan

ATTRIBUTE = "_flaskscope_pushes"
"""Where a context keeps it."""


class Pushes(list[None]):
    """How often a context is on its stack, and what belongs to it.

    What a list of tokens is elsewhere; as there, its length is the number of pushes.
    """

    __slots__ = (
        "__weakref__", "after", "handed", "label", "outlives", "outside", "shared",
    )  # fmt: skip

    def __init__(self, shared: Kind, label: int) -> None:
        super().__init__()
        self.shared = shared
        self.label = label
        self.after: tuple[OpenSpan | None, OpenSpan | None] | None = None
        """What ends with the last pop: the ``wsgi_app`` span and the root that it opened."""
        self.outside = 0
        """id() of the exception that was being handled where that began."""
        self.handed: OpenSpan | None = None
        """Where this context was copied from, to be used in another flow of control."""
        self.outlives = False
        """Whether its request is over and it is still on the stack."""


def pushes_of(context: Any) -> Pushes | None:
    found = getattr(context, "__dict__", {}).get(ATTRIBUTE)
    return found if type(found) is Pushes else None


def label_of(context: Any) -> int:
    """0 for a context that is not watched."""
    known = pushes_of(context)
    return 0 if known is None else known.label
