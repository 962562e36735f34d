"""What funnels and stories are read from: every event that is meant, once, in order, with no more than is needed."""

from __future__ import annotations

import pytest

from service.storage.base import Store
from service.storage.records import ActorEvent, Selection, StoryEvent
from tests.storage.rows import CATALOG, TENANT, client_event, create, fingerprint, insert, intern, user_event

MIB = 2**20
STRANGE = ["\x00", 'a\x00b"', "\\", "\u2028", "\U0001f600", "a\nb", "é"]


def followed(store: Store, kind: str, parent: str, limit: int, **options) -> list[ActorEvent]:
    """Every event, some at a time."""
    found: list[ActorEvent] = []
    selection = options.pop("selection", Selection())
    after = None
    while True:
        page = store.actor_events(kind, parent, selection, after=after, limit=limit, **options)
        found += page
        if not page:
            return found
        after = (page[-1].event_time_us, page[-1].tie)


def test_user_events_come_by_time_with_their_actors(store):
    parent_id = intern(store, CATALOG)
    rows = [
        user_event(parent_id, number, event_time_us=50 - number // 3, visitor_id=f"v{number % 7}", user_id=user)
        for number, user in enumerate([None, "", "u"] * 20)
    ]
    insert(store, *rows)
    ordered = sorted(rows, key=lambda row: (row.event_time_us, row.fingerprint))
    for actor in ("visitor_id", "user_id"):
        for limit in (1, 7, 1_000):
            assert followed(store, "user_events", CATALOG, limit, actor=actor) == [
                ActorEvent(row.event_time_us, row.fingerprint, row.event_type, getattr(row, actor), None)
                for row in ordered
            ]


def test_payloads_come_where_they_are_asked_for(store):
    parent_id = intern(store, CATALOG)
    insert(store, *(user_event(parent_id, number, event_type="ab"[number % 2]) for number in range(4)))
    found = followed(store, "user_events", CATALOG, 10, actor="visitor_id", with_payload=frozenset({"b"}))
    assert [event.payload for event in found] == [None, b"payload 1", None, b"payload 3"]


def test_large_payloads_come_a_few_at_a_time(store):
    sizes = [100, 3 * MIB, 1, MIB, MIB, 2 * MIB + 1, *[MIB // 4] * 20, 7]
    rows = [
        client_event(intern(store, TENANT), number, event_type=1, request_id="r", payload=bytes([number]) * size)
        for number, size in enumerate(sizes)
    ]
    create(store, *rows)
    insert(store, *(user_event(intern(store, CATALOG), n, payload=row.payload) for n, row in enumerate(rows)))
    reads = [pages(store, "client_events", TENANT, "request_id", {1}), told(store)]
    reads.append(pages(store, "user_events", CATALOG, "visitor_id", {"page-view"}))
    for read in reads:
        assert [payload for page in read for payload in page] == [row.payload for row in rows]
        assert all(len(page) == 1 or sum(map(len, page)) <= 2 * MIB for page in read)
        assert len(read) < 12, "as much at a time as may be"
    assert len(pages(store, "client_events", TENANT, "request_id", ())) == 1, "nothing else is that large"


def pages(store: Store, kind: str, parent: str, actor: str, with_payload: object) -> list[list[bytes | None]]:
    """The payloads of every event, by the reads in which they came."""
    found: list[list[ActorEvent]] = []
    after = None
    while page := store.actor_events(
        kind, parent, Selection(), actor=actor, after=after, limit=1_000, with_payload=with_payload
    ):
        found.append(page)
        after = (page[-1].event_time_us, page[-1].tie)
    return [[event.payload for event in page] for page in found]


def told(store: Store) -> list[list[bytes | None]]:
    """The same of the story `r`."""
    found: list[list[StoryEvent]] = []
    while page := store.story_events(
        TENANT, {"r"}, (found[-1][-1].request_id, found[-1][-1].id) if found else None, 1_000, {1}
    ):
        found.append(page)
    return [[event.payload for event in page] for page in found]


def test_a_selection_holds(store):
    parent_id = intern(store, TENANT)
    rows = [client_event(parent_id, number, event_type=number % 5, request_id=f"r{number % 3}") for number in range(60)]
    create(store, *rows)
    selection = Selection(event_types=frozenset({1, 3}), from_us=10, until_us=50, max_id=40)
    found = followed(store, "client_events", TENANT, 4, selection=selection, actor="request_id")
    assert found == [
        ActorEvent(row.create_time_us, number, row.event_type, row.request_id, None)
        for number, row in enumerate(rows, 1)
        if row.event_type in (1, 3) and 10 <= row.create_time_us < 50 and number <= 40
    ]
    assert followed(store, "client_events", f"{TENANT}2", 4, actor="request_id") == []


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_comes_back_as_it_is(store, text):
    insert(store, user_event(intern(store, CATALOG), 1, visitor_id=text, event_type=text))
    create(store, client_event(intern(store, TENANT), 1, request_id=text))
    [event] = followed(store, "user_events", CATALOG, 10, actor="visitor_id")
    assert event == ActorEvent(1, fingerprint(1), text, text, None)
    [event] = followed(store, "client_events", TENANT, 10, actor="request_id")
    assert event.actor == text
    assert [each.request_id for each in store.story_events(TENANT, {text}, None, 10, ())] == [text]


@pytest.mark.parametrize("limit", [1, 4, 1_000])
def test_stories_come_one_after_the_other(store, limit):
    parent_id = intern(store, TENANT)
    names = ["b", "a", None, "c", ""]
    rows = [
        client_event(parent_id, number, event_type=number % 3, request_id=names[number % 5]) for number in range(40)
    ]
    create(store, *rows)
    create(store, client_event(intern(store, f"{TENANT}2"), 1, request_id="a"))
    found: list[StoryEvent] = []
    while page := store.story_events(
        TENANT, ["a", "b", ""], (found[-1].request_id, found[-1].id) if found else None, limit, {2}
    ):
        found += page
    expected = [
        StoryEvent(row.request_id, number, row.event_type, row.payload if row.event_type == 2 else None)
        for number, row in enumerate(rows, 1)
        if row.request_id in ("a", "b", "")
    ]
    assert found == sorted(expected, key=lambda event: (event.request_id, event.id))
