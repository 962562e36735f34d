"""Importing from files and tables in steps: what imports of events and of products have in common."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Generic, TypeVar

from google.protobuf import json_format
from google.rpc import status_pb2

from generated.footfall.v1.event_log_pb2 import EventSource
from service import failpoints
from service.events.rejection import Rejection
from service.measures import Refused
from service.operations.object_requests import errors_file
from service.operations.runner import OperationCancelledError, Running, patiently
from service.operations.spool import Spool
from service.operations.table_requests import open_table
from service.sources.bigquery import BigQueryTable, FixedRows, TableInfo
from service.sources.event_files import Content, is_parquet, parquet_chunks
from service.sources.lines import DAMAGED, Chunk, chunks, plain
from service.sources.objects import ObjectError, ObjectInfo, ObjectStore
from service.sources.schemas.rows import row_chunks
from service.storage.records import RejectionRow

CHUNK_BYTES = 32 * 1024  # of a file, or of rows as JSON, in one step: some 120 events, some 2 ms of the writer
ERROR_SAMPLES = 100
_CHUNKS_AHEAD = 8  # in work or done: enough for the time that the disk now and then keeps the writer waiting

D = TypeVar("D")


def operation_id(running: Running) -> str:
    """The last segment of the operation's name."""
    return running.row.name.rpartition("/")[2]


class FileImport(ABC, Generic[D]):
    """Walks over the files or the table of an import; what the lines or rows are is the subclass's to know.

    Args:
        object_store: Gives the place of gs:// objects.
        spool: Where uploads are, and report lines gather.
        max_line_bytes: Longest line of a file, and longest row of a table as JSON.
        now_us: The clock, microseconds since the Unix epoch.
        refused: Where lines that were refused are counted.
    """

    content: ClassVar[Content]

    def __init__(
        self,
        *,
        object_store: Callable[[], ObjectStore],
        spool: Spool,
        max_line_bytes: int,
        now_us: Callable[[], int],
        refused: Refused,
    ) -> None:
        self._object_store = object_store
        self._spool = spool
        self._max_line_bytes = max_line_bytes
        self._now_us = now_us
        self._refused = refused

    def chunk_bytes(self) -> int:
        """How much of a file the next step takes."""
        return CHUNK_BYTES

    @abstractmethod
    async def decode(self, chunk: Chunk, uri: str, plan: dict[str, Any]) -> D:
        """What the lines of a chunk of the file `uri` are, or the rows of the table where the plan has one."""

    @abstractmethod
    async def store(
        self, running: Running, decoded: D, position: dict[str, Any], source: EventSource, uri: str
    ) -> None:
        """Commits a decoded chunk together with the position behind it."""

    async def finish(self, running: Running) -> None:
        """See `Work`."""
        await asyncio.to_thread(self._spool.discard, operation_id(running))

    async def import_files(self, running: Running) -> list[status_pb2.Status]:
        """Imports the files and the table of the operation's plan from its cursor on.

        Returns:
            The first errors, as samples; all of them are in the errors file.
        """
        plan = json.loads(running.row.plan)
        infos = [ObjectInfo(*values) for values in plan["objects"]]
        try:
            for index in range(running.progress.cursor.get("object", 0), len(infos)):
                await patiently(partial(self._import_file, running, plan, infos[index], index), running.check)
            if "table" in plan:
                await patiently(partial(self._import_table, running, plan), running.check)
        except Exception:
            with contextlib.suppress(
                ObjectError, OSError, OperationCancelledError
            ):  # what stopped the import is told, not this
                await self.publish_errors(running, plan)
            raise
        return await self.publish_errors(running, plan)

    async def _import_file(self, running: Running, plan: dict[str, Any], info: ObjectInfo, index: int) -> None:
        upload = plan.get("upload", False)
        path = self._spool.upload(operation_id(running))
        source = EventSource.EVENT_SOURCE_UPLOAD if upload else EventSource.EVENT_SOURCE_OBJECT_IMPORT
        file: BinaryIO = (
            await asyncio.to_thread(path.open, "rb") if upload else await asyncio.to_thread(self._open, info)
        )
        cursor = running.progress.cursor
        try:
            pieces = await asyncio.to_thread(self._pieces, file, cursor.get("offset", 0), cursor.get("line", 1))
            decoded = self._decoded(pieces, info.uri, plan)
            async with contextlib.aclosing(decoded):
                async for chunk, outcome in decoded:
                    position = {"object": index, "offset": chunk.next_offset, "line": chunk.next_line}
                    await self.store(running, outcome, position, source, info.uri)
        finally:
            await asyncio.to_thread(file.close)  # which waits for whoever still reads it
        if not upload:
            await asyncio.to_thread(self._object_store().verify, info)
        following = {"object": index + 1, "offset": 0, "line": 1, "errors": running.progress.cursor.get("errors", 0)}
        await running.step(lambda _transaction: running.progress.add(cursor=following))

    def _open(self, info: ObjectInfo) -> BinaryIO:
        return self._object_store().open(info)

    def _pieces(self, file: BinaryIO, offset: int, line: int) -> Iterator[Chunk]:
        if is_parquet(file):
            return parquet_chunks(file, line, self.content)
        return chunks(
            plain(file), offset=offset, line=line, chunk_bytes=self.chunk_bytes, max_line_bytes=self._max_line_bytes
        )

    async def _import_table(self, running: Running, plan: dict[str, Any]) -> None:
        table, info = await asyncio.to_thread(open_table, plan)
        try:
            rows = await self._fixed_rows(running, table, info)
            offset = running.progress.cursor["offset"]
            batches = table.read(rows, offset)
            pieces = row_chunks(batches, offset=offset, chunk_bytes=CHUNK_BYTES, max_line_bytes=self._max_line_bytes)
            async with contextlib.aclosing(self._decoded(pieces, table.uri, plan)) as decoded:
                async for chunk, outcome in decoded:
                    position = {"rows": rows, "offset": chunk.next_offset}
                    await self.store(running, outcome, position, EventSource.EVENT_SOURCE_BIG_QUERY_IMPORT, table.uri)
            await asyncio.to_thread(table.verify, rows)
        finally:
            table.close()

    async def _fixed_rows(self, running: Running, table: BigQueryTable, info: TableInfo) -> FixedRows:
        """The rows to read: committed before the first of them is, so that they are the same after a restart."""
        if "rows" not in running.progress.cursor:
            rows = await asyncio.to_thread(table.fix, info)
            await running.step(lambda _transaction: running.progress.add(cursor={"rows": rows, "offset": 0}))
        return FixedRows(*running.progress.cursor["rows"])

    async def _decoded(
        self, pieces: Iterator[Chunk], uri: str, plan: dict[str, Any]
    ) -> AsyncGenerator[tuple[Chunk, D], None]:
        """The decoded chunks of a file or table; some more are read and decoded while the caller stores one."""
        ahead: asyncio.Queue[tuple[Chunk, asyncio.Task[D]] | Exception | None] = asyncio.Queue(_CHUNKS_AHEAD)
        decoding: set[asyncio.Task[D]] = set()

        async def read() -> Exception | None:
            """Returns why it could not read on; None: there was no more."""
            try:
                while (chunk := await asyncio.to_thread(next, pieces, None)) is not None:
                    task = asyncio.create_task(self.decode(chunk, uri, plan))
                    decoding.add(task)
                    await ahead.put((chunk, task))
            except DAMAGED as error:
                damage = ObjectError(f"{uri} is damaged: {error}. The lines before the damage were imported.")
                damage.__cause__ = error
                return damage
            except Exception as error:  # noqa: BLE001  it belongs to the caller, behind what was read before
                return error
            return None

        async def read_all() -> None:
            await ahead.put(await read())

        reading = asyncio.create_task(read_all())
        try:
            while isinstance(found := await ahead.get(), tuple):
                chunk, task = found
                outcome = await task
                decoding.remove(task)
                yield chunk, outcome
            if found is not None:
                raise found
        finally:
            unneeded = [reading, *decoding]
            for each in unneeded:
                each.cancel()
            await asyncio.gather(*unneeded, return_exceptions=True)

    def rejection_rows(
        self, running: Running, parent_id: int, rejections: Sequence[Rejection], source: EventSource, uri: str
    ) -> list[RejectionRow]:
        """What is kept of rejected lines, for the catalog numbered `parent_id`."""
        now_us = self._now_us()
        return [
            RejectionRow(
                parent_id=parent_id,
                receive_time_us=now_us,
                source=source,
                operation=running.row.name,
                uri=uri,
                line_number=rejection.line_number,
                status=rejection.status,
                raw=rejection.raw,
                raw_truncated=rejection.raw_truncated,
            )
            for rejection in rejections
        ]

    def count(self, rejections: Sequence[Rejection], source: EventSource) -> None:
        """Counts rejected lines, once they are stored."""
        for rejection in rejections:
            self._refused.add((source, rejection.reason))

    async def spooled_errors(self, running: Running, rejections: Sequence[Rejection]) -> int:
        """As `spool_errors`, in a thread, and again while the spool can't be written."""
        if not rejections:
            return self.spool_errors(running, rejections)
        return await patiently(lambda: asyncio.to_thread(self.spool_errors, running, rejections))

    def spool_errors(self, running: Running, rejections: Sequence[Rejection]) -> int:
        """Adds report lines to the spool, durably; returns the length to commit. Blocks."""
        at: int = running.progress.cursor.get("errors", 0)
        if rejections:
            reports = [rejection.report for rejection in rejections]
            at = self._spool.append_errors(operation_id(running), at, reports)
            failpoints.hit("operation.errors_spooled")
        return at

    async def publish_errors(self, running: Running, plan: dict[str, Any]) -> list[status_pb2.Status]:
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
        lines = await asyncio.to_thread(self._spool.first_errors, identity, ERROR_SAMPLES)
        return [json_format.Parse(line, status_pb2.Status()) for line in lines]
