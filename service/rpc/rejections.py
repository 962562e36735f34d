"""Keeps rejected direct calls, for operators who want to see them; their callers have had the error already."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.message import Message

from generated.footfall.v1.event_log_pb2 import EventSource
from service.events import errors, json
from service.storage.base import RejectionRow
from service.storage.writer import Writer

RAW_LIMIT_BYTES = 16 * 1024


def cut(raw: str) -> tuple[str, bool]:
    """`raw` cut to 16 KiB of UTF-8, and whether something was cut."""
    data = raw.encode("utf-8", "replace")
    if len(data) <= RAW_LIMIT_BYTES:
        return data.decode("utf-8"), False
    return data[:RAW_LIMIT_BYTES].decode("utf-8", "ignore"), True


class RejectedCalls:
    """Records rejected calls when enabled.

    Args:
        writer: The way to the database.
        enabled: What the setting `record_rejected_calls` says.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(self, writer: Writer, *, enabled: bool, now_us: Callable[[], int]) -> None:
        self._writer = writer
        self._enabled = enabled
        self._now_us = now_us

    async def keep(self, parent: str, event: Message, error: errors.RpcError) -> None:
        """Stores the event and what was wrong with it."""
        if not self._enabled:
            return
        raw, truncated = cut(json.encode(event.DESCRIPTOR.full_name, event.SerializeToString()))
        row = RejectionRow(
            parent_id=await self._writer.parent_id(parent),
            receive_time_us=self._now_us(),
            source=EventSource.EVENT_SOURCE_WRITE,
            operation=None,
            uri=None,
            line_number=None,
            status=error.to_status().SerializeToString(),
            raw=raw,
            raw_truncated=truncated,
        )
        await self._writer.write_rejection(row)
