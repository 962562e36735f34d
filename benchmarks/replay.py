"""A generator for requests that differ: every byte is laid out before the clock starts; then it sends and counts.

`python -m benchmarks.replay JOB` connects, prints `ready`, waits for a line, sends all bodies and prints what it found.
JOB is JSON: address, target, bodies (a file, one body in hex a line), http1, in_flight, connections.
"""

from __future__ import annotations

import gc
import json
import re
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import hpack

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7, 0x8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_LARGEST = 2**31 - 1
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE = 0x1, 0x2, 0x4  # settings (RFC 9113)
_WINDOW = 65_535  # what a peer takes before it says otherwise
_READ = 256 * 1024


class Connection(Protocol):
    """One connection with calls in flight on it."""

    socket: socket.socket

    def begin(self) -> None:
        """Sends the first calls."""

    def readable(self) -> int:
        """Reads answers, sends what may follow; returns how many calls ended with OK."""

    @property
    def done(self) -> bool:
        """Whether every call has been answered."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _literal(first: bytes, *values: bytes) -> bytes:
    """A header that goes into no table (RFC 7541, 6.2.2), with lengths below 127."""
    return first + b"".join(bytes((len(value),)) + value for value in values)


def _string(value: bytes) -> bytes:
    """A string of any length, without Huffman coding (RFC 7541, 5.1 and 5.2)."""
    size = len(value)
    if size < 127:
        return bytes((size,)) + value
    rest = size - 127
    encoded = bytearray((127,))
    while rest >= 128:
        encoded.append(rest & 127 | 128)
        rest >>= 7
    return bytes(encoded) + bytes((rest,)) + value


class GrpcConnection:
    """Unary gRPC calls over HTTP/2, in plain text.

    The peer is told to keep no header table, so the same trailers are the same bytes each time, and are decoded once.
    """

    def __init__(self, address: tuple[str, int], target: str, bodies: Sequence[bytes], in_flight: int) -> None:
        self.socket = _connected(address)
        block = (
            b"\x83\x86"  # :method POST, :scheme http, of the static table
            + _literal(b"\x01", f"{address[0]}:{address[1]}".encode())  # :authority
            + b"\x04" + _string(target.encode())  # :path
            + _literal(b"\x0f\x10", b"application/grpc")  # content-type
            + _literal(b"\x00", b"te", b"trailers")
        )  # fmt: skip
        self._calls = [
            _frame(_HEADERS, _END_HEADERS, stream, block)
            + _frame(_DATA, _END_STREAM, stream, struct.pack(">BI", 0, len(body)) + body)
            for stream, body in zip(range(1, 2 * len(bodies), 2), bodies, strict=True)
        ]
        self._sizes = [len(body) + 5 for body in bodies]  # that flow control counts
        self._at = 0
        self._in_flight = in_flight
        self._answered = 0
        self._window = _WINDOW
        self._rest = b""
        self._verdicts: dict[bytes, bool] = {}
        self._decoder = hpack.Decoder()
        settings = ((_HEADER_TABLE_SIZE, 0), (_ENABLE_PUSH, 0), (_INITIAL_WINDOW_SIZE, _LARGEST))
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + _frame(_SETTINGS, 0, 0, b"".join(struct.pack(">HI", *setting) for setting in settings))
            + _frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", _LARGEST - _WINDOW))
        )
        self._greeted = False
        while not self._greeted:
            self.readable()

    @property
    def done(self) -> bool:
        return self._answered == len(self._calls)

    def begin(self) -> None:
        self._send()

    def _send(self) -> None:
        first = at = self._at
        last = min(len(self._calls), self._answered + self._in_flight)
        while at < last and self._sizes[at] <= self._window:
            self._window -= self._sizes[at]
            at += 1
        self._at = at
        if at > first:
            self.socket.sendall(b"".join(self._calls[first:at]))

    def readable(self) -> int:
        succeeded = 0
        for kind, flags, payload in self._frames():
            if kind == _HEADERS:
                if flags & _END_STREAM:
                    self._answered += 1
                    succeeded += self._is_ok(payload, flags)
            elif kind != _DATA:
                self._control(kind, flags, payload)
        if self._greeted:
            self._send()
        return succeeded

    def _frames(self) -> Iterator[tuple[int, int, bytes]]:
        data = self.socket.recv(_READ)
        if not data:
            raise ConnectionError("the server closed the connection")
        data = self._rest + data
        at, size = 0, len(data)
        while size - at >= 9:
            end = at + 9 + int.from_bytes(data[at : at + 3], "big")
            if end > size:
                break
            yield data[at + 3], data[at + 4], data[at + 9 : end]
            at = end
        self._rest = data[at:]

    def _is_ok(self, block: bytes, flags: int) -> bool:
        verdict = self._verdicts.get(block)
        if verdict is None:
            if not flags & _END_HEADERS or flags & 0x28:
                raise ConnectionError("headers that are split, padded or have a priority are not read here")
            fields = dict(self._decoder.decode(block, raw=True))
            verdict = self._verdicts[block] = fields.get(b"grpc-status") == b"0"
        return verdict

    def _control(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == _WINDOW_UPDATE:
            self._window += int.from_bytes(payload, "big") & _LARGEST  # a stream's only grows what is large enough
        elif kind == _SETTINGS and flags & _ACK:
            self._greeted = True
        elif kind == _SETTINGS:
            self.socket.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            self.socket.sendall(_frame(_PING, _ACK, 0, payload))
        elif kind in (_RST_STREAM, _GOAWAY):
            raise ConnectionError(f"the server gave up a call or the connection: {payload!r}")


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class RestConnection:
    """JSON over HTTP/1.1, one call after the other."""

    def __init__(self, address: tuple[str, int], target: str, bodies: Sequence[bytes], _in_flight: int) -> None:
        self.socket = _connected(address)
        self._calls = [
            b"POST %b HTTP/1.1\r\nhost: %b:%d\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (target.encode(), address[0].encode(), address[1], len(body), body)
            for body in bodies
        ]
        self._at = 0
        self._rest = b""

    @property
    def done(self) -> bool:
        return self._at == len(self._calls)

    def begin(self) -> None:
        self.socket.sendall(self._calls[0])

    def readable(self) -> int:
        data = self.socket.recv(_READ)
        if not data:
            raise ConnectionError("the server closed the connection")
        data = self._rest + data
        self._rest = data
        head = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, head) if head >= 0 else None
        if length is None or len(data) < head + 4 + int(length[1]):
            return 0
        self._rest = b""
        self._at += 1
        if not self.done:
            self.socket.sendall(self._calls[self._at])
        return data.startswith(b"HTTP/1.1 200")


def _connected(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def run(job: dict[str, Any]) -> dict[str, float]:
    """Does a job; returns calls answered with OK, when it began and ended (monotonic seconds), and its CPU seconds."""
    host, _, port = job["address"].rpartition(":")
    bodies = [bytes.fromhex(line) for line in Path(job["bodies"]).read_text().splitlines()]
    count, in_flight = job["connections"], job["in_flight"]
    make = RestConnection if job["http1"] else GrpcConnection
    connections: list[Connection] = [
        make((host, int(port)), job["target"], bodies[place::count], max(1, in_flight // count))
        for place in range(min(count, len(bodies)))
    ]
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    gc.disable()
    print("ready", flush=True)
    sys.stdin.readline()
    answered, open_, cpu = 0, len(connections), time.process_time()
    began = time.monotonic()
    for connection in connections:
        connection.begin()
    while open_:
        for key, _ in selector.select():
            answered += key.data.readable()
            if key.data.done:
                selector.unregister(key.fileobj)
                open_ -= 1
    ended = time.monotonic()
    return {"answered": answered, "began": began, "ended": ended, "cpu_seconds": time.process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))), flush=True)
