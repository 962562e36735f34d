"""protobuf-py against google.protobuf.json_format: the same JSON both ways, but for the differences listed here."""

from __future__ import annotations

import json as standard_json

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import json
from service.events.json import JsonError
from tests.unit.strategies import messages

PRINTABLE = st.one_of(*(messages(cls, printable=True) for cls in (UserEvent, Product, ClientEvent)))


def wire(message) -> bytes:
    return message.SerializeToString(deterministic=True)


def ours(message) -> str:
    return json.encode(message.DESCRIPTOR.full_name, message.SerializeToString())


def decoded(cls, text):
    return cls.FromString(json.decode(cls.DESCRIPTOR.full_name, text))


@settings(max_examples=1_500)
@given(PRINTABLE)
def test_each_reads_what_the_other_wrote(message):
    cls = type(message)
    theirs = json_format.MessageToJson(message)
    assert wire(decoded(cls, theirs)) == wire(message)
    assert wire(json_format.Parse(ours(message), cls())) == wire(message)


@given(PRINTABLE, st.booleans())
def test_both_write_the_same_values(message, enums_as_ints):
    mine = json.encode(message.DESCRIPTOR.full_name, message.SerializeToString(), enums_as_ints=enums_as_ints)
    theirs = json_format.MessageToDict(message, use_integers_for_enums=enums_as_ints)
    assert standard_json.loads(mine) == standard_json.loads(standard_json.dumps(theirs))


@given(PRINTABLE, st.booleans())
def test_both_names_of_fields_are_read(message, proto_names):
    text = json_format.MessageToJson(message, preserving_proto_field_name=proto_names, ensure_ascii=proto_names)
    assert wire(decoded(type(message), text)) == wire(message)


def verdict(parse, text: str) -> bytes | None:
    try:
        return wire(parse(text))
    except (json_format.ParseError, JsonError):
        return None


SAME = [
    "{}",
    '{"offset":"1e2"}',
    '{"offset":1.0}',
    '{"offset":1.5}',
    '{"offset":" 1"}',
    '{"offset":true}',
    '{"offset":2147483648}',
    '{"purchaseTransaction":{"revenue":"NaN"}}',
    '{"purchaseTransaction":{"revenue":"-Infinity"}}',
    '{"purchaseTransaction":{"revenue":"nan"}}',
    '{"purchaseTransaction":{"revenue":1e39}}',
    '{"purchaseTransaction":{"revenue":NaN}}',
    '{"eventTime":"2021-12-12T10:27:42.123456789Z"}',
    '{"eventTime":"2021-12-12T10:27:42.1234567891Z"}',
    '{"eventTime":"2021-12-12T10:27:42+00:00"}',
    '{"eventTime":"2021-12-12T10:27:42-07:30"}',
    '{"eventTime":"2021-12-12t10:27:42z"}',
    '{"eventTime":"2021-12-12 10:27:42Z"}',
    '{"eventTime":"2021-12-12T10:27:42"}',
    '{"eventTime":"0001-01-01T00:00:00Z"}',
    '{"eventTime":"9999-12-31T23:59:59.999999999Z"}',
    '{"eventTime":""}',
    '{"visitorId":"\\ud83d\\ude00"}',
    '{"visitorId":1}',
    '{"visitorId":null}',
    '{"experimentIds":[null]}',
    '{"productDetails":[{"product":{"type":99}}]}',
    '{"productDetails":[{"product":{"type":"NOPE"}}]}',
    '{"productDetails":[{"product":{"ttl":"1.5s"}}]}',
    '{"attributes":{"k":null}}',
    '{"nope":1}',
    '{"visitorId":"a","visitor_id":"b"}',
    '{"purchaseTransaction":{"revenue":3.4028235e38}}',
    "[5]",
    "",
]

# Text; whether we take it; whether json_format does.
DIFFERENT = [
    # Google's lenient shapes.
    ('{"experimentIds":"a"}', True, False),
    ('{"attributes":[{"key":"k","value":{"text":["t"]}}]}', True, False),
    ('{"userInfo":{"directUserRequest":"true"}}', True, False),
    ("\ufeff{}", True, False),
    # One field named twice: the last counts.
    ('{"visitorId":"a","visitorId":"b"}', True, False),
    ('{"productDetails":[{"product":{"ttl":"1s","expireTime":"2021-12-12T10:27:42Z"}}]}', True, False),
    # An empty list, Python's own notation of numbers, and more than a day's difference to UTC.
    ("[]", False, True),
    ('{"purchaseTransaction":{"revenue":"1_0"}}', False, True),
    ('{"eventTime":"2021-12-12T10:27:42+25:00"}', False, True),
]


@pytest.mark.parametrize("text", SAME)
def test_same_verdict(text):
    mine = verdict(lambda t: decoded(UserEvent, t), text)
    theirs = verdict(lambda t: json_format.Parse(t, UserEvent()), text)
    assert mine == theirs


@pytest.mark.parametrize(("text", "mine", "theirs"), DIFFERENT)
def test_known_difference(text, mine, theirs):
    assert (verdict(lambda t: decoded(UserEvent, t), text) is not None) is mine
    assert (verdict(lambda t: json_format.Parse(t, UserEvent()), text) is not None) is theirs
