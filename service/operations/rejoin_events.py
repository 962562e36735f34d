"""The work of rejoining: holding events against the catalog as it was when the operation began."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final, NamedTuple

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest, RejoinUserEventsResponse
from service.events.record import product_details, product_ids
from service.operations import scans
from service.operations.progress import Progress
from service.operations.runner import Running
from service.storage.base import Store, Transaction
from service.storage.records import Joins, Key, ProductVersion, Selection
from service.storage.writer import Writer, default_branch

_EVENTS_PER_STEP = 400  # some 2 ms of the writer
_EVENTS_PER_LONG_STEP = 8_000  # some 15 ms

_JOINED_OF_SCOPE = {
    RejoinUserEventsRequest.JOINED_EVENTS: True,
    RejoinUserEventsRequest.UNJOINED_EVENTS: False,
}


class Changes(NamedTuple):
    """Of some events that were looked at, those that join anew.

    Attributes:
        examined: How many were looked at.
        numbers: By the revision at which they join, None where they don't any more: their numbers as `Joins` has them.
    """

    examined: int
    numbers: Mapping[int | None, str]


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
        verdicts = Verdicts(self._store, running.parent, plan["revision"], plan["now_us"])

        def scan(after: Key | None, limit: int) -> tuple[Changes, Key] | None:
            found = self._store.scan_joins(running.parent, selection, after, limit)
            return (verdicts.changes(found), found.last) if found else None

        steps = scans.Steps(self._writer, _EVENTS_PER_STEP, _EVENTS_PER_LONG_STEP)
        async with aclosing(scans.walk(scan, running, steps)) as walked:
            async for changes, last in walked:
                await self._step(running, changes, last)
        return RejoinUserEventsResponse(rejoined_user_events_count=running.progress.counts["rejoined"])

    async def finish(self, running: Running) -> None:
        """See `Work`."""

    async def _step(self, running: Running, changes: Changes, last: Key) -> None:
        cursor: dict[str, Any] = {"after": scans.key_to_json(last)}

        def write(transaction: Transaction) -> Progress:
            rejoined = sum(
                transaction.set_joined_revision(revision, numbers) for revision, numbers in changes.numbers.items()
            )
            return running.progress.add(cursor, examined=changes.examined, rejoined=rejoined)

        await running.step(write)


_Facts = tuple[bytes, str]  # an event's product details, and the revision at which it joined as `Joins` has it
_STAYS: Final = -1
_KEPT_BYTES: Final = 16 * 2**20  # of memory for what is remembered
_BESIDE_BYTES: Final = 250  # what one verdict takes beside its product details


class Verdicts:
    """At which revision events join now.

    That is remembered: it is the same for all that name the same products and joined at the same revision, since no
    past revision ever changes.

    Args:
        store: Where products are read from.
        catalog: Whose events they are.
        revision: The revision of its products that counts.
        now_us: When products must not have expired, microseconds since the Unix epoch.
    """

    def __init__(self, store: Store, catalog: str, revision: int, now_us: int) -> None:
        self._store = store
        self._branch = default_branch(catalog)
        self._revision = revision
        self._now_us = now_us
        self._known: dict[_Facts, int | None] = {}
        self._size = 0  # bytes that it takes, roughly

    def changes(self, found: Joins) -> Changes:
        """Which of these events change, in their join state or in any of their products."""
        facts = list(zip(map(product_details, found.payloads.each()), found.revisions.split(","), strict=True))
        try:
            verdicts = [self._known[each] for each in facts]
        except KeyError:
            self._learn(facts)
            verdicts = [self._known[each] for each in facts]
        numbers = found.numbers.split(",")
        return Changes(
            found.total,
            {
                changed: ",".join(
                    [number for number, verdict in zip(numbers, verdicts, strict=True) if verdict == changed]
                )
                for changed in set(verdicts)
                if changed != _STAYS
            },
        )

    def _learn(self, facts: Iterable[_Facts]) -> None:
        unknown = set(facts).difference(self._known)
        if self._size > _KEPT_BYTES:
            self._known.clear()
            self._size, unknown = 0, set(facts)
        self._size += sum(len(details) + _BESIDE_BYTES for details, _ in unknown)
        named = {
            each: (product_ids(UserEvent.FromString(each[0])), int(each[1]) if each[1] else None) for each in unknown
        }
        wanted = {(each, at) for ids, joined in named.values() for each in ids for at in (self._revision, joined) if at}
        versions = self._store.products_at(self._branch, wanted)
        for each, (ids, joined) in named.items():
            self._known[each] = self._verdict(versions, ids, joined)

    def _verdict(
        self, versions: Mapping[tuple[str, int], ProductVersion], ids: tuple[str, ...], joined: int | None
    ) -> int | None:
        # What joined at a later revision was looked at with newer products than this rejoin knows.
        if not ids or (joined is not None and joined > self._revision):
            return _STAYS
        now = [versions.get((each, self._revision)) for each in ids]
        if not all(_holds(version, self._now_us) for version in now):
            return None if joined is not None else _STAYS
        if joined is not None and now == [versions.get((each, joined)) for each in ids]:
            return _STAYS
        return self._revision


def _holds(version: ProductVersion | None, now_us: int) -> bool:
    return version is not None and (version.expire_time_us is None or version.expire_time_us > now_us)
