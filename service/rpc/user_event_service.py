"""google.cloud.retail.UserEventService, in every version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_proto_pb2 import Operation

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2 import import_config_pb2, purge_config_pb2, user_event_service_pb2
from generated.google.cloud.retail.v2beta import export_config_pb2
from service.events import errors, user_event
from service.events.policy import Policy
from service.operations.import_requests import ImportRequests
from service.operations.maintenance_requests import MaintenanceRequests
from service.operations.messages import to_operation
from service.rpc import collecting
from service.rpc.context import CallContext
from service.rpc.intake import Intake
from service.rpc.method import Rendered
from service.rpc.rejections import RejectedCalls
from service.storage.writer import Writer

if TYPE_CHECKING:
    from service.events.plain_events import PlainEvent, PlainEvents

# To look them up takes as long as to parse a request.
_WRITE = EventSource.EVENT_SOURCE_WRITE
_COLLECT = EventSource.EVENT_SOURCE_COLLECT


class PlainWrite:
    """A WriteUserEventRequest whose event is plainly accepted."""

    def __init__(self, parent: str, event: PlainEvent) -> None:
        self.parent = parent
        self.event = event


class UserEventService:
    """Takes user events in, and keeps them in order.

    Methods are given requests of any version of the API; their fields are the same.

    Args:
        policy: Rules, and the catalogs that are served.
        writer: The way to the database.
        intake: Makes rows of events.
        imports: Accepts imports.
        maintenance: Accepts purges, rejoins and exports.
        rejected_calls: Keeps rejected calls.

    Attributes:
        plain_readers: By method, what makes plain requests of JSON.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        writer: Writer,
        intake: Intake,
        imports: ImportRequests,
        maintenance: MaintenanceRequests,
        rejected_calls: RejectedCalls,
    ) -> None:
        self._policy = policy
        self._writer = writer
        self._intake = intake
        self._imports = imports
        self._maintenance = maintenance
        self._rejected_calls = rejected_calls
        self._plain_events: PlainEvents | None = None
        self.plain_readers = {} if policy.rules.strict else {"WriteUserEvent": self._read_plain}

    def _read_plain(self, path: Mapping[str, str], body: bytes) -> PlainWrite | None:
        plain_events = self._plain_events
        if plain_events is None:
            from service.events.plain_events import PlainEvents  # noqa: PLC0415  only who serves REST needs it

            plain_events = self._plain_events = PlainEvents(self._policy.rules, None)
        event = plain_events.read(body)
        return None if event is None else PlainWrite(path["parent"], event)

    async def WriteUserEvent(  # noqa: N802  the RPC's name
        self, request: user_event_service_pb2.WriteUserEventRequest | PlainWrite, _context: CallContext
    ) -> bytes | Rendered:
        """Stores one event and returns it as stored.

        Returns:
            The serialised UserEvent, its time filled in when the client sent none.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND for a catalog that is not served; UNAVAILABLE
                when it can't be stored now (nothing was).
        """
        catalog = self._policy.catalog(request.parent)
        if isinstance(request, PlainWrite):
            ids = self._writer.known_catalog(catalog) or await self._writer.catalog(catalog)
            row = self._intake.plain_user_event_of(ids, request.event, _WRITE)
            await self._writer.write_user_event(row)
            return Rendered(row.payload, request.event.json(row.event_time_us))
        if not request.HasField("user_event"):
            raise errors.invalid_argument([errors.missing("user_event")])
        event = request.user_event
        violations = user_event.check(event, self._policy.rules)
        if violations:
            error = errors.invalid_argument(errors.prefixed(violations, "user_event", ""))
            await self._rejected_calls.keep(catalog, event, error)
            raise error
        ids = self._writer.known_catalog(catalog) or await self._writer.catalog(catalog)
        row = self._intake.user_event_of(ids, event, _WRITE)
        if request.write_async:
            self._writer.write_user_event_async(row)
        else:
            await self._writer.write_user_event(row)
        return row.payload

    async def CollectUserEvent(  # noqa: N802  the RPC's name
        self, request: user_event_service_pb2.CollectUserEventRequest, context: CallContext
    ) -> HttpBody:
        """Stores the event that a pixel or a tag manager sends; a rejected one is always kept among the rejections.

        Returns:
            A transparent pixel.

        Raises:
            RpcError: As `WriteUserEvent`.
        """
        catalog = self._policy.catalog(request.parent)
        try:
            event = collecting.checked_event(request, self._policy.rules)
        except errors.RpcError as error:
            refusal = error
        else:
            fill = partial(collecting.fill_from_call, context=context)
            row = await self._intake.user_event(catalog, event, _COLLECT, fill)
            await self._writer.write_user_event(row)
            return collecting.ANSWER
        await self._rejected_calls.record(catalog, _COLLECT, collecting.raw_of(request), refusal)
        raise refusal

    async def ImportUserEvents(  # noqa: N802  the RPC's name
        self, request: import_config_pb2.ImportUserEventsRequest, _context: CallContext
    ) -> Operation:
        """Accepts an import; it runs on and outlives a crash.

        Returns:
            The operation, durable; metadata ImportMetadata, response ImportUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT when a piece of the request is wrong or an inline event is; NOT_FOUND for a
                catalog that is not served, or a bucket, object or table that does not exist; UNAVAILABLE.
        """
        catalog = self._policy.catalog(request.parent)
        return to_operation(await self._imports.accept(catalog, request))

    async def PurgeUserEvents(  # noqa: N802  the RPC's name
        self, request: purge_config_pb2.PurgeUserEventsRequest, _context: CallContext
    ) -> Operation:
        """Accepts a purge of the events that there are now; without `force` it only counts them and names some.

        Returns:
            The operation, durable; metadata PurgeMetadata, response PurgeUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter that is not in the language; NOT_FOUND; UNAVAILABLE.
        """
        catalog = self._policy.catalog(request.parent)
        return to_operation(await self._maintenance.purge(catalog, request))

    async def RejoinUserEvents(  # noqa: N802  the RPC's name
        self, request: user_event_service_pb2.RejoinUserEventsRequest, _context: CallContext
    ) -> Operation:
        """Accepts a rejoin of the events that there are now with the products that there are now.

        Returns:
            The operation, durable; metadata RejoinUserEventsMetadata, response RejoinUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent; NOT_FOUND; UNAVAILABLE.
        """
        catalog = self._policy.catalog(request.parent)
        return to_operation(await self._maintenance.rejoin(catalog, request))

    async def ExportUserEvents(  # noqa: N802  the RPC's name
        self, request: export_config_pb2.ExportUserEventsRequest, _context: CallContext
    ) -> Operation:
        """Accepts an export of the events that there are now (v2beta and v2alpha).

        Returns:
            The operation, durable; metadata ExportMetadata, response ExportUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter or destination that is wrong; NOT_FOUND; UNIMPLEMENTED for a
                BigQuery destination; UNAVAILABLE.
        """
        catalog = self._policy.catalog(request.parent)
        return to_operation(await self._maintenance.export(catalog, request))
