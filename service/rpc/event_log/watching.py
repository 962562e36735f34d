"""WatchEvents: what arrives, in the order in which it does, nothing skipped and nothing doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from generated.footfall.v1 import event_log_service_pb2 as pb
from service.events import filters
from service.events.policy import Policy
from service.operations.scans import selection_of
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_log import messages
from service.rpc.middleware.admission import shutting_down
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import Selection, StoredEvent
from service.storage.writer import Writer

_EVENTS_PER_READ = 200


class Watching:
    """The part of EventLogService that follows arrivals.

    Args:
        policy: The catalogs and tenants that are served.
        store: Where arrivals are read from.
        writer: Says when there may be some.
        closing: Set when the service shuts down.
    """

    def __init__(self, *, policy: Policy, store: Store, writer: Writer, closing: asyncio.Event) -> None:
        self._policy = policy
        self._store = store
        self._writer = writer
        self._closing = closing

    async def WatchEvents(  # noqa: N802  the RPC's name
        self, request: pb.WatchEventsRequest, _context: CallContext
    ) -> AsyncIterator[pb.WatchEventsResponse]:
        """Streams events of a catalog or tenant from now on, or from behind a token; those rejected too, if asked for.

        Yields:
            First a token without an event, then events, each with the token behind it.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, filter or token; NOT_FOUND; UNAVAILABLE when the service
                shuts down: resume with the last token.
        """
        parent = self._policy.parent(request.parent)
        kind = "client_events" if "/tenants/" in parent else "user_events"
        selection = selection_of(
            filters.parse(request.filter, filters.CLIENT_EVENT_LIST)
            if kind == "client_events"
            else filters.parse(request.filter, filters.LIST)
        )
        query = ("watch", parent)
        seen, *refused = paging.decode_token(query, request.resume_token, "resume_token") or [
            await read(self._store.last_arrival, kind)
        ]
        if not request.include_rejected:
            refused = []
        elif not refused:
            refused = [await read(self._last_rejection, parent)]
        yield pb.WatchEventsResponse(resume_token=paging.encode_token(query, [seen, *refused]))
        while True:
            arrival = self._writer.arrival
            # Read before the events, sent after them: so the events of a commit come before what it rejected.
            fresh = await read(self._store.rejections_after, parent, refused[0], _EVENTS_PER_READ) if refused else []
            found, last = await read(self._arrivals, kind, parent, selection, seen)
            for event, response in found:
                response.resume_token = paging.encode_token(query, [event.id, *refused])
                yield response
            for rejection in fresh:
                refused = [rejection.id]
                yield pb.WatchEventsResponse(
                    rejected_event=messages.rejected_event(parent, rejection),
                    resume_token=paging.encode_token(query, [last, *refused]),
                )
            if last == seen and not fresh:
                await self._next(arrival)
            if self._closing.is_set():
                raise shutting_down()
            seen = last

    def _last_rejection(self, parent: str) -> int:
        newest = self._store.list_rejections(parent, None, 1).items
        return newest[0].id if newest else 0

    def _arrivals(
        self, kind: str, parent: str, selection: Selection, seen: int
    ) -> tuple[list[tuple[StoredEvent, pb.WatchEventsResponse]], int]:
        found, last = self._store.arrivals(kind, parent, seen, _EVENTS_PER_READ, selection)
        if kind == "client_events":
            return [(event, pb.WatchEventsResponse(client_event=messages.client_event(event))) for event in found], last
        shown = messages.user_events(self._store, parent, found)
        return [
            (event, pb.WatchEventsResponse(user_event=each)) for event, each in zip(found, shown, strict=True)
        ], last

    async def _next(self, arrival: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(each.wait()) for each in (arrival, self._closing)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
