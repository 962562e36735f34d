"""The work of purging user events: counting first, or deleting for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeUserEventsResponse
from service.events import filters, names
from service.operations import scans
from service.operations.progress import Progress
from service.operations.runner import Running, patiently
from service.operations.space import give_back_space
from service.storage.base import Store, Transaction
from service.storage.records import EventId, Key
from service.storage.writer import Writer

_EVENTS_PER_STEP = 50  # each dirties pages all over the file: 1 ms of the writer, and as much of the disk
_EVENTS_PER_LONG_STEP = 2_000  # many share those pages: a tenth of the disk for each, and 10 ms
_SAMPLE = 100  # names that a purge without force shows


class PurgeUserEvents:
    """How operations of the kind `purge-user-events` are done.

    Args:
        store: Where events are read from.
        writer: The way to the database.
    """

    def __init__(self, *, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    async def run(self, running: Running) -> PurgeUserEventsResponse:
        """See `Work`."""
        plan = json.loads(running.row.plan)
        force = bool(plan["force"])
        selection = scans.selection_of(filters.parse(plan["filter"], filters.PURGE), plan["max_id"])
        if not running.progress.cursor.get("deleted"):
            steps = scans.Steps(self._writer, _EVENTS_PER_STEP, _EVENTS_PER_LONG_STEP)

            def scan(after: Key | None, limit: int) -> tuple[list[EventId], Key] | None:
                found = self._store.scan_events(scans.KIND, running.parent, selection, after, limit, whole=False)
                return (found, found[-1].key) if found else None

            async with aclosing(scans.walk(scan, running, steps)) as walked:
                async for found, _ in walked:
                    await self._step(running, found, force=force)
        if force:
            await self._give_back_space(running)
        count = running.progress.counts["purged" if force else "matched"]
        return PurgeUserEventsResponse(purged_events_count=count)

    async def finish(self, running: Running) -> None:
        """See `Work`."""

    async def _step(self, running: Running, found: list[EventId], *, force: bool) -> None:
        cursor: dict[str, Any] = {"after": scans.key_to_json(found[-1].key)}
        if not force:
            sample = running.progress.cursor.get("sample", [])
            more = [names.user_event(running.parent, event.id) for event in found[: _SAMPLE - len(sample)]]
            cursor["sample"] = sample + more

        def write(transaction: Transaction) -> Progress:
            purged = transaction.delete_user_events([event.id for event in found]) if force else 0
            return running.progress.add(cursor, matched=len(found), purged=purged)

        await running.step(write)

    async def _give_back_space(self, running: Running) -> None:
        cursor = {**running.progress.cursor, "deleted": True}

        async def commit(call: Callable[[Transaction], None]) -> None:
            def write(transaction: Transaction) -> Progress:
                call(transaction)
                return running.progress.add(cursor)

            await running.step(write)

        await give_back_space(self._writer, commit)
        await patiently(self._writer.shorten)  # a checkpoint that is at work makes it wait
