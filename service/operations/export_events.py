"""The work of exporting user events."""

from __future__ import annotations

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
from service.storage.records import Key, Payloads, Selection


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
            if plan["include_product_details"]:
                return await read(self._with_products, running.parent, selection, key, limit)
            found = await read(self._store.scan_payloads, running.parent, selection, key, limit)
            return Piece(found.payloads, found.total, scans.key_to_json(found.last)) if found else END

        return read_piece

    def _with_products(self, catalog: str, selection: Selection, after: Key | None, limit: int) -> Piece:
        found = self._store.scan_events(scans.KIND, catalog, selection, after, limit)
        if not found:
            return END
        joined = with_products(self._store, catalog, [(event.payload, event.joined_revision) for event in found])
        payloads = Payloads.of([canonical_bytes(event) for event in joined])
        return Piece(payloads, len(found), scans.key_to_json(found[-1].key))
