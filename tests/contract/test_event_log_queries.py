"""Lists with filters, orders and masks, and counts, held against the events that were sent."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.maintenance import COUNT, EVENTS, START, fill, hour, user
from tests.contract.own_events import own
from tests.contract.refusals import refused
from tests.contract.samples import TIME, client_event
from tests.support.reflected import EVENT_LOG, ReflectedClient

CATALOG = "projects/p/locations/global/catalogs/queried"
TENANT = "projects/p/tenants/queried"
BY_TYPE, BY_DAY, BY_JOINED = 1, 2, 3
JOB_TYPES = {1: "IMPRESSION", 2: "VIEW", 4: "APPLICATION_START"}
CLIENT_EVENTS = [
    client_event(
        TENANT,
        sorted(JOB_TYPES)[number % 3],
        event_id=f"e{number}",
        request_id=f"r{number % 7}",
        create_time=TIME + timedelta(hours=number),
    )
    for number in range(90)
]
LISTS = [
    pytest.param("ListUserEvents", "user_events", CATALOG, "event_time", id="user"),
    pytest.param("ListClientEvents", "client_events", TENANT, "create_time", id="client"),
]
COUNTS = [
    pytest.param("CountUserEvents", CATALOG, id="user"),
    pytest.param("CountClientEvents", TENANT, id="client"),
]


@pytest.fixture(scope="module", autouse=True)
def full(reflected: ReflectedClient) -> None:
    fill(reflected, CATALOG)
    reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=TENANT, client_events=own(CLIENT_EVENTS))


def pages(reflected: ReflectedClient, method: str, items: str, parent: str, **fields: Any) -> list[Any]:
    """Every item, in pages of 7, whose total_size must be their number."""
    found: list[Any] = []
    token = ""
    while True:
        page = reflected.call(EVENT_LOG, method, parent=parent, page_size=7, page_token=token, **fields)
        found += getattr(page, items)
        token = page.next_page_token
        if not token:
            assert page.total_size == len(found)
            return found


def joined(event: dict[str, Any]) -> bool:
    return "product_details" not in event


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", lambda _: True),
        ("*", lambda _: True),
        ("joined = false", lambda event: not joined(event)),
        ("joined=true eventType=search", lambda event: joined(event) and event["event_type"] == "search"),
        ("visitorId = v1 AND user_id = u2", lambda event: event["visitor_id"] == "v1" and user(event) == "u2"),
        (f'eventTime >= "{hour(100)}"', lambda event: event["event_time"] >= START + timedelta(hours=100)),
        (f'event_time: ["{hour(3)}", "{hour(9)}"]', lambda e: 3 <= (e["event_time"] - START) / timedelta(hours=1) <= 9),
        ("eventType = never", lambda _: False),
    ],
)
def test_filtered_user_events(reflected: ReflectedClient, text: str, wanted: Any) -> None:
    found = pages(reflected, "ListUserEvents", "user_events", CATALOG, filter=text)

    expected = [event["event_time"] for event in EVENTS if wanted(event)]
    assert [each.user_event.event_time.ToDatetime(START.tzinfo) for each in found] == expected
    counted = reflected.call(EVENT_LOG, "CountUserEvents", parent=CATALOG, filter=text)
    assert counted.total_count == len(expected)
    assert not counted.counts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", lambda _: True),
        ("*", lambda _: True),
        ("eventType = VIEW", lambda event: event["job_event"]["type_"] == 2),
        ("event_type=VIEW requestId=r3", lambda e: e["job_event"]["type_"] == 2 and e["request_id"] == "r3"),
        ('event_id = "e17"', lambda event: event["event_id"] == "e17"),
        (f'createTime < "{TIME:%Y-%m-%dT%H:%M:%SZ}"', lambda _: False),
        (f'create_time > "{TIME:%Y-%m-%dT%H:%M:%S.%fZ}"', lambda event: event["create_time"] > TIME),
    ],
)
def test_filtered_client_events(reflected: ReflectedClient, text: str, wanted: Any) -> None:
    found = pages(reflected, "ListClientEvents", "client_events", TENANT, filter=text)

    expected = [event["event_id"] for event in CLIENT_EVENTS if wanted(event)]
    assert [each.client_event.event_id for each in found] == expected
    counted = reflected.call(EVENT_LOG, "CountClientEvents", parent=TENANT, filter=text)
    assert counted.total_count == len(expected)


@pytest.mark.parametrize(("method", "items", "parent", "time"), LISTS)
def test_orders(reflected: ReflectedClient, method: str, items: str, parent: str, time: str) -> None:
    oldest = pages(reflected, method, items, parent)

    assert len(oldest) == {"user_events": COUNT, "client_events": len(CLIENT_EVENTS)}[items]
    assert pages(reflected, method, items, parent, order_by=time) == oldest
    assert pages(reflected, method, items, parent, order_by=f" {time}  desc ") == oldest[::-1]
    for wrong in ("name", f"{time} down", f"{time} desc, name", "desc", f"{time},{time}"):
        with refused(InvalidArgument) as refusal:
            reflected.call(EVENT_LOG, method, parent=parent, order_by=wrong)
        assert refusal.fields == {"order_by": "INVALID_VALUE"}


@pytest.mark.parametrize(("method", "items", "parent", "time"), LISTS)
def test_masks(reflected: ReflectedClient, method: str, items: str, parent: str, time: str) -> None:
    event = items.removesuffix("s")
    everything = reflected.call(EVENT_LOG, method, parent=parent, page_size=5)

    cut = reflected.call(
        EVENT_LOG, method, parent=parent, page_size=5, read_mask={"paths": [f"{event}.{time}", "source"]}
    )

    for each, whole in zip(getattr(cut, items), getattr(everything, items), strict=True):
        assert [field.name for field, _ in each.ListFields()] == [
            field.name for field, _ in whole.ListFields() if field.name in {"name", event, "source"}
        ]
        assert [field.name for field, _ in getattr(each, event).ListFields()] == [time]
        assert each.name == whole.name
    assert cut.total_size == everything.total_size
    token = everything.next_page_token  # another mask is no other list
    assert reflected.call(EVENT_LOG, method, parent=parent, page_token=token, read_mask={"paths": ["name"]})
    own = "joined" if event == "user_event" else "form"
    for same in (["*"], [], [event, "name", "receive_time", "source", own]):
        page = reflected.call(EVENT_LOG, method, parent=parent, page_size=5, read_mask={"paths": same})
        assert page == everything
    for wrong in ("colour", f"{event}.colour", f"{event}..{time}", ""):
        with refused(InvalidArgument) as refusal:
            reflected.call(EVENT_LOG, method, parent=parent, read_mask={"paths": ["name", wrong]})
        assert refusal.fields == {"read_mask": "INVALID_VALUE"}


@pytest.mark.parametrize(("method", "items", "parent", "time"), LISTS)
def test_a_token_belongs_to_filter_and_order(
    reflected: ReflectedClient, method: str, items: str, parent: str, time: str
) -> None:
    token = reflected.call(EVENT_LOG, method, parent=parent, page_size=1).next_page_token
    assert token

    for other in ({"filter": "*"}, {"order_by": f"{time} desc"}):
        with refused(InvalidArgument) as refusal:
            reflected.call(EVENT_LOG, method, parent=parent, page_token=token, **other)
        assert refusal.fields == {"page_token": "INVALID_PAGE_TOKEN"}


@pytest.mark.parametrize(("method", "items", "parent", "time"), LISTS)
def test_a_wrong_filter(reflected: ReflectedClient, method: str, items: str, parent: str, time: str) -> None:
    for text in ("colour=red", "eventType=", "eventType=(search OR login)", "x" * 5_001):
        for each in (method, method.replace("List", "Count")):
            with refused(InvalidArgument) as refusal:
                reflected.call(EVENT_LOG, each, parent=parent, filter=text)
            assert refusal.fields == {"filter": "INVALID_FILTER"}


def groups(counted: Any) -> list[tuple[Any, ...]]:
    return [
        (
            each.event_type,
            (each.day.year, each.day.month, each.day.day) if each.HasField("day") else None,
            each.joined if each.HasField("joined") else None,
            each.count,
        )
        for each in counted.counts
    ]


@pytest.mark.parametrize(
    "group_by",
    [(BY_TYPE,), (BY_DAY,), (BY_JOINED,), (BY_TYPE, BY_DAY), (BY_JOINED, BY_TYPE), (BY_DAY, BY_JOINED, BY_TYPE)],
)
@pytest.mark.parametrize("text", ["", "visitorId=v1"])
def test_counts_of_user_events(reflected: ReflectedClient, group_by: tuple[int, ...], text: str) -> None:
    counted = reflected.call(EVENT_LOG, "CountUserEvents", parent=CATALOG, filter=text, group_by=group_by)

    expected = Counter(
        (
            event["event_type"] if BY_TYPE in group_by else "",
            (event["event_time"].year, event["event_time"].month, event["event_time"].day)
            if BY_DAY in group_by
            else None,
            joined(event) if BY_JOINED in group_by else None,
        )
        for event in EVENTS
        if not text or event["visitor_id"] == "v1"
    )
    assert groups(counted) == [(*group, number) for group, number in sorted(expected.items())]
    assert counted.total_count == sum(expected.values())


@pytest.mark.parametrize("group_by", [(BY_TYPE,), (BY_DAY,), (BY_DAY, BY_TYPE)])
def test_counts_of_client_events(reflected: ReflectedClient, group_by: tuple[int, ...]) -> None:
    counted = reflected.call(EVENT_LOG, "CountClientEvents", parent=TENANT, group_by=group_by)

    expected = Counter(
        (
            JOB_TYPES[event["job_event"]["type_"]] if BY_TYPE in group_by else "",
            (event["create_time"].year, event["create_time"].month, event["create_time"].day)
            if BY_DAY in group_by
            else None,
            None,
        )
        for event in CLIENT_EVENTS
    )
    assert sorted(groups(counted)) == sorted((*group, number) for group, number in expected.items())
    assert counted.total_count == len(CLIENT_EVENTS)


@pytest.mark.parametrize(("method", "parent"), COUNTS)
def test_days_before_1970(reflected: ReflectedClient, method: str, parent: str) -> None:
    other = f"{parent}-old"
    time = TIME.replace(year=1969, month=12, day=31, hour=23)
    if method == "CountUserEvents":
        fill(reflected, other, [{**EVENTS[0], "event_time": time}])
    else:
        events = own([client_event(other, create_time=time)])
        reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=other, client_events=events)

    (group,) = groups(reflected.call(EVENT_LOG, method, parent=other, group_by=[BY_DAY]))

    assert group[1] == (1969, 12, 31)


@pytest.mark.parametrize(("method", "parent"), COUNTS)
@pytest.mark.parametrize(("group_by", "wrong"), [([0], 0), ([BY_DAY, 77], 1), ([BY_TYPE, BY_DAY, BY_TYPE], 2)])
def test_a_wrong_group(reflected: ReflectedClient, method: str, parent: str, group_by: list[int], wrong: int) -> None:
    with refused(InvalidArgument) as refusal:
        reflected.call(EVENT_LOG, method, parent=parent, group_by=group_by)

    assert list(refusal.fields) == [f"group_by[{wrong}]"]


@pytest.mark.parametrize(("method", "parent"), COUNTS)
def test_nothing_to_count(reflected: ReflectedClient, method: str, parent: str) -> None:
    counted = reflected.call(EVENT_LOG, method, parent=f"{parent}-empty", group_by=[BY_TYPE])

    assert counted.total_count == 0
    assert not counted.counts
    with refused(InvalidArgument) as refusal:
        reflected.call(EVENT_LOG, method, parent="projects/p")
    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}
