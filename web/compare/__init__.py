"""Two requests as one merged tree, by the rules of the page's comparison.

The page has the same in ``web/frontend/src/model/compare/``, one module for each one here; both are
held to ``web/frontend/demo-data/compared.json`` by their tests.
"""

from __future__ import annotations

from .merged import DIFFERENCES, MergedStep, counts, finish, length, merge, pushes
from .steps import Step, steps_of

__all__ = [
    "DIFFERENCES",
    "MergedStep",
    "Step",
    "counts",
    "finish",
    "length",
    "merge",
    "pushes",
    "steps_of",
]
