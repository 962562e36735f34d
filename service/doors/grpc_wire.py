"""gRPC on the wire, as in gRPC's "PROTOCOL-HTTP2": messages in frames, encodings, timeouts, and how a status is told.

Pure functions over bytes; `asgi_grpc` makes calls of them.
"""

from __future__ import annotations

import base64
import binascii
import string
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from google.rpc import code_pb2

from service.events.errors import RpcError

PREFIX_BYTES: Final = 5
"""Length-Prefixed-Message: one byte that says whether the message is compressed, four with its length, big-endian."""

IDENTITY: Final = b"identity"
_WINDOW_BITS: Final[Mapping[bytes, int]] = {b"gzip": zlib.MAX_WBITS | 16, b"deflate": zlib.MAX_WBITS}
ENCODINGS: Final = b"identity,deflate,gzip"
_COMPRESSION_LEVEL: Final = 3  # what a faster network gains is soon lost to the processor

_SECONDS: Final = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
_TIMEOUT_DIGITS: Final = 8
_UNESCAPED: Final = " " + string.punctuation.replace("%", "")


def failure(code: int, message: str) -> RpcError:
    """Returns the end of a call that breaks the protocol."""
    return RpcError(code, message, ())


def is_grpc(content_type: bytes | None) -> bool:
    """Whether a request with this content type is a gRPC call over Protocol Buffers."""
    if content_type == b"application/grpc":
        return True
    if content_type is None or not content_type.startswith(b"application/grpc"):
        return False
    return content_type.partition(b";")[0].rstrip() in (b"application/grpc", b"application/grpc+proto")


def timeout_seconds(value: bytes) -> float:
    """Returns what a `grpc-timeout` header says, in seconds.

    Raises:
        RpcError: INTERNAL when it is malformed.
    """
    digits, unit = value[:-1], value[-1:]
    if unit not in _SECONDS or not digits.isdigit() or len(digits) > _TIMEOUT_DIGITS:
        raise failure(code_pb2.INTERNAL, "The grpc-timeout header is malformed.")
    return int(digits) * _SECONDS[unit]


def check_encoding(encoding: bytes) -> None:
    """Lets a call pass whose messages are in an encoding that is known here.

    Raises:
        RpcError: UNIMPLEMENTED.
    """
    if encoding != IDENTITY and encoding not in _WINDOW_BITS:
        shown = encoding[:32].decode("latin-1")
        text = f"Messages in the encoding {shown} can't be read; send them as {ENCODINGS.decode()}."
        raise failure(code_pb2.UNIMPLEMENTED, text)


def too_large(size: int, limit: int) -> RpcError:
    """Returns the end of a call with a message over the limit, in grpcio's words."""
    text = f"Received message larger than max ({size} vs. {limit}, --max-message-bytes); send less at once."
    return failure(code_pb2.RESOURCE_EXHAUSTED, text)


def decompress(data: bytes, encoding: bytes, limit: int) -> bytes:
    """Returns a message out of its compressed form.

    Args:
        data: The message as it was sent.
        encoding: What `grpc-encoding` says.
        limit: Largest message, in bytes.

    Raises:
        RpcError: INTERNAL when it can't be read, RESOURCE_EXHAUSTED when it is too large.
    """
    if encoding == IDENTITY:
        raise failure(code_pb2.INTERNAL, "A message is marked as compressed, but grpc-encoding does not say how.")
    reader = zlib.decompressobj(_WINDOW_BITS[encoding])
    try:
        message = reader.decompress(data, limit + 1)
    except zlib.error:
        raise failure(code_pb2.INTERNAL, "A compressed message can't be read.") from None
    if len(message) > limit:
        raise too_large(len(message), limit)
    if not reader.eof or reader.unused_data:
        raise failure(code_pb2.INTERNAL, "A compressed message can't be read.")
    return message


def frame(message: bytes, encoding: bytes = IDENTITY) -> bytes:
    """Returns a message in its frame, compressed where that makes it smaller."""
    if encoding != IDENTITY:
        writer = zlib.compressobj(_COMPRESSION_LEVEL, wbits=_WINDOW_BITS[encoding])
        compressed = writer.compress(message) + writer.flush()
        if len(compressed) < len(message):
            return b"\1" + len(compressed).to_bytes(4, "big") + compressed
    return b"\0" + len(message).to_bytes(4, "big") + message


class Frames:
    """Takes messages out of a body as it comes.

    Args:
        limit: Largest message, in bytes.
    """

    __slots__ = ("_limit", "_unread")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._unread = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes the next part of the body."""
        self._unread += data

    def next(self) -> tuple[bytes, bool] | None:
        """Returns the next message, and whether it is compressed; None when it is not there as a whole.

        Raises:
            RpcError: Its frame is malformed, or it is too large.
        """
        unread = self._unread
        if len(unread) < PREFIX_BYTES:
            return None
        end = PREFIX_BYTES + int.from_bytes(unread[1:PREFIX_BYTES], "big")
        if end - PREFIX_BYTES > self._limit:
            raise too_large(end - PREFIX_BYTES, self._limit)
        if unread[0] > 1:
            raise failure(code_pb2.INTERNAL, f"A message's frame begins with {unread[0]}, which is neither 0 nor 1.")
        if len(unread) < end:
            return None
        compressed, message = bool(unread[0]), bytes(unread[PREFIX_BYTES:end])
        del unread[:end]
        return message, compressed

    def end(self) -> None:
        """The body is complete.

        Raises:
            RpcError: INTERNAL when it ends within a message.
        """
        if self._unread:
            raise failure(code_pb2.INTERNAL, "The request ends within a message.")


def status_headers(error: RpcError) -> list[tuple[bytes, bytes]]:
    """Returns how the end of a call that failed is told, in trailers or in a head that is all there is."""
    told = [(b"grpc-status", b"%d" % error.code), (b"grpc-message", quote(error.message, safe=_UNESCAPED).encode())]
    if error.details:
        encoded = base64.b64encode(error.to_status().SerializeToString()).rstrip(b"=")
        told.append((b"grpc-status-details-bin", encoded))
    return told


def metadata_value(value: bytes) -> bytes | None:
    """Returns a binary header's value: Base64, padded or not; None when it is neither."""
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return None
