"""Stored events and rejections as EventLogService shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from google.rpc import status_pb2

from generated.footfall.v1 import event_log_pb2
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import names
from service.events.record import set_microseconds
from service.operations.joined_events import with_products
from service.storage.base import Store
from service.storage.records import StoredEvent, StoredRejection


def _source(number: int) -> event_log_pb2.EventSource:
    return cast("event_log_pb2.EventSource", number)  # at run time an enum's value is its number


def user_events(store: Store, catalog: str, events: Sequence[StoredEvent]) -> list[event_log_pb2.StoredUserEvent]:
    """Stored events with the product details of their joins. Blocks: it reads them."""
    joined = with_products(store, catalog, [(event.payload, event.joined_revision) for event in events])
    shown = []
    for event, message in zip(events, joined, strict=True):
        stored = event_log_pb2.StoredUserEvent(
            name=names.user_event(catalog, event.id),
            user_event=message,
            joined=event.joined_revision is not None,
            source=_source(event.source),
        )
        set_microseconds(stored.receive_time, event.receive_time_us)
        shown.append(stored)
    return shown


def client_event(event: StoredEvent) -> event_log_pb2.StoredClientEvent:
    """A stored event."""
    stored = event_log_pb2.StoredClientEvent(
        name=names.client_event(event.parent, event.id),
        client_event=ClientEvent.FromString(event.payload),
        source=_source(event.source),
        form=cast("event_log_pb2.ClientEventForm", event.form),
    )
    if event.beside is not None:
        stored.MergeFromString(event.beside)
    set_microseconds(stored.receive_time, event.receive_time_us)
    return stored


def rejected_event(parent: str, rejection: StoredRejection) -> event_log_pb2.RejectedEvent:
    """A stored rejection."""
    row = rejection.row
    shown = event_log_pb2.RejectedEvent(
        name=f"{parent}/rejectedEvents/{rejection.id}",
        source=_source(row.source),
        operation=row.operation or "",
        uri=row.uri or "",
        line_number=row.line_number or 0,
        status=status_pb2.Status.FromString(row.status),
        raw=row.raw,
        raw_truncated=bool(row.raw_truncated),
    )
    set_microseconds(shown.receive_time, row.receive_time_us)
    return shown
