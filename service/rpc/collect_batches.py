"""Several requests of CollectUserEvent in one call, as a page sends them when it is left: one durable commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from google.api.httpbody_pb2 import HttpBody

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import CollectUserEventRequest
from service.events import errors
from service.events.policy import Policy
from service.rpc import collecting
from service.rpc.context import CallContext
from service.rpc.event_log.batches import Batches, in_turns
from service.rpc.intake import Intake
from service.rpc.method import Method, Middleware, with_middleware
from service.rpc.rejections import RejectedCalls
from service.storage.records import RejectionRow, UserEventRow

_COLLECT: Final = EventSource.EVENT_SOURCE_COLLECT


class Unread(NamedTuple):
    """What a page sent that is no request of CollectUserEvent, and what is wrong with it."""

    raw: bytes
    error: errors.RpcError


class CollectBatch(NamedTuple):
    """What a page sent to a catalog; the parents of the requests are not looked at."""

    parent: str
    items: Sequence[CollectUserEventRequest | Unread]


class CollectBatches:
    """Takes what pages send several at a time, and what they send that can't be read.

    Args:
        policy: Rules, and the catalogs that are served.
        batches: Stores events.
        intake: Makes rows of events.
        rejected_calls: Keeps rejected events.
    """

    def __init__(self, *, policy: Policy, batches: Batches, intake: Intake, rejected_calls: RejectedCalls) -> None:
        self._policy = policy
        self._batches = batches
        self._intake = intake
        self._rejected_calls = rejected_calls

    def method(self, middleware: Iterable[Middleware]) -> Method:
        """`CollectUserEvents`, for the doors that serve it; it is in no service, and its request is a CollectBatch."""
        method = Method(
            service="footfall.v1.Collector",
            name="CollectUserEvents",
            request_type=CollectUserEventRequest,
            response_type=HttpBody,
            client_streaming=False,
            server_streaming=False,
            handler=self.CollectUserEvents,
        )
        return with_middleware(method, middleware)

    async def CollectUserEvents(  # noqa: N802  named as RPCs are
        self, request: CollectBatch, context: CallContext
    ) -> list[errors.RpcError]:
        """Stores the good ones, and keeps the others among the rejections.

        Returns:
            What was wrong with the others, in order.

        Raises:
            RpcError: NOT_FOUND or INVALID_ARGUMENT for the catalog; UNAVAILABLE (nothing was stored).
        """
        catalog = self._policy.catalog(request.parent)
        fill = partial(collecting.fill_from_call, context=context)
        rows: list[UserEventRow] = []
        kept: list[RejectionRow] = []
        failures = []
        async for _, item in in_turns(request.items):
            try:
                event = self._event(item)
            except errors.RpcError as error:
                failures.append(error)
                kept.append(await self._rejected_calls.row(catalog, _COLLECT, _raw(item), error))
                continue
            row = await self._intake.user_event(catalog, event, _COLLECT, fill)
            rows.append(row)
        await self._batches.store_user_events(rows, kept)
        return failures

    def _event(self, item: CollectUserEventRequest | Unread) -> UserEvent:
        if isinstance(item, Unread):
            raise item.error
        return collecting.checked_event(item, self._policy.rules)


def _raw(item: CollectUserEventRequest | Unread) -> bytes:
    return item.raw if isinstance(item, Unread) else collecting.raw_of(item)
