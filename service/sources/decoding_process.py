"""A process that decodes, started by `decoder`.

It reads requests from its standard input and answers on its standard output, each a length and a pickle; it ends when
its input does, so it never outlives the server, however that ends. An import waits for its start, so it imports no more
than decoding needs.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from typing import BinaryIO

from service.sources.decoding import decode_lines

LENGTH = struct.Struct("<I")
_NICENESS = 5  # calls that wait for an answer come first


def _read_frame(stream: BinaryIO) -> bytes | None:
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    return stream.read(length)


def main() -> None:
    """Answers until its input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up among the replies
    while (frame := _read_frame(requests)) is not None:
        data, first_line, options = pickle.loads(frame)  # noqa: S301  the parent's own
        reply = pickle.dumps(decode_lines(data, first_line, options), pickle.HIGHEST_PROTOCOL)
        replies.write(LENGTH.pack(len(reply)) + reply)
        replies.flush()


if __name__ == "__main__":
    main()
