"""Signals that nobody listens to: most of those that are sent."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter as now  # compiled: # as in structures.pyx
from typing import Any

from .calls import MISSING
from .flows import FLOWS

__all__ = ["sent"]


def sent(probe: Any, original: Any) -> Callable[..., Any]:
    """In place of ``Signal.send``."""
    # compiled: cdef RingBuffer buffer
    buffer = probe.recorder.buffer
    # compiled: cdef Switch switch
    switch = probe
    traced = probe.tools.apps.traced

    def send(signal: Any, sender: Any = MISSING, /, *args: Any, **kwargs: Any) -> Any:
        # compiled: cdef Flow flow
        if not signal.receivers and switch.is_on:
            # The recorder's leaf, written out.
            try:
                plan, argument, before = traced[id(sender)].signals[signal]
                if (argument is None or kwargs.get(argument) is None) and not args:
                    if before is not None:
                        before(plan, kwargs)
                    flow = FLOWS.flow  # compiled: flow = _flow_of_thread()
                    next(flow.numbers)
                    # compiled, for the next line: buffer.happened(6, flow, flow.open, plan, None)
                    buffer.append((now(), flow, flow.open, plan, None, None))
                    return []
            except (LookupError, TypeError):
                pass  # not sent before; a signal of somebody's own may have no hash
            except StopIteration:
                try:
                    probe.recorder.leaf(*plan)
                except Exception as error:  # noqa: BLE001
                    probe.fault(error)
                return []
            except Exception as error:  # noqa: BLE001
                probe.fault(error)
        if sender is not MISSING:
            args = (sender, *args)
        return probe.send_slowly(original, signal, args, kwargs)

    return send
