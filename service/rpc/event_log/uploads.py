"""UploadUserEvents: files that come with the call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Any, BinaryIO

from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from service.events import errors
from service.events.errors import Violation
from service.events.policy import Policy
from service.operations.import_requests import ImportRequests
from service.operations.kinds import IMPORT_USER_EVENTS
from service.operations.launcher import new_operation_id
from service.operations.messages import to_operation
from service.operations.object_requests import check_data_schema
from service.operations.spool import Spool
from service.rpc.context import CallContext
from service.sources.schemas import DATA_SCHEMAS
from service.storage.base import OperationRow

_FILE_NAME_CHARS = 200


class Uploads:
    """The part of EventLogService that takes files in.

    Args:
        policy: The catalogs that are served.
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
        first = await self._next(requests)
        if first is None:
            raise errors.invalid_argument([errors.missing("parent")])
        catalog = self._policy.catalog(first.parent)
        violations = check_data_schema(first.data_schema, "data_schema", DATA_SCHEMAS)
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
        plan: dict[str, object] = {
            "upload": True,
            "objects": [[name, size, ""]],
            "errors_prefix": first.gcs_errors_prefix,
            "data_schema": first.data_schema,
        }
        starting = self._start(catalog, request, operation_id, plan)
        return to_operation(await asyncio.shield(asyncio.create_task(starting)))  # goes on when the caller leaves

    async def _next(
        self, requests: AsyncIterator[event_log_service_pb2.UploadUserEventsRequest]
    ) -> event_log_service_pb2.UploadUserEventsRequest | None:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await anext(aiter(requests), None)
        except TimeoutError:
            raise errors.deadline_exceeded(
                f"The upload brought no data for {self._idle_seconds:g} seconds (--upload-idle-seconds) and was given "
                "up; nothing of it was imported. Send it again."
            ) from None

    async def _start(
        self, catalog: str, request: ImportUserEventsRequest, operation_id: str, plan: dict[str, object]
    ) -> OperationRow:
        try:
            return await self._imports.start(catalog, request, plan, operation_id)
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
