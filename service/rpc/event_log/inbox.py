"""What a stream has brought and nobody has looked at yet: bounded, so that a fast caller is slowed down."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Parcel(NamedTuple, Generic[T]):
    items: Sequence[T]
    size: int


class Inbox(Generic[T]):
    """Items in the order in which they came, put in by one task and taken out by another.

    Small parcels are taken out together, so that a caller who sends one item a message shares commits when it is fast.

    Args:
        max_items: How many are taken at once, unless one parcel alone has more; twice as many may wait.
        max_bytes: How many bytes may wait; one parcel alone may be larger.
    """

    def __init__(self, *, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._parcels: collections.deque[_Parcel[T]] = collections.deque()
        self._items = self._bytes = 0
        self._ended = False
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    async def put(self, items: Sequence[T], size: int) -> None:
        """Puts items in, one at least, of `size` bytes together, once there is room for them."""
        while self._parcels and (
            self._items + len(items) > 2 * self._max_items or self._bytes + size > self._max_bytes
        ):
            await self._change()
        self._parcels.append(_Parcel(items, size))
        self._items += len(items)
        self._bytes += size
        self._changed.set()

    def end(self, error: Exception | None = None) -> None:
        """Says that nothing more comes, and why, if that is an error."""
        self._ended, self._error = True, error
        self._changed.set()

    async def take(self) -> list[T]:
        """The next items, as soon as there are some; none when all were taken and nothing more comes.

        Raises:
            Exception: What `end` was given, after the last items.
        """
        while not self._parcels:
            if self._error is not None:
                raise self._error
            if self._ended:
                return []
            await self._change()
        taken: list[T] = []
        while self._parcels and (not taken or len(taken) + len(self._parcels[0].items) <= self._max_items):
            parcel = self._parcels.popleft()
            taken += parcel.items
            self._items -= len(parcel.items)
            self._bytes -= parcel.size
        self._changed.set()
        return taken

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
