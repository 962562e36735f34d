"""What a read mask shows of a product, and what an update mask changes in it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import product, product_mask
from service.events.errors import RpcError
from tests.unit.strategies import messages
from tests.unit.test_product_rules import NOW_US, PRIMARY, parsed

BRANCH = "projects/p/locations/global/catalogs/default_catalog/branches/0"
TOP = [field.name for field in Product.DESCRIPTOR.fields]
FIXED = ["name", "id", "type"]
FILLED = ["variants", "local_inventories"]

FULL: dict[str, Any] = {
    **PRIMARY,
    "name": f"{BRANCH}/products/p",
    "uri": "u",
    "images": [{"uri": "i"}, {"uri": "j"}],
    "brands": ["b"],
    "description": "d",
    "priceInfo": {"price": 10, "originalPrice": 12, "currencyCode": "USD"},
    "attributes": {"a": {"text": ["x"]}, "key_1": {"numbers": [1]}, "a.b": {"text": ["y"]}, "Size": {"text": ["XL"]}},
    "expireTime": "2030-01-01T00:00:00Z",
    "colorInfo": {"colors": ["Red"], "colorFamilies": ["Red"]},
    "localInventories": [{"placeId": "s"}],
}


def shown(*mask: str) -> Product:
    return product_mask.read(parsed(FULL), product_mask.read_fields(mask))


def updated(source: dict[str, Any], *mask: str, target: dict[str, Any] = FULL) -> Product:
    message = parsed(target)
    product_mask.apply(message, parsed(source), product_mask.update_fields(mask))
    return message


def without(*names: str, **fields: Any) -> Product:
    return parsed({name: value for name, value in FULL.items() if name not in names}, **fields)


def names_of(message: Product) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


@pytest.mark.parametrize("mask", [None, [], ()])
def test_fields_that_are_shown_by_default(mask):
    fields = product_mask.read_fields(mask)
    chosen = product_mask.read(parsed(FULL), fields)
    assert names_of(chosen) == {"name", "id", "title", "uri", "images", "price_info", "brands"}
    assert chosen.price_info == parsed(FULL).price_info


@pytest.mark.parametrize("mask", [["*"], ["title", "*"], ["*", "*"]])
def test_star_shows_all(mask):
    assert shown(*mask) == parsed(FULL)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (["title"], {"title": "t"}),
        (["priceInfo", "priceInfo"], {"priceInfo": FULL["priceInfo"]}),
        (["price_info.price"], {"priceInfo": {"price": 10}}),
        (["priceInfo.originalPrice", "price_info.price"], {"priceInfo": {"price": 10, "originalPrice": 12}}),
        (["priceInfo.original_price"], {"priceInfo": {"originalPrice": 12}}),
        (["images", "images"], {"images": FULL["images"]}),
        (["color_info", "color_info.colors"], {"colorInfo": FULL["colorInfo"]}),
        (["attributes"], {"attributes": FULL["attributes"]}),
        (["attributes.a"], {"attributes": {"a": {"text": ["x"]}}}),
        (["attributes.a.b"], {"attributes": {"a.b": {"text": ["y"]}}}),
        (["attributes.none", "rating", "rating.rating_count"], {}),
        (["attributes._size"], {"attributes": {"Size": {"text": ["XL"]}}}),
        (["localInventories"], {"localInventories": FULL["localInventories"]}),
        (["ttl", "expire_time"], {"expireTime": FULL["expireTime"]}),
    ],
)
def test_mask_that_is_read(mask, expected):
    assert shown(*mask) == parsed(expected, name=FULL["name"])


UNKNOWN = [
    "", "nothing", "Title", "title.x", "images.uri", "images[0]", "price_info.", ".title", "price_info.x", "priceinfo",
    "price__info", "expire_time.seconds", "availableQuantity.value", "variants.id", "attributes.", "*.title", "a\nb",
]  # fmt: skip


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("read", [product_mask.read_fields, product_mask.update_fields])
def test_path_that_leads_nowhere(read, path):
    with pytest.raises(RpcError, match="must be a field of Product") as raised:
        read(["title", path], "mask")
    assert raised.value.code == code_pb2.INVALID_ARGUMENT
    assert [(item.field, item.reason) for item in raised.value.violations] == [("mask.paths[1]", "UNKNOWN_FIELD")]
    raised.value.to_status()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        *((name, "IMMUTABLE_FIELD") for name in FIXED),
        *((name, "OUTPUT_ONLY_FIELD") for name in FILLED),
        ("localInventories", "OUTPUT_ONLY_FIELD"),
        ("price_info.price_range", "OUTPUT_ONLY_FIELD"),
        ("priceInfo.priceRange.price.minimum", "OUTPUT_ONLY_FIELD"),
        ("*", "UNKNOWN_FIELD"),
    ],
)
def test_path_that_can_be_read_and_not_updated(path, reason):
    product_mask.read_fields([path])
    with pytest.raises(RpcError) as raised:
        product_mask.update_fields([path])
    assert [(item.field, item.reason) for item in raised.value.violations] == [("update_mask.paths[0]", reason)]


def test_all_bad_paths_are_told_at_once():
    with pytest.raises(RpcError) as raised:
        product_mask.update_fields(["x", "title", "id", *UNKNOWN])
    assert len(raised.value.violations) == len(UNKNOWN) + 2


def test_empty_update_mask_changes_every_field_that_can_be():
    source = {"id": "other", "type": "VARIANT", "name": "other", "title": "new", "tags": ["x"]}
    kept = {name: FULL[name] for name in ("id", "name", "localInventories")}
    assert updated(source) == parsed(kept, title="new", tags=["x"])


@pytest.mark.parametrize(
    ("source", "mask", "expected"),
    [
        ({"title": "new", "uri": "new"}, ["title"], without(title="new")),
        ({}, ["description"], without("description")),
        ({"images": [{"uri": "k"}]}, ["images", "images"], without(images=[{"uri": "k"}])),
        ({}, ["images"], without("images")),
        ({"priceInfo": {"price": 9}}, ["priceInfo"], without(priceInfo={"price": 9})),
        ({"priceInfo": {"price": 9}}, ["price_info.price"], without(priceInfo={**FULL["priceInfo"], "price": 9})),
        ({}, ["price_info.price"], without(priceInfo={**FULL["priceInfo"], "price": 0})),
        ({"colorInfo": {"colors": ["G"]}}, ["color_info", "color_info.colors"], without(colorInfo={"colors": ["G"]})),
        ({"rating": {"ratingCount": 3}}, ["rating.ratingCount"], without(rating={"ratingCount": 3})),
        ({}, ["rating.rating_count"], without()),
        ({"attributes": {"z": {"text": ["z"]}}}, ["attributes"], without(attributes={"z": {"text": ["z"]}})),
    ],
)
def test_mask_that_updates(source, mask, expected):
    assert updated(source, *mask) == expected


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        ({"a": {"numbers": [2]}, "z": {}}, "attributes.a", {"a": {"numbers": [2]}}),
        ({"z": {"numbers": [2]}}, "attributes.z", {"z": {"numbers": [2]}}),
        ({}, "attributes.a", {"a": None}),
        ({}, "attributes.a.b", {"a.b": None}),
        ({}, "attributes.none", {}),
        ({"Size": {"text": ["S"]}}, "attributes.Size", {"Size": {"text": ["S"]}}),
        ({"Size": {"text": ["S"]}}, "attributes._size", {"Size": {"text": ["S"]}}),
        ({"ecoFriendly": {"text": ["S"]}}, "attributes.eco_friendly", {"ecoFriendly": {"text": ["S"]}}),
        ({"ecoFriendly": {"text": ["S"]}, "eco_friendly": {"text": ["T"]}}, "attributes.eco_friendly",
         {"eco_friendly": {"text": ["T"]}}),
    ],
)  # fmt: skip
def test_one_attribute_is_updated_or_deleted(source, path, expected):
    attributes = {**FULL["attributes"], **expected}
    left = {key: value for key, value in attributes.items() if value is not None}
    assert updated({"attributes": source}, path) == without(attributes=left)


@pytest.mark.parametrize(
    ("source", "mask", "expiration"),
    [
        ({"ttl": "1s"}, ["ttl"], {"ttl": "1s"}),
        ({"ttl": "1s"}, [], {"ttl": "1s"}),
        ({"expireTime": "2031-01-01T00:00:00Z"}, [], {"expireTime": "2031-01-01T00:00:00Z"}),
        ({"expireTime": "2031-01-01T00:00:00Z"}, ["expireTime", "ttl"], {"expireTime": "2031-01-01T00:00:00Z"}),
        ({"ttl": "1s"}, ["expireTime"], {}),
        ({}, ["ttl"], {}),
        ({}, ["expire_time"], {}),
        ({"ttl": "1s"}, ["title"], {"expireTime": FULL["expireTime"]}),
    ],
)
def test_expiry_is_one_thing_with_two_names(source, mask, expiration):
    changed = updated(source, *mask)
    assert {name: getattr(changed, name) for name in ("ttl", "expire_time") if changed.HasField(name)} == {
        name: getattr(parsed(expiration), name) for name in ("ttl", "expire_time") if parsed(expiration).HasField(name)
    }


@pytest.mark.parametrize(
    ("prices", "source", "mask", "original_price"),
    [
        ((10, 10), {"price": 20}, ["price_info.price"], 20),
        ((10, 10), {"price": 20, "originalPrice": 10}, ["priceInfo.price"], 20),
        ((10, 10), {"price": 8}, ["price_info.price"], 10),
        ((10, 12), {"price": 11}, ["price_info.price"], 12),
        ((10, 12), {"price": 20}, ["price_info.price"], 12),
        ((10, 10), {"price": 20, "originalPrice": 10}, ["price_info"], 10),
        ((10, 10), {"price": 20, "originalPrice": 10}, ["price_info.price", "price_info.original_price"], 10),
        ((10, 10), {"currencyCode": "EUR"}, ["price_info.currency_code"], 10),
    ],
)
def test_price_that_is_raised_takes_an_original_price_along_that_was_the_same(prices, source, mask, original_price):
    stored = {**PRIMARY, "priceInfo": {"price": prices[0], "originalPrice": prices[1]}}
    changed = updated({"priceInfo": source}, *mask, target=stored)
    product.normalise(changed, branch=BRANCH, now_us=NOW_US)
    assert changed.price_info.original_price == original_price


PATHS = st.one_of(
    st.sampled_from([*TOP, "price_info.price", "priceInfo.priceRange", "attributes.a", "colorInfo.colors", "*", "x.y"]),
    st.text(),
)


@given(messages(Product), messages(Product), st.lists(PATHS, max_size=5))
def test_any_mask_is_told_or_works(source, target, mask):
    with contextlib.suppress(RpcError):
        fields = product_mask.read_fields(mask)
        chosen = product_mask.read(source, fields)
        assert product_mask.read(chosen, fields) == chosen
    with contextlib.suppress(RpcError):
        fields = product_mask.update_fields(mask)
        product_mask.apply(target, source, fields)
        once = target.SerializeToString(deterministic=True)
        product_mask.apply(target, source, fields)
        assert target.SerializeToString(deterministic=True) == once
