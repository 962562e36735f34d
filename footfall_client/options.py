"""What a batcher may be told, beside where its events belong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

import grpc

MAX_BATCH_SIZE: Final = 10_000  # the server's limit
_ENV: Final = "FOOTFALL_SERVER"
_ADDRESS: Final = "127.0.0.1:50051"
# grpcio's own back-off between attempts to connect grows to two minutes; a restarted server is back in seconds.
_CHANNEL_OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.max_receive_message_length", -1),
)


class Options(TypedDict, total=False):
    """Keyword arguments of both batchers; `BatcherOptions` says what they mean."""

    batch_size: int
    max_delay_s: float
    max_queued_events: int
    max_queued_bytes: int
    channel: grpc.Channel | None
    credentials: grpc.ChannelCredentials | None
    metadata: Sequence[tuple[str, str]]
    call_timeout_s: float
    close_timeout_s: float | None


@dataclass(frozen=True, slots=True)
class BatcherOptions:
    """What a batcher may be told.

    Args:
        batch_size: Events in one batch at most, from 1 to 10,000; so many wait no longer.
        max_delay_s: Seconds after which an event is sent, however few there are.
        max_queued_events: Events without a verdict at once, those on their way included.
        max_queued_bytes: Bytes that they may have together; one event alone may have more.
        channel: A channel to use, which stays open; None: one of the batcher's own.
        credentials: For TLS; None: plain text. Not with `channel`.
        metadata: Goes with each call, such as `[("authorization", "Bearer …")]`.
        call_timeout_s: Seconds that one attempt to send a batch may take.
        close_timeout_s: Seconds that `close` and the end of the program wait for verdicts; None: as long as it takes.

    Raises:
        ValueError: One of them can't be used.
    """

    batch_size: int = 500
    max_delay_s: float = 1.0
    max_queued_events: int = 10_000
    max_queued_bytes: int = 64 * 2**20
    channel: grpc.Channel | None = None
    credentials: grpc.ChannelCredentials | None = None
    metadata: Sequence[tuple[str, str]] = ()
    call_timeout_s: float = 20.0
    close_timeout_s: float | None = 30.0

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= MAX_BATCH_SIZE:
            raise ValueError(f"batch_size must be from 1 to {MAX_BATCH_SIZE:,}, but is {self.batch_size}")
        for name in ("max_queued_events", "max_queued_bytes", "call_timeout_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, but is {getattr(self, name)}")
        if self.max_delay_s < 0:
            raise ValueError(f"max_delay_s must not be negative, but is {self.max_delay_s}")
        if self.channel is not None and self.credentials is not None:
            raise ValueError("credentials belong to a channel of the batcher's own; a channel brings its own")


def server_address(address: str | None) -> str:
    """`address`, or the environment's FOOTFALL_SERVER, or where a Footfall is by default.

    Raises:
        ValueError: It is a URL of HTTP, which gRPC would try for ever.
    """
    found = address or os.environ.get(_ENV) or _ADDRESS
    if found.startswith(("http://", "https://")):
        raise ValueError(f"{found!r} is a URL; name the server's gRPC address as host:port")
    return found


def open_channel(address: str | None, credentials: grpc.ChannelCredentials | None) -> grpc.Channel:
    """A channel to a server; nothing is sent yet."""
    if credentials is None:
        return grpc.insecure_channel(server_address(address), _CHANNEL_OPTIONS)
    return grpc.secure_channel(server_address(address), credentials, _CHANNEL_OPTIONS)
