"""Products: versions by revision, what was left alone since one, and which past versions are still needed."""

from __future__ import annotations

from service.storage.records import ProductRow
from tests.storage.rows import CATALOG, insert, intern, user_event

BRANCH = f"{CATALOG}/branches/0"


def row(product_id, payload=b"payload", **changes):
    """A product that needs no more than an id."""
    values = ProductRow(
        product_id=product_id,
        type=1,
        primary_product_id=product_id,
        availability=0,
        create_time_us=1,
        change_time_us=1,
        expire_time_us=None,
        payload=payload,
    )
    return values._replace(**changes)


def put(store, branch, *rows):
    """Writes products and returns the revision that they are in."""
    with store.transaction() as transaction:
        transaction.put_products(branch, rows)
        return transaction.revision(branch)


def ids(rows):
    return [each.product_id for each in rows]


def left_alone(store, revision):
    return ids(store.products_left_alone(BRANCH, revision, "", 100))


def test_a_change_makes_a_version_and_a_revision(store):
    branch = intern(store, BRANCH)
    assert put(store, branch, row("a", b"1"), row("b", b"1")) == 1
    assert put(store, branch, row("a", b"2"), row("b", b"1")) == 2
    assert put(store, branch, row("a", b"2", change_time_us=2)) == 2  # nothing changed

    assert store.get_product(BRANCH, "a") == row("a", b"2")
    assert store.get_product(BRANCH, "c") is None
    found = store.products_at(BRANCH, [("a", 0), ("a", 1), ("a", 2), ("a", 9), ("b", 2), ("c", 2)])
    assert {key: version.payload for key, version in found.items()} == {
        ("a", 1): b"1",
        ("a", 2): b"2",
        ("a", 9): b"2",
        ("b", 2): b"1",
    }


def test_a_revision_stays_as_it_was(store):
    branch = intern(store, BRANCH)
    put(store, branch, *(row(each, b"1") for each in "abc"))
    put(store, branch, row("b", b"2"), row("d"))
    with store.transaction() as transaction:
        transaction.delete_products(branch, ["a"])

    def at(revision, after="", limit=10):
        return [(each.product_id, each.payload) for each in store.products_of_revision(BRANCH, revision, after, limit)]

    assert at(0) == []
    assert at(1) == [("a", b"1"), ("b", b"1"), ("c", b"1")]
    assert at(1, "a", 1) == [("b", b"1")]
    assert at(3) == [("b", b"2"), ("c", b"1"), ("d", b"payload")]


def test_the_later_of_two_rows_counts(store):
    branch = intern(store, BRANCH)
    put(store, branch, row("a", b"1"), row("a", b"2"))
    assert store.list_products(BRANCH, after="", limit=10, count=True).total == 1
    assert store.get_product(BRANCH, "a").payload == b"2"


def test_deleted_products_are_gone_from_their_revision_on(store):
    branch, other = intern(store, BRANCH), intern(store, f"{CATALOG}/branches/1")
    put(store, branch, row("a"), row("b"))
    put(store, other, row("a"))
    with store.transaction() as transaction:
        assert transaction.delete_products(branch, ["a", "missing"]) == 1
        assert transaction.delete_products(branch, ["a"]) == 0
        assert transaction.products(branch, ["a", "b"]) == {"b": row("b")}
        assert transaction.revision(branch) == 2

    assert ids(store.list_products(BRANCH, after="", limit=10).items) == ["b"]
    assert set(store.products_at(BRANCH, [("a", 1), ("a", 2)])) == {("a", 1)}
    assert store.get_product(f"{CATALOG}/branches/1", "a")


def test_what_nobody_wrote_since_a_revision(store):
    branch = intern(store, BRANCH)
    put(store, branch, *(row(each) for each in "abcdef"))
    with store.transaction() as transaction:
        begun = transaction.end_revision(branch)
    put(store, branch, row("a", b"changed"), row("b"), row("new"))
    with store.transaction() as transaction:
        transaction.confirm_products(branch, ["c", "missing"])
        transaction.delete_products(branch, ["d"])

    assert begun == 1
    assert left_alone(store, begun) == ["e", "f"]
    assert ids(store.products_left_alone(BRANCH, begun, "e", 100)) == ["f"]
    assert ids(store.products_left_alone(BRANCH, begun, "", 1)) == ["e"]
    with store.transaction() as transaction:
        assert transaction.delete_products(branch, ["a", "b", "c", "e", "new"], revision=begun) == 1
    assert ids(store.list_products(BRANCH, after="", limit=10).items) == ["a", "b", "c", "f", "new"]


def test_a_second_sweep_does_not_count_what_was_written_before_it(store):
    branch = intern(store, BRANCH)
    put(store, branch, row("a"), row("b"))
    begun = []
    for wanted in ("a", "b"):
        with store.transaction() as transaction:
            begun.append(transaction.end_revision(branch))
        put(store, branch, row(wanted))

    assert left_alone(store, begun[0]) == []
    assert left_alone(store, begun[1]) == ["a"]


def test_versions_that_nothing_needs(store):
    branch, catalog = intern(store, BRANCH), intern(store, CATALOG)
    for number in range(1, 5):
        put(store, branch, row("a", b"%d" % number))
        if number == 2:
            event = user_event(catalog, number, branch_id=branch, product_ids=("a",))
            with store.transaction() as transaction:
                assert transaction.insert_user_events([event]) == 1

    unneeded = store.unneeded_products(BRANCH, CATALOG, needed=[3])
    with store.transaction() as transaction:
        transaction.forget_products(branch, unneeded)

    found = store.products_at(BRANCH, [("a", number) for number in range(1, 5)])
    assert {revision: version.payload for (_, revision), version in found.items()} == {2: b"2", 3: b"3", 4: b"4"}


def test_events_join_what_is_there_in_the_same_transaction(store):
    branch, catalog = intern(store, BRANCH), intern(store, CATALOG)
    events = [user_event(catalog, number, branch_id=branch, product_ids=("a",)) for number in range(4)]
    insert(store, events[0])
    with store.transaction() as transaction:
        transaction.put_products(branch, [row("a", expire_time_us=events[2].receive_time_us)])
        assert transaction.insert_user_events_of(catalog, [events[1], events[2]])[:2] == (1, 1)
        transaction.delete_products(branch, ["a"])
        assert transaction.insert_user_events_of(catalog, [events[3]])[:2] == (0, 1)
