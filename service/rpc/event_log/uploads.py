"""UploadUserEvents: files that come with the call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO, NamedTuple

from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from service.events import errors
from service.events.errors import Violation
from service.events.policy import Policy
from service.operations.import_requests import ImportRequests
from service.operations.kinds import IMPORT_CLIENT_EVENTS, IMPORT_USER_EVENTS
from service.operations.launcher import new_operation_id
from service.operations.messages import to_operation
from service.operations.object_requests import check_data_schema
from service.operations.spool import Spool
from service.rpc.context import CallContext
from service.sources.schemas import DATA_SCHEMAS
from service.sources.schemas.client_event import CLIENT_EVENT_SCHEMAS
from service.storage.records import OperationRow

_FILE_NAME_CHARS = 200

UploadRequest = event_log_service_pb2.UploadUserEventsRequest | event_log_service_pb2.UploadClientEventsRequest


class Target(NamedTuple):
    """What an upload becomes.

    Attributes:
        kind: Of the operation.
        schemas: The names that its `data_schema` may have.
        start: Starts it: given its parent, the first message, the plan and the id.
    """

    kind: str
    schemas: Sequence[str]
    start: Callable[[str, UploadRequest, dict[str, object], str], Awaitable[OperationRow]]


class Uploads:
    """The part of EventLogService that takes files in.

    Args:
        policy: The catalogs and tenants that are served.
        imports: Starts the import of an upload.
        spool: Where uploads go.
        max_upload_bytes: Largest upload.
        upload_idle_seconds: How long an upload may be without data.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        imports: ImportRequests,
        spool: Spool,
        max_upload_bytes: int,
        upload_idle_seconds: float,
    ) -> None:
        self._policy = policy
        self._imports = imports
        self._spool = spool
        self._max_upload_bytes = max_upload_bytes
        self._idle_seconds = upload_idle_seconds
        self._user_events = Target(IMPORT_USER_EVENTS, DATA_SCHEMAS, self._start_user_events)
        self._client_events = Target(IMPORT_CLIENT_EVENTS, CLIENT_EVENT_SCHEMAS, self._start_client_events)

    async def UploadUserEvents(  # noqa: N802  the RPC's name
        self, requests: AsyncIterator[event_log_service_pb2.UploadUserEventsRequest], _context: CallContext
    ) -> operations_proto_pb2.Operation:
        """Takes in a file of JSON lines and imports it as an ordinary operation.

        Returns:
            The operation, durable like the file; metadata ImportMetadata, response ImportUserEventsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT when the first message is wrong or the file too large; NOT_FOUND; UNAVAILABLE;
                DEADLINE_EXCEEDED when the caller sends nothing for too long.
        """
        return await self._upload(requests, self._policy.catalog, self._user_events)

    async def UploadClientEvents(  # noqa: N802  the RPC's name
        self, requests: AsyncIterator[event_log_service_pb2.UploadClientEventsRequest], _context: CallContext
    ) -> operations_proto_pb2.Operation:
        """The same for client events of a tenant; response UploadClientEventsResponse."""
        return await self._upload(requests, self._policy.tenant, self._client_events)

    async def _upload(
        self, requests: AsyncIterator[UploadRequest], parent_of: Callable[[str], str], target: Target
    ) -> operations_proto_pb2.Operation:
        first = await self._next(requests)
        if first is None:
            raise errors.invalid_argument([errors.missing("parent")])
        parent = parent_of(first.parent)
        violations = check_data_schema(first.data_schema, "data_schema", target.schemas)
        if violations:
            raise errors.invalid_argument(violations)
        if first.gcs_errors_prefix:
            await self._imports.check_errors_prefix(first.gcs_errors_prefix, "gcs_errors_prefix")
        operation_id = new_operation_id(target.kind)
        try:
            size = await self._spool_upload(operation_id, first, requests)
        except BaseException:
            self._spool.discard(operation_id)
            raise
        name = PurePath(first.file_name).name[:_FILE_NAME_CHARS] or "upload"
        plan: dict[str, object] = {
            "upload": True,
            "objects": [[name, size, ""]],
            "errors_prefix": first.gcs_errors_prefix,
            "data_schema": first.data_schema,
        }
        starting = self._start(target.start(parent, first, plan, operation_id), operation_id)
        return to_operation(await asyncio.shield(asyncio.create_task(starting)))  # goes on when the caller leaves

    def _start_user_events(
        self, catalog: str, first: UploadRequest, plan: dict[str, object], operation_id: str
    ) -> Awaitable[OperationRow]:
        request = ImportUserEventsRequest(parent=first.parent)
        if first.gcs_errors_prefix:
            request.errors_config.gcs_prefix = first.gcs_errors_prefix
        return self._imports.start(catalog, request, plan, operation_id)

    def _start_client_events(
        self, tenant: str, first: UploadRequest, plan: dict[str, object], operation_id: str
    ) -> Awaitable[OperationRow]:
        request = event_log_service_pb2.UploadClientEventsRequest(parent=first.parent)
        return self._imports.start_client_events(tenant, request, plan, operation_id)

    async def _next(self, requests: AsyncIterator[UploadRequest]) -> UploadRequest | None:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await anext(aiter(requests), None)
        except TimeoutError:
            raise errors.deadline_exceeded(
                f"The upload brought no data for {self._idle_seconds:g} seconds (--upload-idle-seconds) and was given "
                "up; nothing of it was imported. Send it again."
            ) from None

    async def _start(self, starting: Awaitable[OperationRow], operation_id: str) -> OperationRow:
        try:
            return await starting
        except Exception:  # the operation does not exist, so nothing else would discard its file
            self._spool.discard(operation_id)
            raise

    async def _spool_upload(
        self,
        operation_id: str,
        first: UploadRequest,
        requests: AsyncIterator[UploadRequest],
    ) -> int:
        try:
            file = await self._new_file(operation_id)
        except OSError as error:
            raise _spool_failed(error) from error
        try:
            return await self._receive(first, requests, file)
        finally:
            with contextlib.suppress(OSError):  # what could not be written was told before
                file.close()

    async def _new_file(self, operation_id: str) -> BinaryIO:
        making = asyncio.create_task(asyncio.to_thread(self._spool.new_upload, operation_id))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:  # the thread goes on, and makes a file that nobody waits for
            making.add_done_callback(lambda made: self._discard_unwanted(made, operation_id))
            raise

    def _discard_unwanted(self, made: asyncio.Task[BinaryIO], operation_id: str) -> None:
        if not made.cancelled() and made.exception() is None:
            made.result().close()
            self._spool.discard(operation_id)

    async def _receive(
        self,
        first: UploadRequest,
        requests: AsyncIterator[UploadRequest],
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
            message = await self._next(requests)
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
