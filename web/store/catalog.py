"""Who sent events, which applications they announced, and the source texts that they point to.

On the store's worker thread only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from .schema import LIVE, agents, apps, chunks, shown_imports, sources

MAX_SOURCE: Final = 64 << 10
"""Characters of one function's text; the rest is cut off."""
MAX_SOURCES: Final = 32 << 20
"""Characters of all live source texts; beyond that the longest known go first."""
KEPT_AGENTS: Final = 100
"""Processes remembered although nothing of theirs is stored any more."""


class Catalog:
    """Reads and writes agents, applications and sources; the caller opens the transactions."""

    def __init__(self, connection: Connection) -> None:
        self._agents: dict[str, Mapping[str, Any]] = {}
        self._source_size = (
            connection.scalar(select(func.sum(sources.c.size)).where(sources.c.import_id == LIVE))
            or 0
        )
        self._forget_old_agents(connection)

    def write(
        self,
        connection: Connection,
        agent: Mapping[str, Any],
        announced: Sequence[Mapping[str, Any]],
        texts: Sequence[Mapping[str, Any]],
        now: int,
    ) -> None:
        """Store what a batch says beside its events. Call :meth:`keep` after the commit."""
        if self._agents.get(agent["id"]) != agent:
            connection.execute(delete(agents).where(agents.c.id == agent["id"]))
            connection.execute(
                insert(agents), {"id": agent["id"], "info": _dumped(agent), "seen": now}
            )
        for app in announced:
            found = (apps.c.agent == agent["id"], apps.c.key == _clean(app["key"]))
            connection.execute(delete(apps).where(*found))
            connection.execute(
                insert(apps),
                {"agent": agent["id"], "key": _clean(app["key"]), "info": _dumped(app)},
            )
        if texts:
            self._write_sources(connection, LIVE, texts)
            self._drop_old_sources(connection)

    def keep(self, agent: Mapping[str, Any]) -> None:
        """Remember that *agent* is stored as it is now."""
        self._agents[agent["id"]] = agent
        while len(self._agents) > KEPT_AGENTS:
            del self._agents[next(iter(self._agents))]

    def import_sources(
        self, connection: Connection, import_id: int, texts: Sequence[Mapping[str, Any]]
    ) -> None:
        """Store the sources of an imported recording, in the order of its file."""
        self._write_sources(connection, import_id, texts)

    def known(self, connection: Connection) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Every remembered process with its applications, the latest first."""
        announced: dict[str, list[dict[str, Any]]] = {}
        for row in connection.execute(select(apps)):
            announced.setdefault(row.agent, []).append(json.loads(row.info))
        rows = connection.execute(select(agents).order_by(agents.c.seen.desc()))
        return [(json.loads(row.info), announced.get(row.id, [])) for row in rows]

    def described(
        self, connection: Connection, ids: Sequence[str]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The agents *ids* and their applications, as the header of an export names them."""
        infos = {
            row.id: json.loads(row.info)
            for row in connection.execute(select(agents).where(agents.c.id.in_(ids)))
        }
        announced = connection.execute(
            select(apps).where(apps.c.agent.in_(ids)).order_by(apps.c.agent, apps.c.key)
        )
        named = [{"agent": row.agent, **json.loads(row.info)} for row in announced]
        return [infos.get(agent, {"id": agent}) for agent in ids], named

    def source(self, connection: Connection, source_id: str) -> dict[str, Any] | None:
        """One source text, a live one before one of an import."""
        query = (
            select(sources.c.info)
            .where(sources.c.import_id.in_(shown_imports()), sources.c.id == source_id)
            .order_by(sources.c.import_id)
            .limit(1)
        )
        info = connection.scalar(query)
        return None if info is None else json.loads(info)

    def sources_of(
        self, connection: Connection, import_id: int, after: int, limit: int
    ) -> list[tuple[int, str, str]]:
        """Number, id and JSON text of stored sources beyond number *after*, in order."""
        query = (
            select(sources.c.number, sources.c.id, sources.c.info)
            .where(sources.c.import_id == import_id, sources.c.number > after)
            .order_by(sources.c.number)
            .limit(limit)
        )
        return [(row.number, row.id, row.info) for row in connection.execute(query)]

    def _write_sources(
        self, connection: Connection, import_id: int, texts: Iterable[Mapping[str, Any]]
    ) -> None:
        for item in texts:
            source = {**item, "text": item["text"][:MAX_SOURCE]}
            info = _dumped(source)
            found = (sources.c.import_id == import_id, sources.c.id == source["id"])
            changed = connection.execute(update(sources).where(*found).values(info=info))
            if not changed.rowcount:
                connection.execute(
                    insert(sources),
                    {
                        "import_id": import_id,
                        "id": source["id"],
                        "info": info,
                        "size": len(info),
                    },
                )
                if import_id == LIVE:
                    self._source_size += len(info)

    def _drop_old_sources(self, connection: Connection) -> None:
        if self._source_size <= MAX_SOURCES:
            return
        rows = connection.execute(
            select(sources.c.number, sources.c.size)
            .where(sources.c.import_id == LIVE)
            .order_by(sources.c.number)
        )
        numbers = list(self._surplus(rows))
        connection.execute(delete(sources).where(sources.c.number.in_(numbers)))

    def _surplus(self, rows: Iterable[Any]) -> Iterator[int]:
        for row in rows:
            if self._source_size <= MAX_SOURCES:
                return
            self._source_size -= row.size
            yield row.number

    def _forget_old_agents(self, connection: Connection) -> None:
        stored = exists().where(chunks.c.agent == agents.c.id, chunks.c.import_id == LIVE)
        latest = select(agents.c.id).order_by(agents.c.seen.desc()).limit(KEPT_AGENTS)
        gone = list(
            connection.scalars(select(agents.c.id).where(~stored, agents.c.id.not_in(latest)))
        )
        connection.execute(delete(apps).where(apps.c.agent.in_(gone)))
        connection.execute(delete(agents).where(agents.c.id.in_(gone)))


def _dumped(value: Mapping[str, Any]) -> str:
    # ASCII only: half a UTF-16 pair in somebody's path must not break the database.
    return json.dumps(value, separators=(",", ":"))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
