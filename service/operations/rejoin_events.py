"""The work of rejoining: holding events against the catalog as it was when the operation began."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest, RejoinUserEventsResponse
from service.events.record import product_ids
from service.operations import scans
from service.operations.progress import Progress
from service.operations.runner import Running
from service.storage.base import Store, Transaction
from service.storage.readers import read
from service.storage.records import EventId, ProductVersion, Selection
from service.storage.writer import Writer, default_branch

_EVENTS_PER_STEP = 200  # some 3 ms of the writer
_EVENTS_PER_LONG_STEP = 4_000  # some 15 ms

_JOINED_OF_SCOPE = {
    RejoinUserEventsRequest.JOINED_EVENTS: True,
    RejoinUserEventsRequest.UNJOINED_EVENTS: False,
}

Versions = dict[tuple[str, int], ProductVersion]


class RejoinUserEvents:
    """How operations of the kind `rejoin-user-events` are done.

    Args:
        store: Where events and products are read from.
        writer: The way to the database.
    """

    def __init__(self, *, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    async def run(self, running: Running) -> RejoinUserEventsResponse:
        """See `Work`."""
        plan = json.loads(running.row.plan)
        selection = Selection(joined=_JOINED_OF_SCOPE.get(plan["scope"]), max_id=plan["max_id"])
        steps = scans.Steps(self._writer, _EVENTS_PER_STEP, _EVENTS_PER_LONG_STEP)
        async with aclosing(scans.walk(self._store, running, selection, steps)) as walked:
            async for found in walked:
                changes = await read(self._changes, running.parent, found, plan["revision"], plan["now_us"])
                await self._step(running, found, changes)
        return RejoinUserEventsResponse(rejoined_user_events_count=running.progress.counts["rejoined"])

    async def finish(self, running: Running) -> None:
        """See `Work`."""

    async def _step(self, running: Running, found: list[EventId], changes: list[tuple[int | None, int]]) -> None:
        cursor: dict[str, Any] = {"after": scans.key_to_json(found[-1].key)}

        def write(transaction: Transaction) -> Progress:
            rejoined = transaction.set_joined_revisions(changes)
            return running.progress.add(cursor, examined=len(found), rejoined=rejoined)

        await running.step(write)

    def _changes(self, catalog: str, found: list[EventId], revision: int, now_us: int) -> list[tuple[int | None, int]]:
        """(joined revision, number) of the events whose join state, or any of whose products, changed."""
        # What joined at a later revision was looked at with newer products than this rejoin knows.
        found = [event for event in found if event.joined_revision is None or event.joined_revision <= revision]
        named = [(event, product_ids(UserEvent.FromString(event.payload))) for event in found]
        named = [(event, ids) for event, ids in named if ids]
        wanted = {(each, at) for event, ids in named for each in ids for at in (revision, event.joined_revision) if at}
        versions = self._store.products_at(default_branch(catalog), wanted)
        changes: list[tuple[int | None, int]] = []
        for event, ids in named:
            joins = all(_holds(versions.get((each, revision)), now_us) for each in ids)
            if not joins:
                if event.joined_revision is not None:
                    changes.append((None, event.id))
            elif event.joined_revision is None or _differ(versions, ids, event.joined_revision, revision):
                changes.append((revision, event.id))
        return changes


def _holds(version: ProductVersion | None, now_us: int) -> bool:
    return version is not None and (version.expire_time_us is None or version.expire_time_us > now_us)


def _differ(versions: Versions, ids: tuple[str, ...], before: int, after: int) -> bool:
    return any(versions.get((each, before)) != versions.get((each, after)) for each in ids)
