"""Events that are stored before something is measured: rows, databases and files of them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import messages
from benchmarks.baselines import raw_sqlite
from service.storage.records import UserEventRow
from service.storage.sqlite import SqliteStore

_ROWS_PER_COMMIT = 5_000
_RECEIPT_US = 20  # between two events that are received


def ready_rows(count: int) -> list[raw_sqlite.Row]:
    """Rows for `raw_sqlite.insert`: those of the events of a file of `write_lines`, whose products are unknown."""
    return [(*row[:8], None, row.payload) for row in _rows(1, 2, 0, count)]


def received_rows(count: int, distinct: int) -> list[raw_sqlite.Row]:
    """Rows for `raw_sqlite.insert`: those of calls that bring the same `distinct` events again and again.

    Their time is that of receipt, so all are of one hour, and the indexes by visitor and by user grow in as many places
    as there are visitors.
    """
    began_us = time.time_ns() // 1_000
    ready = ready_rows(distinct)
    rows = []
    for number in range(count):
        parent_id, _, _, event_type, visitor_id, user_id, _, *rest = ready[number % distinct]
        time_us = began_us + number * _RECEIPT_US
        rows.append((parent_id, time_us, os.urandom(16), event_type, visitor_id, user_id, time_us, *rest))
    return rows


def _rows(parent_id: int, branch_id: int, first: int, count: int) -> Iterator[UserEventRow]:
    for number in range(first, first + count):
        event = messages.timed_event(number)
        time_us = event.event_time.seconds * 1_000_000
        yield UserEventRow(
            parent_id=parent_id,
            event_time_us=time_us,
            fingerprint=os.urandom(16),
            event_type=event.event_type,
            visitor_id=event.visitor_id,
            user_id=event.user_info.user_id,
            receive_time_us=time_us,
            source=1,
            branch_id=branch_id,
            product_ids=tuple(detail.product.id for detail in event.product_details),
            payload=event.SerializeToString(),
        )


def fill(path: Path, count: int, first: int = 0) -> None:
    """Adds events, from number `first` on, to a database that no server has open."""
    store = SqliteStore(path, rejection_limit=1_000)
    with store.transaction() as transaction:
        parent_id = transaction.intern_parent(messages.CATALOG)
        branch_id = transaction.intern_parent(f"{messages.CATALOG}/branches/0")
    for start in range(first, first + count, _ROWS_PER_COMMIT):
        rows = list(_rows(parent_id, branch_id, start, min(_ROWS_PER_COMMIT, first + count - start)))
        with store.transaction() as transaction:
            transaction.insert_user_events(rows)
    store.close()  # which leaves nothing in the write-ahead log


def copied(source: Path, target: Path) -> Path:
    """A copy of a database that no server has open, safely on disk."""
    if source.with_name(f"{source.name}-wal").exists():
        raise RuntimeError(f"{source} is still open somewhere")
    shutil.copyfile(source, target)
    os.sync()
    return target


def removed(database: Path) -> None:
    """Deletes a database and what lies beside it."""
    for path in database.parent.glob(f"{database.name}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_lines(path: Path, count: int, first: int = 0) -> None:
    """A file of events to import."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(messages.line(number) for number in range(first, first + count))
