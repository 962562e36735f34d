"""Connections for reading: one for each thread that reads, each read in a transaction of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from service.storage.records import StoredEvent
from service.storage.sqlite.client_event_keys import add_key_function
from service.storage.sqlite.errors import translated
from service.storage.sqlite.queries import SQL

BUSY_TIMEOUT_MS = 5_000


class Reading:
    """What the read verbs stand on.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._readers_lock = threading.Lock()

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with translated():
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
                connection.set_busy_timeout(BUSY_TIMEOUT_MS)
                add_key_function(connection)
                self._local.connection = connection
                with self._readers_lock:
                    self._readers.append(connection)
            with connection:  # one read transaction
                yield connection


def parent_row(connection: apsw.Connection, name: str) -> tuple[int, int, int, int, int] | None:
    """Number, and counts of user events, client events, rejections and signals of a parent; None: never written to."""
    row: tuple[int, int, int, int, int] | None = connection.execute(SQL["parent"], (name,)).get
    return row


def stored_event(parent: str, values: Sequence[Any]) -> StoredEvent:
    """An event from its number, time, tie, time of receipt, source, revision of its join and payload."""
    number, *others = values
    return StoredEvent(number, parent, *others)
