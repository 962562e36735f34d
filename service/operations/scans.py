"""Work on what is stored in steps: purges, rejoin and export walk over events in time order, over products by id."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from service.events.filters import ClientEventFilter, Filter, SignalFilter
from service.operations.runner import Running, patiently
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import Key, ProductRow, Selection
from service.storage.writer import Writer

T = TypeVar("T")

KIND = "user_events"
Scan = Callable[[Key | None, int], tuple[T, Key] | None]
"""Looks at some events behind a key, at most so many; returns what it found and the key of the last, or None."""

_PRODUCTS_PER_STEP = 200  # some 3 ms of the writer


def selection_of(parsed: Filter | ClientEventFilter | SignalFilter, max_id: int | None = None) -> Selection:
    """A filter in the words of the store; events that arrived after number `max_id` are left out."""
    conditions = {field.name: getattr(parsed, field.name) for field in dataclasses.fields(parsed)}
    return Selection(**conditions, max_id=max_id)


def key_to_json(key: Key) -> list[Any]:
    """A key as a cursor holds it."""
    time_us, tie = key
    return [time_us, tie.hex() if isinstance(tie, bytes) else tie]


def key_from_json(values: list[Any] | None) -> Key | None:
    """The inverse of `key_to_json`; None where there is none yet."""
    if values is None:
        return None
    time_us, tie = values
    return (time_us, bytes.fromhex(tie) if isinstance(tie, str) else tie)


class Steps(NamedTuple):
    """How many events a step takes.

    Attributes:
        writer: The way to the database.
        usual: While others write.
        long: While nobody does: what a transaction costs beside its rows is then paid less often.
    """

    writer: Writer
    usual: int
    long: int

    @property
    def are_long(self) -> bool:
        """Whether nobody writes."""
        return self.writer.step_scale > 1


async def walk(scan: Scan[T], running: Running, steps: Steps) -> AsyncGenerator[tuple[T, Key], None]:
    """What `scan` finds from the operation's cursor `after` on, a step's at a time, with the key of its last event.

    While nobody writes, what comes next is looked for while something is done with the last.
    """

    def behind(after: Key | None) -> asyncio.Task[tuple[T, Key] | None]:
        limit = steps.long if steps.are_long else steps.usual
        return asyncio.create_task(patiently(partial(read, scan, after, limit), running.check))

    following = behind(key_from_json(running.progress.cursor.get("after")))
    try:
        while (found := await following) is not None:
            ahead = steps.are_long
            if ahead:
                following = behind(found[1])
            yield found
            if not ahead:
                following = behind(found[1])
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def walk_products(store: Store, running: Running, branch: str, revision: int) -> AsyncIterator[list[ProductRow]]:
    """The products of a branch that nobody wrote after `revision`, from the cursor `product` on, some at a time."""
    while True:
        after: str = running.progress.cursor.get("product", "")
        scan = partial(read, store.products_left_alone, branch, revision, after, _PRODUCTS_PER_STEP)
        found = await patiently(scan, running.check)
        if not found:
            return
        yield found
