"""What flask-restful's tests take from nose, which runs on no Python of today."""

from unittest import SkipTest

__all__ = ["SkipTest"]
