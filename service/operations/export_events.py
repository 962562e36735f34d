"""The work of exporting user events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportUserEventsResponse
from service.events import filters
from service.events.identity import canonical_bytes
from service.operations import scans
from service.operations.joined_events import with_products
from service.operations.runner import Running
from service.operations.shards import END, Piece, ReadPiece, ShardedExport
from service.operations.spool import Spool
from service.sources.event_files import USER_EVENTS
from service.sources.objects import ObjectStore
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import EventId


class ExportUserEvents(ShardedExport):
    """How operations of the kind `export-user-events` are done.

    Args:
        store: Where events are read from.
        object_store: Gives the place of gs:// objects.
        spool: Where shards are written first.
    """

    content = USER_EVENTS

    def __init__(self, *, store: Store, object_store: Callable[[], ObjectStore], spool: Spool) -> None:
        super().__init__(object_store=object_store, spool=spool)
        self._store = store

    async def run(self, running: Running) -> ExportUserEventsResponse:
        """See `Work`."""
        return ExportUserEventsResponse(output_result=await self.export(running))

    def reader(self, running: Running, plan: dict[str, Any]) -> ReadPiece:
        """See `ShardedExport`."""
        selection = scans.selection_of(filters.parse(plan["filter"], filters.EXPORT), plan["max_id"])

        async def read_piece(after: Any, limit: int) -> Piece:
            key = scans.key_from_json(after)
            found = await read(self._store.scan_events, scans.KIND, running.parent, selection, key, limit)
            if not found:
                return END
            payloads = [event.payload for event in found]
            if plan["include_product_details"]:
                payloads = await asyncio.to_thread(self._with_products, running.parent, found)
            return Piece(payloads, scans.key_to_json(found[-1].key))

        return read_piece

    def _with_products(self, catalog: str, found: list[EventId]) -> list[bytes]:
        joined = with_products(self._store, catalog, [(event.payload, event.joined_revision) for event in found])
        return [canonical_bytes(event) for event in joined]
