"""The read verbs of rejections and operations."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from service.storage.records import OperationRow, OperationState, RejectionPage, RejectionRow, StoredRejection, Summary
from service.storage.sqlite.queries import fetch
from service.storage.sqlite.reading import Reading, parent_row

_MAX_ID = 2**63 - 1
_FILES = {"main": "", "wal": "-wal"}


class OperationReads(Reading):
    """Reads what became of work and of what it rejected."""

    def parents(self) -> dict[str, int]:
        """See `base.Store`."""
        with self._reading() as connection:
            return dict(fetch(connection, "parents"))

    def summary(self) -> Summary:
        """See `base.Store`."""
        with self._reading() as connection:
            [(user_events, client_events, rejected_events, signals)] = fetch(connection, "totals")
            operations = fetch(connection, "count_operations")
        files = {part: Path(f"{self.path}{suffix}") for part, suffix in _FILES.items()}
        return Summary(
            user_events,
            client_events,
            rejected_events,
            signals,
            operations={(kind, OperationState(state)): count for kind, state, count in operations},
            file_bytes={part: path.stat().st_size if path.exists() else 0 for part, path in files.items()},
            free_bytes=shutil.disk_usage(self.path.parent).free,
        )

    def rejections_after(self, parent: str, after: int, limit: int) -> list[StoredRejection]:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, parent)
            rows = fetch(connection, "rejections_after", (known[0], after, limit)) if known else []
        return [StoredRejection(number, RejectionRow(*row)) for number, *row in rows]

    def list_rejections(self, parent: str, before: int | None, limit: int) -> RejectionPage:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return RejectionPage([], more=False, total=0)
            values = (known[0], _MAX_ID if before is None else before, limit + 1)
            rows = fetch(connection, "list_rejections", values)
        items = [StoredRejection(number, RejectionRow(*row)) for number, *row in rows[:limit]]
        return RejectionPage(items, more=len(rows) > limit, total=known[3])

    def get_operation(self, name: str) -> OperationRow | None:
        """See `base.Store`."""
        with self._reading() as connection:
            rows = fetch(connection, "get_operation", (name,))
        return _operation_row(rows[0]) if rows else None

    def list_operations(
        self, prefix: str, *, kinds: Iterable[str] | None, done: bool | None, before: int | None, limit: int
    ) -> list[tuple[int, OperationRow]]:
        """See `base.Store`."""
        kinds_json = None if kinds is None else json.dumps(sorted(kinds))
        with self._reading() as connection:
            rows = fetch(connection, "list_operations", (prefix, kinds_json, done, before, limit))
        return [(row[0], _operation_row(row[1:])) for row in rows]

    def unfinished_operations(self) -> list[OperationRow]:
        """See `base.Store`."""
        with self._reading() as connection:
            return [_operation_row(row) for row in fetch(connection, "unfinished_operations")]


def _operation_row(values: tuple[Any, ...]) -> OperationRow:
    row = OperationRow(*values)
    return row._replace(state=OperationState(row.state), cancel_requested=bool(row.cancel_requested))
