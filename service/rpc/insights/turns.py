"""Work over very many events, in turns so short that nobody else has to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from service.storage.readers import read

EVENTS_PER_TURN: Final = 300  # read and followed in about a millisecond

T = TypeVar("T")


class Turns:
    """One turn at a time, whatever the number of calls: each gets its share, and together they are no more than one."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def take(self, work: Callable[[], T]) -> T:
        """What `work` returns, done in a thread that reads."""
        async with self._turn:
            return await read(work)
