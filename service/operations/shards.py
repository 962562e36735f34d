"""Exporting to gs:// in shards, whatever is exported: JSON lines, gzip or Parquet."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from generated.google.cloud.retail.v2beta.export_config_pb2 import GcsOutputResult, OutputResult
from service import failpoints
from service.operations.progress import Progress
from service.operations.runner import Running, patiently
from service.operations.spool import Spool
from service.sources.children import Children
from service.sources.event_files import SUFFIXES, Content
from service.sources.objects import ObjectStore
from service.sources.rendering import Rendered, render
from service.sources.written_files import written_file
from service.storage.base import Transaction
from service.storage.records import Payloads

_PER_SHARD = 100_000
_FIRST_READ = 250  # messages; then as many as have about so many bytes
_BYTES_READ = 384 * 1024
_MOST_READ = 1_000


class Piece(NamedTuple):
    """What was read next.

    Attributes:
        payloads: Serialised messages, which may be none.
        total: How many.
        last: Behind which to go on, as JSON has it; None at the end.
    """

    payloads: Payloads
    total: int
    last: Any


END = Piece(Payloads("", b""), 0, None)
ReadPiece = Callable[[Any, int], Awaitable[Piece]]  # behind what, and up to how many
_Renderers = Children[[str, str, Payloads], Rendered]


class ShardedExport(ABC):
    """How exports are done.

    A shard is the step: written to the spool, put at its destination, committed. After a crash the shards that were
    being written are written again, under the same names.

    Args:
        object_store: Gives the place of gs:// objects.
        spool: Where shards are written first.
    """

    content: ClassVar[Content]

    def __init__(self, *, object_store: Callable[[], ObjectStore], spool: Spool) -> None:
        self._object_store = object_store
        self._spool = spool

    @abstractmethod
    def reader(self, running: Running, plan: dict[str, Any]) -> ReadPiece:
        """What reads the things that the operation exports, in an order that stays."""

    async def finish(self, running: Running) -> None:
        """See `Work`."""
        await asyncio.to_thread(self._spool.discard, _identity(running))

    async def export(self, running: Running) -> OutputResult:
        """Writes the shards that are not written yet; tells where all of them are."""
        plan = json.loads(running.row.plan)
        identity = _identity(running)
        if not running.progress.cursor.get("complete"):
            async with _renderers() as renderers:
                await self._export(running, plan, renderers)
        uris = [_uri(plan, identity, shard) for shard in range(running.progress.cursor["shards"])]
        return OutputResult(gcs_result=[GcsOutputResult(output_uri=uri) for uri in uris])

    async def _export(self, running: Running, plan: dict[str, Any], renderers: _Renderers) -> None:
        """Puts each shard at its destination while the next is being written."""
        identity = _identity(running)
        read_piece = self.reader(running, plan)
        shards = _Shards(running.check, read_piece, renderers, self.content, str(plan["format"]))
        cursor = running.progress.cursor
        shard, last, count = cursor.get("shards", 0), cursor.get("after"), _PER_SHARD

        def write(shard: int, after: Any) -> asyncio.Task[tuple[int, Any]]:
            path = self._spool.export(identity, shard)
            return asyncio.create_task(patiently(partial(shards.write, path, after)))

        writing = write(shard, last)
        try:
            while count == _PER_SHARD:
                count, last = await writing
                if count == _PER_SHARD:
                    writing = write(shard + 1, last)
                if count:
                    await self._put(running, _uri(plan, identity, shard), self._spool.export(identity, shard))
                    shard += 1
                await self._commit(running, {"after": last, "shards": shard, "complete": count < _PER_SHARD}, count)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _put(self, running: Running, uri: str, path: Path) -> None:
        await patiently(partial(asyncio.to_thread, self._object_store().write, uri, path), running.check)
        failpoints.hit("operation.shard_written")

    async def _commit(self, running: Running, cursor: dict[str, object], count: int) -> None:
        def write(_transaction: Transaction) -> Progress:
            return running.progress.add(cursor, exported=count)

        await running.step(write)


class _Shards(NamedTuple):
    """How shards are made.

    Attributes:
        check: Raises when the export is not to go on.
        read_piece: Reads what they hold.
        renderers: Make pieces of a file of it.
        content: What it is.
        export_format: See `written_file`.
    """

    check: Callable[[], None]
    read_piece: ReadPiece
    renderers: _Renderers
    content: Content
    export_format: str

    async def write(self, path: Path, after: Any) -> tuple[int, Any]:
        """Writes the shard behind `after` to `path`; returns how many it holds, and behind which to go on."""
        count, size, more = 0, _FIRST_READ, True
        rendering: collections.deque[asyncio.Task[Rendered]] = collections.deque()
        file = written_file(path, self.export_format, self.content)
        try:
            while more or rendering:
                if more and len(rendering) < self.renderers.room:
                    self.check()
                    piece = await self.read_piece(after, min(size, _PER_SHARD - count))
                    if piece.total:
                        rendering.append(asyncio.create_task(self._render(piece)))
                        size = max(1, min(_MOST_READ, _BYTES_READ * piece.total // (len(piece.payloads.data) or 1)))
                    if piece.last is not None:
                        count, after = count + piece.total, piece.last
                    more = piece.last is not None and count < _PER_SHARD
                else:
                    await _to_the_end(file.write, await rendering.popleft())
            await _to_the_end(file.close)
        except BaseException:
            file.abandon()
            raise
        finally:
            for task in rendering:
                task.cancel()
            await asyncio.gather(*rendering, return_exceptions=True)
        return count, after

    async def _render(self, piece: Piece) -> Rendered:
        return await self.renderers.call(self.content.name, self.export_format, piece.payloads)


async def _to_the_end(call: Callable[..., None], *arguments: Any) -> None:
    """Calls it in a thread, and waits for its end even when cancelled: what it works on is closed next."""
    working = asyncio.create_task(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


@contextlib.asynccontextmanager
async def _renderers() -> AsyncIterator[_Renderers]:
    renderers = Children(render)
    try:
        yield renderers
    finally:
        await renderers.close()


def _identity(running: Running) -> str:
    return running.row.name.rpartition("/")[2]


def _uri(plan: dict[str, Any], identity: str, shard: int) -> str:
    return f"{str(plan['prefix']).rstrip('/')}/{identity}-{shard:05}{SUFFIXES[str(plan['format'])]}"
