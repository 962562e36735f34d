"""Rows to store, told apart by a number, and short ways to store and list them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from service.storage.base import Store
from service.storage.records import (
    EVERYTHING,
    ClientEventRow,
    OperationRow,
    OperationState,
    RejectionRow,
    SignalRow,
    StoredEvent,
    UserEventRow,
    Verdict,
)

CATALOG = "projects/p/locations/global/catalogs/c"
TENANT = "projects/p/tenants/t"
_RECEIVED_US = 1_700_000_000_000_000


def fingerprint(number: int) -> bytes:
    """Sixteen bytes that look like chance, the same for the same number."""
    return hashlib.blake2b(b"%d" % number, digest_size=16).digest()


def user_event(parent_id: int, number: int, **changes: Any) -> UserEventRow:
    """A user event whose identity is `number`."""
    row = UserEventRow(
        parent_id=parent_id,
        event_time_us=number,
        fingerprint=fingerprint(number),
        event_type="page-view",
        visitor_id=f"visitor{number}",
        user_id=None,
        receive_time_us=_RECEIVED_US + number,
        source=1,
        branch_id=1_000,
        product_ids=(),
        payload=b"payload %d" % number,
    )
    return row._replace(**changes)


def client_event(parent_id: int, number: int, **changes: Any) -> ClientEventRow:
    """A client event whose id and content are `number`."""
    row = ClientEventRow(
        parent_id=parent_id,
        event_id=f"event{number}",
        fingerprint=fingerprint(number),
        create_time_us=number,
        request_id=None,
        event_type=2,
        receive_time_us=_RECEIVED_US + number,
        source=1,
        payload=b"payload %d" % number,
    )
    return row._replace(**changes)


def signal(parent_id: int, number: int, **changes: Any) -> SignalRow:
    """A signal whose identity and time are `number`."""
    row = SignalRow(
        parent_id=parent_id,
        fingerprint=fingerprint(number),
        type_code="PositionStatusUpdate",
        signal_time_us=number,
        request_id=None,
        receive_time_us=_RECEIVED_US + number,
        source=1,
        payload=b"payload %d" % number,
        identifiers=(),
    )
    return row._replace(**changes)


def rejection(parent_id: int, number: int, **changes: Any) -> RejectionRow:
    """The rejection of line `number`."""
    row = RejectionRow(
        parent_id=parent_id,
        receive_time_us=_RECEIVED_US + number,
        source=4,
        operation="operations/o",
        uri="gs://b/o",
        line_number=number,
        status=b"status %d" % number,
        raw=f"raw {number}",
        raw_truncated=False,
    )
    return row._replace(**changes)


def operation(parent_id: int, name: str, **changes: Any) -> OperationRow:
    """An operation that has not begun."""
    row = OperationRow(
        name=name,
        kind="import-user-events",
        parent_id=parent_id,
        state=OperationState.PENDING,
        request=b"request",
        plan='{"objects": []}',
        progress='{"success": 0}',
        result=None,
        error=None,
        create_time_us=1,
        update_time_us=1,
    )
    return row._replace(**changes)


def intern(store: Store, name: str) -> int:
    with store.transaction() as transaction:
        return transaction.intern_parent(name)


def insert(store: Store, *rows: UserEventRow) -> int:
    with store.transaction() as transaction:
        return transaction.insert_user_events(rows)


def create(store: Store, *rows: ClientEventRow) -> list[Verdict]:
    with store.transaction() as transaction:
        return transaction.insert_client_events(rows)


def reject(store: Store, *rows: RejectionRow) -> None:
    with store.transaction() as transaction:
        transaction.insert_rejections(rows)


def user_events(store: Store, parent: str = CATALOG, limit: int = 1_000) -> list[StoredEvent]:
    """Every user event of a catalog, read in pages of `limit`."""
    after, events = None, []
    while True:
        page = store.list_events("user_events", parent, EVERYTHING, after, limit)
        events += page.items
        assert len(page.items) == limit or not page.more
        if not page.more:
            assert page.total == len(events)
            return events
        after = (events[-1].event_time_us, events[-1].fingerprint)


def client_events(store: Store, parent: str = TENANT, limit: int = 1_000) -> list[StoredEvent]:
    """Every client event of a tenant, read in pages of `limit`."""
    return _of_tenant("client_events", store, parent, limit)


def signals(store: Store, parent: str = TENANT, limit: int = 1_000) -> list[StoredEvent]:
    """Every signal of a tenant, read in pages of `limit`."""
    return _of_tenant("signals", store, parent, limit)


def _of_tenant(kind: str, store: Store, parent: str, limit: int) -> list[StoredEvent]:
    after, events = None, []
    while True:
        page = store.list_events(kind, parent, EVERYTHING, after, limit)
        events += page.items
        assert len(page.items) == limit or not page.more
        if not page.more:
            assert page.total == len(events)
            return events
        after = (events[-1].event_time_us, events[-1].id)


def rejections(store: Store, parent: str = CATALOG, limit: int = 1_000) -> list[RejectionRow]:
    """Every rejection of a parent, read in pages of `limit`."""
    before, found = None, []
    while True:
        page = store.list_rejections(parent, before, limit)
        found += page.items
        assert len(page.items) == limit or not page.more
        if not page.more:
            assert page.total == len(found)
            return [each.row for each in found]
        before = found[-1].id


def lines(rows: Sequence[RejectionRow]) -> list[int | None]:
    return [row.line_number for row in rows]
