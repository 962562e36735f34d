"""The filter of ExportProducts: what it selects, and where it is not in the language."""

from __future__ import annotations

import pytest

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events.errors import RpcError
from service.events.product_exports import Exported, matches, parse

_NOW_US = 1_335_205_543_511_000  # 2012-04-23T18:25:43.511Z
SHIRT = Exported(Product.PRIMARY, Product.BACKORDER, ("Red", "New-Arrival"), _NOW_US)
PLAIN = Exported(Product.VARIANT, Product.AVAILABILITY_UNSPECIFIED, (), _NOW_US + 1)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", {SHIRT, PLAIN}),
        ("  ", {SHIRT, PLAIN}),
        ("*", {SHIRT, PLAIN}),
        ('lastModifiedTime > "2012-04-23T18:25:43.511Z"', {PLAIN}),
        ('lastModifiedTime >= "2012-04-23T18:25:43.511Z" last_modified_time < "2012-04-23T18:25:43.511001Z"', {SHIRT}),
        ('lastModifiedTime > "2012-04-23T18:25:43.511Z" lastModifiedTime < "2012-04-23T18:25:43.511Z"', set()),
        ('lastModifiedTime: ["2012-04-23T18:25:43.511Z", "2012-04-23T18:25:43.512Z"]', {SHIRT, PLAIN}),
        ("productType=primary", {SHIRT}),
        ('productType = "variant"', {PLAIN}),
        ("product_type = VARIANT", {PLAIN}),
        ("productType = collection", set()),
        ("productType = (primary OR variant)", {SHIRT, PLAIN}),
        ("productType = (NOT primary)", {PLAIN}),
        ("availability = IN_STOCK", {PLAIN}),
        ("availability = (IN_STOCK OR BACKORDER)", {SHIRT, PLAIN}),
        ("availability = (NOT IN_STOCK)", {SHIRT}),
        ('tag="Red"', {SHIRT}),
        ("tag=red", set()),
        ('tag=("Red" OR "Blue") tag="New-Arrival" tag=(NOT "promotional")', {SHIRT}),
        ('tag="Red" AND tag="Blue"', set()),
        ('tag=(NOT "Red")', {PLAIN}),
        ('tag=(NOT "Blue") productType=variant', {PLAIN}),
        ('(tag="Red" OR tag="Blue")', {SHIRT}),
    ],
)
def test_what_is_selected(text, selected):
    conditions = parse(text)
    assert {product for product in (SHIRT, PLAIN) if matches(conditions, product)} == selected


@pytest.mark.parametrize(
    ("text", "position", "told"),
    [
        ("title=x", 1, "expected lastModifiedTime, productType, availability or tag"),
        ("productType=shirt", 13, "expected primary, variant, collection"),
        ("availability > IN_STOCK", 14, "expected ="),
        ('lastModifiedTime > "yesterday"', 20, "expected a time of RFC 3339"),
        ("tag=a OR tag=b", 7, "found 'OR'"),
        ("tag", 1, "expected an operator and a value"),
        ("* tag=a", 3, "expected the end of the filter"),
        ('tag="' + "x" * 5_000, 5_001, "at most 5,000 characters"),
    ],
)
def test_what_is_not_in_the_language(text, position, told):
    with pytest.raises(RpcError) as raised:
        parse(text)
    (violation,) = raised.value.violations
    assert (violation.field, violation.reason) == ("filter", "INVALID_FILTER")
    assert f"At position {position}: " in violation.description
    assert told in violation.description
    assert 'tag=("Red" OR "Blue")' in violation.description
