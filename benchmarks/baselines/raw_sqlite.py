"""What SQLite itself can do: ready rows and plain statements on the service's schema and settings, in one thread."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from service.storage.sqlite import SqliteStore

Row = tuple[Any, ...]
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "cache_size": -16 * 1024, "wal_autocheckpoint": 2_000}
_INSERT = """
INSERT INTO user_events (parent_id, event_time_us, fingerprint, event_type, visitor_id, user_id, receive_time_us,
    source, joined_revision, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""


@contextmanager
def opened(path: Path) -> Iterator[apsw.Connection]:
    """A connection with the service's settings; the schema is made when it is not there."""
    SqliteStore(path, rejection_limit=0).close()
    connection = apsw.Connection(str(path))
    for name, value in _PRAGMAS.items():
        connection.pragma(name, value)
    try:
        yield connection
    finally:
        connection.close()


def insert(path: Path, rows: Sequence[Row], batch: int) -> float:
    """Inserts rows with executemany, `batch` to a durable commit; returns rows per second."""
    with opened(path) as connection:
        began = time.perf_counter()
        for start in range(0, len(rows), batch):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows[start : start + batch])
            connection.execute("COMMIT")
        seconds = time.perf_counter() - began
        assert connection.execute("SELECT count(*) FROM user_events").get == len(rows)
    return len(rows) / seconds


def delete(path: Path, parent: str, before_us: int) -> tuple[int, float]:
    """One DELETE of the events before a time; returns how many went, and seconds."""
    with opened(path) as connection:
        began = time.perf_counter()
        connection.execute(
            "DELETE FROM user_events WHERE parent_id = (SELECT id FROM parents WHERE name = ?) AND event_time_us < ?",
            (parent, before_us),
        )
        return connection.changes(), time.perf_counter() - began


def read_payloads(path: Path, parent: str) -> tuple[int, float]:
    """Reads the payload of each of a catalog's events; returns how many, and seconds."""
    with opened(path) as connection:
        began = time.perf_counter()
        count = sum(1 for _ in _payloads(connection, parent))
        return count, time.perf_counter() - began


def read_and_update(path: Path, parent: str, revision: int) -> tuple[int, float]:
    """Reads those payloads and sets the joined revision of all with one UPDATE; returns how many, and seconds."""
    with opened(path) as connection:
        began = time.perf_counter()
        for _ in _payloads(connection, parent):
            pass
        connection.execute(
            "UPDATE user_events SET joined_revision = ? WHERE parent_id = (SELECT id FROM parents WHERE name = ?)",
            (revision, parent),
        )
        return connection.changes(), time.perf_counter() - began


def _payloads(connection: apsw.Connection, parent: str) -> apsw.Cursor:
    return connection.execute(
        "SELECT payload FROM user_events WHERE parent_id = (SELECT id FROM parents WHERE name = ?)", (parent,)
    )
