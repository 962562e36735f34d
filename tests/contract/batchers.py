"""The client kit's two batchers under one face, and servers that they can lose and find again."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Self

from footfall_client import AsyncEventBatcher, EventBatcher
from tests.contract.clients import EventLoop
from tests.support.server import Server


class AsyncFace:
    """An AsyncEventBatcher that looks like an EventBatcher."""

    def __init__(self, loop: EventLoop, *args: Any, **options: Any) -> None:
        self._loop = loop
        self._batcher = loop.run(lambda: AsyncEventBatcher(*args, **options))

    def add_event(self, event: Any) -> None:
        self._loop.run(lambda: self._batcher.add_event(event))

    def flush(self, timeout: float | None = None) -> Any:
        return self._loop.run(lambda: self._batcher.flush(timeout))

    def close(self, timeout: float | None = None) -> Any:
        return self._loop.run(lambda: self._batcher.close(timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Batchers:
    """Makes batchers of one kind.

    Args:
        loop: Where asyncio's live; None: they are EventBatchers.
    """

    def __init__(self, loop: EventLoop | None) -> None:
        self._loop = loop

    def __call__(self, parent: str, address: str, **options: Any) -> Any:
        if self._loop is None:
            return EventBatcher(parent, address, **options)
        return AsyncFace(self._loop, parent, address, **options)


def server_on_one_port(folder: Path, *flags: str) -> Server:
    """A server, not started, that is at the same address whenever it is."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = Server(folder, "--grpc-address", f"127.0.0.1:{port}", *flags)
    server.address = f"127.0.0.1:{port}"
    return server
