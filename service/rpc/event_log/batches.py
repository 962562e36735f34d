"""Batches of events: a verdict for each item, in order; what is good is stored in one durable commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from service.events import client_event, errors, user_event
from service.events.policy import Policy
from service.events.record import set_microseconds
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_service import event_id_taken
from service.rpc.intake import Intake
from service.rpc.rejections import RejectedCalls
from service.storage.base import ClientEventRow, RejectionRow, Transaction, UserEventRow, Verdict
from service.storage.writer import Writer

MAX_ITEMS = 10_000
_BATCH = EventSource.EVENT_SOURCE_BATCH
_ITEMS_AT_ONCE = 200  # between two turns of the event loop, about 3 ms

T = TypeVar("T")


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
        results = [pb.BatchItemResult() for _ in request.user_events]
        rows: list[tuple[int, UserEventRow]] = []
        kept: list[RejectionRow] = []
        async for index, event in in_turns(request.user_events):
            violations = user_event.check(event, self._policy.rules)
            if violations:
                error = errors.invalid_argument(errors.prefixed(violations, "user_event", ""))
                _reject(results[index], error)
                kept += await self._rejected_calls.rows(catalog, _BATCH, event, error)
                continue
            _, row = await self._intake.user_event(catalog, event, _BATCH)
            set_microseconds(results[index].event_time, row.event_time_us)
            rows.append((index, row))
        stored = set(await self.store_user_events([row for _, row in rows], kept))
        for index, row in rows:
            is_first = row.fingerprint in stored
            stored.discard(row.fingerprint)
            results[index].outcome = (
                pb.BatchItemResult.OUTCOME_STORED if is_first else pb.BatchItemResult.OUTCOME_REPEATED
            )
        _fit(results)
        return pb.BatchWriteUserEventsResponse(results=results, **_totals(results))

    async def store_user_events(self, rows: Sequence[UserEventRow], kept: Sequence[RejectionRow]) -> frozenset[bytes]:
        """Stores events of one catalog, and what is kept of those that are refused, in one durable commit.

        Returns:
            The fingerprints of the events that were not there before.

        Raises:
            StoreError: Nothing was stored.
        """
        if not rows and not kept:
            return frozenset()

        def insert(transaction: Transaction) -> frozenset[bytes]:
            transaction.insert_rejections(kept)
            return transaction.insert_user_events_of(rows[0].parent_id, rows).stored if rows else frozenset()

        return await self._writer.run(insert, _size(rows, kept))

    async def BatchCreateClientEvents(  # noqa: N802  the RPC's name
        self, request: pb.BatchCreateClientEventsRequest, _context: CallContext
    ) -> pb.BatchCreateClientEventsResponse:
        """Stores the good ones of up to 10,000 events; an item's verdict is what a call of its own would have had.

        Raises:
            RpcError: As `BatchWriteUserEvents`.
        """
        tenant = self._policy.tenant(request.parent)
        _check_size(len(request.client_events), "client_events")
        items: list[ClientEventRow | errors.RpcError] = []
        kept: list[RejectionRow] = []
        async for _, event in in_turns(request.client_events):
            violations = client_event.check(event, tenant)
            if violations:
                error = errors.invalid_argument(errors.prefixed(violations, "client_event", ""))
                items.append(error)
                kept += await self._rejected_calls.rows(tenant, _BATCH, event, error)
            else:
                items.append(await self._intake.client_event(tenant, event, _BATCH))
        return await self.store_client_events(tenant, items, kept)

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
        results = [pb.BatchItemResult() for _ in items]
        rows: list[tuple[int, ClientEventRow]] = []
        for index, item in enumerate(items):
            if isinstance(item, errors.RpcError):
                _reject(results[index], item)
            else:
                set_microseconds(results[index].event_time, item.create_time_us)
                rows.append((index, item))
        if rows or kept:
            await self._store_client_events(tenant, results, rows, kept)
        _fit(results)
        return pb.BatchCreateClientEventsResponse(results=results, **_totals(results))

    async def _store_client_events(
        self,
        tenant: str,
        results: Sequence[pb.BatchItemResult],
        rows: Sequence[tuple[int, ClientEventRow]],
        kept: Sequence[RejectionRow],
    ) -> None:
        def insert(transaction: Transaction) -> list[Verdict]:
            transaction.insert_rejections(kept)
            return transaction.insert_client_events([row for _, row in rows])

        size = _size([row for _, row in rows], kept)
        for (index, row), verdict in zip(rows, await self._writer.run(insert, size), strict=True):
            if verdict is Verdict.CONFLICT:
                taken = event_id_taken(tenant, row.event_id)
                self._rejected_calls.count(_BATCH, taken)
                _reject(results[index], taken)
            else:
                results[index].outcome = _OUTCOMES[verdict]


_OUTCOMES = {
    Verdict.STORED: pb.BatchItemResult.OUTCOME_STORED,
    Verdict.REPEATED: pb.BatchItemResult.OUTCOME_REPEATED,
}


def _size(rows: Sequence[UserEventRow | ClientEventRow], kept: Sequence[RejectionRow]) -> int:
    """Bytes that a batch holds while it waits for the disk."""
    return sum(len(row.payload) for row in rows) + sum(len(row.raw) for row in kept)


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


def _reject(result: pb.BatchItemResult, error: errors.RpcError) -> None:
    result.outcome = pb.BatchItemResult.OUTCOME_REJECTED
    result.ClearField("event_time")
    result.status.CopyFrom(error.to_status())


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


def _totals(results: Sequence[pb.BatchItemResult]) -> dict[str, int]:
    outcomes = [result.outcome for result in results]
    return {
        "stored_count": outcomes.count(pb.BatchItemResult.OUTCOME_STORED),
        "repeated_count": outcomes.count(pb.BatchItemResult.OUTCOME_REPEATED),
        "rejected_count": outcomes.count(pb.BatchItemResult.OUTCOME_REJECTED),
    }
