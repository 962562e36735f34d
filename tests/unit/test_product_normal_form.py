"""The normal form of a product, and what holds for products of any content."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, json, product
from tests.unit.strategies import messages
from tests.unit.test_product_rules import COLLECTION, NOW_US, PRIMARY, VARIANT, parsed

BRANCH = "projects/p/locations/global/catalogs/default_catalog/branches/0"
NAME = Product.DESCRIPTOR.full_name
NOWS = st.one_of(st.just(NOW_US), st.integers(0, 4_000_000_000_000_000))


def normalised(base=PRIMARY, **fields) -> Product:
    message = parsed(base, **fields)
    product.normalise(message, branch=BRANCH, now_us=NOW_US)
    return message


@pytest.mark.parametrize("name", ["", "p", "projects/other/locations/l/catalogs/c/branches/1/products/p"])
def test_name_is_made_of_branch_and_id(name):
    assert normalised(name=name).name == f"{BRANCH}/products/p"


@pytest.mark.parametrize(
    ("base", "type_", "primary_id"),
    [
        (PRIMARY, Product.PRIMARY, "p"),
        ({**PRIMARY, "type": "PRIMARY", "primaryProductId": "p"}, Product.PRIMARY, "p"),
        (VARIANT, Product.VARIANT, "p"),
        (COLLECTION, Product.COLLECTION, ""),
        ({**COLLECTION, "primaryProductId": "c"}, Product.COLLECTION, "c"),
    ],
)
def test_type_and_primary_product_id(base, type_, primary_id):
    message = normalised(base)
    assert (message.type, message.primary_product_id) == (type_, primary_id)


@pytest.mark.parametrize(
    ("price_info", "original_price"), [({"price": 10}, 10), ({"price": 10, "originalPrice": 12}, 12), ({}, 0)]
)
def test_original_price_is_the_price_unless_given(price_info, original_price):
    assert normalised(priceInfo=price_info).price_info.original_price == original_price


def test_price_info_is_not_made_up():
    assert not normalised().HasField("price_info")


@pytest.mark.parametrize(
    ("ttl", "expire_time"),
    [
        ("0s", "2023-11-14T22:13:20Z"),
        ("1.000000001s", "2023-11-14T22:13:21.000000001Z"),
        ("86400s", "2023-11-15T22:13:20Z"),
    ],
)
def test_ttl_becomes_expire_time(ttl, expire_time):
    message = normalised(ttl=ttl)
    assert message.WhichOneof("expiration") == "expire_time"
    assert message.expire_time.ToJsonString() == expire_time


def test_microseconds_of_the_clock_and_nanoseconds_of_the_ttl_add_up():
    message = parsed(ttl="0.999999999s")
    product.normalise(message, branch=BRANCH, now_us=NOW_US + 1)
    assert message.expire_time.ToJsonString() == "2023-11-14T22:13:21.000000999Z"


def test_expire_time_stays():
    assert normalised(expireTime="2020-01-01T00:00:00Z").expire_time.ToJsonString() == "2020-01-01T00:00:00Z"


def test_what_only_the_service_fills_is_emptied():
    message = normalised(
        variants=[PRIMARY], localInventories=[{"placeId": "s"}], priceInfo={"priceRange": {"price": {"minimum": 1}}}
    )
    assert not message.variants
    assert not message.local_inventories
    assert not message.price_info.HasField("price_range")


def test_retrievable_fields_keep_what_json_can_say():
    message = parsed()
    message.retrievable_fields.paths[:] = ["title", "productId", "attributes.key_1", "price_info.price", "a_"]
    product.normalise(message, branch=BRANCH, now_us=NOW_US)
    assert message.retrievable_fields.paths == ["title", "price_info.price"]


@st.composite
def plausible_products(draw: st.DrawFn) -> Product:
    """Products near the rules: many are accepted, and the others break one or two."""
    message = draw(st.one_of(st.just(Product()), messages(Product)))
    message.id = draw(st.sampled_from(["p", "é" * 128, "a/b c"]))
    message.title = "t"
    message.type = draw(st.sampled_from([0, 1, 2, 3]))
    message.primary_product_id = draw(st.sampled_from(["", "p", "q"]))
    message.categories[:] = draw(st.lists(st.sampled_from(["c", "c > d"]), max_size=2))
    for name in ("attributes", "fulfillment_info", "images", "promotions", "rating", "collection_member_ids", "gtin"):
        if draw(st.integers(0, 9)):
            message.ClearField(name)
    message.availability = draw(st.sampled_from([0, 1, 4]))
    message.price_info.currency_code = draw(st.sampled_from(["", "USD"]))
    message.price_info.price = draw(st.sampled_from([0.0, -0.0, 19.99, 1e38]))
    message.price_info.original_price = draw(st.sampled_from([0.0, 1e38]))
    message.price_info.cost = draw(st.sampled_from([0.0, 1e-45]))
    if draw(st.booleans()):
        message.ttl.seconds = draw(st.sampled_from([0, 1, 10**9, 10**11]))
    return message


ANY_PRODUCT = st.one_of(plausible_products(), messages(Product))


@given(ANY_PRODUCT, NOWS)
def test_check_changes_nothing_and_its_violations_fit_into_an_error(message, now_us):
    before = message.SerializeToString(deterministic=True)
    violations = product.check(message, now_us=now_us)
    assert message.SerializeToString(deterministic=True) == before
    assert len(violations) == len({(item.field, item.description) for item in violations})
    if violations:
        assert errors.invalid_argument(errors.prefixed(violations, "product", "product")).to_status().message


@given(ANY_PRODUCT, NOWS, NOWS)
def test_normalise_is_idempotent_at_any_time(message, now_us, later_us):
    product.normalise(message, branch=BRANCH, now_us=now_us)
    once = message.SerializeToString(deterministic=True)
    product.normalise(message, branch=BRANCH, now_us=later_us)
    assert message.SerializeToString(deterministic=True) == once


def test_paths_without_a_form_in_json_are_left_out():
    message = Product(
        id="p",
        title="t",
        retrievable_fields={
            "paths": ["", "title", "attributes.key_1", "é", "a__b", "a-b", "_a", "price_info.price", "*"]
        },
    )
    product.normalise(message, branch=BRANCH, now_us=NOW_US)
    assert list(message.retrievable_fields.paths) == ["title", "price_info.price", "*"]


@given(plausible_products(), NOWS)
def test_accepted_product_stays_accepted_and_can_be_read_back(message, now_us):
    if product.check(message, now_us=now_us):
        return
    product.normalise(message, branch=BRANCH, now_us=now_us)
    assert product.check(message, now_us=now_us) == []
    text = json.encode(NAME, message.SerializeToString())
    assert json_format.Parse(json_format.MessageToJson(message), Product()) == json_format.Parse(text, Product())


def test_many_plausible_products_are_accepted():
    accepted = 0

    @given(plausible_products())
    def count(message):
        nonlocal accepted
        accepted += not product.check(message, now_us=NOW_US)

    count()
    assert accepted > 50
