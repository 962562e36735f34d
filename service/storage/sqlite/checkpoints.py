"""Keeping the write-ahead log short without holding up the writer."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import apsw

_PAGES = 2_000  # of 4 KiB: when the log holds so many more, they are copied


class Checkpoints:
    """Copies the write-ahead log into the database beside the writer.

    A checkpoint by the writer holds every write up for as long as its fsync takes, which is tens of milliseconds. So a
    thread copies what is in the log and has it flushed; what came meanwhile, little, is then copied by the writer
    between two transactions, whereupon SQLite begins the log anew.

    Args:
        writer: The connection that writes; its own automatic checkpoints are turned off.
        path: The database file.
    """

    def __init__(self, writer: apsw.Connection, path: Path) -> None:
        self._writer = writer
        self._connection = apsw.Connection(str(path))
        for connection in (writer, self._connection):
            connection.pragma("synchronous", "FULL")
            connection.pragma("wal_autocheckpoint", 0)
        self._file = path.open("rb", buffering=0)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="footfall-checkpoint")
        self._ahead: Future[bool] | None = None
        self._pages = 0  # in the log
        self._due = _PAGES
        writer.set_wal_hook(self._note)

    def _note(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        if pages < self._pages:  # the log was begun anew
            self._due = _PAGES
        self._pages = pages
        return apsw.SQLITE_OK

    def after_commit(self) -> None:
        """Goes on with whatever is next, on the writer's thread between two transactions; never raises."""
        if self._ahead is None:
            if self._pages >= self._due:
                self._ahead = self._thread.submit(self._copy)
        elif self._ahead.done():
            copied = self._ahead.result()
            self._ahead = None
            if copied:
                self._due = self._pages + _PAGES  # unless the log can be begun anew, which a reader prevents
                with suppress(apsw.Error):
                    self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def copy(self) -> None:
        """Copies what the log holds now, so that the writer has little left to copy. Blocks; any thread may call it."""
        self._thread.submit(self._copy).result()

    def _copy(self) -> bool:
        """Whether all went well; a full disk prevents it, and the next commit tries again."""
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            os.fsync(self._file.fileno())
        except (apsw.Error, OSError):
            return False
        return True

    def close(self) -> None:
        """Ends the thread and its connection; the writing connection and every other must be closed already."""
        self._thread.shutdown()
        self._connection.close(force=True)
        self._file.close()  # the last thing: it drops the locks that SQLite holds on the file
