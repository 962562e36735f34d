"""Events: each identity is stored once, counts are exact, lists are in order and complete in pages of any size."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.storage.base import Verdict
from service.storage.sqlite import SqliteStore
from tests.storage.rows import (
    CATALOG,
    TENANT,
    client_event,
    client_events,
    create,
    fingerprint,
    insert,
    intern,
    user_event,
    user_events,
)

OTHER = "projects/p/locations/global/catalogs/other"


def test_a_user_event_is_stored_as_it_was_given(store):
    parent = intern(store, CATALOG)
    row = user_event(parent, 7, user_id="u", joined_revision=None, payload=b"\0\xff")
    insert(store, row)
    (event,) = user_events(store)
    assert event[2:] == (7, row.fingerprint, row.receive_time_us, 1, False, b"\0\xff")
    assert event.parent == CATALOG
    assert store.get_user_event(CATALOG, event.id) == event


def test_an_identity_is_stored_once_and_its_first_arrival_stays(store):
    parent = intern(store, CATALOG)
    assert insert(store, user_event(parent, 1)) == 1
    assert insert(store, user_event(parent, 1, payload=b"other", source=5)) == 0
    assert insert(store, user_event(parent, 2), user_event(parent, 2)) == 1
    assert [event.payload for event in user_events(store)] == [b"payload 1", b"payload 2"]


@pytest.mark.parametrize("change", [{"event_time_us": 2}, {"fingerprint": fingerprint(2)}])
def test_each_part_of_the_identity_counts(store, change):
    parent = intern(store, CATALOG)
    insert(store, user_event(parent, 1))
    assert insert(store, user_event(parent, 1, **change)) == 1


def test_the_catalog_is_part_of_the_identity(store):
    first, second = intern(store, CATALOG), intern(store, OTHER)
    stored = insert(store, user_event(first, 1), user_event(second, 1), user_event(second, 2))
    assert stored == 3
    assert len(user_events(store, CATALOG)) == 1
    assert len(user_events(store, OTHER)) == 2
    (event,) = user_events(store, CATALOG)
    assert store.get_user_event(OTHER, event.id) is None


@pytest.mark.parametrize("count", [1, 2, 4, 5, 31, 32, 36, 255, 256, 257, 293, 1_000])
def test_a_batch_of_any_size_is_stored_whole(store, count):
    parent = intern(store, CATALOG)
    rows = [user_event(parent, number, joined_revision=number % 3 or None) for number in range(count)]
    assert insert(store, *rows, *rows[: count // 2]) == count
    assert [event.payload for event in user_events(store)] == [row.payload for row in rows]
    assert [event.joined for event in user_events(store)] == [bool(number % 3) for number in range(count)]


def test_arrival_numbers_grow_and_name_one_event(store):
    parent, tenant = intern(store, CATALOG), intern(store, TENANT)
    insert(store, *(user_event(parent, number) for number in (5, 3, 4)))
    create(store, *(client_event(tenant, number) for number in (5, 3, 4)))
    for found, get, name in (
        (user_events(store), store.get_user_event, CATALOG),
        (client_events(store), store.get_client_event, TENANT),
    ):
        by_arrival = sorted(found, key=lambda event: event.id)
        assert [event.event_time_us for event in by_arrival] == [5, 3, 4]
        assert [get(name, event.id) for event in by_arrival] == by_arrival
        assert get(name, by_arrival[-1].id + 1) is None
        assert get("projects/nobody", by_arrival[0].id) is None


_IDENTITIES = st.tuples(st.integers(-3, 3), st.integers(0, 3))  # few, so that they meet


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(_IDENTITIES, max_size=12), max_size=6), page=st.integers(1, 5))
def test_any_history_is_what_a_dictionary_would_hold(tmp_path_factory, batches, page):
    store = SqliteStore(tmp_path_factory.mktemp("history") / "test.db", rejection_limit=1)
    try:
        parent = intern(store, CATALOG)
        model = {}
        for number, batch in enumerate(batches):
            rows = [
                user_event(parent, 0, event_time_us=time_us, fingerprint=fingerprint(mark), payload=b"%d" % number)
                for time_us, mark in batch
            ]
            before = len(model)
            for row in rows:
                model.setdefault((row.event_time_us, row.fingerprint), row.payload)
            assert insert(store, *rows) == len(model) - before
        found = user_events(store, limit=page)
        assert [((event.event_time_us, event.fingerprint), event.payload) for event in found] == sorted(model.items())
    finally:
        store.close()


def test_a_client_event_gets_a_verdict_each_in_order(store):
    tenant = intern(store, TENANT)
    first, other = client_event(tenant, 1), client_event(tenant, 1, fingerprint=fingerprint(2), payload=b"other")
    assert create(store, first, client_event(tenant, 2), first, other) == [
        Verdict.STORED,
        Verdict.STORED,
        Verdict.REPEATED,
        Verdict.CONFLICT,
    ]
    assert create(store, other, first) == [Verdict.CONFLICT, Verdict.REPEATED]
    assert [event.payload for event in client_events(store)] == [b"payload 1", b"payload 2"]


def test_a_client_event_id_belongs_to_its_tenant(store):
    first, second = intern(store, TENANT), intern(store, f"{TENANT}2")
    assert create(store, client_event(first, 1), client_event(second, 1)) == [Verdict.STORED] * 2
    assert len(client_events(store, f"{TENANT}2")) == 1


@pytest.mark.parametrize("page", [1, 2, 7, 100])
def test_client_events_come_by_time_then_by_arrival(store, page):
    tenant = intern(store, TENANT)
    times = [5, 1, 5, -2, 5, 1, 9]
    create(
        store,
        *(client_event(tenant, number, create_time_us=us, event_id=f"{-number}") for number, us in enumerate(times)),
    )
    found = client_events(store, limit=page)
    in_order = sorted(range(len(times)), key=lambda number: (times[number], number))
    assert [event.payload for event in found] == [b"payload %d" % number for number in in_order]


def test_a_parent_that_nobody_wrote_to_is_empty(store):
    assert store.list_user_events("projects/nobody", None, 10) == ([], False, 0)
    assert store.list_client_events("projects/nobody", None, 10) == ([], False, 0)
    assert store.list_rejections("projects/nobody", None, 10) == ([], False, 0)
