"""retail CollectUserEvent: what a pixel or a tag manager sends becomes an event, or a rejection to look at."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import grpc
import pytest
from google.api import httpbody_pb2
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.clients import Official, every_route, over_grpc
from tests.contract.maintenance import version
from tests.contract.refusals import refused
from tests.contract.samples import TIME, user_event
from tests.support.reflected import RETAIL, ReflectedClient

COLLECT = 2  # EVENT_SOURCE_COLLECT
EVENT = {"eventType": "home-page-view", "visitorId": "v", "eventTime": "2024-03-13T10:21:14.123456Z"}
TEXT = json.dumps(EVENT)
GA4_ROW = {  # the sample row of Google's page
    "event_timestamp": 1622994083878241,
    "event_name": "add_to_cart",
    "user_pseudo_id": "352499268.1622993559",
    "items": [{"item_id": "11", "price": 29.99, "quantity": 3}],
    "event_params": [{"key": "currency", "value": {"string_value": "CAD"}}],
    "user_id": "Alice",
}
GA4 = json.dumps(GA4_ROW)
GA4_WITHOUT_ITEMS = json.dumps({**GA4_ROW, "items": []})
TIMELESS = '{"eventType":"login","visitorId":"v"}'
MOST = 2_000_000


def collect(retail: Official, catalog: str, **fields: Any) -> Any:
    return retail.client.collect_user_event({"parent": catalog, **fields})


def only(reflected: ReflectedClient, catalog: str) -> Any:
    (stored,) = reflected.user_events(catalog)
    assert stored.source == COLLECT
    return stored


@every_route
def test_the_answer_is_a_pixel(retail: Official, catalog: str) -> None:
    body = collect(retail, catalog, user_event=TEXT)

    assert isinstance(body, httpbody_pb2.HttpBody)
    assert body.content_type == "image/gif"
    assert body.data.startswith(b"GIF89a\x01\x00\x01\x00")
    assert body.data.endswith(b";")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        quote(TEXT),
        quote(TEXT, safe=""),
        f"  {TEXT}\n",
        json.dumps({"event_type": "home-page-view", "visitor_id": "v", "event_time": EVENT["eventTime"]}),
    ],
    ids=["plain", "encoded", "all encoded", "spaces", "snake_case"],
)
def test_plain_and_encoded(retail: Official, reflected, catalog: str, text: str) -> None:
    collect(retail, catalog, user_event=text)

    event = only(reflected, catalog).user_event
    assert (event.event_type, event.visitor_id) == ("home-page-view", "v")
    assert event.event_time.ToDatetime(UTC) == TIME


def test_percent_signs_of_plain_json_stay(reflected: ReflectedClient, catalog: str) -> None:
    text = json.dumps({**EVENT, "uri": "https://example.com/%7Ba%7D?q=50%25+ü"}, ensure_ascii=False)

    for each in (text, quote(text)):
        reflected.call(RETAIL, "CollectUserEvent", parent=catalog, user_event=each)

    assert only(reflected, catalog).user_event.uri == "https://example.com/%7Ba%7D?q=50%25+ü"


@every_route
def test_uri_and_ets_fill_what_is_missing(retail: Official, reflected, catalog: str) -> None:
    ets = 1_700_000_000_123

    collect(retail, catalog, user_event=TIMELESS, uri="https://example.com/a?b=c", ets=ets)

    event = only(reflected, catalog).user_event
    assert event.uri == "https://example.com/a?b=c"
    assert event.event_time.ToMilliseconds() == ets


def test_what_the_event_says_wins(retail: Official, reflected, catalog: str) -> None:
    said = {**EVENT, "uri": "https://own/", "userInfo": {"ipAddress": "192.0.2.7", "userAgent": "Mozilla/5.0"}}

    collect(retail, catalog, user_event=json.dumps(said), uri="https://other/", ets=1)

    event = only(reflected, catalog).user_event
    assert event.uri == "https://own/"
    assert event.event_time.ToDatetime(UTC) == TIME
    assert (event.user_info.ip_address, event.user_info.user_agent) == ("192.0.2.7", "Mozilla/5.0")


def test_a_missing_time_is_that_of_receipt(retail: Official, reflected, catalog: str) -> None:
    before = datetime.now(UTC)
    collect(retail, catalog, user_event=TIMELESS)

    stored = only(reflected, catalog)
    assert stored.user_event.event_time == stored.receive_time
    assert before - timedelta(seconds=1) <= stored.receive_time.ToDatetime(UTC) <= datetime.now(UTC)


def test_address_and_agent_are_filled_in(retail: Official, reflected, catalog: str) -> None:
    collect(retail, catalog, user_event=TEXT)

    info = only(reflected, catalog).user_event.user_info
    assert info.ip_address == "127.0.0.1"
    assert info.user_agent


def test_the_same_event_from_elsewhere_is_stored_once(server, reflected: ReflectedClient, catalog: str) -> None:
    for agent in ("one", "other"):
        with grpc.insecure_channel(server.address, [("grpc.primary_user_agent", agent)]) as channel:
            ReflectedClient(channel).call(RETAIL, "CollectUserEvent", parent=catalog, user_event=TEXT)
    reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=user_event(visitor_id="v"))

    assert only(reflected, catalog).user_event.user_info.user_agent.startswith("one")


@every_route
def test_ga4(retail: Official, reflected, catalog: str) -> None:
    collect(retail, catalog, raw_json=GA4, prebuilt_rule="ga4_bq", user_event="ignored")

    event = only(reflected, catalog).user_event
    assert event.event_type == "add-to-cart"
    assert event.visitor_id == "352499268.1622993559"
    assert event.user_info.user_id == "Alice"
    assert event.event_time.ToMicroseconds() == GA4_ROW["event_timestamp"]
    (detail,) = event.product_details
    assert (detail.product.id, detail.quantity.value) == ("11", 3)


@pytest.mark.parametrize("rule", ["default_schema/v1.0", ""])
def test_the_default_schema(retail: Official, reflected, catalog: str, rule: str) -> None:
    collect(retail, catalog, raw_json=TEXT, prebuilt_rule=rule)

    assert only(reflected, catalog).user_event.visitor_id == "v"


NOT_JSON = "INCORRECT_JSON_FORMAT"


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        ({}, "user_event", "MISSING_FIELD"),
        ({"user_event": "%7B"}, "user_event", NOT_JSON),
        ({"user_event": "no JSON"}, "user_event", NOT_JSON),
        ({"user_event": "%7B%22visitorId%22%3A%22%FF%22%7D"}, "user_event", "INVALID_VALUE"),
        ({"user_event": f"{TEXT}\n{TEXT}"}, "user_event", NOT_JSON),
        ({"user_event": f"[{TEXT}]"}, "user_event", NOT_JSON),
        ({"user_event": '{"eventType":"login","visitorId":"v","colour":"red"}'}, "user_event.colour", "UNKNOWN_FIELD"),
        ({"user_event": '{"eventType":"login"}'}, "user_event.visitor_id", "MISSING_FIELD"),
        ({"user_event": TEXT, "prebuilt_rule": "ua_bq"}, "prebuilt_rule", "INVALID_VALUE"),
        ({"raw_json": f"{TEXT}\n{TEXT}", "prebuilt_rule": "default_schema/v1.0"}, "raw_json", NOT_JSON),
        ({"raw_json": "{", "prebuilt_rule": "ga4_bq"}, "raw_json", NOT_JSON),
        ({"raw_json": f"{GA4}\n{GA4}", "prebuilt_rule": "ga4_bq"}, "raw_json", NOT_JSON),
        ({"raw_json": GA4_WITHOUT_ITEMS, "prebuilt_rule": "ga4_bq"}, "user_event.product_details", "MISSING_FIELD"),
        ({"user_event": TIMELESS, "uri": "x" * 5_001}, "uri", "TOO_LONG"),
        ({"user_event": TIMELESS, "ets": 253_402_300_800_000}, "ets", "INVALID_VALUE"),
        ({"user_event": TIMELESS, "ets": -(2**63)}, "ets", "INVALID_VALUE"),
    ],
)
def test_a_rejected_one_is_kept(reflected, catalog: str, fields: Any, path: str, reason: str) -> None:
    with refused(InvalidArgument) as refusal:
        reflected.call(RETAIL, "CollectUserEvent", parent=catalog, **fields)

    assert refusal.fields == {path: reason}
    assert not reflected.user_events(catalog)
    (rejected,) = reflected.rejected(catalog)
    assert rejected.source == COLLECT
    assert rejected.status.message == refusal.message
    assert rejected.raw == (fields.get("raw_json") or fields.get("user_event", ""))


@every_route
def test_a_rejection_over_the_official_clients(retail: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        collect(retail, catalog, user_event='{"eventType":"login"}')

    assert refusal.fields == {"user_event.visitor_id": "MISSING_FIELD"}
    (rejected,) = reflected.rejected(catalog)
    assert rejected.raw == '{"eventType":"login"}'


@over_grpc
def test_limits(retail: Official, reflected, catalog: str) -> None:
    room = MOST - len(TEXT)
    collect(retail, catalog, user_event=TEXT + " " * room)
    assert only(reflected, catalog)

    for field in ("user_event", "raw_json"):
        with refused(InvalidArgument) as refusal:
            collect(retail, catalog, **{field: TEXT + " " * (room + 1)})
        assert refusal.fields == {field: "TOO_LONG"}
    assert [len(each.raw) for each in reflected.rejected(catalog)] == [16 * 1024] * 2
    assert all(each.raw_truncated for each in reflected.rejected(catalog))


@over_grpc
def test_a_malformed_or_unknown_catalog(retail: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        collect(retail, "invalid_catalog_name", user_event=TEXT)

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


@pytest.mark.parametrize("server", [pytest.param(["--strict"], id="strict")], indirect=True)
def test_a_catalog_that_is_not_served(retail: Official, catalog: str) -> None:
    with refused(NotFound) as refusal:
        collect(retail, catalog, user_event=TEXT)

    assert refusal.reason == "CATALOG_NOT_FOUND"


def test_it_is_durable_when_answered(retail: Official, reflected, catalog: str) -> None:
    began = time.time()
    for number in range(20):
        collect(retail, catalog, user_event=json.dumps({**EVENT, "visitorId": f"{version(retail)}-{number}"}))

    assert len(reflected.user_events(catalog)) == 20
    assert all(each.receive_time.seconds >= int(began) for each in reflected.user_events(catalog))
