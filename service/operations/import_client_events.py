"""The work of importing client events: uploaded files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.footfall.v1.event_log_service_pb2 import UploadClientEventsResponse
from service.events.client_event import event_id_taken
from service.events.rejection import Rejection, rejected_line
from service.measures import Refused
from service.operations.file_import import FileImport
from service.operations.progress import Progress
from service.operations.runner import Running
from service.operations.spool import Spool
from service.sources.children import SharedChildren
from service.sources.decoding import ClientEventOptions, Decoded, decode_lines, reject_long_line
from service.sources.event_files import CLIENT_EVENTS
from service.sources.lines import Chunk
from service.sources.objects import ObjectStore
from service.storage.base import Transaction
from service.storage.records import ClientEventRow, Verdict


class ImportClientEvents(FileImport[Decoded]):
    """How operations of the kind `import-client-events` are done.

    Args:
        object_store: Gives the place of gs:// objects.
        spool: Where uploads are, and report lines gather.
        max_line_bytes: Longest line of a file.
        now_us: The clock, microseconds since the Unix epoch.
        refused: Where lines that were refused are counted.
    """

    content = CLIENT_EVENTS

    def __init__(
        self,
        *,
        object_store: Callable[[], ObjectStore],
        spool: Spool,
        max_line_bytes: int,
        now_us: Callable[[], int],
        refused: Refused,
    ) -> None:
        super().__init__(
            object_store=object_store, spool=spool, max_line_bytes=max_line_bytes, now_us=now_us, refused=refused
        )
        self._decoders = SharedChildren(decode_lines)

    async def run(self, running: Running) -> UploadClientEventsResponse:
        """See `Work`."""
        async with self._decoders.use():
            samples = await self.import_files(running)
        return UploadClientEventsResponse(
            error_samples=samples,
            stored_count=running.progress.counts["stored"],
            repeated_count=running.progress.counts["repeated"],
            gcs_errors_prefix=json.loads(running.row.plan)["errors_prefix"],
        )

    async def decode(self, chunk: Chunk, uri: str, plan: dict[str, Any]) -> Decoded:
        """See `FileImport`."""
        options = ClientEventOptions(
            uri, plan["tenant"], plan["oldest_us"], self._max_line_bytes, data_schema=plan["data_schema"]
        )
        if chunk.too_long:
            return reject_long_line(chunk.data, chunk.first_line, options)
        return await self._decoders.call(chunk.data, chunk.first_line, options)

    async def store(
        self, running: Running, decoded: Decoded, position: dict[str, Any], source: EventSource, uri: str
    ) -> None:
        """See `FileImport`. That an id is taken shows only beside the events that are there."""
        now_us = self._now_us()
        tenant_id = running.row.parent_id
        lines = decoded.client_events
        rows = [ClientEventRow(tenant_id, *line.record[:5], now_us, source, *line.record[5:]) for line in lines]
        refused: list[Rejection] = []

        def write(transaction: Transaction) -> Progress:
            verdicts = transaction.insert_client_events(rows)
            taken = [
                rejected_line(event_id_taken(running.parent, line.record.event_id), uri, line.number, line.raw)
                for line, verdict in zip(lines, verdicts, strict=True)
                if verdict is Verdict.CONFLICT
            ]
            refused[:] = sorted([*decoded.rejections, *taken], key=lambda rejection: rejection.line_number)
            if refused:
                transaction.insert_rejections(self.rejection_rows(running, tenant_id, refused, source, uri))
            return running.progress.add(
                {**position, "errors": self.spool_errors(running, refused)},
                success=len(rows) - len(taken),
                failure=len(refused),
                stored=verdicts.count(Verdict.STORED),
                repeated=verdicts.count(Verdict.REPEATED),
            )

        await running.step(write)
        self.count(refused, source)
