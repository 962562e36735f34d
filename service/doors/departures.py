"""Callers who leave while their call is at work, or never say the whole of what they want.

Once a request has been read as a whole, pyvoy's `receive` does not wait for the caller to leave, as ASGI wants, but
returns at once; so calls that take long are asked about again and again, ever more seldom.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from service.events import errors

_SWEEP_SECONDS: Final = 0.2
_LONGEST_SWEEPS: Final = 8
"""Between two questions about one call, that is: most of two seconds."""

TOO_SLOW: Final = errors.deadline_exceeded(
    "The request did not come in the time that it may take (--http-body-seconds); send it again."
)
"""What callers are told whose requests don't come."""


class Guest(Protocol):
    """A call."""

    receive: Any
    read: bool  # whether its request is there as a whole
    body_seconds: float  # how long that may take

    def cancel(self, end: Any = None) -> None:
        """Cancels it."""


async def left(receive: Any) -> bool:
    """Whether the caller of a request that has been read has left, or has all of its response."""
    return bool((await receive())["type"] == "http.disconnect")


class Departures:
    """Knows every call that is at work, and cancels those whose callers have left, or are too slow."""

    def __init__(self) -> None:
        self._guests: dict[Any, int] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._tell: Callable[[Any], None] | None = None

    def follow(self, tell: Callable[[Any], None]) -> None:
        """Calls that end are told of from now on, by their `receive`; what they answered may not be sent yet."""
        self._tell = tell

    def enter(self, guest: Guest) -> None:
        """A call begins."""
        self._guests[guest] = 0
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    def leave(self, guest: Guest) -> None:
        """It ends."""
        del self._guests[guest]
        if self._tell is not None:
            self._tell(guest.receive)
        if not self._guests:
            self._idle.set()

    async def idle(self) -> None:
        """Returns when no call is at work."""
        while self._guests:
            self._idle.clear()
            await self._idle.wait()

    def cancel_all(self, end: Any) -> None:
        """Cancels what is still at work.

        Args:
            end: What callers are told.
        """
        for guest in list(self._guests):
            guest.cancel(end)

    def _sweep(self) -> None:
        self._sweeping = None
        for guest, sweeps in self._guests.items():
            self._guests[guest] = sweeps + 1
            if not guest.read and (sweeps + 1) * _SWEEP_SECONDS > guest.body_seconds:
                guest.cancel(TOO_SLOW)
            elif guest.read and _due(sweeps + 1):
                task = asyncio.get_running_loop().create_task(self._ask(guest))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        if self._guests:
            self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    async def _ask(self, guest: Guest) -> None:
        if await left(guest.receive) and guest in self._guests:
            guest.cancel()


def _due(sweeps: int) -> bool:
    """Whether a call that is there at its n-th sweep is asked about: at the second, fourth, eighth, sixteenth."""
    return sweeps % _LONGEST_SWEEPS == 0 or sweeps in (2, 4)
