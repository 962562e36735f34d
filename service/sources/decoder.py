"""A process that decodes, so that the event loop keeps its interpreter lock to itself while files come in.

The child reads requests from its standard input and answers on its standard output, each a length and a pickle; it ends
when its input does, so it never outlives the server, however that ends.
"""

from __future__ import annotations

import asyncio
import collections
import os
import pickle
import signal
import struct
import sys
from typing import BinaryIO

import structlog

from service.sources.decoding import ClientEventOptions, Decoded, DecodeOptions, decode_lines

_NICENESS = 5  # calls that wait for an answer come first
_MAX_DEATHS = 3  # over one piece of work: one may be chance, as when memory is short
_LENGTH = struct.Struct("<I")

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
                "service.sources.decoder",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )

    def ask(self, request: bytes) -> asyncio.Future[Decoded]:
        """Sends a request; the future fails with DecoderDiedError when the process ends before it has answered."""
        future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._requests.write(_LENGTH.pack(len(request)) + request)
        return future

    async def _read(self) -> None:
        try:
            while True:
                (length,) = _LENGTH.unpack(await self._answers.readexactly(_LENGTH.size))
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
    """The parent's side: starts a child on first use, and another should it die."""

    def __init__(self) -> None:
        self._child: _Child | None = None
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
                return await (await self._living()).ask(request)
            except DecoderDiedError as error:
                deaths += error.over_it
                log.warning("decoder_died", file=options.uri, first_line=first_line, over_it=error.over_it)
                if deaths == _MAX_DEATHS:
                    raise

    async def _living(self) -> _Child:
        async with self._starting:
            if self._child is None or not self._child.alive:
                self._child = await _Child.start()
            return self._child

    async def close(self) -> None:
        """Ends the child; another starts on the next use."""
        child, self._child = self._child, None
        if child is not None:
            await child.close()


def _read_frame(stream: BinaryIO) -> bytes | None:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    return stream.read(length)


def main() -> None:
    """The child's side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the replies
    while (frame := _read_frame(requests)) is not None:
        data, first_line, options = pickle.loads(frame)  # noqa: S301  the parent's own
        reply = pickle.dumps(decode_lines(data, first_line, options), pickle.HIGHEST_PROTOCOL)
        replies.write(_LENGTH.pack(len(reply)) + reply)
        replies.flush()


if __name__ == "__main__":
    main()
