"""The database as a whole: transactions, parents, opening again, and that only one may have it open."""

from __future__ import annotations

import threading

import pytest

from service.storage.errors import DatabaseLockedError
from tests.storage.rows import (
    CATALOG,
    TENANT,
    client_event,
    client_events,
    create,
    insert,
    intern,
    operation,
    reject,
    rejection,
    rejections,
    user_event,
    user_events,
)


class OopsError(Exception):
    """Something outside the store."""


def test_an_error_undoes_the_whole_transaction(store):
    parent = intern(store, CATALOG)
    insert(store, user_event(parent, 1))

    def write_and_fail():
        with store.transaction() as transaction:
            transaction.intern_parent(TENANT)
            transaction.insert_user_events([user_event(parent, 2)])
            transaction.insert_client_events([client_event(parent, 1)])
            transaction.insert_rejections([rejection(parent, 1)])
            transaction.insert_operation(operation(parent, "o"))
            raise OopsError

    with pytest.raises(OopsError):
        write_and_fail()
    assert store.parents() == {CATALOG: parent}
    assert [event.event_time_us for event in user_events(store)] == [1]
    assert client_events(store, CATALOG) == []
    assert rejections(store) == []
    assert store.get_operation("o") is None
    assert insert(store, user_event(parent, 2)) == 1, "the store writes on"


def test_readers_see_what_is_committed_and_wait_for_nobody(store):
    parent = intern(store, CATALOG)
    seen = []
    with store.transaction() as transaction:
        transaction.insert_user_events([user_event(parent, 1)])
        reader = threading.Thread(target=lambda: seen.append(len(user_events(store))))
        reader.start()
        reader.join(10)
    assert seen == [0]
    assert len(user_events(store)) == 1


def test_parents_are_numbered_once(store):
    first, second = intern(store, CATALOG), intern(store, TENANT)
    assert first != second
    assert (intern(store, CATALOG), intern(store, TENANT)) == (first, second)
    assert store.parents() == {CATALOG: first, TENANT: second}


def test_all_is_there_after_opening_again(open_store):
    def contents(store):
        return user_events(store), client_events(store), rejections(store), store.get_operation("o"), store.parents()

    store = open_store()
    catalog, tenant = intern(store, CATALOG), intern(store, TENANT)
    insert(store, *(user_event(catalog, number) for number in range(500)))
    create(store, *(client_event(tenant, number) for number in range(50)))
    reject(store, *(rejection(catalog, number) for number in range(50)))
    with store.transaction() as transaction:
        transaction.insert_operation(operation(catalog, "o"))
    before = contents(store)
    store.close()
    store = open_store()
    assert contents(store) == before
    last = max(event.id for event in before[0])
    insert(store, user_event(catalog, 1_000))
    assert max(event.id for event in user_events(store)) > last


def test_a_second_opener_is_refused_and_the_first_is_not_disturbed(open_store):
    store = open_store()
    with pytest.raises(DatabaseLockedError, match="is in use by another Footfall process"):
        open_store()
    insert(store, user_event(intern(store, CATALOG), 1))
    store.close()
    assert len(user_events(open_store())) == 1
