"""Rules for a product's attributes, ways of delivery and times; what is told of many violations; lenient shapes."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, json, product, product_parts
from service.events.errors import MAX_VIOLATIONS
from tests.unit.test_product_rules import LAST, NOW_US, PRIMARY, VARIANT, found, parsed

NOW = "2023-11-14T22:13:20Z"
LATER = "2023-11-14T22:13:20.000000001Z"
MIN_S, MAX_S = -62_135_596_800, 253_402_300_799


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("k", {"text": ["x" * 256] * 400}, []),
        ("k", {"numbers": [1.5] * 400, "indexable": True}, []),
        ("Télévision|Ports (HDMI)", {"text": ["3"]}, []),
        ("é b", {"text": ["x"], "indexable": False}, []),
        ("9a_Z", {"text": ["x"], "indexable": True, "searchable": True}, []),
        ("k" * 128, {"text": ["x"], "indexable": True}, []),
        ("k" * 129, {"text": ["x"]}, [("", "TOO_LONG")]),
        ("k" * 5_001, {"text": ["x"]}, [("", "TOO_LONG")]),
        ("_a", {"text": ["x"], "indexable": True}, [("", "INVALID_VALUE")]),
        ("a-b", {"numbers": [1], "indexable": True}, [("", "INVALID_VALUE")]),
        ("k", {"numbers": [1], "searchable": True}, [(".searchable", "FORBIDDEN_FIELD")]),
        ("k", {"numbers": [1], "searchable": False}, []),
        ("k", {}, [("", "INVALID_VALUE")]),
        ("k", {"text": ["x"], "numbers": [1]}, [("", "INVALID_VALUE")]),
        ("k", {"text": ["x"] * 401}, [(".text", "TOO_MANY")]),
        ("k", {"numbers": [1] * 401}, [(".numbers", "TOO_MANY")]),
        ("k", {"text": ["x", ""]}, [(".text[1]", "INVALID_VALUE")]),
        ("k", {"text": ["x" * 257]}, [(".text[0]", "TOO_LONG")]),
        ("k", {"numbers": [1, "NaN"]}, [(".numbers[1]", "INVALID_VALUE")]),
    ],
)
def test_attributes(key, value, expected):
    shown = key if len(key) <= 64 else key[:63] + "…"
    assert found(attributes={key: value}) == [(f'attributes["{shown}"]{rest}', reason) for rest, reason in expected]


def test_number_of_attributes():
    many = {f"k{number}": {"numbers": [number]} for number in range(201)}
    assert found(attributes=many) == [("attributes", "TOO_MANY")]
    del many["k0"]
    assert found(attributes=many) == []


@pytest.mark.parametrize("kind", product_parts.FULFILLMENT_TYPES)
def test_known_fulfillment_type(kind):
    assert found(fulfillmentInfo=[{"type": kind}]) == []


@pytest.mark.parametrize(
    ("infos", "expected"),
    [
        ([{"type": "pickup-in-store", "placeIds": ["a" * 30] * 3_000}], []),
        ([{"type": "pickup-in-store"}, {"type": "ship-to-store"}], []),
        ([{"type": "pickup-in-store"}, {"type": "pickup-in-store"}], [("[1].type", "DUPLICATE")]),
        ([{"type": "custom-type-6"}], [("[0].type", "INVALID_VALUE")]),
        ([{"type": "custom-type-5", "placeIds": ["a"] * 3_001}], [("[0].place_ids", "TOO_MANY")]),
        ([{"type": "custom-type-5", "placeIds": ["a" * 31]}], [("[0].place_ids[0]", "TOO_LONG")]),
        ([{"type": "custom-type-5", "placeIds": ["store1", "a b"]}], [("[0].place_ids[1]", "INVALID_VALUE")]),
        ([{"type": "custom-type-5", "placeIds": ["REGION-2_x", ""]}], [("[0].place_ids[1]", "INVALID_VALUE")]),
    ],
)  # fmt: skip
def test_fulfillment_info(infos, expected):
    assert found(fulfillmentInfo=infos) == [(f"fulfillment_info{rest}", reason) for rest, reason in expected]


@pytest.mark.parametrize("field", ["availableTime", "publishTime"])
@pytest.mark.parametrize(
    ("expiration", "time", "told"),
    [
        ({"expireTime": LATER}, NOW, None),
        ({"expireTime": NOW}, NOW, "expire_time"),
        ({"expireTime": NOW}, LATER, "expire_time"),
        ({"ttl": "0.000000001s"}, NOW, None),
        ({"ttl": "0s"}, NOW, "ttl"),
        ({"ttl": "60s"}, LAST, "ttl"),
        ({}, LAST, None),
    ],
)
def test_expiry_is_later_than_the_other_times(field, expiration, time, told):
    assert found(**expiration, **{field: time}) == ([(told, "INVALID_VALUE")] if told else [])


def test_both_times_that_are_too_late_are_told():
    assert [item.description for item in product.check(
        parsed(expireTime=NOW, availableTime=NOW, publishTime=LATER), now_us=NOW_US
    )] == [
        f"`expire_time` must end later than available_time, {NOW}, but ends {NOW}.",
        f"`expire_time` must end later than publish_time, {LATER}, but ends {NOW}.",
    ]  # fmt: skip


def ttl(seconds: int, nanos: int = 0) -> list[str]:
    message = parsed()
    message.ttl.CopyFrom(Duration(seconds=seconds, nanos=nanos))
    return [item.field for item in product.check(message, now_us=NOW_US)]


def test_ttl_is_not_negative_and_ends_in_time():
    longest = MAX_S - NOW_US // 1_000_000
    assert ttl(0) == ttl(0, 999_999_999) == ttl(longest - 1) == []
    for seconds, nanos in [(-1, 0), (0, -1), (longest, 0), (2**63 - 1, 0), (-(2**63), 0), (1, 1_000_000_000), (1, -1)]:
        assert ttl(seconds, nanos) == ["ttl"]


@pytest.mark.parametrize("path", ["expire_time", "available_time", "publish_time"])
@pytest.mark.parametrize("parent", ["", "price_info"])
def test_timestamps_are_those_of_protobuf(parent, path):
    path = {"expire_time": "price_expire_time"}.get(path, "price_effective_time") if parent else path
    for seconds, nanos, good in [(MIN_S - 1, 0, False), (MIN_S, 0, True), (MAX_S, 999_999_999, True),
                                 (MAX_S + 1, 0, False), (0, -1, False), (0, 1_000_000_000, False)]:  # fmt: skip
        message = parsed(priceInfo={"originalPrice": 1})
        time = getattr(message.price_info if parent else message, path)
        time.seconds, time.nanos = seconds, nanos
        told = [(item.field, item.reason) for item in product.check(message, now_us=NOW_US)]
        assert told == ([] if good else [(f"{parent}.{path}" if parent else path, "INVALID_TIMESTAMP")])


def test_all_violations_are_told_at_once():
    assert [field for field, _ in found(
        {}, type="VARIANT", gtin="1", brands=["b"] * 31, priceInfo={"currencyCode": "XYZ", "cost": -1}, ttl="-1s",
        uri="u" * 5_001, promotions=[{"promotionId": "-"}],
    )] == [
        "id", "primary_product_id", "gtin", "title", "brands", "price_info.currency_code", "price_info.cost", "ttl",
        "uri", "promotions[0].promotion_id",
    ]  # fmt: skip


def test_hostile_product_is_told_of_once_it_is_enough():
    assert len(found(promotions=[{"promotionId": "-"}] * 10, categories=[""] * 250)) == MAX_VIOLATIONS


def test_what_only_the_service_fills_is_not_looked_at():
    inner = {"currencyCode": "XYZ", "price": -1}
    assert found(variants=[{"id": ""}], localInventories=[{"priceInfo": inner}], name="not a name") == []
    assert found(priceInfo={"priceRange": {"price": {"minimum": "NaN"}}}) == []


def test_violation_in_a_request_has_the_path_of_the_request():
    violations = product.check(parsed(VARIANT, images=[{"uri": "u", "width": -2}]), now_us=NOW_US)
    (told,) = errors.prefixed(violations, "input_config.product_inline_source.products[3]", "products")
    assert told.field == "input_config.product_inline_source.products[3].images[0].width"
    assert told.description == f"`{told.field}` must not be negative, but is -2."


LENIENT = """{
  "id": "PEN1", "name": "PEN1", "title": "Pen", "brands": "Acme", "categories": "Office",
  "priceInfo": {"cost": "12.0", "currencyCode": "USD", "originalPrice": "45.0", "price": "16",
    "priceEffectiveTime": "2020-08-01T12:00:00+00:00", "priceExpireTime": "2120-08-01T12:00:00+00:00"},
  "colorInfo": {"colorFamilies": ["Blue"], "colors": ["Light blue", "Blue"]},
  "availability": "IN_STOCK", "availableQuantity": 50, "availableTime": "2021-10-11T12:00:00+00:00",
  "images": {"height": "300", "width": "400", "uri": "https://shop.example/pen.jpg"},
  "retrievableFields": "name,title,priceInfo,attributes.material",
  "attributes": [{"key": "material", "value": {"indexable": "true", "searchable": "true", "text": ["Metal"]}},
    {"key": "year", "value": {"indexable": "true", "numbers": [2022.0]}}],
  "uri": "https://shop.example/pen"
}"""


def test_product_in_the_shapes_of_googles_sample_catalog_passes():
    message = Product.FromString(json.decode("google.cloud.retail.v2.Product", LENIENT))
    assert product.check(message, now_us=NOW_US) == []
    assert PRIMARY.keys() <= {field.name for field, _ in message.ListFields()}
