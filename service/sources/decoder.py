"""Processes that decode, so that the event loop keeps its interpreter lock to itself while files come in.

This is the parent's side; `decoding_process` is the child's.
"""

from __future__ import annotations

import asyncio
import collections
import os
import pickle
import sys

import structlog

from service.sources.child import LENGTH
from service.sources.decoding import ClientEventOptions, Decoded, DecodeOptions

_CHILDREN = min(2, os.cpu_count() or 1)  # two decode about as fast as the database takes what they decode
_WORTH_A_CHILD = 2  # pieces of work that wait for a child: starting another takes longer than to decode them
_MAX_DEATHS = 3  # over one piece of work: one may be chance, as when memory is short
_PIPE_BYTES = 256 * 1024  # about what comes back of a chunk: fewer turns of the event loop for each

log = structlog.get_logger(__name__)


class DecoderDiedError(Exception):
    """The decoding process ended (killed, or out of memory) with work in hand.

    Attributes:
        over_it: Whether this was the work that it had in hand; the rest waited behind it.
    """

    def __init__(self, *, over_it: bool) -> None:
        super().__init__("the decoding process ended before its work was done")
        self.over_it = over_it


class _Child:
    """One decoding process and what waits for it; answers come in the order of the requests."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._answers = process.stdout
        self._waiting: collections.deque[asyncio.Future[Decoded]] = collections.deque()
        self.alive = True
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> _Child:
        """Starts a process."""
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "service.sources.decoding_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_PIPE_BYTES,
            )
        )

    @property
    def load(self) -> int:
        """How many requests it has not answered yet."""
        return len(self._waiting)

    def ask(self, request: bytes) -> asyncio.Future[Decoded]:
        """Sends a request; the future fails with DecoderDiedError when the process ends before it has answered."""
        future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
        try:
            self._requests.write(LENGTH.pack(len(request)) + request)
        except RuntimeError:  # of uvloop: the pipe is closed, which may show here before it shows in `_read`
            self.alive = False
            future.set_exception(DecoderDiedError(over_it=True))
        else:
            self._waiting.append(future)
        return future

    async def _read(self) -> None:
        try:
            while True:
                (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
                # The child is this program, started by this process: its pickles are its own.
                decoded = pickle.loads(await self._answers.readexactly(length))  # noqa: S301
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(decoded)
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.alive = False
            for place, future in enumerate(self._waiting):
                if not future.done():
                    future.set_exception(DecoderDiedError(over_it=place == 0))
        await self._process.wait()

    async def close(self) -> None:
        """Ends the process once it has answered."""
        self._requests.close()
        await self._reading


class Decoder:
    """Starts children as work comes, and others should they die."""

    def __init__(self) -> None:
        self._children: list[_Child] = []
        self._starting = asyncio.Lock()

    async def decode(self, data: bytes, first_line: int, options: DecodeOptions | ClientEventOptions) -> Decoded:
        """What `decode_lines` returns.

        Raises:
            DecoderDiedError: Three children died over it.
        """
        request = pickle.dumps((data, first_line, options), pickle.HIGHEST_PROTOCOL)
        deaths = 0
        while True:
            try:
                return await self._ask(request)
            except DecoderDiedError as error:
                deaths += error.over_it
                log.warning("decoder_died", file=options.uri, first_line=first_line, over_it=error.over_it)
                if deaths == _MAX_DEATHS:
                    raise

    async def _ask(self, request: bytes) -> Decoded:
        """Has the child decode that has the least to do."""
        async with self._starting:
            self._children = [child for child in self._children if child.alive]
            loads = [child.load for child in self._children]
            if len(loads) < _CHILDREN and min(loads, default=_WORTH_A_CHILD) >= _WORTH_A_CHILD:
                self._children.append(await _Child.start())
            answer = min(self._children, key=lambda child: child.load).ask(request)
        return await answer

    async def close(self) -> None:
        """Ends the children; others start on the next use."""
        children, self._children = self._children, []
        for child in children:
            await child.close()
