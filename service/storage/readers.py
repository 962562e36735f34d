"""Threads in which the database is read: reads are short, and never wait behind files or object storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 8  # each has a connection of its own

_readers = ThreadPoolExecutor(_THREADS, thread_name_prefix="footfall-read")


async def read(verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a read verb of the store, or something short that uses one, returns."""
    return await asyncio.get_running_loop().run_in_executor(_readers, partial(verb, *args, **kwargs))
