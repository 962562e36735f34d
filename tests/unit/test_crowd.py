"""Defends when the writer takes what waits: a crowd together, who comes alone at once, and nobody never."""

from __future__ import annotations

import asyncio
from collections import deque

from service.storage.crowd import Crowd


class Taker:
    """Takes all that waits, and is done with it at once or when told."""

    def __init__(self):
        self.waiting = deque()
        self.taken = []
        self._took = asyncio.Event()
        self.crowd = Crowd(self.waiting, self._take)
        self.crowd.start()

    def _take(self):
        self.taken.append(len(self.waiting))
        self.waiting.clear()
        self._took.set()

    def come(self, count=1):
        for _ in range(count):
            self.waiting.append(None)
            self.crowd.came()

    async def took(self, times):
        async with asyncio.timeout(10):
            while len(self.taken) < times:
                self._took.clear()
                await self._took.wait()


def test_what_one_turn_brings_is_taken_at_its_end():
    async def run():
        taker = Taker()
        taker.come(3)
        assert taker.taken == []
        await asyncio.sleep(0)
        assert taker.taken == [3]

    asyncio.run(run())


def test_nothing_is_taken_while_the_last_is_not_done_with():
    async def run():
        taker = Taker()
        taker.come()
        await taker.took(1)
        taker.come()
        for _ in range(5):
            await asyncio.sleep(0)
        assert taker.taken == [1]
        taker.crowd.done()
        await taker.took(2)
        assert taker.taken == [1, 1]

    asyncio.run(run())


def test_as_many_as_came_last_are_waited_for():
    async def run():
        taker = Taker()
        taker.come(8)
        await taker.took(1)
        taker.crowd.done()
        for _ in range(7):
            taker.come()
            await asyncio.sleep(0)
        assert taker.taken == [8]
        taker.come()
        await asyncio.sleep(0)
        assert taker.taken == [8, 8]

    asyncio.run(run())


def test_who_comes_after_a_crowd_is_not_kept_waiting_for_it():
    async def run():
        taker = Taker()
        taker.come(8)
        await taker.took(1)
        taker.crowd.done()
        taker.come(2)
        await taker.took(2)
        taker.crowd.done()
        taker.come()
        await asyncio.sleep(0)  # those two were no crowd: now nobody waits for more
        assert taker.taken == [8, 2, 1]

    asyncio.run(run())


def test_who_came_meanwhile_waits_for_those_who_shared_the_last():
    async def run():
        taker = Taker()
        taker.come(8)
        await taker.took(1)
        taker.come(3)
        taker.crowd.done()
        await asyncio.sleep(0)
        assert taker.taken == [8]
        taker.come(8)
        await asyncio.sleep(0)
        assert taker.taken == [8, 11]

    asyncio.run(run())
