"""What is taken out of a push of Pub/Sub, whatever it looks like."""

from __future__ import annotations

import base64
import contextlib
import json as plain_json

import pytest
from google.protobuf import json_format
from hypothesis import example, given
from hypothesis import strategies as st

from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from service.events import pubsub
from service.events.json import JsonError

EVENT = {
    "eventId": "e",
    "eventType": "VIEW",
    "requestId": "r",
    "relatedJobNames": ["jobs/j"],
    "eventTimestampMillis": "1546300800123",
    "details": {"ü": "v"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def envelope(data: str) -> dict[str, object]:
    """As Google's pages print it, both spellings included."""
    return {
        "message": {
            "attributes": {"key": "value"},
            "data": data,
            "messageId": "2070443601311540",
            "message_id": "2070443601311540",
            "publishTime": "2021-02-26T19:13:55.749Z",
            "publish_time": "2021-02-26T19:13:55.749Z",
        },
        "subscription": "projects/myproject/subscriptions/mysubscription",
    }


@given(st.binary(min_size=1))
def test_data_comes_back(data):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(data).decode()
        assert pubsub.message_data(envelope(text)) == pubsub.message_data(envelope(text.rstrip("="))) == data


def test_an_unwrapped_payload_is_the_event_itself():
    event = pubsub.legacy_event(pubsub.message_data({**EVENT, "eventTimestampMillis": 1546300800123.0}))
    assert event == pubsub.legacy_event(plain_json.dumps(EVENT).encode())
    assert event.event_type == LegacyClientEvent.VIEW
    assert event.event_timestamp_millis == 1546300800123
    assert dict(event.details) == {"ü": "v"}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({}, "MISSING_FIELD"),
        (None, "MISSING_FIELD"),
        ("text", "MISSING_FIELD"),
        ({"data": ""}, "MISSING_FIELD"),
        ({"data": {"a": 1}}, "INCORRECT_JSON_FORMAT"),
        ({"data": "!!"}, "INCORRECT_JSON_FORMAT"),
        ({"data": "A"}, "INCORRECT_JSON_FORMAT"),
        ({"data": "ü"}, "INCORRECT_JSON_FORMAT"),
    ],
)
def test_a_message_without_data_is_told(message, reason):
    with pytest.raises(JsonError) as caught:
        pubsub.message_data({"message": message})
    assert [(item.field, item.reason) for item in caught.value.violations] == [("message.data", reason)]
    assert plain_json.loads(pubsub.shown({"message": message})) == {"message": message}


@given(st.binary(min_size=1) | JSON.map(lambda value: plain_json.dumps(value).encode()))
@example(b'{"details": {"k": "\\ud800"}}')
@example(b"[" * 100_000)
def test_a_body_without_an_envelope_comes_back_as_it_was(body):
    found = json_format.MessageToDict(pubsub.envelope(body))
    assert pubsub.message_data(found) == pubsub.shown(found) == body


def test_an_envelope_is_taken_as_it_is():
    sent = envelope(base64.b64encode(b"data").decode())
    assert json_format.MessageToDict(pubsub.envelope(plain_json.dumps(sent).encode())) == sent


@given(st.dictionaries(st.text(max_size=8) | st.just("message"), JSON, max_size=3))
def test_any_object_is_told_apart_or_refused(value):
    assert isinstance(pubsub.shown(value), bytes)
    with contextlib.suppress(JsonError):
        pubsub.legacy_event(pubsub.message_data(value))


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"7", b'{"eventId": 1}', b'{"event": "x"}', b'{"eventType": "X"}']
)
def test_data_that_is_no_event_is_told(data):
    with pytest.raises(JsonError):
        pubsub.legacy_event(data)
