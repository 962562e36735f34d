"""Filters in SQL mean what they mean in plain Python: in lists, counts, scans and arrivals, of any filter and event."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import filters
from service.events.filters import CLIENT_EVENT_LIST, EXPORT, Language
from service.operations.scans import selection_of
from service.storage.base import Store
from service.storage.records import EventId, Key, Selection, StoredEvent
from service.storage.sqlite import SqliteStore
from tests.storage.rows import CATALOG, TENANT, client_event, create, insert, intern, user_event
from tests.unit.filter_terms import FILTERS, JOB_TYPES, Event, Term, events

_numbers = itertools.count()
_THOROUGH = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


class Filled(NamedTuple):
    """A catalog or tenant with random events: what it is called, and the events by their arrival numbers."""

    store: Store
    kind: str
    parent: str
    events: dict[int, Event]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = SqliteStore(tmp_path_factory.mktemp("filters") / "test.db", rejection_limit=1)
    yield store
    store.close()


def filled(store: Store, language: Language[Any], samples: list[Event]) -> Filled:
    """Stores the samples under a new parent, beside those of every parent before."""
    of_client = language is CLIENT_EVENT_LIST
    kind, parent = ("client_events", TENANT) if of_client else ("user_events", CATALOG)
    parent = f"{parent}{next(_numbers)}"
    parent_id = intern(store, parent)
    before = store.last_arrival(kind)
    if of_client:
        rows = [
            client_event(
                parent_id,
                number,
                create_time_us=sample.us,
                event_type=number_of(sample.event_type),
                request_id=sample.visitor,
                event_id=event_id(number, sample),
            )
            for number, sample in enumerate(samples)
        ]
        create(store, *rows)
    else:
        rows = [
            user_event(
                parent_id,
                number,
                event_time_us=sample.us,
                event_type=sample.event_type,
                visitor_id=sample.visitor,
                user_id=sample.user,
                product_ids=() if sample.joined else ("missing",),
            )
            for number, sample in enumerate(samples)
        ]
        insert(store, *rows)
    return Filled(store, kind, parent, dict(enumerate(samples, before + 1)))


def number_of(event_type: str) -> int:
    """The number of a JobEventType; one that is none for the types of user events."""
    return JobEvent.JobEventType.Value(event_type) if event_type in JOB_TYPES else 99


def event_id(number: int, sample: Event) -> str:
    """The id of a client event, of which a tenant has one each: the sample's user for the first of its like."""
    return sample.user if sample.user is not None else f"none {number}"


def listed(all_: Filled, selection: Selection, limit: int, *, descending: bool) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    after: Key | None = None
    while True:
        page = all_.store.list_events(all_.kind, all_.parent, selection, after, limit, descending=descending)
        found += page.items
        if not page.more:
            assert page.total == len(found)
            return found
        last = page.items[-1]
        after = (last.event_time_us, last.fingerprint if all_.kind == "user_events" else last.id)


def scanned(all_: Filled, selection: Selection, limit: int) -> list[EventId]:
    found: list[EventId] = []
    while page := all_.store.scan_events(all_.kind, all_.parent, selection, found[-1].key if found else None, limit):
        found += page
    return found


def payloads(all_: Filled, selection: Selection, limit: int) -> list[bytes]:
    found: list[bytes] = []
    after: Key | None = None
    while scanned := all_.store.scan_payloads(all_.parent, selection, after, limit):
        each = list(scanned.payloads.each())
        assert 0 < len(each) == scanned.total <= limit
        found, after = found + each, scanned.last
    return found


def joins(all_: Filled, selection: Selection, limit: int) -> list[tuple[int, int | None, bytes]]:
    found: list[tuple[int, int | None, bytes]] = []
    after: Key | None = None
    while page := all_.store.scan_joins(all_.parent, selection, after, limit):
        numbers = map(int, page.numbers.split(","))
        revisions = (int(each) if each else None for each in page.revisions.split(","))
        each = list(zip(numbers, revisions, page.payloads.each(), strict=True))
        assert 0 < len(each) == page.total <= limit
        found, after = found + each, page.last
    return found


def arrived(all_: Filled, selection: Selection, limit: int) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    seen = 0
    while True:
        page, last = all_.store.arrivals(all_.kind, all_.parent, seen, limit, selection)
        found += page
        if last == seen:
            return found
        seen = last


@_THOROUGH
@given(FILTERS, st.lists(events, max_size=25, unique_by=lambda event: event.user or object()), st.integers(1, 30))
def test_sql_selects_what_python_does(
    database: Store, language_and_term: tuple[Language[Any], Term], samples: list[Event], limit: int
) -> None:
    language, term = language_and_term
    all_ = filled(database, language, samples)
    selection = selection_of(filters.parse(term.text, language))
    meant = {
        number
        for number, event in all_.events.items()
        if term.holds(event) and (event.joined or term.says_joined or language is not EXPORT)
    }

    in_order = listed(all_, selection, limit, descending=False)

    assert {event.id for event in in_order} == meant
    assert len(in_order) == len(meant)
    assert [event.event_time_us for event in in_order] == sorted(all_.events[number].us for number in meant)
    assert listed(all_, selection, limit, descending=True) == in_order[::-1]
    assert [event.id for event in scanned(all_, selection, limit)] == [event.id for event in in_order]
    if all_.kind == "user_events":
        assert payloads(all_, selection, limit) == [event.payload for event in in_order]
        assert joins(all_, selection, limit) == [(each.id, each.joined_revision, each.payload) for each in in_order]
    assert [event.id for event in arrived(all_, selection, limit)] == sorted(meant)
    groups = frozenset({"event_type", "day"} | ({"joined"} if all_.kind == "user_events" else set()))
    for wanted in (frozenset(), groups):
        counted = database.count_events(all_.kind, all_.parent, selection, wanted)
        assert sum(group.events for group in counted) == len(meant)
