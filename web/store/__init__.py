"""What the dashboard keeps: SQLAlchemy Core on SQLite, laid out so that PostgreSQL fits too.

One thread owns all of it: every method of :class:`Store` is called through ``Runtime.run``.
"""

from .database import StoreError, StoreUnavailable
from .reading import Chunk, Slice
from .store import Store, Stored
from .trace_queries import TraceFilter

__all__ = [
    "Chunk",
    "Slice",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Stored",
    "TraceFilter",
]
