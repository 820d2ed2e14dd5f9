"""What a dashboard is told about how an application is reached and what can be fired at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .config import is_address


class Announcement(NamedTuple):
    """Looked at before anything is patched; see :meth:`read`."""

    base_url: str | None
    samples: tuple[Mapping[str, Any], ...]
    allow_methods: tuple[str, ...] | None

    @classmethod
    def read(
        cls,
        base_url: str | None,
        samples: Sequence[Mapping[str, Any]],
        allow_methods: Iterable[str] | None,
    ) -> Announcement:
        """:class:`ValueError` for what the dashboard could make nothing of, or JSON not tell."""
        if base_url is not None and not is_address(base_url):
            raise ValueError(
                f"base_url is where the application is reached, like http://127.0.0.1:8000/shop, "
                f"found {base_url!r}."
            )
        return cls(
            None if base_url is None else base_url.rstrip("/"),
            tuple(map(_checked_sample, _items(samples, "samples", "mappings"))),
            None if allow_methods is None else _checked_methods(allow_methods),
        )


def _checked_sample(sample: Any) -> Mapping[str, Any]:
    try:
        # A copy, and whoever changes theirs later changes nothing here.
        copied: Mapping[str, Any] = json.loads(json.dumps(dict(sample)))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"A sample is a mapping of what JSON can tell, like {{'method': 'GET', 'path': '/'}}, "
            f"found {sample!r}: {error}."
        ) from error
    return copied


def _checked_methods(methods: Any) -> tuple[str, ...]:
    found = _items(methods, "allow_methods", "names")
    if not all(isinstance(method, str) for method in found):
        raise ValueError(f"allow_methods is a list like ('GET', 'POST'), found {methods!r}.")
    return tuple(method.upper() for method in found)


def _items(value: Any, name: str, what: str) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ValueError(f"{name} is a list of {what}, found {value!r}.")
    return list(value)
