"""What is plainly accepted is recorded by a way of its own: its record is what all rules together make of the line."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import json as codec
from service.events import user_event
from service.events.errors import RpcError
from service.events.event_types import EVENT_TYPES
from service.events.plain_events import PlainEvents
from service.events.record import UserEventRecord, user_event_record
from service.events.user_event import UserEventRules
from service.sources.decoding import DecodeOptions, record_of
from service.sources.schemas import MappingError, line_reader
from tests.unit.strategies import messages, put_somewhere
from tests.unit.test_plain_json import ANYTHING, TEXTS

RULES = [
    UserEventRules(strict=strict, closed_event_types=closed) for strict in (False, True) for closed in (False, True)
]
NAME = UserEvent.DESCRIPTOR.full_name
NOW_US, SALT = 1_764_400_000_123_456, b"sixteen bytes..."
OLDEST_US = 1_600_000_000_000_000
PLAIN = {(rules, oldest): PlainEvents(rules, oldest) for rules in RULES for oldest in (None, OLDEST_US)}
read = line_reader("user_event")


def judged(line: bytes, rules: UserEventRules, oldest_us: int | None) -> UserEventRecord | None:
    """The record by the way of all events."""
    try:
        [(_, event, _)] = read(line)
        assert isinstance(event, UserEvent)
        return record_of(event, DecodeOptions("gs://b/o", rules, oldest_us, 2**20))
    except (MappingError, RpcError):
        return None


def written(body: bytes, rules: UserEventRules) -> tuple[UserEventRecord, bytes]:
    """The record of a :write and its answer, by the way of all events."""
    event = UserEvent.FromString(codec.decode(NAME, body))
    assert not user_event.check(event, rules)
    user_event.normalise(event)
    record = user_event_record(event, NOW_US, SALT)
    return record, codec.encode(NAME, record.payload).encode()


def is_plain(line: bytes) -> bool:
    """Whether the line is plain by some rules; its record must then be that of the way of all events."""
    found = False
    for (rules, oldest_us), plain in PLAIN.items():
        record = plain.record(line)
        if record is not None:
            assert record == judged(line, rules, oldest_us)
            found = True
        event = plain.read(line)
        assert (event is not None and event.time is not None) == (record is not None)
        if event is not None:
            expected, answer = written(line, rules)
            record = event.record(NOW_US, SALT)
            assert record == expected
            assert event.json(record.event_time_us) in (None, answer)
    return found


def answer_of(value: dict[str, Any], now_us: int = NOW_US) -> bytes | None:
    """What a :write of a plain event answers."""
    plain = PLAIN[RULES[0], None].read(json.dumps(value).encode())
    assert plain is not None
    return plain.json(plain.record(now_us, SALT).event_time_us)


def event(**fields: Any) -> dict[str, Any]:
    return {"eventType": "view", "visitorId": "v", "eventTime": "2024-01-31T13:00:00Z", **fields}


def line(**fields: Any) -> bytes:
    return json.dumps(event(**fields), ensure_ascii=False).encode(errors="surrogatepass")


TEXT = st.one_of(
    st.text(max_size=5), st.sampled_from(["a" * size for size in (127, 128, 129, 256, 257)]), st.just("é" * 128)
)
NUMBERS = st.one_of(st.integers(-3, 3), st.integers(), st.floats(allow_nan=False))
FRACTIONS = ("250", "000", "120000", "000000", "000001")
DETAIL = st.fixed_dictionaries(
    {"product": st.fixed_dictionaries({"id": TEXT}, optional={"title": TEXT})},
    optional={"quantity": st.integers(-1, 300), "promotionId": TEXT},
)
ATTRIBUTE = st.fixed_dictionaries(
    {}, optional={"text": st.lists(TEXT, max_size=3), "numbers": st.lists(NUMBERS, max_size=3)}
)
USUAL = st.fixed_dictionaries(
    {
        "eventType": st.one_of(st.sampled_from(sorted(EVENT_TYPES)), st.sampled_from(["view", "Not A Type", ""])),
        "visitorId": TEXT,
    },
    optional={
        "eventTime": st.one_of(
            st.datetimes().map(lambda time: time.isoformat(timespec="seconds") + "Z"),
            st.datetimes().map(lambda time: time.isoformat(timespec="microseconds") + "Z"),
            st.sampled_from([f"2024-01-31T13:00:00.{fraction}Z" for fraction in FRACTIONS]),
            st.sampled_from(["1969-12-31T23:59:59Z", "", None]),
        ),
        "experimentIds": st.lists(TEXT, max_size=2),
        "attributionToken": TEXT,
        "productDetails": st.lists(DETAIL, max_size=3),
        "attributes": st.dictionaries(st.sampled_from(["", "a", "ab", "b", "é"]), ATTRIBUTE, max_size=4),
        "cartId": TEXT,
        "searchQuery": TEXT,
        "pageCategories": st.lists(TEXT, max_size=2),
        "userInfo": st.fixed_dictionaries(
            {},
            optional={
                "userId": TEXT,
                "userAgent": TEXT,
                "ipAddress": st.sampled_from(["192.0.2.1", "2001:db8::1", "::1%eth0", "999.1.1.1", ""]),
                "directUserRequest": st.booleans(),
            },
        ),
        "uri": TEXT,
        "referrerUri": TEXT,
        "pageViewId": TEXT,
        "filter": TEXT,
        "orderBy": TEXT,
        "offset": st.integers(-1, 2**31),
        "sessionId": TEXT,
        "entity": TEXT,
    },
)


@settings(max_examples=3_000)
@given(USUAL)
def test_usual_events_are_recorded_as_all_are_or_left_alone(value):
    is_plain(json.dumps(value).encode())


@settings(max_examples=1_000)
@given(messages(UserEvent, printable=True), st.booleans())
def test_any_event_is_recorded_as_all_are_or_left_alone(message, proto_names):
    message.event_type, message.visitor_id = "view", "v"
    text = json_format.MessageToJson(message, preserving_proto_field_name=proto_names, ensure_ascii=proto_names)
    is_plain(text.encode(errors="surrogatepass"))


@settings(max_examples=2_000)
@given(USUAL, ANYTHING, st.data())
def test_what_is_put_into_it_is_recorded_as_all_are_or_left_alone(value, anything, data):
    put_somewhere(value, anything, data)
    is_plain(json.dumps(value).encode())


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_peculiar_is_recorded_as_all_are_or_left_alone(text):
    is_plain(text.encode(errors="surrogatepass"))
    if text.startswith("{") and text != "{} {}":
        is_plain(line()[:-1] + b"," + text[1:].encode(errors="surrogatepass"))


@pytest.mark.parametrize(
    "text",
    [
        line()[:-1] + b',"event_type":"other"}',
        line()[:-1] + b',"visitor_id":"other"}',
        line()[:-1] + b',"visitorId":"other"}',
        line(uri="a\tb").replace(b"\\t", b"\t"),
        line(uri="\\x").replace(b"\\\\x", b"\\x"),
        line(uri="\ud800"),
        line(uri="X").replace(b"X", b"\xff"),
        line(uri="X").replace(b"X", b"\\ud800abcdefgh"),
        line(uri="X").replace(b"X", b"\\ud83d\\ude00"),
        line(attributes={"k": {"numbers": [0, 1]}}),
        line(attributes={"k": {"numbers": [2**53 + 1]}}),
        line(attributes={"k": {"text": ["a"] * 401}}),
        line(attributes={"k" * 5_001: {"text": ["a"]}}),
        line(sessionId="\U0001f600" * 33),
        line(entity="a" * 2**20),
        b"\xef\xbb\xbf" + line(),
        line() + b" ",
        line() + b"x",
        b"",
        b"1",
    ],
)
def test_the_edges_are_recorded_as_all_are_or_left_alone(text):
    is_plain(text)


@pytest.mark.parametrize("power", [0, 7, 14, 21, 28, 31, 35, 37])
def test_times_take_as_many_bytes_as_they_need(power):
    for seconds in (2**power - 1, 2**power, 2**power + 12_345):
        for micros in (0, 1, 250_000):
            time = datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(microsecond=micros, tzinfo=None)
            assert is_plain(line(eventTime=f"{time.isoformat()}Z")) == (seconds > 0)


@pytest.mark.parametrize(
    "value",
    [
        event(),
        event(eventTime="2024-01-31T13:00:00.250Z"),
        event(
            eventType="add-to-cart",
            cartId="c",
            productDetails=[{"product": {"id": "p"}, "quantity": 1}, {"product": {"id": "q"}, "quantity": 300}],
        ),
        event(eventType="search", searchQuery="shoes", orderBy="price", offset=20, filter="a"),
        event(eventType="category-page-view", pageCategories=["Shoes", ""]),
        event(
            attributes={"b": {"text": ["red"]}, "a": {"numbers": [1, 2.5]}, "ab": {"text": ["x"]}, "": {"text": ["y"]}}
        ),
        event(userInfo={"userId": "u", "ipAddress": "192.0.2.1", "userAgent": "a" * 200, "directUserRequest": True}),
        event(userInfo={}),
        {"event_type": "view", "visitor_id": "v", "event_time": "2024-01-31T13:00:00Z", "user_info": {"user_id": "u"}},
    ],
)
def test_usual_events_are_plain(value):
    assert is_plain(json.dumps(value).encode())


def test_the_same_product_in_several_details_is_named_once():
    details = [{"product": {"id": each}} for each in "pqp"]
    record = PLAIN[RULES[0], None].record(line(productDetails=details))
    assert record is not None
    assert record.product_ids == ("p", "q")


@pytest.mark.parametrize("now_us", [1_764_400_000_000_000, 1_764_400_000_250_000, 1_764_400_000_000_001, 1])
def test_an_event_without_a_time_is_answered_with_that_of_its_receipt(now_us):
    stored = user_event_record(UserEvent(event_type="view", visitor_id="v"), now_us, SALT).payload
    assert answer_of({"eventType": "view", "visitorId": "v"}, now_us) == codec.encode(NAME, stored).encode()


@settings(max_examples=500)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text(st.characters(max_codepoint=0x9F)))
def test_texts_are_answered_as_all_are(key, text):
    value = {"eventType": "view", "visitorId": "v", "uri": text, "attributes": {key: {"text": [f"x{text}"]}}}
    assert is_plain(json.dumps({**value, "eventTime": "2024-01-31T13:00:00Z"}).encode())
    assert answer_of(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        {"event_type": "view", "visitor_id": "v"},
        {"eventType": "view", "visitorId": "v", "attributes": {"a": {"numbers": [1e-7]}}},
    ],
)
def test_what_is_dearer_to_answer_is_stored_all_the_same(value):
    assert answer_of(value) is None
