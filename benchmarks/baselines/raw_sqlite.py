"""What SQLite itself can insert: ready rows, the same schema and settings, one thread, a commit for each batch."""

from __future__ import annotations

import os
import time
from pathlib import Path

from service.storage.base import UserEventRow
from service.storage.sqlite import SqliteStore


def rows_per_second(folder: Path, payload: bytes, rows: int, batch: int) -> float:
    """Inserts `rows` events of `payload`, `batch` to a durable commit."""
    store = SqliteStore(folder / "raw.db", rejection_limit=0)
    with store.transaction() as transaction:
        parent = transaction.intern_parent("projects/p/locations/global/catalogs/raw")
    ready = [
        UserEventRow(parent, at, os.urandom(16), "detail-page-view", "visitor-123", None, at, 1, 0, payload)
        for at in range(rows)
    ]
    began = time.perf_counter()
    for start in range(0, rows, batch):
        with store.transaction() as transaction:
            transaction.insert_user_events(ready[start : start + batch])
    seconds = time.perf_counter() - began
    store.close()
    return rows / seconds
