"""A process that decodes, so that the event loop keeps its interpreter lock to itself while files come in.

The child reads requests from its standard input and answers on its standard output, each a length and a pickle; it ends
when its input does, so it never outlives the server, however that ends.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import pickle
import signal
import struct
import sys
from typing import BinaryIO

import structlog

from service.sources.decoding import Decoded, DecodeOptions, decode_lines

_LENGTH = struct.Struct("<I")

log = structlog.get_logger(__name__)


class DecoderDiedError(Exception):
    """The decoding process ended (killed, or out of memory) with work in hand."""


class Decoder:
    """The parent's side: starts the child on first use, and again should it die."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: collections.deque[asyncio.Future[Decoded]] = collections.deque()
        self._replies: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def decode(self, data: bytes, first_line: int, options: DecodeOptions) -> Decoded:
        """What `decode_lines` returns.

        Raises:
            DecoderDiedError: The child died over it, twice.
        """
        try:
            return await self._ask(data, first_line, options)
        except DecoderDiedError:
            log.warning("decoder_died", file=options.uri, first_line=first_line)
            return await self._ask(data, first_line, options)

    async def _ask(self, data: bytes, first_line: int, options: DecodeOptions) -> Decoded:
        async with self._starting:
            if self._process is None or self._replies is None or self._replies.done():
                await self._start()
            assert self._process is not None
            assert self._process.stdin is not None
            request = pickle.dumps((data, first_line, options), pickle.HIGHEST_PROTOCOL)
            future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            self._process.stdin.write(_LENGTH.pack(len(request)) + request)
            with contextlib.suppress(ConnectionError):  # the reader of replies reports the death
                await self._process.stdin.drain()
        return await future

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "service.sources.decoder",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._replies = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
                # The child is this program, started by this process: its pickles are its own.
                decoded = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301
                self._settle(decoded)
        except asyncio.IncompleteReadError:
            while self._waiting:
                self._settle(DecoderDiedError("the decoding process ended before its work was done"))
            await process.wait()

    def _settle(self, result: Decoded | DecoderDiedError) -> None:
        future = self._waiting.popleft()
        if future.done():
            return
        if isinstance(result, DecoderDiedError):
            future.set_exception(result)
        else:
            future.set_result(result)

    async def close(self) -> None:
        """Ends the child; it starts again on the next use."""
        process, replies = self._process, self._replies
        self._process = self._replies = None
        if process is not None and process.stdin is not None and replies is not None:
            process.stdin.close()
            await replies


def _read_frame(stream: BinaryIO) -> bytes | None:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    return stream.read(length)


def main() -> None:
    """The child's side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the replies
    while (frame := _read_frame(requests)) is not None:
        data, first_line, options = pickle.loads(frame)  # noqa: S301  the parent's own
        reply = pickle.dumps(decode_lines(data, first_line, options), pickle.HIGHEST_PROTOCOL)
        replies.write(_LENGTH.pack(len(reply)) + reply)
        replies.flush()


if __name__ == "__main__":
    main()
