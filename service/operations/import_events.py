"""The work of importing user events: inline ones, gs:// objects, uploads."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from google.protobuf import json_format
from google.rpc import status_pb2

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest, ImportUserEventsResponse
from service import failpoints
from service.events.record import UserEventRecord, user_event_record
from service.events.user_event import UserEventRules
from service.operations.import_requests import errors_file
from service.operations.progress import Progress
from service.operations.runner import OperationCancelledError, Running, patiently
from service.operations.spool import Spool
from service.sources.decoder import Decoder
from service.sources.decoding import Decoded, DecodeOptions, reject_long_line, salt
from service.sources.lines import DAMAGED, Chunk, chunks, plain
from service.sources.objects import ObjectError, ObjectInfo, ObjectStore
from service.storage.base import RejectionRow, Transaction, UserEventRow

CHUNK_BYTES = 256 * 1024  # of a file in one step: some 900 events, some 10 ms of the writer
_INLINE_EVENTS_PER_STEP = 250
_ERROR_SAMPLES = 100


class ImportUserEvents:
    """How operations of the kind `import-user-events` are done.

    Args:
        rules: Rules for user events.
        object_store: Gives the place of gs:// objects.
        spool: Where uploads are, and report lines gather.
        max_line_bytes: Longest line of a file.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        rules: UserEventRules,
        object_store: Callable[[], ObjectStore],
        spool: Spool,
        max_line_bytes: int,
        now_us: Callable[[], int],
    ) -> None:
        self._rules = rules
        self._object_store = object_store
        self._spool = spool
        self._max_line_bytes = max_line_bytes
        self._now_us = now_us
        self._decoder = Decoder()
        self._decoding = 0  # files being decoded now

    async def run(self, running: Running) -> ImportUserEventsResponse:
        """See `Work`."""
        plan = json.loads(running.row.plan)
        request = ImportUserEventsRequest.FromString(running.row.request)
        if "objects" not in plan:
            await self._import_inline(running, request, frozenset(plan["filled"]))
            return _response(request, running.progress, [])
        try:
            await self._import_files(running, plan)
        except Exception:
            with contextlib.suppress(
                ObjectError, OSError, OperationCancelledError
            ):  # what stopped the import is told, not this
                await self._publish_errors(running, plan)
            raise
        samples = await self._publish_errors(running, plan)
        return _response(request, running.progress, samples)

    async def finish(self, running: Running) -> None:
        """See `Work`."""
        await asyncio.to_thread(self._spool.discard, operation_id(running))

    # -- inline

    async def _import_inline(self, running: Running, request: ImportUserEventsRequest, filled: frozenset[int]) -> None:
        events = request.input_config.user_event_inline_source.user_events
        for start in range(running.progress.cursor.get("index", 0), len(events), _INLINE_EVENTS_PER_STEP):
            records = []
            for index in range(start, min(start + _INLINE_EVENTS_PER_STEP, len(events))):
                record = user_event_record(events[index], 0, b"")
                if index in filled:
                    record = record._replace(fingerprint=salt(running.row.name, index))
                records.append(record)
            rows = self._rows(running, records, EventSource.EVENT_SOURCE_INLINE_IMPORT)
            cursor = {"index": start + len(rows)}

            def write(
                transaction: Transaction, rows: list[UserEventRow] = rows, cursor: dict[str, int] = cursor
            ) -> Progress:
                return _insert(transaction, running.progress, rows, cursor)

            await running.step(write)

    # -- files

    async def _import_files(self, running: Running, plan: dict[str, Any]) -> None:
        infos = [ObjectInfo(*values) for values in plan["objects"]]
        self._decoding += 1
        try:
            for index in range(running.progress.cursor.get("object", 0), len(infos)):
                await patiently(partial(self._import_file, running, plan, infos[index], index), running.check)
        finally:
            self._decoding -= 1
            if not self._decoding:
                await self._decoder.close()

    async def _import_file(self, running: Running, plan: dict[str, Any], info: ObjectInfo, index: int) -> None:
        upload = plan.get("upload", False)
        path = self._spool.upload(operation_id(running))
        source = EventSource.EVENT_SOURCE_UPLOAD if upload else EventSource.EVENT_SOURCE_OBJECT_IMPORT
        file: BinaryIO = (
            await asyncio.to_thread(path.open, "rb") if upload else await asyncio.to_thread(self._open, info)
        )
        options = DecodeOptions(info.uri, self._rules, plan["oldest_us"], self._max_line_bytes)
        cursor = running.progress.cursor
        try:
            text = await asyncio.to_thread(plain, file)
            decoded = self._decoded(text, options, cursor.get("offset", 0), cursor.get("line", 1))
            async with contextlib.aclosing(decoded):
                async for chunk, outcome in decoded:
                    position = {"object": index, "offset": chunk.next_offset, "line": chunk.next_line}
                    await self._store(running, outcome, position, source, info.uri)
        finally:
            file.close()
        if not upload:
            await asyncio.to_thread(self._object_store().verify, info)
        following = {"object": index + 1, "offset": 0, "line": 1, "errors": running.progress.cursor.get("errors", 0)}
        await running.step(lambda _transaction: running.progress.add(cursor=following))

    def _open(self, info: ObjectInfo) -> BinaryIO:
        return self._object_store().open(info)

    async def _decoded(
        self, file: BinaryIO, options: DecodeOptions, offset: int, line: int
    ) -> AsyncGenerator[tuple[Chunk, Decoded], None]:
        """The decoded chunks of a file; the next is read and decoded while the caller stores the last."""
        pieces = chunks(file, offset=offset, line=line, chunk_bytes=CHUNK_BYTES, max_line_bytes=self._max_line_bytes)

        async def next_piece() -> tuple[Chunk, Decoded] | None:
            try:
                chunk = await asyncio.to_thread(next, pieces, None)
            except DAMAGED as error:
                raise ObjectError(
                    f"{options.uri} is damaged: {error}. The lines before the damage were imported."
                ) from error
            if chunk is None:
                return None
            if chunk.too_long:
                return chunk, reject_long_line(chunk.data, chunk.first_line, options)
            return chunk, await self._decoder.decode(chunk.data, chunk.first_line, options)

        following = asyncio.create_task(next_piece())
        try:
            while (piece := await following) is not None:
                following = asyncio.create_task(next_piece())
                yield piece
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _store(
        self, running: Running, outcome: Decoded, position: dict[str, int], source: EventSource, uri: str
    ) -> None:
        """Commits one decoded chunk and the position behind it."""
        rows = self._rows(running, outcome.records, source)
        now_us = self._now_us()
        rejections = [
            RejectionRow(
                parent_id=running.row.parent_id,
                receive_time_us=now_us,
                source=source,
                operation=running.row.name,
                uri=uri,
                line_number=rejection.line_number,
                status=rejection.status,
                raw=rejection.raw,
                raw_truncated=rejection.raw_truncated,
            )
            for rejection in outcome.rejections
        ]
        errors_at = running.progress.cursor.get("errors", 0)
        if rejections:
            reports = [rejection.report for rejection in outcome.rejections]
            errors_at = await patiently(
                lambda: asyncio.to_thread(self._spool.append_errors, operation_id(running), errors_at, reports)
            )
            failpoints.hit("operation.errors_spooled")
        cursor = {**position, "errors": errors_at}

        def write(transaction: Transaction) -> Progress:
            if rejections:
                transaction.insert_rejections(rejections)
            return _insert(transaction, running.progress, rows, cursor, failure=len(rejections))

        await running.step(write)

    def _rows(self, running: Running, records: list[UserEventRecord], source: EventSource) -> list[UserEventRow]:
        now_us = self._now_us()
        parent_id = running.row.parent_id
        return [
            UserEventRow(parent_id, *record[:5], now_us, source, None if record.names_products else 0, record.payload)
            for record in records
        ]

    async def _publish_errors(self, running: Running, plan: dict[str, Any]) -> list[status_pb2.Status]:
        """Puts the report lines where they were asked for; returns the first of them as error samples."""
        identity = operation_id(running)
        file: Path | None = await asyncio.to_thread(
            self._spool.settle_errors, identity, running.progress.cursor.get("errors", 0)
        )
        if file is None:
            return []
        if plan["errors_prefix"]:
            uri = errors_file(plan["errors_prefix"], identity)
            await patiently(lambda: asyncio.to_thread(self._object_store().write, uri, file), running.check)
            failpoints.hit("operation.errors_published")
        lines = await asyncio.to_thread(self._spool.first_errors, identity, _ERROR_SAMPLES)
        return [json_format.Parse(line, status_pb2.Status()) for line in lines]


def _insert(
    transaction: Transaction, progress: Progress, rows: list[UserEventRow], cursor: dict[str, int], failure: int = 0
) -> Progress:
    """Inserts `rows`, the events that join first so that each kind is counted; returns the progress behind them."""
    joined = transaction.insert_user_events([row for row in rows if row.joined_revision is not None])
    unjoined = transaction.insert_user_events([row for row in rows if row.joined_revision is None])
    return progress.add(cursor=cursor, success=len(rows), failure=failure, joined=joined, unjoined=unjoined)


def operation_id(running: Running) -> str:
    """The last segment of the operation's name."""
    return running.row.name.rpartition("/")[2]


def _response(
    request: ImportUserEventsRequest, progress: Progress, samples: list[status_pb2.Status]
) -> ImportUserEventsResponse:
    response = ImportUserEventsResponse(error_samples=samples)
    response.import_summary.joined_events_count = progress.joined
    response.import_summary.unjoined_events_count = progress.unjoined
    if request.HasField("errors_config"):
        response.errors_config.CopyFrom(request.errors_config)
    return response
