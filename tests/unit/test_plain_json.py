"""The plainest JSON is read by a way of its own: it gives what `json.decode` gives, or leaves the text to that."""

from __future__ import annotations

import json as standard_json

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import json
from service.events.json import JsonError
from service.events.plain_json import Plain
from tests.unit.strategies import messages, put_somewhere
from tests.unit.test_json_parity import DIFFERENT, SAME

PLAIN = {cls: Plain(cls) for cls in (UserEvent, Product)}

PRINTABLE = st.one_of(*(messages(cls, printable=True) for cls in PLAIN))
SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(), st.text(max_size=5)),
    st.sampled_from(["2024-01-31T13:00:00Z", "2024-01-31T13:00:00.123Z", "NaN", "1", "0", 0, -0.0, 1.0, 2**31, 1e39]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "key", "value", "text", "seconds", "userId"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def wire(message) -> bytes:
    return message.SerializeToString(deterministic=True)


def agrees(cls, text: bytes) -> bool:
    """Whether the text was plain; if so, the message must be the one that `json.decode` makes of it."""
    message = PLAIN[cls].read(text)
    if message is None:
        return False
    assert wire(message) == wire(cls.FromString(json.decode(cls.DESCRIPTOR.full_name, text)))
    return True


@settings(max_examples=1_500)
@given(PRINTABLE, st.booleans())
def test_what_is_read_is_the_same(message, proto_names):
    text = json_format.MessageToJson(message, preserving_proto_field_name=proto_names, ensure_ascii=proto_names)
    agrees(type(message), text.encode(errors="surrogatepass"))


@settings(max_examples=3_000)
@given(PRINTABLE, ANYTHING, st.data())
def test_what_is_put_into_it_is_the_same_or_left_alone(message, anything, data):
    value = json_format.MessageToDict(message)
    if value:
        put_somewhere(value, anything, data)
    agrees(type(message), standard_json.dumps(value).encode())


TEXTS = [
    *SAME,
    *(text for text, _, _ in DIFFERENT),
    '{"userInfo":{"userId":"a"},"userInfo":{"ipAddress":"b"}}',
    '{"userInfo":{"userId":"a"},"user_info":{"ipAddress":"b"}}',
    '{"userInfo":{}}',
    '{"userInfo":null}',
    '{"eventTime":null}',
    '{"experimentIds":[]}',
    '{"experimentIds":{"a":"b"}}',
    '{"experimentIds":"ab"}',
    '{"experimentIds":[["a"]]}',
    '{"attributes":{"":{"numbers":[-0]}}}',
    '{"attributes":{"k":{"numbers":[0, 0.0, -0.0, 1e400, 1e308, 5e-324, 0.1]}}}',
    '{"attributes":{"k":{"numbers":[18446744073709551616]}}}',
    '{"purchaseTransaction":{"revenue":0.1,"tax":16777217,"cost":1e-46}}',
    '{"offset":-0}',
    '{"offset":false}',
    '{"productDetails":[{"quantity":true}]}',
    '{"productDetails":[{"quantity":2147483648}]}',
    '{"productDetails":[{"quantity":null}]}',
    '{"visitorId":"\\ud800"}',
    '{"visitorId":"\\u0000"}',
    '{"eventTime":"2024-W05-3T13:00:00Z"}',
    '{"eventTime":"2024-01-31T130000,1Z"}',
    '{"eventTime":"2024-01-31T13:00:00,123Z"}',
    '{"eventTime":"2024-01-31T24:00:00Z"}',
    '{"eventTime":"2024-01-31T23:59:60Z"}',
    '{"eventTime":"0000-01-31T13:00:00Z"}',
    '{"eventTime":"1969-12-31T23:59:59.999Z"}',
    '{"eventTime":"٢٠٢٤-01-31T13:00:00Z"}',
    '{"eventTime":{"seconds":1}}',
    '{"productDetails":{"quantity":1}}',
    '{"productDetails":[{"product":{"variants":[{"id":"a"}]}}]}',
    "{} {}",
    "null",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_peculiar_is_the_same_or_left_alone(text):
    try:
        json.decode(UserEvent.DESCRIPTOR.full_name, text)
    except JsonError:
        assert PLAIN[UserEvent].read(text.encode()) is None
    else:
        agrees(UserEvent, text.encode())


def test_the_forms_that_are_usual_are_read_here():
    event = {
        "eventType": "purchase-complete",
        "visitor_id": "visitor",
        "eventTime": "2024-01-31T13:00:00.250Z",
        "experimentIds": ["a", "b"],
        "productDetails": [{"product": {"id": "p"}, "quantity": 0}],
        "attributes": {"color": {"text": ["red"], "indexable": True}, "size": {"numbers": [1, 2.5]}},
        "purchaseTransaction": {"id": "t", "revenue": 19.99, "currencyCode": "EUR"},
        "userInfo": {},
        "offset": 3,
    }
    assert agrees(UserEvent, standard_json.dumps(event).encode())
    read = PLAIN[UserEvent].read(standard_json.dumps(event).encode())
    assert read.HasField("user_info")
    assert read.product_details[0].HasField("quantity")
