"""The read verbs; the caller gives each one a read transaction of its own, so that its figures belong together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import apsw

from service.storage.base import (
    MAX_PAGE_BYTES,
    OperationRow,
    Page,
    RejectionPage,
    RejectionRow,
    StoredEvent,
    StoredRejection,
)
from service.storage.sqlite.queries import SQL, fetch
from service.storage.sqlite.transaction import operation_row

_MIN_TIME = -(2**63)
_MAX_ID = 2**63 - 1


def _event(parent: str, values: tuple[Any, ...]) -> StoredEvent:
    number, time_us, fingerprint, receive_us, source, joined, payload = values
    return StoredEvent(number, parent, time_us, fingerprint, receive_us, source, bool(joined), payload)


def _parent(connection: apsw.Connection, name: str) -> tuple[int, int, int, int] | None:
    row: tuple[int, int, int, int] | None = connection.execute(SQL["parent"], (name,)).get
    return row


def _page(parent: str, rows: Iterable[tuple[Any, ...]], limit: int, total: int) -> Page:
    """The first `limit` events of `rows`, or fewer where they grow larger than a page may."""
    items: list[StoredEvent] = []
    size = 0
    for row in rows:
        event = _event(parent, row)
        size += len(event.payload)
        if len(items) == limit or (items and size > MAX_PAGE_BYTES):
            return Page(items, more=True, total=total)
        items.append(event)
    return Page(items, more=False, total=total)


def list_user_events(connection: apsw.Connection, parent: str, after: tuple[int, bytes] | None, limit: int) -> Page:
    """See `base.Store`."""
    known = _parent(connection, parent)
    if known is None:
        return Page([], more=False, total=0)
    time_us, fingerprint = after or (_MIN_TIME, b"")
    rows = connection.execute(SQL["list_user_events"], (known[0], time_us, fingerprint, limit + 1))
    return _page(parent, rows, limit, known[1])


def list_client_events(connection: apsw.Connection, parent: str, after: tuple[int, int] | None, limit: int) -> Page:
    """See `base.Store`."""
    known = _parent(connection, parent)
    if known is None:
        return Page([], more=False, total=0)
    time_us, number = after or (_MIN_TIME, 0)
    rows = connection.execute(SQL["list_client_events"], (known[0], time_us, number, limit + 1))
    return _page(parent, rows, limit, known[2])


def get_event(connection: apsw.Connection, query: str, parent: str, event_id: int) -> StoredEvent | None:
    """One event by its arrival number, through the statement `query`."""
    known = _parent(connection, parent)
    if known is None:
        return None
    row = next(iter(fetch(connection, query, (known[0], event_id))), None)
    return _event(parent, row) if row else None


def list_rejections(connection: apsw.Connection, parent: str, before: int | None, limit: int) -> RejectionPage:
    """See `base.Store`."""
    known = _parent(connection, parent)
    if known is None:
        return RejectionPage([], more=False, total=0)
    values = (known[0], _MAX_ID if before is None else before, limit + 1)
    rows = fetch(connection, "list_rejections", values)
    items = [StoredRejection(number, RejectionRow(*row)) for number, *row in rows[:limit]]
    return RejectionPage(items, more=len(rows) > limit, total=known[3])


def get_operation(connection: apsw.Connection, name: str) -> OperationRow | None:
    """See `base.Store`."""
    row = next(iter(fetch(connection, "get_operation", (name,))), None)
    return operation_row(row) if row else None


def list_operations(
    connection: apsw.Connection,
    prefix: str,
    *,
    kinds: Iterable[str] | None,
    done: bool | None,
    before: int | None,
    limit: int,
) -> list[tuple[int, OperationRow]]:
    """See `base.Store`."""
    kinds_json = None if kinds is None else json.dumps(sorted(kinds))
    values = (prefix, kinds_json, done, before, limit)
    return [(row[0], operation_row(row[1:])) for row in fetch(connection, "list_operations", values)]
