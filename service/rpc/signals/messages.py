"""Stored signals as SignalService shows them."""

from __future__ import annotations

from typing import cast

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.footfall.v1.signal_pb2 import Signal, SignalState, StoredSignal
from service.events import names
from service.events.record import set_microseconds
from service.storage.records import IdentifierKind, SignalRow, StoredEvent

_FIELDS = {
    IdentifierKind.TOKEN: "token",
    IdentifierKind.APPLICATION: "candidate_application_profile_id",
    IdentifierKind.POSITION: "position_profile_id",
}
"""What the kinds of identifiers are called in a SignalState, and in a request for one."""


def stored_signal(event: StoredEvent) -> StoredSignal:
    """A stored signal."""
    shown = StoredSignal(
        name=names.signal(event.parent, event.id),
        signal=Signal.FromString(event.payload),
        source=cast("EventSource", event.source),  # at run time an enum's value is its number
    )
    set_microseconds(shown.signal_time, event.event_time_us)
    set_microseconds(shown.receive_time, event.receive_time_us)
    return shown


def just_stored(tenant: str, number: int, row: SignalRow) -> StoredSignal:
    """A signal that was just written."""
    return stored_signal(
        StoredEvent(
            id=number,
            parent=tenant,
            event_time_us=row.signal_time_us,
            fingerprint=row.fingerprint,
            receive_time_us=row.receive_time_us,
            source=row.source,
            joined_revision=None,
            payload=row.payload,
        )
    )


def signal_state(kind: IdentifierKind, identifier: str, event: StoredEvent) -> SignalState:
    """Where an application or a position stands."""
    shown = SignalState(signal=stored_signal(event))
    setattr(shown, _FIELDS[kind], identifier)
    return shown


def kind_of(subject: str) -> IdentifierKind:
    """The kind of identifier that a field of the oneof `subject` holds."""
    return next(kind for kind, field in _FIELDS.items() if field == subject)
