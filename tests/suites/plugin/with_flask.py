"""A plugin of pytest that loads Flask beside tests that do not, and with it what we patch."""

import flask

__all__ = ["flask"]
