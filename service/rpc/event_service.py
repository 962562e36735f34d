"""google.cloud.talent.v4.EventService."""

from __future__ import annotations

from collections.abc import Callable

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.talent.v4 import event_service_pb2
from service.events import client_event, errors
from service.events.record import client_event_record
from service.rpc.context import CallContext
from service.rpc.policy import Policy
from service.rpc.rejections import RejectedCalls
from service.storage.base import ClientEventRow, Verdict
from service.storage.writer import Writer


class EventService:
    """Stores client events.

    Args:
        policy: The tenants that are served.
        writer: The way to the database.
        rejected_calls: Keeps rejected calls where the operator wants that.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self, *, policy: Policy, writer: Writer, rejected_calls: RejectedCalls, now_us: Callable[[], int]
    ) -> None:
        self._policy = policy
        self._writer = writer
        self._rejected_calls = rejected_calls
        self._now_us = now_us

    async def CreateClientEvent(  # noqa: N802  the RPC's name
        self, request: event_service_pb2.CreateClientEventRequest, _context: CallContext
    ) -> bytes:
        """Stores one event and returns it as stored.

        Returns:
            The serialised ClientEvent.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND for a tenant that is not served;
                ALREADY_EXISTS when the event_id was used for another content; UNAVAILABLE when it can't be stored
                now (nothing was).
        """
        tenant = self._policy.tenant(request.parent)
        if not request.HasField("client_event"):
            raise errors.invalid_argument([errors.missing("client_event")])
        event = request.client_event
        violations = client_event.check(event, tenant)
        if violations:
            error = errors.invalid_argument(errors.prefixed(violations, "client_event", ""))
            await self._rejected_calls.keep(tenant, event, error)
            raise error
        record = client_event_record(event)
        row = ClientEventRow(
            parent_id=await self._writer.parent_id(tenant),
            event_id=record.event_id,
            fingerprint=record.fingerprint,
            create_time_us=record.create_time_us,
            request_id=record.request_id,
            event_type=record.event_type,
            receive_time_us=self._now_us(),
            source=EventSource.EVENT_SOURCE_WRITE,
            payload=record.payload,
        )
        if await self._writer.write_client_event(row) is Verdict.CONFLICT:
            raise errors.already_exists(
                f"event_id '{event.event_id[:64]}' is taken in this tenant by an event with other content; give "
                f"each event an "
                "id of its own, and send the same content when you send one again.",
                resource_type="jobs.googleapis.com/ClientEvent",
                resource_name=f"{tenant}/clientEvents/{event.event_id[:64]}",
                reason="EVENT_ID_TAKEN",
            )
        return record.payload
