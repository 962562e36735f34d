"""What runs in a process beside the server: one function, called for each request until the input ends.

A request comes on standard input, and its answer goes to standard output, each a length and a pickle. A process ends
when its input does, so it never outlives the server, however that ends. Nothing is imported that would slow its start.
`children` is the parent's side.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

_LENGTH = struct.Struct("<I")
_NICENESS = 5  # calls that wait for an answer come first


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


def _answer_requests(function: Callable[..., Any]) -> None:
    """Calls the function with the arguments that each request is, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the answers
    while (frame := read_frame(requests)) is not None:
        try:
            answer = function(*pickle.loads(frame))  # noqa: S301  the parent's own
        except Exception as error:  # noqa: BLE001  it belongs to the parent, which gets it
            answer = error
        write_frame(answers, pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    module_name, function_name = sys.argv[1:]
    _answer_requests(getattr(import_module(module_name), function_name))
