"""Flaskscope's tracer: sees what a Flask application does, and is never noticed by it.

Importing it patches nothing.
"""

from .events import Event, Lane, Span, Trace
from .extension import Tracer, span

__all__ = ["Event", "Lane", "Span", "Trace", "Tracer", "span"]
