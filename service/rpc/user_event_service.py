"""google.cloud.retail.v2.UserEventService."""

from __future__ import annotations

import os
from collections.abc import Callable

from google.longrunning import operations_proto_pb2

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2 import import_config_pb2, user_event_service_pb2
from service.events import errors, user_event
from service.events.record import user_event_record
from service.operations.import_requests import ImportRequests
from service.operations.messages import to_operation
from service.rpc.context import CallContext
from service.rpc.policy import Policy
from service.rpc.rejections import RejectedCalls
from service.storage.base import UserEventRow
from service.storage.writer import Writer


class UserEventService:
    """Writes and imports user events.

    Args:
        policy: Rules, and the catalogs that are served.
        writer: The way to the database.
        imports: Accepts import requests.
        rejected_calls: Keeps rejected calls where the operator wants that.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        writer: Writer,
        imports: ImportRequests,
        rejected_calls: RejectedCalls,
        now_us: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._writer = writer
        self._imports = imports
        self._rejected_calls = rejected_calls
        self._now_us = now_us

    async def WriteUserEvent(  # noqa: N802  the RPC's name
        self, request: user_event_service_pb2.WriteUserEventRequest, _context: CallContext
    ) -> bytes:
        """Stores one event and returns it as stored.

        Returns:
            The serialised UserEvent, its time filled in when the client sent none.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND for a catalog that is not served; UNAVAILABLE
                when it can't be stored now (nothing was).
        """
        catalog = self._policy.catalog(request.parent)
        if not request.HasField("user_event"):
            raise errors.invalid_argument([errors.missing("user_event")])
        event = request.user_event
        violations = user_event.check(event, self._policy.rules)
        if violations:
            error = errors.invalid_argument(errors.prefixed(violations, "user_event", ""))
            await self._rejected_calls.keep(catalog, event, error)
            raise error
        user_event.normalise(event)
        now_us = self._now_us()
        record = user_event_record(event, now_us, os.urandom(16))
        row = UserEventRow(
            parent_id=await self._writer.parent_id(catalog),
            event_time_us=record.event_time_us,
            fingerprint=record.fingerprint,
            event_type=record.event_type,
            visitor_id=record.visitor_id,
            user_id=record.user_id,
            receive_time_us=now_us,
            source=EventSource.EVENT_SOURCE_WRITE,
            joined_revision=None if record.names_products else 0,
            payload=record.payload,
        )
        if request.write_async:
            self._writer.write_user_event_async(row)
        else:
            await self._writer.write_user_event(row)
        return record.payload

    async def ImportUserEvents(  # noqa: N802  the RPC's name
        self, request: import_config_pb2.ImportUserEventsRequest, _context: CallContext
    ) -> operations_proto_pb2.Operation:
        """Accepts an import; it runs on and outlives a crash.

        Returns:
            The operation, durable; metadata ImportMetadata, response ImportUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT when a piece of the request is wrong or an inline event is; NOT_FOUND for a
                catalog that is not served, or a bucket or object that does not exist; UNAVAILABLE.
        """
        catalog = self._policy.catalog(request.parent)
        return to_operation(await self._imports.accept(catalog, request))
