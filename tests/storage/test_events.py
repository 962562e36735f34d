"""Events: each identity is stored once, counts are exact, lists are in order and complete in pages of any size."""

from __future__ import annotations

from functools import partial

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from generated.google.cloud.talent.v3 import event_pb2 as v3
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events.client_event_forms import normal_form
from service.events.record import client_event_record
from service.storage.records import EVERYTHING, ClientEventRow, ProductRow, Receipt, UserEventColumns, Verdict
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
_IDS = ["", "e", "E", "ä", '"', "a'b", "\0", "\0\0", "\U0001f600", "x" * 300]


def test_a_user_event_is_stored_as_it_was_given(store):
    parent = intern(store, CATALOG)
    row = user_event(parent, 7, user_id="u", product_ids=("missing",), payload=b"\0\xff")
    insert(store, row)
    (event,) = user_events(store)
    assert event[2:] == (7, row.fingerprint, row.receive_time_us, 1, None, b"\0\xff", 0, None)
    assert event.parent == CATALOG
    assert store.get_event("user_events", CATALOG, event.id) == event


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
    assert store.get_event("user_events", OTHER, event.id) is None


@pytest.mark.parametrize("count", [1, 2, 4, 5, 31, 32, 36, 255, 256, 257, 293, 1_000])
def test_a_batch_of_any_size_is_stored_whole(store, count):
    parent = intern(store, CATALOG)
    rows = [user_event(parent, number, product_ids=() if number % 3 else ("missing",)) for number in range(count)]
    assert insert(store, *rows, *rows[: count // 2]) == count
    assert [event.payload for event in user_events(store)] == [row.payload for row in rows]
    assert [event.joined_revision is not None for event in user_events(store)] == [
        bool(number % 3) for number in range(count)
    ]


def test_arrival_numbers_grow_and_name_one_event(store):
    parent, tenant = intern(store, CATALOG), intern(store, TENANT)
    insert(store, *(user_event(parent, number) for number in (5, 3, 4)))
    create(store, *(client_event(tenant, number) for number in (5, 3, 4)))
    for found, get, name in (
        (user_events(store), partial(store.get_event, "user_events"), CATALOG),
        (client_events(store), partial(store.get_event, "client_events"), TENANT),
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


def test_a_client_event_comes_again_in_another_form(store):
    tenant = intern(store, TENANT)
    others = [fingerprint(number) for number in (2, 3)]
    kept = client_event(tenant, 1, form=2, other_fingerprints=b"".join(others), beside=b"\0beside")
    bare = client_event(tenant, 1)  # says what v4's form says of it
    assert create(store, kept) == [Verdict.STORED]
    assert create(store, kept, bare, bare._replace(form=2), bare._replace(form=3)) == [
        Verdict.REPEATED,
        Verdict.REPEATED,
        Verdict.CONFLICT,
        Verdict.CONFLICT,
    ]
    in_third = bare._replace(form=3, fingerprint=fingerprint(9), other_fingerprints=fingerprint(9) + others[1])
    assert create(store, in_third, in_third._replace(form=1)) == [Verdict.REPEATED, Verdict.CONFLICT]
    (event,) = client_events(store)
    assert (event.form, event.beside) == (2, b"\0beside")


@pytest.mark.parametrize("together", [True, False])
def test_a_client_event_of_v4_comes_again_in_a_form_that_can_say_less(store, together):
    tenant = intern(store, TENANT)
    first = ClientEvent(event_id="e", request_id="r", event_notes="only v4 has notes")
    first.create_time.FromNanoseconds(1_700_000_000_123_456_789)
    first.job_event.type, first.job_event.jobs[:] = 1, ["a job"]
    again = v3.ClientEvent(event_id="e", request_id="r", create_time=first.create_time)
    again.job_event.type, again.job_event.jobs[:] = 1, ["a job"]
    millis = first.create_time.ToMilliseconds()
    legacy = LegacyClientEvent(event_id="e", request_id="r", event_type="IMPRESSION", event_timestamp_millis=millis)
    legacy.related_job_names[:] = ["a job"]
    rows = [_row(tenant, sent) for sent in (first, again, legacy)]
    other = LegacyClientEvent.FromString(legacy.SerializeToString())
    other.event_timestamp_millis += 1
    rows.append(_row(tenant, other))

    verdicts = create(store, *rows) if together else [verdict for row in rows for verdict in create(store, row)]
    assert verdicts == [Verdict.STORED, Verdict.REPEATED, Verdict.REPEATED, Verdict.CONFLICT]


def test_large_client_events_come_again_in_another_form(store):
    tenant = intern(store, TENANT)
    jobs = [f"job {number}" for number in range(100_000)]
    sent = ClientEvent(create_time=Timestamp(seconds=1_700_000_000, nanos=1), job_event=JobEvent(type=1, jobs=jobs))
    again = v3.ClientEvent(create_time=sent.create_time, job_event=v3.JobEvent(type=1, jobs=jobs))
    rows = []
    for number in range(20):
        sent.event_id = again.event_id = str(number)
        assert create(store, _row(tenant, sent)) == [Verdict.STORED]
        rows.append(_row(tenant, again))
    assert set(create(store, *rows, _row(tenant, sent))) == {Verdict.REPEATED}


def test_a_time_that_the_server_filled_in_tells_nothing_of_other_forms(store):
    tenant = intern(store, TENANT)
    sent = ClientEvent(event_id="e", job_event=JobEvent(type=1, jobs=["a job"]))
    row = _row(tenant, sent, now_us=1_700_000_000_123_456)
    assert create(store, row._replace(other_fingerprints=None)) == [Verdict.STORED], "as an older release stored it"
    again = v3.ClientEvent(event_id="e", job_event=v3.JobEvent(type=1, jobs=["a job"]))
    again.create_time.FromMicroseconds(1_700_000_000_123_456)
    assert create(store, _row(tenant, again), row) == [Verdict.CONFLICT, Verdict.REPEATED]


def _row(tenant: int, sent: Message, now_us: int = 0) -> ClientEventRow:
    event, beside, _ = normal_form(sent, TENANT)
    record = client_event_record(event, now_us, beside)
    return ClientEventRow(tenant, *record[:5], 1, 1, *record[5:])


def test_a_client_event_id_belongs_to_its_tenant(store):
    first, second = intern(store, TENANT), intern(store, f"{TENANT}2")
    assert create(store, client_event(first, 1), client_event(second, 1)) == [Verdict.STORED] * 2
    assert len(client_events(store, f"{TENANT}2")) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 1), st.sampled_from(_IDS), st.integers(0, 2)), max_size=12), max_size=5
    )
)
def test_verdicts_are_what_a_dictionary_would_give(tmp_path_factory, batches):
    store = SqliteStore(tmp_path_factory.mktemp("verdicts") / "test.db", rejection_limit=1)
    try:
        names = [TENANT, f"{TENANT}2"]
        tenants = [intern(store, name) for name in names]
        model = {}
        for batch in batches:
            rows = [
                client_event(tenants[tenant], mark, event_id=event_id, payload=f"{event_id}{mark}".encode())
                for tenant, event_id, mark in batch
            ]
            expected = []
            for row in rows:
                there = model.setdefault((row.parent_id, row.event_id), row)
                same = Verdict.REPEATED if there.fingerprint == row.fingerprint else Verdict.CONFLICT
                expected.append(Verdict.STORED if there is row else same)
            assert create(store, *rows) == expected
        for name, tenant in zip(names, tenants, strict=True):
            found = sorted(event.payload for event in client_events(store, name))
            assert found == sorted(row.payload for (parent, _), row in model.items() if parent == tenant)
    finally:
        store.close()


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1_000])
def test_a_batch_of_client_events_of_any_size_gets_all_its_verdicts(store, count):
    tenant = intern(store, TENANT)
    rows = [client_event(tenant, number) for number in range(count)]
    changed = [row._replace(fingerprint=fingerprint(-1)) for row in rows]
    assert create(store, *rows) == [Verdict.STORED] * count
    more = client_event(tenant, count)
    assert create(store, *changed, more, *rows) == [
        *[Verdict.CONFLICT] * count,
        Verdict.STORED,
        *[Verdict.REPEATED] * count,
    ]
    assert len(client_events(store)) == count + 1


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
    assert store.list_events("user_events", "projects/nobody", EVERYTHING, None, 10) == ([], False, 0)
    assert store.list_events("client_events", "projects/nobody", EVERYTHING, None, 10) == ([], False, 0)
    assert store.list_rejections("projects/nobody", None, 10) == ([], False, 0)
    assert store.rejections_after("projects/nobody", 0, 10) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2)), max_size=600), max_size=3))
def test_events_by_column_are_stored_as_rows_are(tmp_path_factory, batches):
    """Some come twice, some join, some don't."""
    folder = tmp_path_factory.mktemp("columns")
    stores = [SqliteStore(folder / name, rejection_limit=1) for name in ("rows.db", "columns.db")]
    counts = []
    for store in stores:
        branch, catalog = intern(store, f"{CATALOG}/branches/0"), intern(store, CATALOG)
        receipt = Receipt(catalog, 1_700_000_000_000_000, 3, branch)
        with store.transaction() as transaction:
            transaction.put_products(branch, [ProductRow("there", 1, "there", 1, 0, 0, None, b"")])
        for batch in batches:
            rows = [
                user_event(
                    catalog,
                    number,
                    branch_id=branch,
                    source=receipt.source,
                    receive_time_us=receipt.receive_time_us,
                    product_ids=[(), ("there",), ("there", "missing")][products],
                )
                for number, products in batch
            ]
            with store.transaction() as transaction:
                if store is stores[0]:
                    counts.append(transaction.insert_user_events_of(catalog, rows)[:2])
                else:
                    columns = UserEventColumns(
                        *zip(*((*row[1:6], row.product_ids, row.payload) for row in rows), strict=True)
                    )
                    counts.append(transaction.insert_user_event_columns(receipt, columns))
    assert user_events(stores[0]) == user_events(stores[1])
    assert stores[0].summary().user_events == stores[1].summary().user_events
    assert counts[: len(batches)] == counts[len(batches) :]
    for store in stores:
        store.close()


def test_payloads_that_are_too_large_to_be_read_as_one_are_read_in_parts(store):
    """Such as the largest events that there may be, behind small ones."""
    sizes = [10] * 5 + [2**20] * 80
    with store.transaction() as transaction:
        parent = transaction.intern_parent(CATALOG)
        rows = [user_event(parent, number, payload=bytes([number]) * size) for number, size in enumerate(sizes)]
        transaction.insert_user_events(rows)
    found, after = [], None
    while scanned := store.scan_payloads(CATALOG, EVERYTHING, after, 1_000):
        found += scanned.payloads.each()
        after = scanned.last
    assert found == [row.payload for row in rows]
