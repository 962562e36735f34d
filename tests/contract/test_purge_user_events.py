"""retail PurgeUserEvents: counts and a sample first, then exactly those go, and what came meanwhile stays."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.clients import Official, every_route, over_grpc
from tests.contract.maintenance import (
    COUNT,
    EVENTS,
    START,
    Wanted,
    check_types,
    count,
    expected,
    fill,
    hour,
    metadata,
    user,
)
from tests.contract.refusals import refused
from tests.contract.samples import lines, put, user_event
from tests.support.reflected import EVENT_LOG, RETAIL, ReflectedClient
from tests.support.server import Server

CASES: dict[str, Wanted] = {
    "*": lambda _: True,
    'eventType = "search"': lambda event: event["event_type"] == "search",
    "eventType=add-to-cart": lambda event: event["event_type"] == "add-to-cart",
    "event_type = add-to-cart visitor_id=v1": lambda event: (
        event["event_type"] == "add-to-cart" and event["visitor_id"] == "v1"
    ),
    'visitorId = "v2"': lambda event: event["visitor_id"] == "v2",
    "visitorID=v2 AND userID=u1": lambda event: event["visitor_id"] == "v2" and user(event) == "u1",
    "user_id = u3": lambda event: user(event) == "u3",
    'userId = "nobody"': lambda _: False,
    f'eventTime > "{hour(10)}" eventTime < "{hour(20)}"': lambda event: (
        START + timedelta(hours=10) < event["event_time"] < START + timedelta(hours=20)
    ),
    f'eventTime >= "{hour(10)}" eventTime <= "{hour(20)}"': lambda event: (
        START + timedelta(hours=10) <= event["event_time"] <= START + timedelta(hours=20)
    ),
    f'(event_time: ["{hour(0)}", "2023-12-31T23:59:59Z"])': lambda event: event["event_time"].year == 2023,
    f'eventTime: ["{hour(5)}", "{hour(6)}"] userId=u0': lambda event: (
        event["event_time"] in {START + timedelta(hours=5), START + timedelta(hours=6)} and user(event) == "u0"
    ),
    f'eventTime = "{hour(7)}"': lambda event: event["event_time"] == START + timedelta(hours=7),
    f'eventTime > "{hour(20)}" eventTime < "{hour(10)}"': lambda _: False,
}

FIELDS = "eventTime, eventType, visitorId or userId"
# Position, and what is said of it.
BAD = [
    ('invalid="123abc"', 1, f"found 'invalid', expected {FIELDS}"),
    ("", 1, "found the end of the filter, expected a field"),
    (" ", 2, "found the end of the filter, expected a field"),
    ("eventType", 1, "found 'eventType', expected an operator and a value after it"),
    ("eventType=", 11, "found the end of the filter, expected a value"),
    ("eventType!=search", 10, "found '!=', expected ="),
    ('eventType > "search"', 11, "found '>', expected ="),
    ("eventType search", 1, "found 'eventType', expected an operator and a value after it"),
    ('eventTime > "yesterday"', 13, "expected a time of RFC 3339, such as 2012-04-23T18:25:43.511Z"),
    ('eventTime: ["2024-01-01T00:00:00Z"]', 35, "found ']', expected ','"),
    ("eventType=a OR eventType=b", 13, "found 'OR', expected "),
    ("eventType=a and userId=b", 13, "found 'and', expected a term; AND, in upper case, stands between two terms"),
    ("eventType=(NOT a)", 12, "found 'NOT', which only filters of exports may have"),
    ("joined=true", 1, f"found 'joined', expected {FIELDS}"),
    ("eventsMissingCatalogItems", 1, f"found 'eventsMissingCatalogItems', expected a term: {FIELDS}"),
    ("* eventType=a", 3, "found 'eventType', expected the end of the filter"),
    ('visitorId = "v', 13, "found a quote that is not closed, expected a value"),
    (f'visitorId = "{"v" * 5_000}"', 5_001, "expected the end, since a filter has at most 5,000 characters"),
]


def purge(retail: Official, catalog: str, wanted: str, *, force: bool = False) -> object:
    return retail.client.purge_user_events({"parent": catalog, "filter": wanted, "force": force})


@every_route
def test_it_is_tried_first_and_done_then(retail: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(reflected, catalog)
    searches = expected(CASES['eventType = "search"'])

    tried = purge(retail, catalog, 'eventType = "search"')

    assert tried.result() == retail.types.PurgeUserEventsResponse(purged_events_count=searches)
    assert isinstance(tried.metadata, retail.types.PurgeMetadata)
    assert re.fullmatch(rf"{catalog}/operations/purge-user-events-\d{{1,20}}", tried.operation.name)
    check_types(retail, reflected, tried, "PurgeMetadata", "PurgeUserEventsResponse")
    said = metadata(reflected, tried)
    assert (said.matched_events_count, said.purged_events_count) == (searches, 0)
    assert said.create_time.ToMicroseconds() <= said.update_time.ToMicroseconds()
    listed = reflected.call(EVENT_LOG, "ListUserEvents", parent=catalog, filter="eventType = search", page_size=1_000)
    assert list(said.user_events_sample) == [each.name for each in listed.user_events]
    assert count(reflected, catalog) == COUNT

    done = purge(retail, catalog, 'eventType = "search"', force=True)

    assert done.result().purged_events_count == searches
    said = metadata(reflected, done)
    assert (said.matched_events_count, said.purged_events_count) == (searches, searches)
    assert not said.user_events_sample
    left = reflected.user_events(catalog)
    assert len(left) == COUNT - searches
    assert "search" not in {each.user_event.event_type for each in left}
    with refused(NotFound):
        reflected.call(EVENT_LOG, "GetUserEvent", name=listed.user_events[0].name)
    assert purge(retail, catalog, "eventType=search", force=True).result().purged_events_count == 0


@pytest.mark.parametrize("text", CASES)
def test_filters(reflected: ReflectedClient, catalog: str, text: str) -> None:
    fill(reflected, catalog)
    wanted = expected(CASES[text])
    assert count(reflected, catalog, text) == wanted  # it can be looked at first
    response = reflected.message("google.cloud.retail.v2.PurgeUserEventsResponse")

    for force in (False, True):
        name = reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter=text, force=force).name
        assert reflected.wait(name).response.Unpack(response)
        assert response.purged_events_count == wanted

    kept = sorted((each["event_time"], each["event_type"]) for each in EVENTS if not CASES[text](each))
    left = reflected.user_events(catalog)
    assert [each.user_event.event_type for each in left] == [event_type for _, event_type in kept]
    assert [each.user_event.event_time.ToJsonString() for each in left] == [
        time.strftime("%Y-%m-%dT%H:%M:%SZ") for time, _ in kept
    ]


@pytest.mark.parametrize(("text", "position", "problem"), BAD)
def test_what_is_not_in_the_language(
    reflected: ReflectedClient, catalog: str, text: str, position: int, problem: str
) -> None:
    for force in (False, True):
        with refused(InvalidArgument) as refusal:
            reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter=text, force=force)

        assert refusal.fields == {"filter": "INVALID_FILTER"}
        assert f"At position {position}: " in refusal.message
        assert problem in refusal.message
        assert "Valid filter examples: " in refusal.message


@every_route
def test_an_unknown_field_is_told_in_googles_words(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        purge(retail, catalog, 'invalid="123abc"')

    assert refusal.message.startswith(
        "Invalid filter 'invalid=\"123abc\"'. '=' can not be specified with 'invalid' Valid filter examples: "
        'eventTime>"2012-04-23T18:25:43.511Z" eventTime<"2012-04-23T18:25:43.511Z" eventType=search '
        'visitorId="someVisitorId"'
    )
    assert not list(retail.client.list_operations({"name": catalog}).operations)


@over_grpc
def test_a_malformed_catalog(retail: Official) -> None:
    with refused(InvalidArgument) as refusal:
        purge(retail, "invalid_catalog_name", "*")

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


def test_what_arrives_after_the_call_stays(reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    put(bucket / "events.jsonl", lines(5_000))
    source = {"gcs_source": {"input_uris": [f"gs://{bucket.name}/events.jsonl"]}}
    reflected.wait(reflected.call(RETAIL, "ImportUserEvents", parent=catalog, input_config=source).name)

    name = reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*", force=True).name
    for number in range(20):
        late = user_event(visitor_id=f"late-{number}", event_time=START + timedelta(days=900))
        reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=late)
    response = reflected.message("google.cloud.retail.v2.PurgeUserEventsResponse")
    assert reflected.wait(name).response.Unpack(response)

    assert response.purged_events_count == 5_000
    assert {each.user_event.visitor_id for each in reflected.user_events(catalog)} == {
        f"late-{number}" for number in range(20)
    }


def test_the_sample_has_a_hundred_names(reflected: ReflectedClient, catalog: str) -> None:
    fill(reflected, catalog, [user_event(visitor_id=f"v{number}") for number in range(1_200)])

    name = reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*").name
    said = reflected.message("google.cloud.retail.v2.PurgeMetadata")
    assert reflected.wait(name).metadata.Unpack(said)

    assert said.matched_events_count == 1_200
    assert list(said.user_events_sample) == [each.name for each in reflected.user_events(catalog)[:100]]


def test_two_purges_at_once_count_each_event_once(reflected: ReflectedClient, catalog: str) -> None:
    fill(reflected, catalog, [user_event(visitor_id=f"v{number}") for number in range(4_000)])

    names = [reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*", force=True).name for _ in range(2)]
    purged = 0
    for name in names:
        response = reflected.message("google.cloud.retail.v2.PurgeUserEventsResponse")
        assert reflected.wait(name).response.Unpack(response)
        purged += response.purged_events_count

    assert purged == 4_000
    assert not reflected.user_events(catalog)


def test_another_catalog_is_left_alone(reflected: ReflectedClient, catalog: str) -> None:
    fill(reflected, catalog)
    fill(reflected, f"{catalog}-2")

    reflected.wait(reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*", force=True).name)

    assert count(reflected, catalog) == 0
    assert count(reflected, f"{catalog}-2") == COUNT


def test_the_file_shrinks(tmp_path: Path, catalog: str) -> None:
    with Server(tmp_path) as server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        size = lambda: sum(path.stat().st_size for path in tmp_path.glob("footfall.db*") if path.is_file())  # noqa: E731
        put(server.buckets / "b/events.jsonl", lines(40_000))
        source = {"gcs_source": {"input_uris": ["gs://b/events.jsonl"]}}
        reflected.wait(reflected.call(RETAIL, "ImportUserEvents", parent=catalog, input_config=source).name)
        full = size()
        assert full > 4 * 2**20

        reflected.wait(reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*").name)
        assert size() >= full
        reflected.wait(reflected.call(RETAIL, "PurgeUserEvents", parent=catalog, filter="*", force=True).name)

        assert size() < full / 10
