"""Exporting to gs:// in shards, whatever is exported: JSON lines, gzip or Parquet."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from generated.google.cloud.retail.v2beta.export_config_pb2 import GcsOutputResult, OutputResult
from service import failpoints
from service.operations.progress import Progress
from service.operations.runner import Running, patiently
from service.operations.spool import Spool
from service.sources.event_files import SUFFIXES, Content, written_file
from service.sources.objects import ObjectStore
from service.storage.base import Transaction

_PER_READ = 500
_PER_SHARD = 100_000


class Piece(NamedTuple):
    """What was read next.

    Attributes:
        payloads: Serialised messages, which may be none.
        last: Behind which to go on, as JSON has it; None at the end.
    """

    payloads: list[bytes]
    last: Any


END = Piece([], None)
ReadPiece = Callable[[Any, int], Awaitable[Piece]]  # behind what, and up to how many


class ShardedExport(ABC):
    """How exports are done.

    A shard is the step: written to the spool, put at its destination, committed. After a crash the shard that was being
    written is written again, under the same name.

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
        path = self._spool.export(identity)
        read_piece = self.reader(running, plan)
        while not running.progress.cursor.get("complete"):
            shard = running.progress.cursor.get("shards", 0)
            count, last = await patiently(lambda: self._write_shard(running, read_piece, plan, path))
            if count:
                uri = _uri(plan, identity, shard)
                put = partial(asyncio.to_thread, self._object_store().write, uri, path)
                await patiently(put, running.check)
                failpoints.hit("operation.shard_written")
            cursor = {"after": last, "shards": shard + (count > 0), "complete": count < _PER_SHARD}

            def write(_transaction: Transaction, cursor: dict[str, object] = cursor, count: int = count) -> Progress:
                return running.progress.add(cursor, exported=count)

            await running.step(write)
        uris = [_uri(plan, identity, shard) for shard in range(running.progress.cursor["shards"])]
        return OutputResult(gcs_result=[GcsOutputResult(output_uri=uri) for uri in uris])

    async def _write_shard(
        self, running: Running, read_piece: ReadPiece, plan: dict[str, Any], path: Path
    ) -> tuple[int, Any]:
        """Writes the next shard to `path`; returns how many it holds, and behind which to go on."""
        after = running.progress.cursor.get("after")
        count = 0
        with contextlib.closing(written_file(path, str(plan["format"]), self.content)) as file:
            while count < _PER_SHARD:
                running.check()
                piece = await read_piece(after, min(_PER_READ, _PER_SHARD - count))
                if piece.last is None:
                    break
                await asyncio.to_thread(file.write, piece.payloads)
                count, after = count + len(piece.payloads), piece.last
        return count, after


def _identity(running: Running) -> str:
    return running.row.name.rpartition("/")[2]


def _uri(plan: dict[str, Any], identity: str, shard: int) -> str:
    return f"{str(plan['prefix']).rstrip('/')}/{identity}-{shard:05}{SUFFIXES[str(plan['format'])]}"
