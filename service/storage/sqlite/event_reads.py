"""The read verbs of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import apsw

from service.storage.base import MAX_PAGE_BYTES
from service.storage.records import (
    EVERYTHING,
    Counted,
    EventId,
    Joins,
    Key,
    Page,
    Payloads,
    Scanned,
    Selection,
    StoredEvent,
)
from service.storage.sqlite.queries import rows_of
from service.storage.sqlite.reading import Reading, parent_row, stored_event
from service.storage.sqlite.selecting import TABLES, USER_EVENTS, Table, conditions, counting, page

_PIECE_BYTES: Final = 32 * 2**20  # of payloads, or of what stands beside them, that are read as one
_JOINS: Final = f", group_concat(id), group_concat(coalesce({USER_EVENTS.joined}, ''))"
_GROUPS = {"event_type": "event_type", "day": "floor({time} / 86400000000.0)", "joined": "{joined} IS NOT NULL"}


def _columns(table: Table) -> str:
    return f"id, {table.time}, {table.tie}, receive_time_us, source, {table.joined}, payload, {table.beside}"


def _stored(table: Table, parent: tuple[int, ...]) -> int:
    """How many events of a parent there are."""
    return parent[table.count_at]


def _has_most(connection: apsw.Connection, table: Table, parent: tuple[int, ...]) -> bool:
    """Whether more than half of a table's events are of one parent."""
    total: int = connection.execute(f"SELECT sum({table.name}) FROM parents").get
    return 2 * _stored(table, parent) > total


def _that_fit(events: Iterable[StoredEvent], limit: int) -> tuple[list[StoredEvent], bool]:
    """The first `limit` events, or fewer where they grow larger than a page may; and whether there are more."""
    items: list[StoredEvent] = []
    size = 0
    for event in events:
        size += len(event.payload) + len(event.beside or b"")
        if len(items) == limit or (items and size > MAX_PAGE_BYTES):
            return items, True
        items.append(event)
    return items, False


class EventReads(Reading):
    """Lists, counts and scans events; `kind` is `user_events`, `client_events` or `signals`."""

    def list_events(
        self, kind: str, parent: str, selection: Selection, after: Key | None, limit: int, *, descending: bool = False
    ) -> Page:
        """See `base.Store`."""
        table = TABLES[kind]
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return Page([], more=False, total=0)
            statement, values = page(table, known[0], selection, after, descending=descending, columns=_columns(table))
            events = (stored_event(parent, row) for row in connection.execute(statement, (*values, limit + 1)))
            items, more = _that_fit(events, limit)
            if selection == EVERYTHING:
                total = _stored(table, known)
            else:
                counted, values = counting(table, known[0], selection, most=_has_most(connection, table, known))
                total = connection.execute(f"SELECT count(*) FROM {counted}", values).get
        return Page(items, more=more, total=total)

    def get_event(self, kind: str, parent: str, event_id: int) -> StoredEvent | None:
        """See `base.Store`."""
        table = TABLES[kind]
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return None
            statement = f"SELECT {_columns(table)} FROM {table.name} WHERE id = ? AND parent_id = ?"
            row = connection.execute(statement, (event_id, known[0])).fetchone()
        return stored_event(parent, row) if row else None

    def scan_events(
        self, kind: str, parent: str, selection: Selection, after: Key | None, limit: int, *, whole: bool = True
    ) -> list[EventId]:
        """See `base.Store`."""
        table = TABLES[kind]
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return []
            rest = f"{table.joined}, payload" if whole else "NULL, x''"
            columns = f"id, {table.time}, {table.tie}, {rest}"
            statement, values = page(table, known[0], selection, after, descending=False, columns=columns)
            rows = rows_of(connection, statement, (*values, limit))
        return [EventId(number, (time_us, tie), joined, payload) for number, time_us, tie, joined, payload in rows]

    def scan_payloads(self, parent: str, selection: Selection, after: Key | None, limit: int) -> Scanned | None:
        """See `base.Store`."""
        found = self._as_one(parent, selection, after, limit, "")
        return Scanned(*found) if found else None

    def scan_joins(self, parent: str, selection: Selection, after: Key | None, limit: int) -> Joins | None:
        """See `base.Store`."""
        found = self._as_one(parent, selection, after, limit, _JOINS)
        return Joins(*found) if found else None

    def _as_one(
        self, parent: str, selection: Selection, after: Key | None, limit: int, beside: str
    ) -> tuple[Any, ...] | None:
        """The payloads of events, as one object, how many they are, the key of the last, and what else was asked for.

        SQLite puts them together, without the interpreter lock; as text, whose bytes stay as they are.
        """
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return None
            columns = f"id, {USER_EVENTS.joined}, {USER_EVENTS.time} AS time, {USER_EVENTS.tie} AS tie, payload"
            rows, values = page(USER_EVENTS, known[0], selection, after, descending=False, columns=columns)
            statement = (
                "SELECT count(*), max(time), substr(CAST(group_concat(CAST(tie AS TEXT), '') AS BLOB), -16), "
                f"group_concat(length(payload)), CAST(group_concat(CAST(payload AS TEXT), '') AS BLOB) {beside} "
                f"FROM ({rows})"
            )
            longest = connection.limit(apsw.SQLITE_LIMIT_LENGTH, _PIECE_BYTES)
            try:
                ((total, time_us, tie, sizes, data, *more),) = _as_many_as_fit(connection, statement, values, limit)
            finally:
                connection.limit(apsw.SQLITE_LIMIT_LENGTH, longest)
        return (Payloads(sizes, data), total, (time_us, tie), *more) if total else None

    def count_events(self, kind: str, parent: str, selection: Selection, group_by: frozenset[str]) -> list[Counted]:
        """See `base.Store`."""
        table = TABLES[kind]
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return []
            most = _has_most(connection, table, known)
            counted, values = counting(table, known[0], selection, group_by, most=most)
            groups = [
                expression.format(time=table.time, joined=table.joined) if name in group_by else "NULL"
                for name, expression in _GROUPS.items()
            ]
            statement = f"SELECT {', '.join(groups)}, count(*) FROM {counted} GROUP BY 1, 2, 3"
            rows = rows_of(connection, f"{statement} ORDER BY 1, 2, 3", values)
        return [
            Counted(event_type, None if day is None else int(day), None if joined is None else bool(joined), count)
            for event_type, day, joined, count in rows
        ]

    def arrivals(
        self, kind: str, parent: str, after: int, limit: int, selection: Selection = EVERYTHING
    ) -> tuple[list[StoredEvent], int]:
        """See `base.Store`."""
        table = TABLES[kind]
        last = self.last_arrival(kind)
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return [], last
            where, values = conditions(table, known[0], selection)
            statement = (
                f"SELECT {_columns(table)} FROM {table.name} NOT INDEXED "
                f"WHERE id > ? AND id <= ? AND {where} ORDER BY id LIMIT ?"
            )
            rows = rows_of(connection, statement, (after, last, *values, limit))
        seen = rows[-1][0] if len(rows) == limit else last
        return [stored_event(parent, row) for row in rows], seen

    def last_arrival(self, kind: str) -> int:
        """See `base.Store`."""
        with self._reading() as connection:
            return int(connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (kind,)).get or 0)


def _as_many_as_fit(
    connection: apsw.Connection, statement: str, values: Sequence[Any], limit: int
) -> list[tuple[Any, ...]]:
    """The rows of a statement whose last value is how many events it is about: fewer where they are too large."""
    while True:
        try:
            return connection.execute(statement, (*values, limit)).fetchall()
        except apsw.TooBigError:
            if limit == 1:
                raise
            limit = (limit + 1) // 2
