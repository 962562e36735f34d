"""Keeps rejected direct calls, for operators who want to see them; their callers have had the error already."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from google.protobuf.message import Message

from generated.footfall.v1.event_log_pb2 import EventSource
from service.events import errors, json
from service.events.rejection import cut
from service.measures import Refused
from service.storage.errors import StoreError
from service.storage.records import RejectionRow
from service.storage.writer import Writer

log = structlog.get_logger(__name__)


class RejectedCalls:
    """Records rejected calls.

    Args:
        writer: The way to the database.
        enabled: Whether `keep` and `rows` have any; the setting `record_rejected_calls`.
        now_us: The clock, microseconds since the Unix epoch.
        refused: Where events that were refused are counted, whatever the setting says.
    """

    def __init__(self, writer: Writer, *, enabled: bool, now_us: Callable[[], int], refused: Refused) -> None:
        self._writer = writer
        self._enabled = enabled
        self._now_us = now_us
        self._refused = refused

    def count(self, source: EventSource, error: errors.RpcError) -> None:
        """Counts an event that was refused; `keep`, `rows` and `record` do so by themselves."""
        self._refused.add((source, error.reason))

    async def keep(self, parent: str, event: Message, error: errors.RpcError) -> None:
        """Stores the event and what was wrong with it."""
        for row in await self.rows(parent, EventSource.EVENT_SOURCE_WRITE, event, error):
            await self._writer.write_rejection(row)

    async def rows(
        self, parent: str, source: EventSource, event: Message, error: errors.RpcError
    ) -> list[RejectionRow]:
        """What `keep` would store, for who stores it together with something else: one row or none."""
        self.count(source, error)
        if not self._enabled:
            return []
        raw = json.encode(event.DESCRIPTOR.full_name, event.SerializeToString()).encode()
        return [await self._row(parent, source, raw, error)]

    async def keep_raw(self, parent: str, raw: bytes, error: errors.RpcError) -> None:
        """Stores a call that could not be read, where `keep` would store it; never fails."""
        self.count(EventSource.EVENT_SOURCE_WRITE, error)
        if not self._enabled:
            return
        try:
            await self._writer.write_rejection(await self._row(parent, EventSource.EVENT_SOURCE_WRITE, raw, error))
        except StoreError as failed:
            log.warning("rejection_not_kept", error=f"{type(failed).__name__}: {failed}")

    async def record(self, parent: str, source: EventSource, raw: bytes, error: errors.RpcError) -> None:
        """Stores what was sent and what was wrong with it, whatever the setting says."""
        await self._writer.write_rejection(await self.row(parent, source, raw, error))

    async def row(self, parent: str, source: EventSource, raw: bytes, error: errors.RpcError) -> RejectionRow:
        """What `record` would store, for who stores it together with something else."""
        self.count(source, error)
        return await self._row(parent, source, raw, error)

    async def _row(self, parent: str, source: EventSource, raw: bytes, error: errors.RpcError) -> RejectionRow:
        text, truncated = cut(raw)
        return RejectionRow(
            parent_id=await self._writer.parent_id(parent),
            receive_time_us=self._now_us(),
            source=source,
            operation=None,
            uri=None,
            line_number=None,
            status=error.to_status().SerializeToString(),
            raw=text,
            raw_truncated=truncated,
        )
