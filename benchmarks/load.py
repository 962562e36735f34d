"""Servers under load from h2load, a compiled generator, so that the generator is not what is measured."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDRESS = re.compile(r"serves gRPC at (\S+)")
_RATE = re.compile(r"finished in .*?, ([\d.]+) req/s")
_DONE = re.compile(r"(\d+) succeeded")


def require_h2load() -> None:
    """Ends the program where h2load is missing, saying how to get it."""
    if shutil.which("h2load") is None:
        sys.exit("The benchmark needs h2load: apt-get install nghttp2-client")


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """Runs a server program; gives the address that it prints."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if match := _ADDRESS.search(line):
                yield match[1]
                break
        else:
            raise RuntimeError(f"{command} ended before it served")
    finally:
        process.terminate()
        process.wait()


def calls_per_second(address: str, path: str, message: bytes, *, calls: int, in_flight: int, folder: Path) -> float:
    """Sends the same unary call again and again, `in_flight` at once over 4 connections (1 when there is 1)."""
    body = folder / "body.bin"
    body.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    connections = min(4, in_flight)
    command = [
        "h2load", "-n", str(calls), "-c", str(connections), "-m", str(in_flight // connections), "-d", str(body),
        "-H", "content-type: application/grpc", "-H", "te: trailers", f"http://{address}{path}",
    ]  # fmt: skip
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, done = _RATE.search(output), _DONE.search(output)
    if not rate or not done or int(done[1]) != calls:
        raise RuntimeError(f"h2load: {output}")
    return float(rate[1])
