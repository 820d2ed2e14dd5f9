"""Find in a recording of which the page does not hold everything.

The page finds by the same rules in what it holds (``src/state/query.ts``, ``src/model/usual.ts``,
``src/model/leaks.ts``); both are held to ``web/frontend/demo-data/found.json`` by their tests.
"""

from __future__ import annotations

from .query import Query, read_query
from .search import Search

__all__ = ["Query", "Search", "read_query"]
