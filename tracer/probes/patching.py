"""Attributes that were replaced, and the way back.

A patch is put back only where ours is still in place: what a user put on top stays, and our
wrapper below it passes through.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Final
from weakref import ReferenceType, ref

_MISSING: Final = object()


class Patches:
    """A pile of replaced attributes. Changed under the engine's lock only."""

    def __init__(self) -> None:
        self._pile: list[tuple[Any, str, Any, Any]] = []
        self._covers: list[tuple[ReferenceType[Any], str, Any, Any]] = []
        self._methods: set[tuple[type, str]] = set()
        """Classes and the methods that :meth:`method` replaced in them."""

    def __len__(self) -> int:
        return len(self._pile) + len(self._covers)

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(original)`` in place of ``owner.name``, *owner* a class or a module.

        An inherited attribute is covered in *owner* itself; one that *owner* does not have is
        left alone, since another version of the library may not know it. So is a static or class
        method, which is not called as *make*'s wrappers are.
        """
        original = getattr(owner, name, _MISSING)
        found = vars(owner).get(name, _MISSING)
        if original is _MISSING or type(found) in (staticmethod, classmethod):
            return
        self._put(owner, name, found, as_function(make(original)))

    def add(self, owner: Any, name: str, value: Any) -> None:
        """Give *owner* an attribute: a class one that covers its instances' own, a module one that
        covers a builtin."""
        self._put(owner, name, vars(owner).get(name, _MISSING), value)

    def method(self, cls: type, name: str, make: Callable[[Any], Any]) -> None:
        """Put ``make(original)`` in place of *name* in the class that *cls* has it from, once.

        What is no plain function there is not called like one and left alone: a static method, or
        what a test has put in its place.
        """
        for owner in cls.__mro__:
            found = vars(owner).get(name, _MISSING)
            if found is not _MISSING:
                if type(found) is FunctionType and (owner, name) not in self._methods:
                    self._methods.add((owner, name))
                    self._put(owner, name, found, as_function(make(found)))
                return

    def cover(self, instance: Any, name: str, make: Callable[[Any], Any]) -> None:
        """The same of a method that *instance* has of its own; *instance* is held weakly, and what
        may lead to it is held here: these patches belong to *instance*."""
        found = instance.__dict__.get(name, _MISSING)
        if found is not _MISSING:
            wrapper = instance.__dict__[name] = as_function(make(found))
            self._covers.append((ref(instance), name, found, wrapper))

    def restore(self) -> None:
        """Take all of them out again, last one first."""
        self._methods.clear()
        while self._covers:
            reference, name, found, wrapper = self._covers.pop()
            instance = reference()
            if instance is not None and instance.__dict__.get(name) is wrapper:
                _restore_instance(instance, name, found)
        while self._pile:
            owner, name, found, wrapper = self._pile.pop()
            if vars(owner).get(name, _MISSING) is not wrapper:
                continue
            if isinstance(vars(owner), dict):
                _restore_instance(owner, name, found)
            elif found is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, found)

    def _put(self, owner: Any, name: str, found: Any, wrapper: Any) -> None:
        setattr(owner, name, wrapper)
        self._pile.append((owner, name, found, wrapper))


def as_function(wrapper: Any) -> Any:
    """*wrapper* as a function of Python's, where it is one of C: ``inspect`` and the autospec of
    ``unittest.mock`` tell a method by that, and a frame of ours stands where one always stood."""
    if type(wrapper).__name__ != "cython_function_or_method":
        return wrapper

    def function(*args: Any, **kwargs: Any) -> Any:
        return wrapper(*args, **kwargs) if kwargs else wrapper(*args)

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(function, name, getattr(wrapper, name))
    function.__dict__.update(wrapper.__dict__)
    return function


def _restore_instance(owner: Any, name: str, found: Any) -> None:
    """An instance or a module: its own dictionary, no __setattr__ in between."""
    if found is _MISSING:
        del owner.__dict__[name]
    else:
        owner.__dict__[name] = found
