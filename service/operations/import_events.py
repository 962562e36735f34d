"""The work of importing user events: inline ones, gs:// objects, uploads, tables of BigQuery."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from google.rpc import status_pb2

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest, ImportUserEventsResponse
from service.events.record import RecordColumns, user_event_record
from service.events.user_event import UserEventRules
from service.measures import Refused
from service.operations.file_import import CHUNK_BYTES, FileImport
from service.operations.progress import Progress
from service.operations.runner import Running
from service.operations.spool import Spool
from service.sources.children import SharedChildren
from service.sources.decoding import Decoded, DecodeOptions, decode_lines, reject_long_line, salt
from service.sources.event_files import USER_EVENTS
from service.sources.lines import Chunk
from service.sources.objects import ObjectStore
from service.storage.base import Transaction
from service.storage.records import Receipt, RejectionRow, UserEventColumns
from service.storage.writer import Writer

_INLINE_EVENTS_PER_STEP = 120
_LONG_CHUNK_BYTES = 12 * CHUNK_BYTES  # while nobody else writes: some thousand lines wait for the disk together


class ImportUserEvents(FileImport[Decoded]):
    """How operations of the kind `import-user-events` are done.

    Args:
        writer: The way to the database.
        rules: Rules for user events.
        object_store: Gives the place of gs:// objects.
        spool: Where uploads are, and report lines gather.
        max_line_bytes: Longest line of a file, and longest row of a table as JSON.
        now_us: The clock, microseconds since the Unix epoch.
        refused: Where lines that were refused are counted.
    """

    content = USER_EVENTS

    def __init__(
        self,
        *,
        writer: Writer,
        rules: UserEventRules,
        object_store: Callable[[], ObjectStore],
        spool: Spool,
        max_line_bytes: int,
        now_us: Callable[[], int],
        refused: Refused,
    ) -> None:
        super().__init__(
            object_store=object_store, spool=spool, max_line_bytes=max_line_bytes, now_us=now_us, refused=refused
        )
        self._writer = writer
        self._rules = rules
        self._decoders = SharedChildren(decode_lines)

    async def run(self, running: Running) -> ImportUserEventsResponse:
        """See `Work`."""
        plan = json.loads(running.row.plan)
        request = ImportUserEventsRequest.FromString(running.row.request)
        if "objects" not in plan:
            await self._import_inline(running, request, frozenset(plan["filled"]))
            return _response(request, running.progress, [])
        async with self._decoders.use():
            samples = await self.import_files(running)
        return _response(request, running.progress, samples)

    async def _import_inline(self, running: Running, request: ImportUserEventsRequest, filled: frozenset[int]) -> None:
        events = request.input_config.user_event_inline_source.user_events
        start = running.progress.cursor.get("index", 0)
        while start < len(events):
            columns = RecordColumns()
            for index in range(start, min(start + _INLINE_EVENTS_PER_STEP * self._writer.step_scale, len(events))):
                record = user_event_record(events[index], 0, b"")
                if index in filled:
                    record = record._replace(fingerprint=salt(running.row.name, index))
                columns.add(record)
            start += len(columns.payloads)
            events_of_step = UserEventColumns(*columns.lists())
            await self._step(running, events_of_step, EventSource.EVENT_SOURCE_INLINE_IMPORT, {"index": start}, [])

    def chunk_bytes(self) -> int:
        """See `FileImport`."""
        return CHUNK_BYTES if self._writer.step_scale == 1 else _LONG_CHUNK_BYTES

    async def decode(self, chunk: Chunk, uri: str, plan: dict[str, Any]) -> Decoded:
        """See `FileImport`."""
        schema = plan.get("data_schema", "")
        options = DecodeOptions(
            uri, self._rules, plan["oldest_us"], self._max_line_bytes, data_schema=schema, table="table" in plan
        )
        if chunk.too_long:
            return reject_long_line(chunk.data, chunk.first_line, options)
        return await self._decoders.call(chunk.data, chunk.first_line, options)

    async def store(
        self, running: Running, decoded: Decoded, position: dict[str, Any], source: EventSource, uri: str
    ) -> None:
        """See `FileImport`."""
        rejections = self.rejection_rows(running, running.row.parent_id, decoded.rejections, source, uri)
        errors_at = await self.spooled_errors(running, decoded.rejections)
        await self._step(running, decoded.user_events, source, {**position, "errors": errors_at}, rejections)
        self.count(decoded.rejections, source)

    async def _step(
        self,
        running: Running,
        events: UserEventColumns,
        source: EventSource,
        cursor: dict[str, Any],
        rejections: Sequence[RejectionRow],
    ) -> None:
        """Commits events and rejections together with the progress behind them."""
        ids = await self._writer.catalog(running.parent)
        receipt = Receipt(ids.parent_id, self._now_us(), source, ids.branch_id)

        def write(transaction: Transaction) -> Progress:
            if rejections:
                transaction.insert_rejections(rejections)
            joined, unjoined = transaction.insert_user_event_columns(receipt, events)
            return running.progress.add(
                cursor, success=len(events.payloads), failure=len(rejections), joined=joined, unjoined=unjoined
            )

        await running.step(write)


def _response(
    request: ImportUserEventsRequest, progress: Progress, samples: list[status_pb2.Status]
) -> ImportUserEventsResponse:
    response = ImportUserEventsResponse(error_samples=samples)
    response.import_summary.joined_events_count = progress.counts["joined"]
    response.import_summary.unjoined_events_count = progress.counts["unjoined"]
    if request.HasField("errors_config"):
        response.errors_config.CopyFrom(request.errors_config)
    return response
