"""Every rule that one product alone can break: at its limit it passes, and beyond it is told."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, product

NOW_US = 1_700_000_000_000_000
LAST = "9999-12-31T23:59:59.999999999Z"

PRIMARY = {"id": "p", "title": "t", "categories": ["c"]}
VARIANT = {"id": "v", "title": "t", "type": "VARIANT", "primaryProductId": "p"}
COLLECTION = {"id": "c", "title": "t", "type": "COLLECTION"}


def parsed(base: dict[str, Any] = PRIMARY, **fields: Any) -> Product:
    """A valid product with `fields` on top; None takes one away."""
    content = {name: value for name, value in {**base, **fields}.items() if value is not None}
    return json_format.ParseDict(content, Product())


def found(base: dict[str, Any] = PRIMARY, **fields: Any) -> list[tuple[str, str]]:
    return [(item.field, item.reason) for item in product.check(parsed(base, **fields), now_us=NOW_US)]


def ids(count: int) -> list[str]:
    return [f"i{number}" for number in range(count)]


@pytest.mark.parametrize("base", [PRIMARY, {**PRIMARY, "type": "PRIMARY"}, VARIANT, COLLECTION])
def test_smallest_product_passes(base):
    assert found(base) == []


@pytest.mark.parametrize(
    ("base", "fields", "field", "json_path"),
    [
        (PRIMARY, {"id": None}, "id", "id"),
        (PRIMARY, {"title": None}, "title", "title"),
        (PRIMARY, {"categories": None}, "categories", "categories"),
        (PRIMARY, {"categories": None, "type": "PRIMARY"}, "categories", "categories"),
        (VARIANT, {"primaryProductId": None}, "primary_product_id", "primaryProductId"),
        (PRIMARY, {"images": [{"height": 1}]}, "images[0].uri", "images.uri"),
        (PRIMARY, {"promotions": [{}]}, "promotions[0].promotion_id", "promotions.promotionId"),
        (PRIMARY, {"fulfillmentInfo": [{}]}, "fulfillment_info[0].type", "fulfillmentInfo.type"),
    ],
)
def test_missing_field_is_told_in_googles_words(base, fields, field, json_path):
    violations = product.check(parsed(base, **fields), now_us=NOW_US)
    (told,) = errors.prefixed(violations, "product", "product")
    assert told == errors.Violation(
        f"product.{field}",
        f'Field "product.{json_path}" is a required field, but no value is found.',
        "MISSING_FIELD",
    )


LENGTHS = [
    ("id", 128),
    ("title", 1_000),
    ("description", 5_000),
    ("uri", 5_000),
]


@pytest.mark.parametrize(("name", "length"), LENGTHS)
@pytest.mark.parametrize("character", ["a", "é", "\U0001f600"])
def test_length_of_a_text_counts_characters(name, length, character):
    assert found(**{name: character * length}) == []
    assert found(**{name: character * (length + 1)}) == [(name, "TOO_LONG")]


LISTS = [
    ("categories", "categories", 250, 5_000),
    ("brands", "brands", 30, 1_000),
    ("tags", "tags", 250, 1_000),
    ("sizes", "sizes", 20, 128),
    ("materials", "materials", 20, 200),
    ("patterns", "patterns", 20, 128),
    ("conditions", "conditions", 1, 128),
    ("audience.genders", "genders", 5, 128),
    ("audience.age_groups", "ageGroups", 5, 128),
    ("color_info.color_families", "colorFamilies", 5, 128),
    ("color_info.colors", "colors", 75, 128),
]


def nested(path: str, name: str, value: Any) -> dict[str, Any]:
    parent = {"audience": "audience", "color_info": "colorInfo"}.get(path.partition(".")[0])
    return {parent: {name: value}} if parent else {name: value}


@pytest.mark.parametrize(("path", "name", "size", "length"), LISTS)
def test_list_of_texts(path, name, size, length):
    assert found(**nested(path, name, ["x"] * (size - 1) + ["x" * length])) == []
    assert found(**nested(path, name, ["x"] * (size + 1))) == [(path, "TOO_MANY")]
    last = size - 1
    texts = ["x"] * last + ["x" * (length + 1)]
    assert found(**nested(path, name, texts)) == [(f"{path}[{last}]", "TOO_LONG")]


def test_categories_are_not_empty():
    assert found(categories=["c", ""]) == [("categories[1]", "INVALID_VALUE")]
    assert found(VARIANT, categories=[""]) == [("categories[0]", "INVALID_VALUE")]


@pytest.mark.parametrize(("name", "numbers"), [("type", [4, -1, 2**31 - 1]), ("availability", [5, -1, 2**31 - 1])])
def test_enum_values_are_known(name, numbers):
    for number in numbers:
        assert found(**{name: number}) == [(name, "INVALID_VALUE")]


@pytest.mark.parametrize("bad", ["a\n", "/a", "a/", "a//b", ".", "a/../b"])
def test_ids_that_can_not_be_in_a_name(bad):
    reason = "INVALID_RESOURCE_ID"
    assert found(id=bad) == [("id", reason)]
    assert found(VARIANT, primaryProductId=bad) == [("primary_product_id", reason)]
    assert found(COLLECTION, collectionMemberIds=["a", bad]) == [("collection_member_ids[1]", reason)]


@pytest.mark.parametrize(
    ("base", "primary_id", "passes"),
    [
        (PRIMARY, "", True),
        (PRIMARY, "p", True),
        (PRIMARY, "q", False),
        ({**PRIMARY, "type": "PRIMARY"}, "q", False),
        (COLLECTION, "", True),
        (COLLECTION, "c", True),
        (COLLECTION, "p", False),
        (VARIANT, "p", True),
        (VARIANT, "x" * 128, True),
        (VARIANT, "v", False),
    ],
)
def test_primary_product_id(base, primary_id, passes):
    expected = [] if passes else [("primary_product_id", "INVALID_VALUE")]
    assert found(base, primaryProductId=primary_id) == expected


def test_primary_product_id_is_no_longer_than_an_id():
    assert found(VARIANT, primaryProductId="x" * 129) == [("primary_product_id", "TOO_LONG")]


@pytest.mark.parametrize(
    ("base", "members", "expected"),
    [
        (COLLECTION, ids(1_000), []),
        (COLLECTION, ids(1_001), [("collection_member_ids", "TOO_MANY")]),
        (COLLECTION, ["a", ""], [("collection_member_ids[1]", "INVALID_VALUE")]),
        (COLLECTION, ["c"], [("collection_member_ids[0]", "INVALID_VALUE")]),
        (COLLECTION, ["x" * 129], [("collection_member_ids[0]", "TOO_LONG")]),
        (PRIMARY, ["a"], [("collection_member_ids", "FORBIDDEN_FIELD")]),
        (VARIANT, ["a"], [("collection_member_ids", "FORBIDDEN_FIELD")]),
    ],
)
def test_collection_member_ids(base, members, expected):
    assert found(base, collectionMemberIds=members) == expected


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "6942147491119", "10614141000415"])
def test_gtin_whose_check_digit_is_right(gtin):
    assert found(gtin=gtin) == []
    for wrong in range(10):
        if str(wrong) != gtin[-1]:
            assert found(gtin=f"{gtin[:-1]}{wrong}") == [("gtin", "INVALID_VALUE")]


@pytest.mark.parametrize(
    "gtin",
    ["0", "0000000", "000000000", "4006381 333931", "4-006381-333931", "\uff19" * 8, "9638507a"],
)
def test_gtin_that_is_none(gtin):
    assert found(gtin=gtin) == [("gtin", "INVALID_VALUE")]


def test_gtin_that_is_too_long():
    assert found(gtin="0" * 128) == [("gtin", "INVALID_VALUE")]
    assert found(gtin="0" * 129) == [("gtin", "TOO_LONG")]


@pytest.mark.parametrize(
    ("price_info", "expected"),
    [
        ({}, []),
        ({"price": 0, "originalPrice": 0, "cost": 0}, []),
        ({"price": 10, "cost": 12}, []),
        ({"price": 19.99, "originalPrice": 19.99, "currencyCode": "USD"}, []),
        ({"price": 19.99, "originalPrice": 19.98}, [("original_price", "INVALID_VALUE")]),
        ({"currencyCode": "usd"}, [("currency_code", "INVALID_VALUE")]),
        ({"currencyCode": "XYZ"}, [("currency_code", "INVALID_VALUE")]),
        ({"price": -0.01}, [("price", "INVALID_VALUE")]),
        ({"originalPrice": -1}, [("original_price", "INVALID_VALUE")]),
        ({"cost": -1}, [("cost", "INVALID_VALUE")]),
        ({"price": "NaN", "originalPrice": 1}, [("price", "INVALID_VALUE")]),
        ({"cost": "Infinity"}, [("cost", "INVALID_VALUE")]),
        ({"originalPrice": 1, "priceEffectiveTime": LAST, "priceExpireTime": "0001-01-01T00:00:00Z"}, []),
        ({"price": 1, "priceEffectiveTime": LAST}, [("original_price", "MISSING_FIELD")]),
        ({"price": 1, "priceExpireTime": LAST}, [("original_price", "MISSING_FIELD")]),
    ],
)
def test_price_info(price_info, expected):
    assert found(priceInfo=price_info) == [(f"price_info.{name}", reason) for name, reason in expected]


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({}, []),
        ({"ratingCount": 0, "averageRating": 1}, []),
        ({"ratingCount": 2**31 - 1, "averageRating": 5, "ratingHistogram": [0, 0, 0, 0, 1]}, []),
        ({"ratingCount": -1}, ["rating_count"]),
        ({"averageRating": 0.99}, ["average_rating"]),
        ({"averageRating": 5.01}, ["average_rating"]),
        ({"averageRating": "NaN"}, ["average_rating"]),
        ({"ratingHistogram": [1, 2, 3, 4]}, ["rating_histogram"]),
        ({"ratingHistogram": [1, 2, 3, 4, 5, 6]}, ["rating_histogram"]),
        ({"ratingHistogram": [1, 2, -3, 4, 5]}, ["rating_histogram[2]"]),
    ],
)
def test_rating(rating, expected):
    assert found(rating=rating) == [(f"rating.{name}", "INVALID_VALUE") for name in expected]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"uri": "u" * 5_000, "height": 0, "width": 2**31 - 1}, []),
        ({"uri": "u" * 5_001}, [("uri", "TOO_LONG")]),
        ({"uri": "u", "height": -1, "width": -1}, [("height", "INVALID_VALUE"), ("width", "INVALID_VALUE")]),
    ],
)
def test_images(image, expected):
    good = {"uri": "u"}
    assert found(images=[good, image]) == [(f"images[1].{name}", reason) for name, reason in expected]


def test_number_of_images():
    assert found(images=[{"uri": "u"}] * 300) == []
    assert found(images=[{"uri": "u"}] * 301) == [("images", "TOO_MANY")]


@pytest.mark.parametrize(
    ("promotion_ids", "expected"),
    [
        ([f"p{number}" for number in range(9)] + ["A_1" + "x" * 125], []),
        (["p"] * 11, [("promotions", "TOO_MANY")]),
        (["x" * 129], [("promotions[0].promotion_id", "TOO_LONG")]),
        (["free gift"], [("promotions[0].promotion_id", "INVALID_VALUE")]),
        (["ok", "1st"], [("promotions[1].promotion_id", "INVALID_VALUE")]),
        (["a\n"], [("promotions[0].promotion_id", "INVALID_VALUE")]),
    ],
)
def test_promotions(promotion_ids, expected):
    assert found(promotions=[{"promotionId": promotion_id} for promotion_id in promotion_ids]) == expected
