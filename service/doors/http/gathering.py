"""Writes of many connections, gathered: what one turn of the event loop answers goes out together.

A head and its body are one packet then, and whoever reads many connections (a proxy, a load generator) is woken once
for several answers: to wake a process that sleeps costs the kernel more than to send an answer.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

_MOST_CONNECTIONS: Final = 16  # whose answers wait for each other
_MOST_BYTES: Final = 64 * 2**10  # that wait on one connection


class Gathering:
    """The connections of one loop that have something to send."""

    def __init__(self) -> None:
        self._waiting: list[GatheredTransport] = []

    def add(self, transport: GatheredTransport) -> None:
        """`transport` is sent from at the end of this turn, or as soon as there are enough."""
        if len(self._waiting) == _MOST_CONNECTIONS:
            self._send_all()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send_all)
        self._waiting.append(transport)

    def _send_all(self) -> None:
        waiting = self._waiting
        self._waiting = []
        for transport in waiting:
            transport.flush()


class GatheredTransport:
    """A transport whose writes wait for a `Gathering`; in all else it is the transport that it is made of.

    Args:
        transport: The connection.
        gathering: What tells it when to send.
    """

    def __init__(self, transport: asyncio.Transport, gathering: Gathering) -> None:
        self._transport = transport
        self._gathering = gathering
        self._parts: list[bytes] = []
        self._bytes = 0
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Sends `data` soon; what is much, now, so that the transport can ask for a pause."""
        self._parts.append(data)
        self._bytes += len(data)
        if self._bytes > _MOST_BYTES:
            self.flush()
        elif len(self._parts) == 1:
            self._gathering.add(self)

    def flush(self) -> None:
        """Sends what waits."""
        parts = self._parts
        if not parts:
            return
        self._parts = []
        self._bytes = 0
        if not self.is_closing():
            self._transport.write(b"".join(parts))

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
