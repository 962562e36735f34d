"""footfall.v1.EventLogService: reading back what was stored and what was refused, through the server's own reflection.

Events come in order of their time, rejections newest first; pages don't overlap and leave nothing out; total_size is
exact; a page token is opaque and good for its own list only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.imports import inline, objects
from tests.contract.refusals import refused
from tests.contract.samples import TIME, client_event, put, user_event
from tests.support.reflected import EVENT_LOG, RETAIL, TALENT, ReflectedClient
from tests.support.server import Server

EVENTS = 2_500  # three pages of the largest size


class Listed:
    """One kind of list: its method, its field, and the parent that has `EVENTS` items."""

    def __init__(self, method: str, items: str, parent: str) -> None:
        self.method = method
        self.items = items
        self.parent = parent

    def page(self, reflected: ReflectedClient, **fields: Any) -> Any:
        return reflected.call(EVENT_LOG, self.method, **{"parent": self.parent, **fields})


USER_EVENTS = Listed("ListUserEvents", "user_events", "projects/p/locations/global/catalogs/full")
CLIENT_EVENTS = Listed("ListClientEvents", "client_events", "projects/p/tenants/full")
REJECTED = Listed("ListRejectedEvents", "rejected_events", "projects/p/locations/global/catalogs/rejected")
LISTS = [pytest.param(each, id=each.method) for each in (USER_EVENTS, CLIENT_EVENTS, REJECTED)]


@pytest.fixture(scope="module", autouse=True)
def full(server: Server, reflected: ReflectedClient) -> None:
    """Fills the three lists; times of events run against the order of their arrival, and some coincide."""
    times = [TIME - timedelta(seconds=number // 2) for number in range(EVENTS)]
    events = [user_event(visitor_id=f"v{number}", event_time=time) for number, time in enumerate(times)]
    reflected.wait(reflected.call(RETAIL, "ImportUserEvents", **inline(USER_EVENTS.parent, *events)).name)
    for number, time in enumerate(times):
        event = client_event(CLIENT_EVENTS.parent, event_id=f"e{number}", create_time=time)
        event["job_event"]["type"] = event["job_event"].pop("type_")
        reflected.call(TALENT, "CreateClientEvent", parent=CLIENT_EVENTS.parent, client_event=event)
    put(server.buckets / "rejected/events.jsonl", [f"no JSON {number}" for number in range(EVENTS)])
    reflected.wait(
        reflected.call(RETAIL, "ImportUserEvents", **objects(REJECTED.parent, "gs://rejected/events.jsonl")).name
    )


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("page_size", [1_000, 999, 2_000])
def test_pages_leave_nothing_out(reflected: ReflectedClient, listed: Listed, page_size: int) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = listed.page(reflected, page_size=page_size, page_token=token)
        items = getattr(page, listed.items)
        assert page.total_size == EVENTS
        names += [item.name for item in items]
        token = page.next_page_token
        if not token:
            break
        assert len(items) == min(page_size, 1_000)

    assert len(names) == len(set(names)) == EVENTS
    assert all(name.startswith(f"{listed.parent}/") for name in names)


@pytest.mark.parametrize("listed", LISTS)
def test_page_sizes(reflected: ReflectedClient, listed: Listed) -> None:
    assert len(getattr(listed.page(reflected), listed.items)) == 100
    assert len(getattr(listed.page(reflected, page_size=1), listed.items)) == 1
    assert len(getattr(listed.page(reflected, page_size=2**31 - 1), listed.items)) == 1_000
    with refused(InvalidArgument) as refusal:
        listed.page(reflected, page_size=-1)
    assert refusal.fields == {"page_size": "INVALID_VALUE"}


def test_user_events_are_in_order_of_time(reflected: ReflectedClient) -> None:
    times = [event.user_event.event_time.ToMicroseconds() for event in reflected.user_events(USER_EVENTS.parent)]

    assert times == sorted(times)


def test_client_events_are_in_order_of_time(reflected: ReflectedClient) -> None:
    times = [event.client_event.create_time.ToMicroseconds() for event in reflected.client_events(CLIENT_EVENTS.parent)]

    assert times == sorted(times)


def test_rejections_are_newest_first(reflected: ReflectedClient) -> None:
    numbers = [rejected.line_number for rejected in reflected.rejected(REJECTED.parent)]

    assert numbers == list(range(EVENTS, 0, -1))


@pytest.mark.parametrize("listed", LISTS)
def test_a_page_token_is_opaque_and_belongs_to_its_list(reflected: ReflectedClient, listed: Listed) -> None:
    token = listed.page(reflected).next_page_token
    others = [each.values[0] for each in LISTS if each.values[0] is not listed]

    attempts = [(each, token) for each in (*others, Listed(listed.method, listed.items, f"{listed.parent}-2"))]
    attempts += [(listed, damaged) for damaged in ("1", token[1:], token[:-3], f"{token}AAAA", "ü", "=", "bnVsbA")]
    for other, sent in attempts:
        with refused(InvalidArgument) as refusal:
            other.page(reflected, page_token=sent)
        assert refusal.fields == {"page_token": "INVALID_PAGE_TOKEN"}
    assert listed.parent not in token
    assert getattr(listed.page(reflected, page_token=token, page_size=1), listed.items)  # another size is no other list


@pytest.mark.parametrize("listed", LISTS)
def test_a_parent_without_events_has_an_empty_list(reflected: ReflectedClient, listed: Listed) -> None:
    page = listed.page(reflected, parent=f"{listed.parent}-empty")

    assert not getattr(page, listed.items)
    assert not page.next_page_token
    assert page.total_size == 0


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("parent", ["p", "projects/p", "projects/p/tenants", "projects/p/locations/global/catalogs/"])
def test_a_malformed_parent_is_refused(reflected: ReflectedClient, listed: Listed, parent: str) -> None:
    with refused(InvalidArgument) as refusal:
        listed.page(reflected, parent=parent)

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


@pytest.mark.parametrize(("listed", "method"), [(USER_EVENTS, "GetUserEvent"), (CLIENT_EVENTS, "GetClientEvent")])
def test_an_event_is_got_by_its_name(reflected: ReflectedClient, listed: Listed, method: str) -> None:
    event = getattr(listed.page(reflected), listed.items)[0]

    assert reflected.call(EVENT_LOG, method, name=event.name) == event
    assert abs(event.receive_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(hours=1)

    identity = event.name.rpartition("/")[2]
    collection = event.name.split("/")[-2]
    for unknown in (f"{identity}0000000", "x", f"0{identity}", f"{identity}.0", f"+{identity}", "-1", "9" * 30):
        with refused(NotFound) as refusal:
            reflected.call(EVENT_LOG, method, name=f"{listed.parent}/{collection}/{unknown}")
        assert refusal.reason == "EVENT_NOT_FOUND"
    with refused(NotFound) as refusal:
        reflected.call(EVENT_LOG, method, name=f"{listed.parent}-2/{collection}/{identity}")
    for malformed in (
        identity,
        listed.parent,
        f"{listed.parent}/events/{identity}",
        f"{event.name}/",
        f"/{event.name}",
    ):
        with refused(InvalidArgument) as refusal:
            reflected.call(EVENT_LOG, method, name=malformed)
        assert refusal.fields == {"name": "INVALID_RESOURCE_ID"}


def test_a_page_of_large_events_fits_into_a_message(reflected: ReflectedClient, catalog: str) -> None:
    event = user_event(uri="x" * 5_000, attributes={f"a{number}": {"text": ["x" * 256] * 50} for number in range(3)})
    for number in range(150):
        reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event={**event, "visitor_id": f"v{number}"})

    first = reflected.call(EVENT_LOG, "ListUserEvents", parent=catalog, page_size=1_000)

    assert first.ByteSize() < 4 * 2**20  # what clients take, unless told otherwise
    assert first.next_page_token
    assert len(reflected.user_events(catalog)) == first.total_size == 150
