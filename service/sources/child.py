"""What processes beside the server have in common: they answer requests until their input ends.

A request comes on standard input, and its answer goes to standard output, each a length and a pickle. A process ends
when its input does, so it never outlives the server, however that ends. Nothing is imported that would slow its start.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

LENGTH = struct.Struct("<I")
_NICENESS = 5  # calls that wait for an answer come first


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """Writes a request or an answer."""
    stream.write(LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Reads one; None where the stream ends before it does."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def answer_requests(answer: Callable[[Any], Any]) -> None:
    """Answers until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the replies
    while (frame := read_frame(requests)) is not None:
        request = pickle.loads(frame)  # noqa: S301  the parent's own
        write_frame(replies, pickle.dumps(answer(request), pickle.HIGHEST_PROTOCOL))
