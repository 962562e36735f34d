"""The work of purging products: counting first, or deleting."""

from __future__ import annotations

import hashlib
import heapq
import json
from typing import Any

from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeProductsResponse
from service.events import names, product_filters
from service.operations import scans
from service.operations.progress import Progress
from service.operations.runner import Running
from service.storage.base import Store, Transaction
from service.storage.records import ProductRow

_SAMPLE = 100  # names that a purge without force shows


class PurgeProducts:
    """How operations of the kind `purge-products` are done.

    What somebody writes after the purge was accepted stays, whatever the filter says.

    Args:
        store: Where products are read from.
    """

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def run(self, running: Running) -> PurgeProductsResponse:
        """See `Work`."""
        plan = json.loads(running.row.plan)
        branch: str = plan["branch"]
        wanted = product_filters.parse_purge(plan["filter"])
        async for rows in scans.walk_products(self._store, running, branch, plan["revision"]):
            matched = [
                row.product_id
                for row in rows
                if product_filters.matches(wanted, availability=row.availability, create_time_us=row.create_time_us)
            ]
            await self._step(running, plan, rows, matched)
        sample = [names.product(branch, each) for each in running.progress.cursor.get("sample", ())]
        count = running.progress.counts["success" if plan["force"] else "matched"]
        return PurgeProductsResponse(purge_count=count, purge_sample=sample)

    async def finish(self, running: Running) -> None:
        """See `Work`."""

    async def _step(self, running: Running, plan: dict[str, Any], rows: list[ProductRow], matched: list[str]) -> None:
        cursor: dict[str, Any] = {"product": rows[-1].product_id}
        force: bool = plan["force"]
        if not force:
            cursor["sample"] = _sample(running.row.name, [*running.progress.cursor.get("sample", ()), *matched])

        def write(transaction: Transaction) -> Progress:
            deleted = (
                transaction.delete_products(running.row.parent_id, matched, revision=plan["revision"]) if force else 0
            )
            return running.progress.add(cursor, matched=len(matched), success=deleted)

        await running.step(write)


def _sample(seed: str, product_ids: list[str]) -> list[str]:
    """Up to 100 of the ids, picked at random, but the same ones after a restart."""

    def rank(product_id: str) -> bytes:
        return hashlib.blake2b(f"{seed}/{product_id}".encode(), digest_size=8).digest()

    return heapq.nsmallest(_SAMPLE, product_ids, key=rank)
