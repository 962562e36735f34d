"""Streams of events: decided while they run, acknowledged by position, slowed down rather than refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple

from generated.footfall.v1 import event_log_service_pb2 as pb
from service.events import errors
from service.events.policy import Policy
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_log.batches import Batches
from service.rpc.event_log.inbox import Inbox
from service.rpc.event_log.prepared import Prepared
from service.rpc.middleware.admission import shutting_down
from service.storage.writer import Writer

MAX_ITEMS = 1_000  # in one message, and in one commit
MAX_MESSAGE_BYTES = 4 * 2**20  # so many of one stream may wait, too, not looked at yet
_COMMITS_IN_FLIGHT = 3  # of one stream; while one is synced the next are made ready

_REJECTED = pb.BatchItemResult.OUTCOME_REJECTED

Request = pb.StreamUserEventsRequest | pb.StreamClientEventsRequest
Response = pb.StreamUserEventsResponse | pb.StreamClientEventsResponse


class _Kind(NamedTuple):
    """What differs between streams of user events and of client events."""

    field: str  # the events in a request
    response: type[Response]
    parent: Callable[[str], str]
    prepare: Callable[[str, Sequence[Any]], Awaitable[Prepared]]


class _Committing(NamedTuple):
    """Events on their way to the disk."""

    prepared: Prepared
    inserted: asyncio.Future[Any] | None  # None: nothing of them is inserted


class Streams:
    """The part of EventLogService that takes events for as long as a caller has some.

    Args:
        policy: The catalogs and tenants that are served.
        batches: Checks events and makes rows of them.
        writer: The way to the database.
        closing: Set when the service shuts down.
        idle_seconds: How long a stream may be without a message.
    """

    def __init__(
        self, *, policy: Policy, batches: Batches, writer: Writer, closing: asyncio.Event, idle_seconds: float
    ) -> None:
        self._writer = writer
        self._closing = closing
        self._idle_seconds = idle_seconds
        self._user_events = _Kind(
            "user_events", pb.StreamUserEventsResponse, policy.catalog, batches.prepare_user_events
        )
        self._client_events = _Kind(
            "client_events", pb.StreamClientEventsResponse, policy.tenant, batches.prepare_client_events
        )

    def StreamUserEvents(  # noqa: N802  the RPC's name
        self, requests: AsyncIterator[pb.StreamUserEventsRequest], _context: CallContext
    ) -> AsyncIterator[Response]:
        """Stores what comes, each event as WriteUserEvent would.

        Yields:
            How far everything is decided; last the totals.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, or too many events or bytes in a message; NOT_FOUND;
                DEADLINE_EXCEEDED when the caller sends nothing for too long; UNAVAILABLE when the service shuts down or
                can't store: what was acknowledged is stored, the rest is to be sent again.
        """
        return self._run(self._user_events, requests)

    def StreamClientEvents(  # noqa: N802  the RPC's name
        self, requests: AsyncIterator[pb.StreamClientEventsRequest], _context: CallContext
    ) -> AsyncIterator[Response]:
        """Stores what comes, each event as CreateClientEvent would. As `StreamUserEvents`."""
        return self._run(self._client_events, requests)

    async def _run(self, kind: _Kind, requests: AsyncIterator[Request]) -> AsyncIterator[Response]:
        closing = asyncio.create_task(self._closing.wait())
        inbox: Inbox[Any] = Inbox(max_items=MAX_ITEMS, max_bytes=MAX_MESSAGE_BYTES)
        committing: asyncio.Queue[_Committing | Exception | None] = asyncio.Queue(_COMMITS_IN_FLIGHT)
        tasks: list[asyncio.Task[Any]] = [closing]
        try:
            first = await self._next(requests, closing)
            if first is None:
                raise errors.invalid_argument([errors.missing("parent")])
            parent = kind.parent(first.parent)
            tasks.append(asyncio.create_task(self._receive(kind, first, requests, inbox, closing)))
            tasks.append(asyncio.create_task(self._commit(kind, parent, inbox, committing)))
            progress = _Progress(kind.response)
            while (item := await committing.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                if item.inserted is not None:
                    item.prepared.settle(await item.inserted)
                for response in progress.advance(item.prepared.results):
                    yield response
            yield progress.response(done=True)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            while not committing.empty():
                left = committing.get_nowait()
                if isinstance(left, _Committing) and left.inserted is not None:
                    left.inserted.cancel()  # it is written all the same; nobody waits for it

    async def _next(self, requests: AsyncIterator[Request], closing: asyncio.Task[Any]) -> Request | None:
        """The caller's next message; None when it has closed its side."""
        read = asyncio.ensure_future(anext(aiter(requests), None))
        try:
            await asyncio.wait((read, closing), timeout=self._idle_seconds, return_when=asyncio.FIRST_COMPLETED)
            if read.done():
                return read.result()
        finally:
            if not read.done():
                read.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await read
        if closing.done():
            raise shutting_down()
        raise errors.deadline_exceeded(
            f"The stream brought no message for {self._idle_seconds:g} seconds (--upload-idle-seconds) and was ended; "
            "what was acknowledged is stored. Begin another one; a message without events keeps one open."
        )

    async def _receive(
        self,
        kind: _Kind,
        first: Request,
        requests: AsyncIterator[Request],
        inbox: Inbox[Any],
        closing: asyncio.Task[Any],
    ) -> None:
        """Puts what comes into the inbox, until nothing more comes or something is wrong with it."""
        message: Request | None = first
        try:
            while message is not None:
                events = getattr(message, kind.field)
                size = message.ByteSize()
                _check(message, first.parent, kind.field, len(events), size)
                if events:
                    await inbox.put(events, size)
                message = await self._next(requests, closing)
        except asyncio.CancelledError:
            inbox.end(errors.cancelled("The caller has left."))
            raise
        except Exception as error:  # noqa: BLE001  who takes from the inbox gets it
            inbox.end(error)
        else:
            inbox.end()

    async def _commit(
        self, kind: _Kind, parent: str, inbox: Inbox[Any], committing: asyncio.Queue[_Committing | Exception | None]
    ) -> None:
        """Checks what comes and hands it to the writer, in its order."""
        try:
            while events := await inbox.take():
                prepared = await kind.prepare(parent, events)
                inserted = (
                    None
                    if prepared.is_empty
                    else await self._writer.enqueue(prepared.insert, prepared.size, batch=True)
                )
                await committing.put(_Committing(prepared, inserted))
        except Exception as error:  # noqa: BLE001  it has its turn after what came before it
            await committing.put(error)
        else:
            await committing.put(None)


class _Progress:
    """How far a stream is.

    Args:
        response: Its responses.
    """

    def __init__(self, response: type[Response]) -> None:
        self._new = response
        self._counts = dict.fromkeys(pb.BatchItemResult.Outcome.values(), 0)

    def response(self, rejections: Sequence[pb.StreamRejection] = (), *, done: bool = False) -> Response:
        """What the caller is told now."""
        return self._new(
            decided_count=sum(self._counts.values()),
            stored_count=self._counts[pb.BatchItemResult.OUTCOME_STORED],
            repeated_count=self._counts[pb.BatchItemResult.OUTCOME_REPEATED],
            rejected_count=self._counts[_REJECTED],
            rejections=rejections,
            done=done,
        )

    def advance(self, results: Sequence[pb.BatchItemResult]) -> Iterator[Response]:
        """Counts verdicts; yields what the caller is told of them, in as many responses as clients take."""
        position = sum(self._counts.values())
        rejections: list[pb.StreamRejection] = []
        size = 0
        for place, result in enumerate(results):
            if result.outcome == _REJECTED:
                rejection = pb.StreamRejection(position=position + place, status=result.status)
                if size + rejection.ByteSize() > paging.MAX_PAGE_BYTES:
                    yield self.response(rejections)
                    rejections, size = [], 0
                rejections.append(rejection)
                size += rejection.ByteSize()
            self._counts[result.outcome] += 1
        yield self.response(rejections)


def _check(message: Request, parent: str, field: str, count: int, size: int) -> None:
    if message.parent not in ("", parent):
        rule = "must be empty or as in the first message; begin another stream for another parent."
        raise errors.invalid_argument([errors.violation("parent", rule)])
    if count > MAX_ITEMS:
        rule = f"must have at most {MAX_ITEMS:,} events a message, but has {count:,}."
        raise errors.invalid_argument([errors.violation(field, rule, "TOO_MANY")])
    if size > MAX_MESSAGE_BYTES:
        rule = f"must have at most {MAX_MESSAGE_BYTES:,} bytes a message, but has {size:,}; send fewer events in one."
        raise errors.invalid_argument([errors.violation(field, rule, "TOO_LONG")])
