"""A process that renders; `renderers` starts it, and speaks with it.

It reads requests from its standard input and answers on its standard output, each a length and a pickle; it ends when
its input does, so it never outlives the server, however that ends. It imports little, so that it starts quickly.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from typing import IO

from service.sources.rendering import Rendered, render

_NICENESS = 5  # calls that wait for an answer come first
_LENGTH = struct.Struct("<I")


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """Writes a request or an answer."""
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Reads one; None where the stream ends before it does."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def main() -> None:
    """The child's side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the replies
    while (frame := read_frame(requests)) is not None:
        request = pickle.loads(frame)  # noqa: S301  the parent's own
        try:
            reply: Rendered | Exception = render(*request)
        except Exception as error:  # noqa: BLE001  it belongs to the parent, which gets it
            reply = error
        write_frame(replies, pickle.dumps(reply, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
