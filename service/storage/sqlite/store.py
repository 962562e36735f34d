"""Opening, locking, migrating and closing one SQLite database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import apsw
import filelock

from service.storage.errors import DatabaseLockedError, DatabaseTooNewError, StoreError
from service.storage.folders import make_folder
from service.storage.sqlite.checkpoints import Checkpoints
from service.storage.sqlite.client_event_keys import RunSizes, add_key_function
from service.storage.sqlite.errors import translated
from service.storage.sqlite.event_reads import EventReads
from service.storage.sqlite.insight_reads import InsightReads
from service.storage.sqlite.operation_reads import OperationReads
from service.storage.sqlite.product_reads import ProductReads
from service.storage.sqlite.reading import BUSY_TIMEOUT_MS
from service.storage.sqlite.signal_reads import SignalReads
from service.storage.sqlite.transaction import SqliteTransaction

_MAGIC = b"SQLite format 3\0"  # what every such file but an empty one begins with
_CACHE_KIB = 16 * 1024  # page cache of the writing connection
_WAL_LIMIT_BYTES = 64 * 1024 * 1024  # a WAL that grew beyond this is cut back at the next checkpoint


def migrations() -> list[tuple[int, str]]:
    """The numbered migrations (`NNNN_name.sql`), in order, each with its text."""
    folder = resources.files(__package__).joinpath("migrations")
    found = [(re.match(r"(\d{4})_", entry.name), entry) for entry in folder.iterdir()]
    return sorted((int(match[1]), entry.read_text("utf-8")) for match, entry in found if match)


def _refuse_other_files(path: Path) -> None:
    """Looks at what is there before anything is made beside it.

    Raises:
        OSError: It can't be read.
        StoreError: It is a file, but no SQLite database.
    """
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) not in (b"", _MAGIC):
                raise StoreError(f"{path} is not a database; name another with --database")


class SqliteStore(EventReads, SignalReads, InsightReads, ProductReads, OperationReads):
    """One SQLite database: one connection that writes, one for each thread that reads.

    Args:
        path: The database file; it and its folder are made when they don't exist.
        rejection_limit: How many rejections are kept for each parent.
        run_sizes: How keys of client events are gathered; tests make them small.

    Raises:
        DatabaseLockedError: Another process has it open.
        DatabaseTooNewError: A newer release wrote it.
        StoreError: It can't be opened.
    """

    def __init__(self, path: Path, *, rejection_limit: int, run_sizes: RunSizes | None = None) -> None:
        super().__init__(path)
        try:
            _refuse_other_files(path)
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
        try:
            with translated():
                self._writer = self._open_writer()
        except StoreError as error:
            self._lock.release()
            if isinstance(error, DatabaseTooNewError):
                raise
            raise StoreError(f"{path} can't be opened as a database: {error}; name another with --database") from error
        self._checkpoints = Checkpoints(self._writer, path)
        self._transaction = SqliteTransaction(self._writer, rejection_limit, run_sizes or RunSizes())

    def _open_writer(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), statementcachesize=500)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.pragma("auto_vacuum", "INCREMENTAL")
        connection.pragma("journal_mode", "WAL")
        connection.pragma("synchronous", "FULL")
        connection.pragma("cache_size", -_CACHE_KIB)
        connection.pragma("journal_size_limit", _WAL_LIMIT_BYTES)
        self._migrate(connection)
        return connection

    def _migrate(self, connection: apsw.Connection) -> None:
        add_key_function(connection)
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
                self._transaction.rolled_back()
                raise
            self._transaction.committed()
            self._checkpoints.after_commit()

    def prepare_to_shorten(self) -> None:
        """See `base.Store`."""
        self._checkpoints.copy()

    def shorten(self) -> None:
        """See `base.Store`."""
        with translated():
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        """See `base.Store`."""
        with translated():
            for connection in (*self._readers, self._writer):
                connection.close(force=True)
            self._checkpoints.close()
        self._lock.release()
