"""The work of exporting products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportProductsResponse
from service.catalog.products import product_of
from service.events import product_exports
from service.operations.runner import Running
from service.operations.shards import END, Piece, ReadPiece, ShardedExport
from service.operations.spool import Spool
from service.sources.event_files import PRODUCTS
from service.sources.objects import ObjectStore
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import Payloads, ProductRow


class ExportProducts(ShardedExport):
    """How operations of the kind `export-products` are done: products as they were when the export was accepted.

    Args:
        store: Where products are read from.
        object_store: Gives the place of gs:// objects.
        spool: Where shards are written first.
    """

    content = PRODUCTS

    def __init__(self, *, store: Store, object_store: Callable[[], ObjectStore], spool: Spool) -> None:
        super().__init__(object_store=object_store, spool=spool)
        self._store = store

    async def run(self, running: Running) -> ExportProductsResponse:
        """See `Work`."""
        return ExportProductsResponse(output_result=await self.export(running))

    def reader(self, _running: Running, plan: dict[str, Any]) -> ReadPiece:
        """See `ShardedExport`."""
        wanted = product_exports.parse(plan["filter"])

        def is_wanted(row: ProductRow) -> bool:
            tags = product_of(row).tags
            product = product_exports.Exported(row.type, row.availability, tags, row.change_time_us)
            return product_exports.matches(wanted, product)

        async def read_piece(after: Any, limit: int) -> Piece:
            scan = self._store.products_of_revision
            rows = await read(scan, plan["branch"], plan["revision"], after or "", limit)
            if not rows:
                return END
            payloads = [row.payload for row in rows if not wanted or is_wanted(row)]
            return Piece(Payloads.of(payloads), len(payloads), rows[-1].product_id)

        return read_piece
