"""Opening, locking, migrating and closing one SQLite database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import apsw
import filelock

from service.storage.base import (
    DatabaseLockedError,
    DatabaseTooNewError,
    OperationRow,
    Page,
    RejectionPage,
    StoredEvent,
    StoreError,
)
from service.storage.folders import make_folder
from service.storage.sqlite import reads
from service.storage.sqlite.errors import translated
from service.storage.sqlite.queries import fetch
from service.storage.sqlite.transaction import SqliteTransaction, operation_row

_CACHE_KIB = 16 * 1024  # page cache of the writing connection
_CHECKPOINT_PAGES = 2_000  # 8 MiB of WAL between checkpoints
_WAL_LIMIT_BYTES = 64 * 1024 * 1024  # a WAL that grew beyond this is cut back at the next checkpoint
_BUSY_TIMEOUT_MS = 5_000


def migrations() -> list[tuple[int, str]]:
    """The numbered migrations (`NNNN_name.sql`), in order, each with its text."""
    folder = resources.files(__package__).joinpath("migrations")
    found = [(re.match(r"(\d{4})_", entry.name), entry) for entry in folder.iterdir()]
    return sorted((int(match[1]), entry.read_text("utf-8")) for match, entry in found if match)


class SqliteStore:
    """One SQLite database: one connection that writes, one for each thread that reads.

    Args:
        path: The database file; it and its folder are made when they don't exist.
        rejection_limit: How many rejections are kept for each parent.

    Raises:
        DatabaseLockedError: Another process has it open.
        DatabaseTooNewError: A newer release wrote it.
        StoreError: It can't be opened.
    """

    def __init__(self, path: Path, *, rejection_limit: int) -> None:
        self.path = path
        try:
            make_folder(path.parent)
            Path(f"{path}.lock").touch()
        except OSError as error:
            raise StoreError(f"{path} can't be a database: {error.strerror}; name another with --database") from error
        self._lock = filelock.FileLock(f"{path}.lock")
        try:
            self._lock.acquire(blocking=False)
        except filelock.Timeout:
            raise DatabaseLockedError(
                f"{path} is in use by another Footfall process; stop that one, or name another file with --database"
            ) from None
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._readers_lock = threading.Lock()
        try:
            with translated():
                self._writer = self._open_writer()
        except StoreError as error:
            self._lock.release()
            if isinstance(error, DatabaseTooNewError):
                raise
            raise StoreError(f"{path} can't be opened as a database: {error}; name another with --database") from error
        self._transaction = SqliteTransaction(self._writer, rejection_limit)

    def _open_writer(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), statementcachesize=500)
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        connection.pragma("auto_vacuum", "INCREMENTAL")
        connection.pragma("journal_mode", "WAL")
        connection.pragma("synchronous", "FULL")
        connection.pragma("cache_size", -_CACHE_KIB)
        connection.pragma("wal_autocheckpoint", _CHECKPOINT_PAGES)
        connection.pragma("journal_size_limit", _WAL_LIMIT_BYTES)
        self._migrate(connection)
        return connection

    def _migrate(self, connection: apsw.Connection) -> None:
        steps = migrations()
        version = connection.pragma("user_version")
        if version > steps[-1][0]:
            raise DatabaseTooNewError(
                f"{self.path} has schema {version}, this release knows up to {steps[-1][0]}; run the newer release"
            )
        for number, sql in steps:
            if number > version:
                with connection:
                    connection.execute(sql)
                    connection.pragma("user_version", number)

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """See `base.Store`."""
        with translated():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._transaction
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with translated():
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
                connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
                self._local.connection = connection
                with self._readers_lock:
                    self._readers.append(connection)
            with connection:  # one read transaction
                yield connection

    def close(self) -> None:
        """See `base.Store`."""
        with translated():
            for connection in (*self._readers, self._writer):
                connection.close(force=True)
        self._lock.release()

    def parents(self) -> dict[str, int]:
        """See `base.Store`."""
        with self._reading() as connection:
            return dict(fetch(connection, "parents"))

    def list_user_events(self, parent: str, after: tuple[int, bytes] | None, limit: int) -> Page:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.list_user_events(connection, parent, after, limit)

    def get_user_event(self, parent: str, event_id: int) -> StoredEvent | None:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.get_event(connection, "get_user_event", parent, event_id)

    def list_client_events(self, parent: str, after: tuple[int, int] | None, limit: int) -> Page:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.list_client_events(connection, parent, after, limit)

    def get_client_event(self, parent: str, event_id: int) -> StoredEvent | None:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.get_event(connection, "get_client_event", parent, event_id)

    def list_rejections(self, parent: str, before: int | None, limit: int) -> RejectionPage:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.list_rejections(connection, parent, before, limit)

    def get_operation(self, name: str) -> OperationRow | None:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.get_operation(connection, name)

    def list_operations(
        self, prefix: str, *, kinds: Iterable[str] | None, done: bool | None, before: int | None, limit: int
    ) -> list[tuple[int, OperationRow]]:
        """See `base.Store`."""
        with self._reading() as connection:
            return reads.list_operations(connection, prefix, kinds=kinds, done=done, before=before, limit=limit)

    def unfinished_operations(self) -> list[OperationRow]:
        """See `base.Store`."""
        with self._reading() as connection:
            return [operation_row(row) for row in fetch(connection, "unfinished_operations")]
