"""What pages with jobs report about their visitors: a batch of client events of one tenant."""

from __future__ import annotations

import json as plain_json
import uuid
from collections.abc import Iterable
from typing import Any, Final

from google.api.httpbody_pb2 import HttpBody

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import client_event, errors, job_tracker
from service.events.identity import canonical_bytes, fingerprint
from service.events.json import JsonError
from service.rpc.context import CallContext
from service.rpc.event_log.batches import Batches, in_turns
from service.rpc.intake import Intake
from service.rpc.method import Method, Middleware, with_middleware
from service.rpc.rejections import RejectedCalls
from service.storage.records import ClientEventRow, RejectionRow
from service.storage.writer import Writer

MAX_EVENTS: Final = 1_000  # in one body, as in a collect call's

_COLLECT: Final = EventSource.EVENT_SOURCE_COLLECT
_REJECTED: Final = pb.BatchItemResult.OUTCOME_REJECTED


class JobTracking:
    """Takes what pages with jobs report.

    Args:
        tenant: Whose events they are; empty: nobody's, they are refused.
        batches: Stores events.
        intake: Makes rows of events.
        rejected_calls: Keeps rejected events.
        writer: The way to the database.
    """

    def __init__(
        self, *, tenant: str, batches: Batches, intake: Intake, rejected_calls: RejectedCalls, writer: Writer
    ) -> None:
        self._tenant = tenant
        self._batches = batches
        self._intake = intake
        self._rejected_calls = rejected_calls
        self._writer = writer

    def method(self, middleware: Iterable[Middleware]) -> Method:
        """`TrackJobEvents`, for the doors that serve it; it is in no service, having a form of its own."""
        method = Method(
            service="footfall.v1.JobTracker",
            name="TrackJobEvents",
            request_type=HttpBody,
            response_type=pb.BatchCreateClientEventsResponse,
            client_streaming=False,
            server_streaming=False,
            handler=self.TrackJobEvents,
        )
        return with_middleware(method, middleware)

    async def TrackJobEvents(  # noqa: N802  named as RPCs are
        self, request: HttpBody, _context: CallContext
    ) -> pb.BatchCreateClientEventsResponse:
        """Stores the good ones of up to 1,000 events; the rejected ones are always kept among the rejections.

        An event that comes again is stored once: by its eventId, or, without one, by its createTime and content. One
        with neither is a new event each time.

        Args:
            request: The JSON that docs/PIXEL.md describes.

        Returns:
            A verdict for each event, in order.

        Raises:
            RpcError: INVALID_ARGUMENT when the body as a whole is not of that form; UNIMPLEMENTED when no tenant is
                set; UNAVAILABLE (nothing was stored).
        """
        if not self._tenant:
            raise errors.unimplemented(
                "This server takes no events of jobs from pages. Its operator names the tenant that they are for with "
                "--tracker-tenant projects/P/tenants/T."
            )
        try:
            values = job_tracker.parse(request.data)
            if len(values) > MAX_EVENTS:
                rule = f"must have at most {MAX_EVENTS:,} events, but has {len(values):,}."
                raise errors.invalid_argument([errors.violation("events", rule, "TOO_MANY")])
        except JsonError as error:
            raise await self._refused(request.data, errors.invalid_argument(error.violations)) from None
        except errors.RpcError as error:
            raise await self._refused(request.data, error) from None
        return await self._store(values)

    async def _refused(self, body: bytes, error: errors.RpcError) -> errors.RpcError:
        await self._rejected_calls.record(self._tenant, _COLLECT, body, error)
        return error

    async def _store(self, values: list[Any]) -> pb.BatchCreateClientEventsResponse:
        items: list[ClientEventRow | errors.RpcError] = []
        kept: list[RejectionRow] = []
        timeless = []
        async for index, value in in_turns(values):
            try:
                event = self._event(value)
            except errors.RpcError as error:
                items.append(error)
                kept.append(await self._rejection(value, error))
                continue
            if not event.HasField("create_time"):
                timeless.append(index)
            items.append(await self._intake.client_event(self._tenant, event, _COLLECT))
        response = await self._batches.store_client_events(self._tenant, items, kept)
        for index in timeless:
            if response.results[index].outcome == pb.BatchItemResult.OUTCOME_REPEATED:
                response.results[index].ClearField("event_time")  # it is stored with the time of its first arrival
        await self._keep_conflicts(values, items, response)
        return response

    async def _keep_conflicts(
        self,
        values: list[Any],
        items: list[ClientEventRow | errors.RpcError],
        response: pb.BatchCreateClientEventsResponse,
    ) -> None:
        """Keeps those that turned out only on storing to have the id of another event."""
        kept = [
            await self._rejection(value, client_event.event_id_taken(self._tenant, item.event_id))
            for value, item, result in zip(values, items, response.results, strict=True)
            if isinstance(item, ClientEventRow) and result.outcome == _REJECTED
        ]
        if kept:
            await self._writer.run(lambda transaction: transaction.insert_rejections(kept))

    async def _rejection(self, value: Any, error: errors.RpcError) -> RejectionRow:
        raw = plain_json.dumps(value, ensure_ascii=False).encode(errors="replace")
        return await self._rejected_calls.row(self._tenant, _COLLECT, raw, error)

    def _event(self, value: Any) -> ClientEvent:
        try:
            event = job_tracker.to_client_event(value, self._tenant)
        except JsonError as error:
            raise errors.invalid_argument(error.violations) from None
        if not event.event_id:
            event.event_id = _made_id(event)
        violations = client_event.check(event, self._tenant, time_required=False)
        if violations:
            raise errors.invalid_argument(violations)
        return event


def _made_id(event: ClientEvent) -> str:
    """An id that is the same whenever the same event comes; only what has a time can come again."""
    identity = fingerprint(canonical_bytes(event)).hex() if event.HasField("create_time") else uuid.uuid4().hex
    return f"tracked-{identity}"
