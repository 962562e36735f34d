"""What a stream has brought and nobody has looked at yet: in order, complete, bounded."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rpc.event_log.inbox import Inbox

MAX_ITEMS, MAX_BYTES = 10, 100
parcels = st.lists(st.tuples(st.integers(1, MAX_ITEMS), st.integers(0, 2 * MAX_BYTES)), max_size=40)


class Traffic:
    """Parcels on their way through an inbox, and what it held at most while it held several."""

    def __init__(self, sent, pauses):
        self.sent = sent
        self.pauses = iter(pauses)
        self.inbox = Inbox(max_items=MAX_ITEMS, max_bytes=MAX_BYTES)
        self.inside = []
        self.most = (0, 0)
        self.taken = []

    async def put(self, error):
        number = 0
        for count, size in self.sent:
            await self.inbox.put(range(number, number + count), size)
            number += count
            self.inside.append((count, size))
            if len(self.inside) > 1:
                held = [sum(column) for column in zip(*self.inside, strict=True)]
                self.most = tuple(map(max, self.most, held))
        self.inbox.end(error)

    async def take(self):
        while items := await self.inbox.take():
            assert len(items) <= MAX_ITEMS
            self.taken += items
            left = len(items)
            while left:
                left -= self.inside.pop(0)[0]
            for _ in range(next(self.pauses, 0)):
                await asyncio.sleep(0)

    async def run(self, error):
        await asyncio.gather(self.put(error), self.take())


@given(parcels, st.lists(st.integers(0, 3), max_size=40), st.booleans())
def test_everything_comes_out_in_order_and_no_more_waits_than_may(sent, pauses, fails):
    traffic = Traffic(sent, pauses)
    if fails:
        with pytest.raises(ValueError, match="the end"):
            asyncio.run(traffic.run(ValueError("the end")))
    else:
        asyncio.run(traffic.run(None))

    assert traffic.taken == list(range(sum(count for count, _ in sent)))
    assert traffic.most[0] <= 2 * MAX_ITEMS
    assert traffic.most[1] <= MAX_BYTES
