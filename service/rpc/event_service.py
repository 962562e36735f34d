"""google.cloud.talent.v4.EventService."""

from __future__ import annotations

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.talent.v4 import event_service_pb2
from service.events import client_event, errors
from service.events.policy import Policy
from service.rpc.context import CallContext
from service.rpc.intake import Intake
from service.rpc.rejections import RejectedCalls
from service.storage.base import Verdict
from service.storage.writer import Writer


class EventService:
    """Stores client events.

    Args:
        policy: The tenants that are served.
        writer: The way to the database.
        intake: Makes rows of events.
        rejected_calls: Keeps rejected calls where the operator wants that.
    """

    def __init__(self, *, policy: Policy, writer: Writer, intake: Intake, rejected_calls: RejectedCalls) -> None:
        self._policy = policy
        self._writer = writer
        self._rejected_calls = rejected_calls
        self._intake = intake

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
        row = await self._intake.client_event(tenant, event, EventSource.EVENT_SOURCE_WRITE)
        if await self._writer.write_client_event(row) is Verdict.CONFLICT:
            taken = event_id_taken(tenant, row.event_id)
            self._rejected_calls.count(EventSource.EVENT_SOURCE_WRITE, taken)
            raise taken
        return row.payload


def event_id_taken(tenant: str, event_id: str) -> errors.RpcError:
    """What is wrong with an event whose id stands for another content."""
    shown = event_id[:64]
    return errors.already_exists(
        f"event_id '{shown}' is taken in this tenant by an event with other content; give each event an id of its "
        f"own, and "
        "send the same content when you send one again.",
        resource_type="jobs.googleapis.com/ClientEvent",
        resource_name=f"{tenant}/clientEvents/{shown}",
        reason="EVENT_ID_TAKEN",
    )
