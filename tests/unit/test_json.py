"""JSON to and from the wire: what is taken, and what is said of what is not."""

from __future__ import annotations

import json as standard_json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.longrunning import operations_proto_pb2
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import json
from service.events.json import JsonError

NAME = UserEvent.DESCRIPTOR.full_name
PRODUCT = Product.DESCRIPTOR.full_name
OPERATION = "google.longrunning.Operation"


def decoded(text: bytes | str) -> UserEvent:
    return UserEvent.FromString(json.decode(NAME, text))


def refused(text: bytes | str, name: str = NAME) -> list[tuple[str, str]]:
    with pytest.raises(JsonError) as caught:
        json.decode(name, text)
    return [(item.field, item.reason) for item in caught.value.violations]


def test_clean_event_by_both_names_of_a_field():
    camel = b'{"eventType":"search","userInfo":{"userId":"u"},"eventTime":"2022-02-23T10:27:42.5+01:00","offset":"3"}'
    snake = '{"event_type":"search","user_info":{"user_id":"u"},"event_time":"2022-02-23T09:27:42.500Z","offset":3.0}'
    assert decoded(camel) == decoded(snake)
    assert decoded(camel).event_time.ToJsonString() == "2022-02-23T09:27:42.500Z"


def test_our_own_fields():
    text = b'{"productDetails":[{"rating":4.5,"value":{"units":"3","currencyCode":"EUR"},"promotionId":"x"}]}'
    (detail,) = decoded(text).product_details
    assert (detail.rating, detail.value.units, detail.promotion_id) == (4.5, 3, "x")


@pytest.mark.parametrize(
    ("lenient", "strict"),
    [
        ('{"productDetails":{"product":{"id":"p"}}}', '{"productDetails":[{"product":{"id":"p"}}]}'),
        ('{"experimentIds":"a"}', '{"experimentIds":["a"]}'),
        ('{"attributes":{"k":{"numbers":5}}}', '{"attributes":{"k":{"numbers":[5]}}}'),
        ('{"attributes":[{"key":"k","value":{"text":"t"}}]}', '{"attributes":{"k":{"text":["t"]}}}'),
        ('{"attributes":[{"key":"k"}]}', '{"attributes":{"k":{}}}'),
        ('{"attributes":[]}', "{}"),
        ('{"userInfo":{"directUserRequest":"true"}}', '{"userInfo":{"directUserRequest":true}}'),
        ('{"attributes":{"k":{"indexable":"false"}}}', '{"attributes":{"k":{"indexable":false}}}'),
        ("\ufeff{}", "{}"),
    ],
)
def test_lenient_shape_of_googles_importer(lenient, strict):
    assert decoded(lenient.encode()) == decoded(strict)


def test_lenient_product_as_in_googles_sample():
    text = (
        b'{"id":"p","name":"p","title":"t","brands":["b"],"priceInfo":{"cost":"12.0","currencyCode":"USD","price":"16",'
        b'"priceEffectiveTime":"2020-08-01T12:00:00+00:00"},"availability":"IN_STOCK","availableQuantity":50,'
        b'"images":[{"height":"300","width":"400","uri":"https://example.com/a.jpg"}],"retrievableFields":"name,priceInfo",'
        b'"attributes":[{"key":"material","value":{"indexable":"true","searchable":"true","text":["Metal"]}}]}'
    )
    product = Product.FromString(json.decode(PRODUCT, text))
    assert product.attributes["material"].indexable
    assert list(product.retrievable_fields.paths) == ["name", "price_info"]
    assert product.images[0].height == 300


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ('{"idd":1}', "idd", "UNKNOWN_FIELD"),
        ('{"productDetails":[{"product":{"idd":"x"}}]}', "product_details[0].product.idd", "UNKNOWN_FIELD"),
        ('{"attributes":{"k":{"texts":["x"]}}}', 'attributes["k"].texts', "UNKNOWN_FIELD"),
        ('{"visitorId":5}', "visitor_id", "INCORRECT_JSON_FORMAT"),
        ('{"visitorId":{}}', "visitor_id", "INCORRECT_JSON_FORMAT"),
        ('{"visitorId":"\\ud800"}', "visitor_id", "INCORRECT_JSON_FORMAT"),
        ('{"experimentIds":["a",null]}', "experiment_ids[1]", "INCORRECT_JSON_FORMAT"),
        ('{"productDetails":[null]}', "product_details[0]", "INCORRECT_JSON_FORMAT"),
        ('{"productDetails":[{"quantity":1.5}]}', "product_details[0].quantity", "INCORRECT_JSON_FORMAT"),
        ('{"productDetails":[{"product":{"type":"X"}}]}', "product_details[0].product.type", "INCORRECT_JSON_FORMAT"),
        ('{"productDetails":[{"product":{"type":1e30}}]}', "product_details[0].product.type", "INCORRECT_JSON_FORMAT"),
        ('{"productDetails":[{"product":{"ttl":"1"}}]}', "product_details[0].product.ttl", "INCORRECT_JSON_FORMAT"),
        ('{"userInfo":"u"}', "user_info", "INCORRECT_JSON_FORMAT"),
        ('{"userInfo":{"directUserRequest":"yes"}}', "user_info.direct_user_request", "INCORRECT_JSON_FORMAT"),
        ('{"attributes":5}', "attributes", "INCORRECT_JSON_FORMAT"),
        ('{"attributes":[{"key":1}]}', "attributes", "INCORRECT_JSON_FORMAT"),
        ('{"attributes":{"k":null}}', 'attributes["k"]', "INCORRECT_JSON_FORMAT"),
        ('{"attributes":{"\\ud800":{}}}', 'attributes["?"]', "INCORRECT_JSON_FORMAT"),
        ('{"offset":2147483648}', "offset", "INCORRECT_JSON_FORMAT"),
        ('{"offset":1e999}', "offset", "INCORRECT_JSON_FORMAT"),
        ('{"purchaseTransaction":{"revenue":3.5e38}}', "purchase_transaction.revenue", "INCORRECT_JSON_FORMAT"),
        ('{"eventTime":"2021-12-12 10:27:42Z"}', "event_time", "INVALID_TIMESTAMP"),
        ('{"eventTime":"2021-12-12T10:27:42"}', "event_time", "INVALID_TIMESTAMP"),
        ('{"eventTime":1639304862}', "event_time", "INVALID_TIMESTAMP"),
        ("", "", "INCORRECT_JSON_FORMAT"),
        ("[]", "", "INCORRECT_JSON_FORMAT"),
        ("5", "", "INCORRECT_JSON_FORMAT"),
        ("null", "", "INCORRECT_JSON_FORMAT"),
        ("{", "", "INCORRECT_JSON_FORMAT"),
        ("{} {}", "", "INCORRECT_JSON_FORMAT"),
        ('{"eventType":"a\n"}', "", "INCORRECT_JSON_FORMAT"),
        ('{"offset":NaN}', "", "INCORRECT_JSON_FORMAT"),
        ('{"offset":' + "9" * 5_000 + "}", "", "INCORRECT_JSON_FORMAT"),
        ("[" * 1_000_000, "", "INCORRECT_JSON_FORMAT"),
        ('{"experimentIds":' + "[" * 300 + "]" * 300 + "}", "", "INCORRECT_JSON_FORMAT"),
    ],
)
def test_refusal_names_the_field(text, field, reason):
    assert refused(text) == [(field, reason)]
    assert refused(text.encode(errors="surrogatepass")) == [(field, reason)]


@pytest.mark.parametrize("text", [b"\xff", b'{"eventType":"\xe9"}', '{"eventType":"é"}'.encode("utf-16"), b"\x00"])
def test_bytes_that_are_not_json_in_utf8(text):
    assert refused(text) == [("", "INCORRECT_JSON_FORMAT")]


def test_lone_surrogate_in_a_str():
    assert refused('{"visitorId":"\ud800"}') == [("visitor_id", "INCORRECT_JSON_FORMAT")]


NOT_A_FIELD = "google.cloud.retail.v2.UserEvent has no such field."
PRODUCT_TYPES = "TYPE_UNSPECIFIED, PRIMARY, VARIANT, COLLECTION"


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ('{"eventTyp":"x"}', f'Unknown name "eventTyp": {NOT_A_FIELD} Did you mean "eventType"?'),
        ('{"foo":"x"}', f'Unknown name "foo": {NOT_A_FIELD} Remove it.'),
        ('{"visitorId":5}', "`visitor_id` must be a string, but is 5."),
        ('{"visitorId":["v"]}', "`visitor_id` must be a string, but is a list."),
        (
            '{"eventTime":"yesterday"}',
            '`event_time` must be an RFC 3339 time, such as "2024-01-31T13:00:00Z", but is "yesterday".',
        ),
        (
            '{"productDetails":[{"product":{"type":"X"}}]}',
            f'`product_details[0].product.type` must be one of {PRODUCT_TYPES}, but is "X".',
        ),
        ("[]", "The text must be a JSON object, but is a list."),
        ("{} {}", "The text is not JSON: Extra data (line 1, column 4). Expected one JSON object."),
        ('{"offset":NaN}', 'The text is not JSON: a number can\'t be NaN; as a string, "NaN", a double can.'),
        ("[" * 201, "The text has more than 200 objects and lists within each other."),
    ],
)
def test_refusal_says_what_is_expected_and_what_was_found(text, description):
    with pytest.raises(JsonError) as caught:
        json.decode(NAME, text)
    assert str(caught.value) == description


def test_refusal_names_everything_that_is_wrong():
    text = '{"visitorId":5,"foo":1,"productDetails":{"quantity":"x","product":{"id":"p","bar":2}}}'
    assert [field for field, _ in refused(text)] == [
        "visitor_id",
        "foo",
        "product_details[0].quantity",
        "product_details[0].product.bar",
    ]


def test_refusal_of_a_hostile_text_names_no_more_than_a_hundred():
    assert len(refused(standard_json.dumps({f"field{i}": i for i in range(10_000)}))) == 100


def test_value_that_is_shown_is_cut():
    with pytest.raises(JsonError) as caught:
        json.decode(NAME, standard_json.dumps({"eventTime": "x" * 10_000, "y" * 10_000: 1}))
    for item in caught.value.violations:
        assert len(item.field) <= 64
        assert len(item.description) <= 250


@pytest.mark.parametrize("depth", [199, 200, 201])
def test_brackets_within_strings_are_no_depth(depth):
    text = standard_json.dumps({"eventType": "[" * 1_000 + '\\"{' * 100, "experimentIds": ["[{" * 99] * 5})
    assert decoded(text).experiment_ids[4] == "[{" * 99
    nested = '{"experimentIds":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    assert refused(nested) == [("experiment_ids[0]" if depth <= 200 else "", "INCORRECT_JSON_FORMAT")]


def test_last_of_two_equal_names_counts():
    assert decoded('{"eventType":"a","eventType":"b"}').event_type == "b"


def test_null_is_absence():
    assert decoded('{"eventType":null,"eventTime":null,"attributes":null,"productDetails":null}') == UserEvent()


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=5), st.sampled_from(["eventType", "productDetails", "product", "attributes", "key"])
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=10,
)


@given(st.one_of(ANY_JSON.map(standard_json.dumps), st.text(), st.binary()))
def test_no_text_makes_decode_raise_anything_else(text):
    violations = []
    try:
        UserEvent.FromString(json.decode(NAME, text))
    except JsonError as error:
        violations = error.violations
    for item in violations:
        assert item.description.encode()
        assert len(item.field.encode()) <= 1_000


def test_any_of_an_unknown_type_is_shown_and_refused():
    operation = operations_proto_pb2.Operation(metadata={"type_url": "type.googleapis.com/x.Y", "value": b"\xff"})
    shown = standard_json.loads(json.encode(OPERATION, operation.SerializeToString()))
    assert shown == {"metadata": {"typeUrl": "type.googleapis.com/x.Y", "value": "/w=="}}
    assert refused('{"metadata":{"@type":"type.googleapis.com/x.Y"}}', OPERATION) == [
        ("metadata", "INCORRECT_JSON_FORMAT")
    ]


def test_unknown_message_type():
    with pytest.raises(LookupError):
        json.decode("google.cloud.retail.v2.Nothing", "{}")


def test_error_survives_the_way_between_processes():
    with pytest.raises(JsonError) as caught:
        json.decode(NAME, "[]")
    assert pickle.loads(pickle.dumps(caught.value)).violations == caught.value.violations


FIRST_USE_FROM_SEVERAL_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from service.events import json
names = [f"google.cloud.retail.v2.{name}" for name in ("UserEvent", "Product", "ImportUserEventsRequest")]
with ThreadPoolExecutor(12) as pool:
    print(set(pool.map(lambda i: json.decode(names[i % 3], "{}"), range(60))))
"""


def test_first_use_from_several_threads():
    command = [sys.executable, "-c", FIRST_USE_FROM_SEVERAL_THREADS]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "{b''}"


def test_import_is_cheap():
    code = "import sys; import service.events.json; print('protobuf' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_threads_share_a_type():
    with ThreadPoolExecutor(4) as pool:
        texts = [f'{{"visitorId":"{i}"}}' for i in range(200)]
        assert [UserEvent.FromString(wire).visitor_id for wire in pool.map(lambda t: json.decode(NAME, t), texts)] == [
            str(i) for i in range(200)
        ]
