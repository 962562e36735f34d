"""Giving back to the file system what was deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from service.storage.base import Transaction
from service.storage.writer import Writer

_PAGES_PER_STEP = 25  # of the file
_PAGES_PER_LONG_STEP = 1_000  # the commit costs most of a step: the fewer, the better

Commit = Callable[[Callable[[Transaction], None]], Awaitable[None]]


async def give_back_space(writer: Writer, commit: Commit) -> None:
    """Shortens the file by what was freed, a little at a time; `writer.shorten` is what the file system sees of it.

    Args:
        writer: The way to the database.
        commit: Runs a step in a background transaction.
    """
    free = 1

    def step(transaction: Transaction) -> None:
        nonlocal free
        free = transaction.give_back_space(_PAGES_PER_STEP if writer.step_scale == 1 else _PAGES_PER_LONG_STEP)

    while free:
        await commit(step)
