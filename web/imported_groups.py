"""Events of a file, put back into blocks: one block holds one process.

A file of ours has runs of one process after the other, as its batches came; each run becomes a
block, so that an export gives the same lines in the same order. A file that somebody merged may
change the process with every line: then the lines of one step (1,000) are put together by process,
each process in its own order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tracer.wire import Columns, ColumnsBuilder

MAX_RUNS: Final = 64
"""Blocks made of one step's lines before they are put together by process."""
NO_PREFIX: Final = "00000000"
"""Of a process none of whose events belongs to a span."""


class Group:
    """Events of one process that follow each other."""

    def __init__(self, prefix: str, agent: str) -> None:
        self.prefix = prefix
        self.agent = agent
        self._builder: ColumnsBuilder | None = None

    def builder_for(self, seq: int, ts: int) -> ColumnsBuilder:
        """The builder; made at the first event, whose numbers become its base."""
        if self._builder is None:
            self._builder = ColumnsBuilder(seq, ts, self.prefix)
        return self._builder

    def columns(self) -> Columns:
        assert self._builder is not None
        return self._builder.build()


class Grouping:
    """Decides which block a line goes to. Used by one import, on one thread."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._by_prefix: dict[str, Group] = {}
        self._prefix_of_pid: dict[int, str] = {}
        self._agents: dict[str, str] = {}
        self._agents_by_pid: dict[int, list[str]] = {}

    def know(self, agents: Sequence[Mapping[str, Any]]) -> None:
        """The processes that the file's header names."""
        for agent in agents:
            agent_id = agent.get("id")
            if not isinstance(agent_id, str):
                continue
            pid = agent.get("pid")
            if isinstance(pid, int):
                self._agents_by_pid.setdefault(pid, []).append(agent_id)
            prefixes = agent.get("span_prefixes")
            if isinstance(prefixes, list):
                for prefix in prefixes:
                    if isinstance(prefix, str):
                        self._agents[prefix] = agent_id
                        if isinstance(pid, int):
                            # For what it did before its first span.
                            self._prefix_of_pid.setdefault(pid, prefix)

    def group_of(self, span_id: str | None, parent_id: str | None, pid: int) -> Group:
        """Where the next line goes; ValueError if its two spans are of different processes."""
        prefix = self._prefix(span_id, parent_id, pid)
        if self._groups and self._groups[-1].prefix == prefix:
            return self._groups[-1]
        if len(self._groups) >= MAX_RUNS and prefix in self._by_prefix:
            return self._by_prefix[prefix]
        group = Group(prefix, self._agent(prefix, pid))
        self._groups.append(group)
        self._by_prefix[prefix] = group
        return group

    def take(self) -> list[Group]:
        """The groups since the last call, in the order of their first lines."""
        groups, self._groups, self._by_prefix = self._groups, [], {}
        return groups

    def _prefix(self, span_id: str | None, parent_id: str | None, pid: int) -> str:
        if span_id and parent_id and span_id[:8] != parent_id[:8]:
            raise ValueError(
                "expected a span and its parent of one process (the same first 8 digits), "
                f"found {span_id} in {parent_id}"
            )
        known = span_id or parent_id
        if known:
            self._prefix_of_pid[pid] = known[:8]
            return known[:8]
        return self._prefix_of_pid.get(pid, NO_PREFIX)

    def _agent(self, prefix: str, pid: int) -> str:
        """The agent that a prefix belongs to: by the header, by its pid, else an id of its own."""
        if prefix not in self._agents:
            waiting = self._agents_by_pid.get(pid, [])
            taken = set(self._agents.values())
            free = [agent for agent in waiting if agent not in taken]
            self._agents[prefix] = free[0] if free else prefix.rjust(32, "0")
        return self._agents[prefix]
