"""The writer: what it has answered is stored, one bad row hurts nobody else, steps give way, closing drains."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from service.storage.errors import StoreError
from service.storage.records import Verdict
from service.storage.writer import QueueFullError, WriterClosedError
from tests.storage.rows import (
    CATALOG,
    TENANT,
    client_event,
    client_events,
    intern,
    rejection,
    rejections,
    user_event,
    user_events,
)
from tests.storage.writing import Held, started, writing


@pytest.fixture
def parent(store):
    return intern(store, CATALOG)


def test_rows_of_all_kinds_share_a_batch_and_each_gets_its_answer(store, parent):
    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                tasks = await started(
                    writer.write_client_event(client_event(parent, 1)),
                    writer.write_user_event(user_event(parent, 1)),
                    writer.write_client_event(client_event(parent, 1, fingerprint=b"other")),
                    writer.write_rejection(rejection(parent, 1)),
                    writer.write_client_event(client_event(parent, 1)),
                )
                assert writer.depth == len(tasks)
            return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [Verdict.STORED, None, Verdict.CONFLICT, None, Verdict.REPEATED]
    assert len(user_events(store)) == len(client_events(store, CATALOG)) == len(rejections(store)) == 1


def test_an_answer_means_that_it_is_stored(store, parent):
    async def run():
        async with writing(store) as writer:
            for number in range(20):
                await writer.write_user_event(user_event(parent, number))
                assert len(user_events(store)) == number + 1

    asyncio.run(run())


def test_one_bad_row_does_not_take_the_others_down(store, parent):
    bad = user_event(parent, 3, visitor_id=None)

    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                tasks = await started(
                    *(
                        writer.write_user_event(bad if number == 3 else user_event(parent, number))
                        for number in range(8)
                    ),
                    writer.write_client_event(client_event(parent, 1)),
                )
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await writer.write_user_event(user_event(parent, 100))
            return results

    results = asyncio.run(run())
    assert isinstance(results[3], StoreError)
    assert [result for number, result in enumerate(results) if number != 3] == [None] * 7 + [Verdict.STORED]
    assert [event.event_time_us for event in user_events(store)] == [0, 1, 2, 4, 5, 6, 7, 100]


def test_an_error_in_a_call_reaches_its_caller_only(store, parent):
    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                tasks = await started(
                    writer.run(lambda transaction: transaction.insert_user_events([user_event(parent, 1)]) and 1 / 0),
                    writer.write_user_event(user_event(parent, 2)),
                    writer.run(lambda transaction: transaction.intern_parent(TENANT)),
                )
            return await asyncio.gather(*tasks, return_exceptions=True)

    failed, written, number = asyncio.run(run())
    assert isinstance(failed, ZeroDivisionError)
    assert written is None
    assert store.parents()[TENANT] == number
    assert [event.event_time_us for event in user_events(store)] == [2]


def test_batches_that_wait_share_a_transaction_and_a_bad_one_hurts_nobody_else(store, parent):
    calls = []

    def insert(transaction, number, size):
        calls.append((number, store.writes_begun))
        transaction.insert_user_events([user_event(parent, number)])
        return number // size

    async def run(sizes):
        calls.clear()
        async with writing(store, queue_bytes=2**24) as writer:
            async with Held(writer):
                tasks = await started(
                    *(
                        writer.run(partial(insert, number=number, size=size), size, batch=True)
                        for number, size in enumerate(sizes)
                    )
                )
            return await asyncio.gather(*tasks, return_exceptions=True)

    begin = store.transaction
    store.writes_begun = 0

    def counted():
        store.writes_begun += 1
        return begin()

    store.transaction = counted
    assert asyncio.run(run([1, 1, 1])) == [0, 1, 2]
    assert len({begun for _, begun in calls}) == 1
    assert asyncio.run(run([2**20, 2**20, 1, 2**21, 2**22])) == [0, 0, 2, 0, 0]
    begun = [begun for _, begun in calls]
    assert [each - begun[0] for each in begun] == [0, 0, 1, 2, 3]
    first, failed, last = asyncio.run(run([1, 0, 1]))
    assert (first, last) == (0, 2)
    assert isinstance(failed, ZeroDivisionError)
    assert [event.event_time_us for event in user_events(store)] == [0, 1, 2, 3, 4]


def test_a_full_queue_refuses_and_takes_again_when_it_has_room(store, parent):
    async def run():
        async with writing(store, queue_limit=3) as writer:
            async with Held(writer):
                tasks = await started(*(writer.write_user_event(user_event(parent, number)) for number in range(3)))
                with pytest.raises(QueueFullError):
                    await writer.write_user_event(user_event(parent, 3))
                with pytest.raises(QueueFullError):
                    writer.write_user_event_async(user_event(parent, 4))
                with pytest.raises(QueueFullError):
                    await writer.run(lambda _transaction: None)
            await asyncio.gather(*tasks)
            await writer.write_user_event(user_event(parent, 5))

    asyncio.run(run())
    assert [event.event_time_us for event in user_events(store)] == [0, 1, 2, 5]


def test_a_queue_that_holds_too_many_bytes_refuses_and_takes_again_when_it_has_room(store, parent):
    def row(number, size):
        return user_event(parent, number, payload=b"x" * size)

    async def run():
        async with writing(store, queue_bytes=1_000) as writer:
            async with Held(writer):
                (first,) = await started(writer.write_user_event(row(1, 5_000)))  # alone it may be larger
                with pytest.raises(QueueFullError):
                    writer.write_user_event(row(2, 1))
                with pytest.raises(QueueFullError):
                    writer.write_client_event(client_event(parent, 3))
                for refused in (
                    writer.write_rejection(rejection(parent, 4)),
                    writer.run(lambda _transaction: None, size=1),
                ):
                    with pytest.raises(QueueFullError):
                        await refused
            await first
            async with Held(writer):
                tasks = await started(*(writer.write_user_event(row(number, 250)) for number in range(5, 9)))
                with pytest.raises(QueueFullError):
                    writer.write_user_event_async(row(9, 1))
                tasks += await started(writer.run(lambda _transaction: None))  # what holds nothing has room
            await asyncio.gather(*tasks)

    asyncio.run(run())
    assert [event.event_time_us for event in user_events(store)] == [1, 5, 6, 7, 8]


def test_at_most_one_step_comes_before_foreground_work_that_waits(store):
    order = []

    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                tasks = await started(
                    *(writer.step(lambda _transaction, n=n: order.append(f"step {n}")) for n in range(3)),
                    *(writer.run(lambda _transaction, n=n: order.append(f"call {n}")) for n in range(3)),
                )
            await asyncio.gather(*tasks)

    asyncio.run(run())
    steps = [name for name in order if name.startswith("step")]
    assert steps == ["step 0", "step 1", "step 2"]
    assert [name for name in order if name != "step 0"] == ["call 0", "call 1", "call 2", "step 1", "step 2"]


def test_foreground_work_gets_its_turn_between_two_steps(store):
    """However many steps wait: a write that comes while one runs is next."""
    order = []

    async def run():
        async with writing(store) as writer:
            loop = asyncio.get_running_loop()
            calls = []

            def step(_transaction, number):
                order.append(f"step {number}")
                sent = threading.Event()

                def send():
                    calls.append(asyncio.ensure_future(writer.run(lambda _: order.append(f"call {number}"))))
                    loop.call_soon(sent.set)

                loop.call_soon_threadsafe(send)
                assert sent.wait(30)

            await asyncio.gather(*(writer.step(lambda transaction, n=n: step(transaction, n)) for n in range(4)))
            await asyncio.gather(*calls)

    asyncio.run(run())
    assert order == [f"{kind} {number}" for number in range(4) for kind in ("step", "call")]


def test_closing_writes_what_waits_and_takes_no_more(store, parent):
    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                for number in range(100):
                    writer.write_user_event_async(user_event(parent, number))
                tasks = await started(
                    writer.write_user_event(user_event(parent, 100)),
                    *(
                        writer.step(lambda transaction, n=n: transaction.insert_rejections([rejection(parent, n)]))
                        for n in range(3)
                    ),
                )
                closing = asyncio.ensure_future(writer.close())
                await asyncio.sleep(0)
                with pytest.raises(WriterClosedError):
                    writer.write_user_event(user_event(parent, 101))
                for refused in (
                    writer.run(lambda _transaction: None),
                    writer.step(lambda _transaction: None),
                ):
                    with pytest.raises(WriterClosedError):
                        await refused
            await closing
            await asyncio.gather(*tasks)

    asyncio.run(run())
    assert len(user_events(store)) == 101
    assert len(rejections(store)) == 3


def test_a_caller_who_leaves_disturbs_nobody(store, parent):
    async def run():
        async with writing(store) as writer:
            async with Held(writer):
                leaving, staying = await started(
                    writer.write_user_event(user_event(parent, 1)), writer.write_user_event(user_event(parent, 2))
                )
                leaving.cancel()
            await staying
            await writer.write_user_event(user_event(parent, 3))

    asyncio.run(run())
    assert [event.event_time_us for event in user_events(store)] == [1, 2, 3]


def test_parents_are_interned_once_for_all_who_ask_at_once(store):
    async def run():
        async with writing(store) as writer:
            numbers = await asyncio.gather(*(writer.parent_id(TENANT) for _ in range(50)))
            assert store.parents()[TENANT] in set(numbers)
            return set(numbers)

    assert len(asyncio.run(run())) == 1


def test_what_can_be_held_back_waits_for_room_and_keeps_its_order(store, parent):
    async def run():
        async with writing(store, queue_limit=2) as writer:
            async with Held(writer):
                waiting = await started(*(writer.write_user_event(user_event(parent, number)) for number in range(2)))
                held = await started(
                    *(
                        writer.enqueue(lambda transaction, name=name: transaction.intern_parent(name))
                        for name in ("first", "second", "third")
                    )
                )
                assert not any(task.done() for task in held)
            numbers = [await (await task) for task in held]
            await asyncio.gather(*waiting)
            return numbers

    numbers = asyncio.run(run())
    assert numbers == sorted(numbers)
    assert [store.parents()[name] for name in ("first", "second", "third")] == numbers


def test_who_waits_for_room_learns_that_the_writer_closes(store, parent):
    async def run():
        async with writing(store, queue_limit=1) as writer:
            async with Held(writer):
                (waiting,) = await started(writer.write_user_event(user_event(parent, 1)))
                (held,) = await started(writer.enqueue(lambda _transaction: None))
                closing = asyncio.ensure_future(writer.close())
                await asyncio.sleep(0)
            await waiting
            with pytest.raises(WriterClosedError):
                await held
            await closing

    asyncio.run(run())
