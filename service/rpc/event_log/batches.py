"""Batches of events: a verdict for each item, in order; what is good is stored in one durable commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import client_event, errors, user_event
from service.events.policy import Policy
from service.events.record import set_microseconds
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_log.prepared import Prepared, PreparedClientEvents, PreparedUserEvents, reject, totals
from service.rpc.intake import Intake
from service.rpc.rejections import RejectedCalls
from service.storage.records import ClientEventRow, RejectionRow, UserEventRow
from service.storage.writer import CatalogIds, Writer

MAX_ITEMS = 10_000
_BATCH = EventSource.EVENT_SOURCE_BATCH
_ITEMS_AT_ONCE = 200  # between two turns of the event loop, about 3 ms

T = TypeVar("T")
P = TypeVar("P", bound=Prepared)


class Batches:
    """The part of EventLogService that takes many events in one call.

    Args:
        policy: Rules, and the catalogs and tenants that are served.
        writer: The way to the database.
        intake: Makes rows of events.
        rejected_calls: Keeps rejected items where the operator wants that.
    """

    def __init__(self, *, policy: Policy, writer: Writer, intake: Intake, rejected_calls: RejectedCalls) -> None:
        self._policy = policy
        self._writer = writer
        self._intake = intake
        self._rejected_calls = rejected_calls
        self._large = asyncio.Lock()

    async def BatchWriteUserEvents(  # noqa: N802  the RPC's name
        self, request: pb.BatchWriteUserEventsRequest, _context: CallContext
    ) -> pb.BatchWriteUserEventsResponse:
        """Stores the good ones of up to 10,000 events; an item's verdict is what a call of its own would have had.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent or too many items; NOT_FOUND; UNAVAILABLE (nothing was
                stored).
        """
        catalog = self._policy.catalog(request.parent)
        _check_size(len(request.user_events), "user_events")
        results = await self._store(await self._prepared(self.prepare_user_events, catalog, request.user_events))
        return pb.BatchWriteUserEventsResponse(results=results, **totals(results))

    async def prepare_user_events(self, catalog: str, events: Sequence[UserEvent]) -> PreparedUserEvents:
        """Checks events, which it brings into normal form, and makes rows of the good ones.

        Raises:
            StoreError: The number of the catalog can't be had.
        """
        results = [pb.BatchItemResult() for _ in events]
        rows: list[tuple[int, UserEventRow]] = []
        kept: list[RejectionRow] = []
        ids: CatalogIds | None = None
        rules = self._policy.rules
        async for index, event in in_turns(events):
            violations = user_event.check(event, rules)
            if violations:
                error = errors.invalid_argument(errors.prefixed(violations, "user_event", ""))
                reject(results[index], error)
                kept += await self._rejected_calls.rows(catalog, _BATCH, event, error)
                continue
            if ids is None:  # which makes the catalog known, and is for one that gets an event
                ids = await self._writer.catalog(catalog)
            row = self._intake.user_event_of(ids, event, _BATCH)
            set_microseconds(results[index].event_time, row.event_time_us)
            rows.append((index, row))
        return PreparedUserEvents(results, rows, kept)

    async def store_user_events(self, rows: Sequence[UserEventRow], kept: Sequence[RejectionRow]) -> frozenset[bytes]:
        """Stores events of one catalog, and what is kept of those that are refused, in one durable commit.

        Returns:
            The fingerprints of the events that were not there before.

        Raises:
            StoreError: Nothing was stored.
        """
        prepared = PreparedUserEvents([], list(enumerate(rows)), kept)
        if prepared.is_empty:
            return frozenset()
        return await self._writer.run(prepared.insert, prepared.size, batch=True)

    async def BatchCreateClientEvents(  # noqa: N802  the RPC's name
        self, request: pb.BatchCreateClientEventsRequest, _context: CallContext
    ) -> pb.BatchCreateClientEventsResponse:
        """Stores the good ones of up to 10,000 events; an item's verdict is what a call of its own would have had.

        Raises:
            RpcError: As `BatchWriteUserEvents`.
        """
        tenant = self._policy.tenant(request.parent)
        _check_size(len(request.client_events), "client_events")
        results = await self._store(await self._prepared(self.prepare_client_events, tenant, request.client_events))
        return pb.BatchCreateClientEventsResponse(results=results, **totals(results))

    async def prepare_client_events(self, tenant: str, events: Sequence[ClientEvent]) -> PreparedClientEvents:
        """Checks events and makes rows of the good ones.

        Raises:
            StoreError: The number of the tenant can't be had.
        """
        items: list[ClientEventRow | errors.RpcError] = []
        kept: list[RejectionRow] = []
        async for _, event in in_turns(events):
            violations = client_event.check(event, tenant)
            if violations:
                error = errors.invalid_argument(errors.prefixed(violations, "client_event", ""))
                items.append(error)
                kept += await self._rejected_calls.rows(tenant, _BATCH, event, error)
            else:
                items.append(await self._intake.client_event(tenant, event, _BATCH))
        return PreparedClientEvents(tenant, items, kept, self._rejected_calls, _BATCH)

    async def store_client_events(
        self, tenant: str, items: Sequence[ClientEventRow | errors.RpcError], kept: Sequence[RejectionRow]
    ) -> pb.BatchCreateClientEventsResponse:
        """Stores the rows among `items`, and what is kept of the others, in one durable commit.

        Args:
            tenant: Of all of them.
            items: For each event its row, or why it is refused.
            kept: What is kept of those that are refused.

        Returns:
            A verdict for each item, in order.

        Raises:
            StoreError: Nothing was stored.
        """
        results = await self._store(PreparedClientEvents(tenant, items, kept, self._rejected_calls, _BATCH))
        return pb.BatchCreateClientEventsResponse(results=results, **totals(results))

    async def _prepared(
        self, prepare: Callable[[str, Sequence[T]], Awaitable[P]], parent: str, events: Sequence[T]
    ) -> P:
        """Prepares large batches one after the other, so that one is written while the next is prepared."""
        if len(events) <= _ITEMS_AT_ONCE:
            return await prepare(parent, events)
        async with self._large:
            return await prepare(parent, events)

    async def _store(self, prepared: Prepared) -> list[pb.BatchItemResult]:
        """Stores them in one durable commit; returns the verdicts, as large as an answer may be."""
        if not prepared.is_empty:
            prepared.settle(await self._writer.run(prepared.insert, prepared.size, batch=True))
        _fit(prepared.results)
        return prepared.results


def _check_size(size: int, field: str) -> None:
    if not size:
        raise errors.invalid_argument([errors.missing(field)])
    if size > MAX_ITEMS:
        rule = f"must have at most {MAX_ITEMS:,} events, but has {size:,}."
        raise errors.invalid_argument([errors.violation(field, rule, "TOO_MANY")])


async def in_turns(items: Sequence[T]) -> AsyncIterator[tuple[int, T]]:
    """Yields the items with their places, letting other work have its turn in between."""
    for index, item in enumerate(items):
        if index % _ITEMS_AT_ONCE == 0:
            await asyncio.sleep(0)
        yield index, item


def _fit(results: Sequence[pb.BatchItemResult]) -> None:
    """Keeps an answer within what clients take: beyond that, the last rejections lose details, then messages."""
    used = sum(result.ByteSize() for result in results)
    for field in ("details", "message"):
        for result in reversed(results):
            if used <= paging.MAX_PAGE_BYTES:
                return
            if result.HasField("status"):
                before = result.ByteSize()
                result.status.ClearField(field)
                used -= before - result.ByteSize()
