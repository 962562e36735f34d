"""A writer at work in a test."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager

from service.storage.writer import Writer


class Held:
    """A writer whose thread is held inside a call, so that what is sent meanwhile waits in one batch."""

    def __init__(self, writer):
        self._inside, self._go_on = threading.Event(), threading.Event()
        self._call = asyncio.ensure_future(writer.run(self._hold))

    def _hold(self, _transaction):
        self._inside.set()
        assert self._go_on.wait(30)

    async def __aenter__(self):
        await asyncio.to_thread(self._inside.wait, 30)
        return self

    async def __aexit__(self, *_):
        self._go_on.set()
        await self._call


@asynccontextmanager
async def writing(store, queue_limit=1_000, queue_bytes=2**20):
    writer = Writer(store, queue_limit=queue_limit, queue_bytes=queue_bytes)
    writer.start()
    try:
        yield writer
    finally:
        await writer.close()


async def started(*calls):
    """Tasks for the calls, each of which has put its work into the queue."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0)
    return tasks
