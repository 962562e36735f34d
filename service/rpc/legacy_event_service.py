"""footfall.v1.LegacyEventService: client events in the flat form, as a call or as a message of Pub/Sub."""

from __future__ import annotations

from typing import Final

from google.protobuf import json_format
from google.protobuf.message import Message

from generated.footfall.v1 import legacy_event_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from generated.footfall.v1.event_log_service_pb2 import BatchItemResult
from service.events import errors, names, pubsub
from service.events.json import JsonError
from service.events.record import set_microseconds
from service.rpc.context import CallContext
from service.rpc.event_service import EventService
from service.rpc.push_tokens import PushTokens
from service.rpc.rejections import RejectedCalls
from service.storage.records import Verdict

_PUSH = EventSource.EVENT_SOURCE_PUBSUB_PUSH
_OUTCOMES = {
    Verdict.STORED: BatchItemResult.OUTCOME_STORED,
    Verdict.REPEATED: BatchItemResult.OUTCOME_REPEATED,
}


class LegacyEventService:
    """Stores legacy client events.

    Args:
        events: Stores client events of every form.
        tokens: Checks who pushes.
        rejected_calls: Keeps what can't be stored.

    Attributes:
        caller_checks: By method, how it knows its callers, for those that do.
        body_readers: By method, how it reads the body of an HTTP call, for those that take any.
    """

    body_readers: Final = {"PushLegacyClientEvent": pubsub.envelope}

    def __init__(self, events: EventService, tokens: PushTokens, *, rejected_calls: RejectedCalls) -> None:
        self._events = events
        self._tokens = tokens
        self._rejected_calls = rejected_calls
        self.caller_checks = {"PushLegacyClientEvent": tokens.check} if tokens.enabled else {}

    async def CreateLegacyClientEvent(  # noqa: N802  the RPC's name
        self, request: pb.CreateLegacyClientEventRequest, _context: CallContext
    ) -> Message | bytes:
        """Stores one event and returns it as it was sent.

        Raises:
            RpcError: As `EventService.CreateClientEvent`.
        """
        return await self._events.create(request, "legacy_client_event")

    async def PushLegacyClientEvent(  # noqa: N802  the RPC's name
        self, request: pb.PushLegacyClientEventRequest, context: CallContext
    ) -> BatchItemResult:
        """Stores the event of a message, or keeps the message among the rejections; either is on disk then.

        Raises:
            RpcError: UNAUTHENTICATED and PERMISSION_DENIED as `PushTokens.check`; INVALID_ARGUMENT for a malformed
                parent, NOT_FOUND for a tenant that is not served; UNAVAILABLE when nothing can be stored now.
        """
        await self._tokens.check(context)
        tenant = self._events.tenant(request)
        envelope = json_format.MessageToDict(request.envelope)
        result = BatchItemResult()
        try:
            event = pubsub.legacy_event(pubsub.message_data(envelope))
            row, verdict = await self._events.store(event, tenant, _PUSH, tenantless=names.is_project(request.parent))
        except JsonError as error:
            refused = errors.invalid_argument(error.violations)
        except errors.RpcError as error:
            refused = error
        else:
            result.outcome = _OUTCOMES[verdict]
            set_microseconds(result.event_time, row.create_time_us)
            return result
        await self._rejected_calls.record(tenant, _PUSH, pubsub.shown(envelope), refused)
        result.outcome = BatchItemResult.OUTCOME_REJECTED
        result.status.CopyFrom(refused.to_status())
        return result
