"""What goes by itself: old rejections, operations and events, and versions of products that nothing refers to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from service.operations.space import give_back_space
from service.storage.base import Store
from service.storage.errors import StoreError
from service.storage.readers import read
from service.storage.records import Selection
from service.storage.writer import Writer, WriterClosedError

DAY_US = 24 * 3_600 * 1_000_000
_INTERVAL_SECONDS = 600
_ROWS_PER_STEP = 50
_PRODUCTS_PER_STEP = 200
_ROUNDS_PER_SCAN = 36  # looking for products to forget reads every event: four times a day
_BRANCH = "/branches/"

log = structlog.get_logger(__name__)


def _kinds(parent: str) -> tuple[str, ...]:
    """What a parent may have events of."""
    return ("client_events", "signals") if "/tenants/" in parent else ("user_events",)


@dataclass(frozen=True, slots=True)
class Retention:
    """After how many days what goes; 0: never.

    Args:
        rejected_events_days: Rejections, from their receipt on.
        operations_days: Operations, from their end on.
        events_days: Events, from their own time on.
    """

    rejected_events_days: int
    operations_days: int
    events_days: int


class Housekeeping:
    """Runs every ten minutes, in small steps that give way to writes.

    Args:
        store: Where is looked for what is too old.
        writer: The way to the database.
        retention: What is too old.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(self, *, store: Store, writer: Writer, retention: Retention, now_us: Callable[[], int]) -> None:
        self._store = store
        self._writer = writer
        self._retention = retention
        self._now_us = now_us
        self._rounds = 0
        self.expired_events = 0  # since the start

    async def run(self) -> None:
        """Keeps house until it is cancelled."""
        while True:
            try:
                await self.once()
            except WriterClosedError:
                return
            except StoreError as error:
                log.warning("housekeeping_failed", error=str(error))
            except Exception:  # the next round may succeed
                log.exception("housekeeping_failed")
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def once(self) -> None:
        """One round."""
        now_us = self._now_us()
        await self._expire(now_us)
        parents = await read(self._store.parents)
        if self._retention.events_days:
            until_us = now_us - self._retention.events_days * DAY_US
            expired = 0
            for parent in parents:
                for kind in _kinds(parent):
                    expired += await self._expire_events(kind, parent, until_us)
            if expired:
                await give_back_space(self._writer, self._writer.step)
                await self._writer.shorten()
        if self._rounds % _ROUNDS_PER_SCAN == 0:
            for parent in parents:
                if _BRANCH in parent:
                    await self._forget_products(parent, parents[parent])
        self._rounds += 1

    async def _expire(self, now_us: int) -> None:
        """Deletes rejections and operations that are too old."""
        expired = 0
        while rows := await self._writer.step(
            lambda transaction: transaction.expire(
                rejections_before_us=now_us - self._retention.rejected_events_days * DAY_US,
                operations_before_us=now_us - self._retention.operations_days * DAY_US,
                limit=_ROWS_PER_STEP,
            )
        ):
            expired += rows
        if expired:
            log.info("expired", rows=expired)

    async def _expire_events(self, kind: str, parent: str, until_us: int) -> int:
        """Deletes the events of one kind and parent that are too old; returns how many."""
        expired = 0
        while True:
            found = await read(
                self._store.scan_events, kind, parent, Selection(until_us=until_us), None, _ROWS_PER_STEP
            )
            if not found:
                break
            ids = [event.id for event in found]
            expired += await self._writer.step(
                lambda transaction, ids=ids: getattr(transaction, f"delete_{kind}")(ids)  # type: ignore[misc]
            )
        if expired:
            self.expired_events += expired
            log.info("events_expired", kind=kind, parent=parent, events=expired, since_start=self.expired_events)
        return expired

    async def _forget_products(self, branch: str, branch_id: int) -> None:
        """Deletes past versions of a branch's products to which neither an event nor an operation at work refers."""
        catalog = branch.partition(_BRANCH)[0]
        plans = [json.loads(row.plan) for row in await read(self._store.unfinished_operations)]
        needed = [plan["revision"] for plan in plans if "revision" in plan]
        unneeded = await read(self._store.unneeded_products, branch, catalog, needed)
        for start in range(0, len(unneeded), _PRODUCTS_PER_STEP):
            ids = unneeded[start : start + _PRODUCTS_PER_STEP]
            await self._writer.step(
                lambda transaction, ids=ids: transaction.forget_products(branch_id, ids)  # type: ignore[misc]
            )
