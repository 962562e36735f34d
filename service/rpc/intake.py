"""Storing events that passed their checks: what every way in does with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from generated.footfall.v1.event_log_pb2 import EventSource, StoredClientEvent
from generated.footfall.v1.signal_pb2 import Signal
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import user_event
from service.events.record import ClientEventRecord, UserEventRecord, client_event_record, user_event_record
from service.events.signal import signal_record
from service.storage.records import ClientEventRow, IdentifierKind, SignalIdentifier, SignalRow, UserEventRow
from service.storage.writer import CatalogIds, Writer

if TYPE_CHECKING:
    from service.events.plain_events import PlainEvent

_SALT_BYTES = 16
_SALTS_AT_ONCE = 256  # a call of the system for each would hand the interpreter lock to the writer's thread each time


def _salts() -> Iterator[bytes]:
    while True:
        drawn = os.urandom(_SALTS_AT_ONCE * _SALT_BYTES)
        for start in range(0, len(drawn), _SALT_BYTES):
            yield drawn[start : start + _SALT_BYTES]


class Intake:
    """Turns checked events into rows.

    Args:
        writer: The way to the database.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(self, writer: Writer, now_us: Callable[[], int]) -> None:
        self._writer = writer
        self._now_us = now_us
        self._salts = _salts()

    async def user_event(
        self, catalog: str, event: UserEvent, source: EventSource, fill: Callable[[UserEvent], None] | None = None
    ) -> UserEventRow:
        """The row of an event, brought into normal form; `fill` adds what is not part of its identity."""
        return self.user_event_of(await self._writer.catalog(catalog), event, source, fill)

    def user_event_of(
        self, ids: CatalogIds, event: UserEvent, source: EventSource, fill: Callable[[UserEvent], None] | None = None
    ) -> UserEventRow:
        """As `user_event`, where the numbers of the catalog are at hand."""
        user_event.normalise(event)
        now_us = self._now_us()
        return _row_of(user_event_record(event, now_us, next(self._salts), fill), ids, now_us, source)

    def plain_user_event_of(self, ids: CatalogIds, event: PlainEvent, source: EventSource) -> UserEventRow:
        """As `user_event_of`, of an event that needs no message."""
        now_us = self._now_us()
        return _row_of(event.record(now_us, next(self._salts)), ids, now_us, source)

    async def client_event(
        self, tenant: str, event: ClientEvent, source: EventSource, beside: StoredClientEvent | None = None
    ) -> ClientEventRow:
        """The row of an event, which gets the time of receipt when it has none; `beside`: see `client_event_record`."""
        return self.client_event_of(await self._writer.parent_id(tenant), event, source, beside)

    def client_event_of(
        self, parent_id: int, event: ClientEvent, source: EventSource, beside: StoredClientEvent | None = None
    ) -> ClientEventRow:
        """As `client_event`, where the number of the tenant is at hand."""
        now_us = self._now_us()
        record = client_event_record(event, now_us, beside)
        return ClientEventRow(parent_id, *record[:5], now_us, source, *record[5:])

    def plain_client_event_of(self, parent_id: int, record: ClientEventRecord, source: EventSource) -> ClientEventRow:
        """As `client_event_of`, of an event that needs no message."""
        return ClientEventRow(parent_id, *record[:5], self._now_us(), source, *record[5:])

    async def signal(self, tenant: str, signal: Signal, source: EventSource) -> SignalRow:
        """The row of a signal."""
        now_us = self._now_us()
        record = signal_record(signal, now_us)
        return SignalRow(
            parent_id=await self._writer.parent_id(tenant),
            fingerprint=record.fingerprint,
            type_code=record.type_code,
            signal_time_us=record.signal_time_us,
            request_id=record.request_id,
            receive_time_us=now_us,
            source=source,
            payload=record.payload,
            identifiers=tuple(
                SignalIdentifier(IdentifierKind(kind), value, is_subject)
                for kind, value, is_subject in record.identifiers
            ),
        )


def _row_of(record: UserEventRecord, ids: CatalogIds, now_us: int, source: EventSource) -> UserEventRow:
    time_us, fingerprint, event_type, visitor_id, user_id, product_ids, payload = record
    return UserEventRow(
        ids.parent_id,
        time_us,
        fingerprint,
        event_type,
        visitor_id,
        user_id,
        now_us,
        source,
        ids.branch_id,
        product_ids,
        payload,
    )
