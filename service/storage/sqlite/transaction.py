"""The write verbs, on the one connection that writes."""

from __future__ import annotations

import itertools
import operator
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import apsw

from service.storage.base import (
    ClientEventRow,
    OperationRow,
    OperationState,
    RejectionRow,
    UserEventRow,
    Verdict,
)
from service.storage.sqlite.queries import SQL, fetch, with_rows

# One statement for many rows: each statement hands the interpreter lock over once, and under load that hand-over costs
# more than the insert. Texts stay below the 16 KiB up to which APSW caches a prepared statement.
_MAX_ROWS_AT_ONCE = 256

_statement = cache(with_rows)


class SqliteTransaction:
    """Write verbs; the caller has begun a transaction and commits it."""

    def __init__(self, connection: apsw.Connection, rejection_limit: int) -> None:
        self._connection = connection
        self._rejection_limit = rejection_limit

    def _one(self, name: str, *values: Any) -> Any:
        return self._connection.execute(SQL[name], values).get

    def _insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(rows), _MAX_ROWS_AT_ONCE):
            chunk = rows[start : start + _MAX_ROWS_AT_ONCE]
            flat = [value for row in chunk for value in row]
            self._connection.execute(_statement(name, len(chunk[0]), len(chunk)), flat)

    def intern_parent(self, name: str) -> int:
        """See `base.Transaction`."""
        return int(self._one("intern_parent", name))

    def insert_user_events(self, rows: Sequence[UserEventRow]) -> int:
        """See `base.Transaction`."""
        stored = 0
        for parent_id, of_parent in itertools.groupby(rows, key=operator.itemgetter(0)):
            before = self._connection.total_changes()
            self._insert("insert_user_event", tuple(of_parent))
            count = self._connection.total_changes() - before
            self._one("add_user_events", parent_id, count)
            stored += count
        return stored

    def insert_client_events(self, rows: Sequence[ClientEventRow]) -> list[Verdict]:
        """See `base.Transaction`."""
        verdicts = []
        stored: Counter[int] = Counter()
        for row in rows:
            self._insert("insert_client_event", [row])
            if self._connection.changes():
                stored[row.parent_id] += 1
                verdicts.append(Verdict.STORED)
            else:
                there = self._one("client_event_fingerprint", row.parent_id, row.event_id)
                verdicts.append(Verdict.REPEATED if there == row.fingerprint else Verdict.CONFLICT)
        for parent_id, count in stored.items():
            self._one("add_client_events", parent_id, count)
        return verdicts

    def insert_rejections(self, rows: Sequence[RejectionRow]) -> None:
        """See `base.Transaction`."""
        self._insert("insert_rejection", rows)
        for parent_id, count in Counter(row.parent_id for row in rows).items():
            excess = self._one("add_rejections", parent_id, count) - self._rejection_limit
            if excess > 0:
                self._one("drop_oldest_rejections", parent_id, excess)
                self._one("add_rejections", parent_id, -excess)

    def insert_operation(self, row: OperationRow) -> None:
        """See `base.Transaction`."""
        self._one("insert_operation", *row[:-1])

    def update_operation(self, row: OperationRow) -> None:
        """See `base.Transaction`."""
        self._one("update_operation", row.name, row.state, row.progress, row.result, row.error, row.update_time_us)

    def request_cancel(self, name: str) -> None:
        """See `base.Transaction`."""
        self._one("request_cancel", name)

    def delete_operation(self, name: str) -> bool:
        """See `base.Transaction`."""
        self._one("delete_operation", name)
        return self._connection.changes() > 0

    def expire(self, *, rejections_before_us: int, operations_before_us: int) -> int:
        """See `base.Transaction`."""
        dropped = 0
        expired = fetch(self._connection, "expired_rejections", (rejections_before_us,))
        for parent_id, count in expired:
            self._one("add_rejections", parent_id, -count)
            dropped += count
        if expired:
            self._one("drop_expired_rejections", rejections_before_us)
        self._one("drop_expired_operations", operations_before_us)
        return dropped + self._connection.changes()


def operation_row(values: tuple[Any, ...]) -> OperationRow:
    """An operation from the columns that its statements select."""
    row = OperationRow(*values)
    return row._replace(state=OperationState(row.state), cancel_requested=bool(row.cancel_requested))
