"""footfall.v1.EventLogService: reading events and rejections back, and uploading files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO, TypeVar, cast

from google.longrunning import operations_proto_pb2
from google.protobuf.message import Message
from google.rpc import status_pb2

from generated.footfall.v1 import event_log_pb2, event_log_service_pb2
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import errors, names
from service.events.errors import Violation
from service.events.record import set_microseconds
from service.operations.import_requests import ImportRequests, check_data_schema, new_operation_id
from service.operations.messages import IMPORT_USER_EVENTS, to_operation
from service.operations.spool import Spool
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.policy import Policy
from service.storage.base import OperationRow, Store, StoredEvent, StoredRejection

_FILE_NAME_CHARS = 200
_ID_DIGITS = 19  # what a 64-bit number may have

M = TypeVar("M", bound=Message)


class EventLogService:
    """Reads back what is stored.

    Args:
        policy: The catalogs and tenants that are served.
        store: What is read.
        imports: Starts the import of an upload.
        spool: Where uploads go.
        max_upload_bytes: Largest upload.
    """

    def __init__(
        self, *, policy: Policy, store: Store, imports: ImportRequests, spool: Spool, max_upload_bytes: int
    ) -> None:
        self._policy = policy
        self._store = store
        self._imports = imports
        self._spool = spool
        self._max_upload_bytes = max_upload_bytes

    async def ListUserEvents(  # noqa: N802  the RPC's name
        self, request: event_log_service_pb2.ListUserEventsRequest, _context: CallContext
    ) -> event_log_service_pb2.ListUserEventsResponse:
        """Events of a catalog by time; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, page size or page token; NOT_FOUND.
        """
        catalog = self._policy.catalog(request.parent)
        size = paging.page_size(request.page_size)
        query = ("user_events", catalog)
        key = paging.decode_token(query, request.page_token)
        after = (key[0], bytes.fromhex(key[1])) if key else None
        page = await asyncio.to_thread(self._store.list_user_events, catalog, after, size)
        shown = _that_fit([_user_event(event) for event in page.items])
        response = event_log_service_pb2.ListUserEventsResponse(user_events=shown, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            last = page.items[len(shown) - 1]
            response.next_page_token = paging.encode_token(query, [last.event_time_us, last.fingerprint.hex()])
        return response

    async def GetUserEvent(  # noqa: N802  the RPC's name
        self, request: event_log_service_pb2.GetUserEventRequest, _context: CallContext
    ) -> event_log_pb2.StoredUserEvent:
        """One event by its name.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        catalog, number = names.parse_user_event(request.name)
        event = await asyncio.to_thread(self._store.get_user_event, self._policy.catalog(catalog), _number(number))
        if event is None:
            raise _not_found("footfall.v1/UserEvent", request.name)
        return _user_event(event)

    async def ListClientEvents(  # noqa: N802  the RPC's name
        self, request: event_log_service_pb2.ListClientEventsRequest, _context: CallContext
    ) -> event_log_service_pb2.ListClientEventsResponse:
        """Events of a tenant by time; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, page size or page token; NOT_FOUND.
        """
        tenant = self._policy.tenant(request.parent)
        size = paging.page_size(request.page_size)
        query = ("client_events", tenant)
        key = paging.decode_token(query, request.page_token)
        page = await asyncio.to_thread(self._store.list_client_events, tenant, (key[0], key[1]) if key else None, size)
        shown = _that_fit([_client_event(event) for event in page.items])
        response = event_log_service_pb2.ListClientEventsResponse(client_events=shown, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            last = page.items[len(shown) - 1]
            response.next_page_token = paging.encode_token(query, [last.event_time_us, last.id])
        return response

    async def GetClientEvent(  # noqa: N802  the RPC's name
        self, request: event_log_service_pb2.GetClientEventRequest, _context: CallContext
    ) -> event_log_pb2.StoredClientEvent:
        """One event by its name.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        tenant, number = names.parse_client_event(request.name)
        event = await asyncio.to_thread(self._store.get_client_event, self._policy.tenant(tenant), _number(number))
        if event is None:
            raise _not_found("footfall.v1/ClientEvent", request.name)
        return _client_event(event)

    async def ListRejectedEvents(  # noqa: N802  the RPC's name
        self, request: event_log_service_pb2.ListRejectedEventsRequest, _context: CallContext
    ) -> event_log_service_pb2.ListRejectedEventsResponse:
        """Rejections of a catalog or tenant, newest first; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, page size or page token; NOT_FOUND.
        """
        tenant = request.parent.split("/")[2:3] == ["tenants"]
        parent = self._policy.tenant(request.parent) if tenant else self._policy.catalog(request.parent)
        size = paging.page_size(request.page_size)
        query = ("rejected_events", parent)
        key = paging.decode_token(query, request.page_token)
        page = await asyncio.to_thread(self._store.list_rejections, parent, key[0] if key else None, size)
        shown = _that_fit([_rejected_event(parent, rejection) for rejection in page.items])
        response = event_log_service_pb2.ListRejectedEventsResponse(rejected_events=shown, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            response.next_page_token = paging.encode_token(query, [page.items[len(shown) - 1].id])
        return response

    async def UploadUserEvents(  # noqa: N802  the RPC's name
        self, requests: AsyncIterator[event_log_service_pb2.UploadUserEventsRequest], _context: CallContext
    ) -> operations_proto_pb2.Operation:
        """Takes in a file of JSON lines and imports it as an ordinary operation.

        Returns:
            The operation, durable like the file; metadata ImportMetadata, response ImportUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT when the first message is wrong or the file too large; NOT_FOUND; UNAVAILABLE.
        """
        first = await anext(aiter(requests), None)
        if first is None:
            raise errors.invalid_argument([errors.missing("parent")])
        catalog = self._policy.catalog(first.parent)
        violations = check_data_schema(first.data_schema, "data_schema")
        if violations:
            raise errors.invalid_argument(violations)
        if first.gcs_errors_prefix:
            await self._imports.check_errors_prefix(first.gcs_errors_prefix, "gcs_errors_prefix")
        operation_id = new_operation_id(IMPORT_USER_EVENTS)
        try:
            size = await self._spool_upload(operation_id, first, requests)
        except BaseException:
            self._spool.discard(operation_id)
            raise
        request = ImportUserEventsRequest(parent=first.parent)
        if first.gcs_errors_prefix:
            request.errors_config.gcs_prefix = first.gcs_errors_prefix
        name = PurePath(first.file_name).name[:_FILE_NAME_CHARS] or "upload"
        plan = {"upload": True, "objects": [[name, size, ""]], "errors_prefix": first.gcs_errors_prefix}
        starting = self._start(catalog, request, operation_id, plan)
        return to_operation(await asyncio.shield(asyncio.create_task(starting)))  # goes on when the caller leaves

    async def _start(
        self, catalog: str, request: ImportUserEventsRequest, operation_id: str, plan: dict[str, object]
    ) -> OperationRow:
        try:
            return await self._imports.start(catalog, request, operation_id, plan)
        except Exception:  # the operation does not exist, so nothing else would discard its file
            self._spool.discard(operation_id)
            raise

    async def _spool_upload(
        self,
        operation_id: str,
        first: event_log_service_pb2.UploadUserEventsRequest,
        requests: AsyncIterator[event_log_service_pb2.UploadUserEventsRequest],
    ) -> int:
        try:
            file = await asyncio.to_thread(self._spool.new_upload, operation_id)
        except OSError as error:
            raise _spool_failed(error) from error
        try:
            return await self._receive(first, requests, file)
        finally:
            with contextlib.suppress(OSError):  # what could not be written was told before
                file.close()

    async def _receive(
        self,
        first: event_log_service_pb2.UploadUserEventsRequest,
        requests: AsyncIterator[event_log_service_pb2.UploadUserEventsRequest],
        file: BinaryIO,
    ) -> int:
        """Writes what is uploaded to `file`, durably; returns its size in bytes."""
        size = 0
        message: Any = first
        while message is not None:
            size += len(message.data)
            if size > self._max_upload_bytes:
                text = (
                    f"`data` is longer than {self._max_upload_bytes} bytes in all (--max-upload-bytes); split the file."
                )
                raise errors.invalid_argument([Violation("data", text, "TOO_LONG")])
            try:
                await asyncio.to_thread(file.write, message.data)
            except OSError as error:
                raise _spool_failed(error) from error
            message = await anext(aiter(requests), None)
        try:
            await asyncio.to_thread(self._spool.sync, file)
        except OSError as error:
            raise _spool_failed(error) from error
        return size


def _spool_failed(error: OSError) -> errors.RpcError:
    return errors.unavailable(
        f"The upload can't be kept: {error.strerror}. Nothing of it was imported.",
        reason="STORAGE_FULL",
        retry_after_s=5.0,
    )


def _that_fit(messages: Sequence[M]) -> Sequence[M]:
    """The first of `messages` that together stay within the size of a page; at least one."""
    used = 0
    for count, message in enumerate(messages):
        used += message.ByteSize()
        if count and used > paging.MAX_PAGE_BYTES:
            return messages[:count]
    return messages


def _not_found(resource_type: str, name: str) -> errors.RpcError:
    return errors.not_found(
        f"'{name}' does not exist.", resource_type=resource_type, resource_name=name, reason="EVENT_NOT_FOUND"
    )


def _number(event_id: str) -> int:
    """The arrival number that an event's id is; one that no event has when it is not a number of ours."""
    number = int(event_id) if event_id.isascii() and event_id.isdecimal() and len(event_id) < _ID_DIGITS else 0
    return number if str(number) == event_id else 0


def _source(number: int) -> event_log_pb2.EventSource:
    return cast("event_log_pb2.EventSource", number)  # at run time an enum's value is its number


def _user_event(event: StoredEvent) -> event_log_pb2.StoredUserEvent:
    stored = event_log_pb2.StoredUserEvent(
        name=names.user_event(event.parent, event.id),
        user_event=UserEvent.FromString(event.payload),
        joined=event.joined,
        source=_source(event.source),
    )
    set_microseconds(stored.receive_time, event.receive_time_us)
    return stored


def _client_event(event: StoredEvent) -> event_log_pb2.StoredClientEvent:
    stored = event_log_pb2.StoredClientEvent(
        name=names.client_event(event.parent, event.id),
        client_event=ClientEvent.FromString(event.payload),
        source=_source(event.source),
    )
    set_microseconds(stored.receive_time, event.receive_time_us)
    return stored


def _rejected_event(parent: str, rejection: StoredRejection) -> event_log_pb2.RejectedEvent:
    row = rejection.row
    shown = event_log_pb2.RejectedEvent(
        name=f"{parent}/rejectedEvents/{rejection.id}",
        source=_source(row.source),
        operation=row.operation or "",
        uri=row.uri or "",
        line_number=row.line_number or 0,
        status=status_pb2.Status.FromString(row.status),
        raw=row.raw,
        raw_truncated=bool(row.raw_truncated),
    )
    set_microseconds(shown.receive_time, row.receive_time_us)
    return shown
