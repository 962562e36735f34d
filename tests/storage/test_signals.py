"""Signals: stored once, found by what they name, and the newest of each application and position."""

from __future__ import annotations

import asyncio
import random

import pytest

from service.storage.records import EVERYTHING, IdentifierKind, Selection, SignalIdentifier, Verdict
from tests.storage.rows import TENANT, client_event, intern, signal, signals
from tests.storage.writing import Held, started, writing

OTHER_TENANT = "projects/p/tenants/other"
TOKEN, APPLICATION, POSITION = IdentifierKind.TOKEN, IdentifierKind.APPLICATION, IdentifierKind.POSITION


def send(store, *rows):
    with store.transaction() as transaction:
        return transaction.insert_signals(rows)


def about(kind, value, *, is_subject=True):
    return SignalIdentifier(kind, value, is_subject)


def numbers(page):
    return [int(event.payload.split()[1]) for event in page]


def test_the_same_signal_is_stored_once_within_and_across_calls(store):
    parent, other = intern(store, TENANT), intern(store, OTHER_TENANT)
    first = send(store, signal(parent, 1), signal(parent, 2), signal(parent, 1), signal(other, 1))
    assert [stored.verdict for stored in first] == [
        Verdict.STORED,
        Verdict.STORED,
        Verdict.REPEATED,
        Verdict.STORED,
    ]
    assert first[0].id == first[2].id
    again = send(store, signal(parent, 2, payload=b"another 2", receive_time_us=5), signal(parent, 3))
    assert [stored.verdict for stored in again] == [Verdict.REPEATED, Verdict.STORED]
    assert again[0].id == first[1].id
    assert [event.payload for event in signals(store)] == [b"payload 1", b"payload 2", b"payload 3"]
    assert [event.payload for event in signals(store, OTHER_TENANT)] == [b"payload 1"]
    assert store.summary().signals == 4


@pytest.mark.parametrize("kind", IdentifierKind)
def test_signals_are_found_by_each_of_their_identifiers(store, kind):
    parent = intern(store, TENANT)
    field = {TOKEN: "tokens", APPLICATION: "application_ids", POSITION: "position_ids"}[kind]
    send(
        store,
        signal(parent, 1, identifiers=(about(kind, "a"), about(kind, "b"))),
        signal(parent, 2, identifiers=(about(kind, "b", is_subject=False),)),
        signal(parent, 3, identifiers=(about(kind, "c"),)),
        signal(intern(store, OTHER_TENANT), 4, identifiers=(about(kind, "a"),)),
    )

    def found(*values):
        page = store.list_events("signals", TENANT, Selection(**{field: frozenset(values)}), None, 10)
        assert page.total == len(page.items)
        return numbers(page.items)

    assert (found("a"), found("b"), found("a", "c"), found("d")) == ([1], [1, 2], [1, 3], [])
    elsewhere = {TOKEN: "position_ids", APPLICATION: "tokens", POSITION: "application_ids"}[kind]
    assert store.list_events("signals", TENANT, Selection(**{elsewhere: frozenset("a")}), None, 10).items == []


def test_signals_are_found_by_search_type_and_time(store):
    parent = intern(store, TENANT)
    send(
        store,
        signal(parent, 1, request_id="r"),
        signal(parent, 2, request_id="r", type_code="ApplicationComplete"),
        signal(parent, 3, request_id="s"),
        signal(parent, 4),
    )

    def found(**wanted):
        return numbers(store.list_events("signals", TENANT, Selection(**wanted), None, 10).items)

    assert found(request_ids=frozenset("r")) == [1, 2]
    assert found(request_ids=frozenset("rs")) == [1, 2, 3]
    assert found(event_types=frozenset({"ApplicationComplete"})) == [2]
    assert found(from_us=2, until_us=4) == [2, 3]
    counted = store.count_events("signals", TENANT, EVERYTHING, frozenset({"event_type"}))
    assert [(group.event_type, group.events) for group in counted] == [
        ("ApplicationComplete", 1),
        ("PositionStatusUpdate", 3),
    ]


def test_pages_go_on_where_the_last_one_ended_in_both_directions(store):
    parent = intern(store, TENANT)
    send(store, *(signal(parent, number, signal_time_us=number // 3) for number in range(20)))
    every = [event.payload for event in signals(store, limit=3)]
    assert every == [event.payload for event in signals(store)]
    newest = store.list_events("signals", TENANT, EVERYTHING, None, 20, descending=True)
    assert [event.payload for event in newest.items] == every[::-1]


def test_the_newest_signal_by_its_own_time_is_where_something_stands(store):
    parent = intern(store, TENANT)

    def state(value, kind=TOKEN):
        found = store.get_signal_state(TENANT, kind, value)
        return found and numbers([found])[0]

    assert state("a") is None
    send(store, signal(parent, 5, identifiers=(about(TOKEN, "a"),)))
    assert state("a") == 5
    send(store, signal(parent, 3, identifiers=(about(TOKEN, "a"),)))
    assert state("a") == 5, "an older change that comes late"
    send(store, signal(parent, 6, signal_time_us=5, identifiers=(about(TOKEN, "a"),)))
    assert state("a") == 6, "of the same time the one that came last"
    send(store, signal(parent, 9, identifiers=(about(TOKEN, "a", is_subject=False),)))
    assert state("a") == 6, "it is named there, but the signal is about something else"
    assert state("a", POSITION) is None


def test_states_are_listed_by_identifier_page_by_page(store):
    parent = intern(store, TENANT)
    chance = random.Random(4)
    times = list(range(300))
    chance.shuffle(times)
    newest: dict[str, int] = {}
    for number in times:
        of = f"{chance.choice('abc')}{chance.randrange(15)}"
        newest[of] = max(newest.get(of, 0), number)
        send(store, signal(parent, number, identifiers=(about(POSITION, of),)))
    send(store, signal(parent, 999, identifiers=(about(POSITION, "mentioned", is_subject=False),)))
    send(store, signal(intern(store, OTHER_TENANT), 999, identifiers=(about(POSITION, "b99"),)))
    for limit in (1, 7, 100):
        after, listed = "", []
        while page := store.list_signal_states(TENANT, POSITION, after, limit):
            assert len(page) <= limit
            listed += page
            after = page[-1][0]
        assert [(of, numbers([event])[0]) for of, event in listed] == sorted(newest.items())
    assert store.list_signal_states("projects/p/tenants/none", POSITION, "", 10) == []


def test_deleted_signals_leave_nothing_behind(store):
    parent = intern(store, TENANT)
    [first, second] = send(
        store,
        signal(parent, 1, identifiers=(about(TOKEN, "a"), about(POSITION, "p"))),
        signal(parent, 2, identifiers=(about(TOKEN, "a"),)),
    )
    with store.transaction() as transaction:
        assert transaction.delete_signals([second.id]) == 1
    assert numbers([store.get_signal_state(TENANT, TOKEN, "a")]) == [1]
    with store.transaction() as transaction:
        assert transaction.delete_signals([first.id, second.id]) == 1
    assert store.get_signal_state(TENANT, TOKEN, "a") is None
    assert store.list_signal_states(TENANT, POSITION, "", 10) == []
    assert store.summary().signals == 0
    [stored] = send(store, signal(parent, 1))
    assert stored.verdict is Verdict.STORED
    assert stored.id > second.id, "a number is never given twice"


def test_signals_and_client_events_share_a_commit(store):
    async def check():
        async with writing(store) as writer:
            parent = await writer.parent_id(TENANT)
            async with Held(writer):
                tasks = await started(
                    writer.write_signal(signal(parent, 1)),
                    writer.write_client_event(client_event(parent, 1)),
                    writer.write_signal(signal(parent, 1)),
                    writer.write_signal(signal(parent, 2)),
                )
            return [await task for task in tasks]

    first, event, same, second = asyncio.run(check())
    assert (first.verdict, same.verdict, second.verdict) == (Verdict.STORED, Verdict.REPEATED, Verdict.STORED)
    assert event is Verdict.STORED
    assert first.id == same.id
    assert numbers(signals(store)) == [1, 2]
