"""google.cloud.talent's EventService, in all versions."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import Message

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import client_event, errors, names
from service.events.client_event_forms import normal_form
from service.events.policy import Policy
from service.rpc.context import CallContext
from service.rpc.intake import Intake
from service.rpc.method import Rendered
from service.rpc.rejections import RejectedCalls
from service.storage.records import ClientEventRow, Verdict
from service.storage.writer import Writer

if TYPE_CHECKING:
    from service.events.plain_client_events import PlainClientEvent

_WRITE = EventSource.EVENT_SOURCE_WRITE
_TENANT_ONLY = "google.cloud.talent.v4.CreateClientEventRequest"
_PROJECT_ONLY = (
    "google.cloud.talent.v3.CreateClientEventRequest",
    "google.cloud.talent.v3p1beta1.CreateClientEventRequest",
)


def _read_plain(path: Mapping[str, str], body: bytes) -> PlainCreate | None:
    from service.events import plain_client_events  # noqa: PLC0415  only who serves REST needs it

    event = plain_client_events.read(body, path["parent"])
    return None if event is None else PlainCreate(path["parent"], event)


class PlainCreate(NamedTuple):
    """A CreateClientEventRequest of v4 whose event is plainly accepted."""

    parent: str
    event: PlainClientEvent


class EventService:
    """Stores client events.

    Args:
        policy: The tenants that are served.
        writer: The way to the database.
        intake: Makes rows of events.
        rejected_calls: Keeps rejected calls where the operator wants that.

    Attributes:
        plain_readers: By method, what makes plain requests of JSON.
    """

    plain_readers: Final = {"google.cloud.talent.v4.EventService.CreateClientEvent": _read_plain}

    def __init__(self, *, policy: Policy, writer: Writer, intake: Intake, rejected_calls: RejectedCalls) -> None:
        self._policy = policy
        self._writer = writer
        self._rejected_calls = rejected_calls
        self._intake = intake

    def CreateClientEvent(  # noqa: N802  the RPC's name
        self, request: Any, _context: CallContext
    ) -> Awaitable[Message | bytes | Rendered]:
        """Stores one event and returns it as it was sent.

        Args:
            request: A CreateClientEventRequest of any version, or a PlainCreate.

        Returns:
            The ClientEvent of that version.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND for a tenant that is not served;
                ALREADY_EXISTS when the event_id was used for another content; UNAVAILABLE when it can't be stored
                now (nothing was).
        """
        if isinstance(request, PlainCreate):
            return self._create_plain(request)
        return self.create(request, "client_event")

    async def _create_plain(self, request: PlainCreate) -> Rendered:
        tenant = self._policy.tenant(request.parent)
        parent_id = self._writer.known_parent(tenant) or await self._writer.parent_id(tenant)
        row = self._intake.plain_client_event_of(parent_id, request.event.record, _WRITE)
        verdict = await self._writer.write_client_event(row)
        if verdict is Verdict.CONFLICT:
            taken = client_event.event_id_taken(tenant, row.event_id)
            self._rejected_calls.count(_WRITE, taken)
            raise taken
        return Rendered(row.payload, request.event.json)

    async def create(self, request: Any, field: str) -> Message | bytes:
        """Stores the event in the field `field` of a request with a parent. See `CreateClientEvent`."""
        tenant = self.tenant(request)
        if not request.HasField(field):
            raise errors.invalid_argument([errors.missing(field)])
        sent = getattr(request, field)
        try:
            row, _ = await self.store(sent, tenant, _WRITE, tenantless=names.is_project(request.parent))
        except errors.RpcError as error:
            if not error.violations:
                self._rejected_calls.count(_WRITE, error)
                raise
            refusal = errors.invalid_argument(errors.prefixed(error.violations, field, ""))
        else:
            return row.payload if isinstance(sent, ClientEvent) else sent
        await self._rejected_calls.keep(tenant, sent, refusal)
        raise refusal

    def tenant(self, request: Any) -> str:
        """The tenant that the parent of a request names, or stands for.

        Raises:
            RpcError: INVALID_ARGUMENT, NOT_FOUND.
        """
        name: str = request.parent
        kind = request.DESCRIPTOR.full_name
        if kind in _PROJECT_ONLY:
            name = names.default_tenant(name)
        elif kind != _TENANT_ONLY:
            name = names.tenant_or_default(name)
        return self._policy.tenant(name)

    async def store(
        self, sent: Message, tenant: str, source: EventSource, *, tenantless: bool = False
    ) -> tuple[ClientEventRow, Verdict]:
        """Stores an event.

        Args:
            sent: In any form, see `normal_form`.
            tenant: That is served.
            source: How it came in.
            tenantless: Whether the caller named a project only.

        Returns:
            What was to be stored, and whether it was new or there already.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation, in the names of the event's form; ALREADY_EXISTS.
        """
        event, beside, violations = normal_form(sent, tenant, tenantless=tenantless)
        if violations:
            raise errors.invalid_argument(violations)
        parent_id = self._writer.known_parent(tenant) or await self._writer.parent_id(tenant)
        row = self._intake.client_event_of(parent_id, event, source, beside)
        verdict = await self._writer.write_client_event(row)
        if verdict is Verdict.CONFLICT:
            raise client_event.event_id_taken(tenant, row.event_id)
        return row, verdict
