"""retail ProductService: one product at a time. Create, Get, Update and Delete."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.exceptions import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from google.protobuf import field_mask_pb2
from google.rpc.error_details_pb2 import ResourceInfo

from tests.contract.clients import PRODUCTS_ALPHA, Official, every_product_route, products_over_grpc
from tests.contract.products import default_branch, ids, name, product, variant
from tests.contract.refusals import Refusal, refused

EXPIRY = datetime(2099, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FULL_PRODUCT = product(
    gtin="4006381333931",
    brands=["Acme"],
    description="Rund und grün",
    attributes={"eco": {"text": ["yes"]}, "weight.kg": {"numbers": [1.5]}},
    tags=["new"],
    price_info={"currency_code": "EUR", "price": 8.5, "original_price": 10, "cost": 4},
    rating={"rating_count": 3, "average_rating": 4.5, "rating_histogram": [0, 0, 0, 1, 2]},
    expire_time=EXPIRY,
    availability="PREORDER",
    available_quantity=7,
    uri="https://example.com/p",
    images=[{"uri": "https://example.com/p.jpg", "height": 300, "width": 400}],
    color_info={"color_families": ["Green"], "colors": ["Grass"]},
    sizes=["M"],
)

BAD_IDS = ["a" * 129, "a//b", "/a", "a/", "..", "a/./b", "tab\there"]
GOOD_IDS = ["p1", "a" * 128, "a/b", "with space", "Größe-42", "%41+?#&"]


def create(products: Official, catalog: str, product_id: str, fields: dict[str, Any] | None = None) -> Any:
    """Creates a product, the smallest one by default."""
    request = {"parent": default_branch(catalog), "product": fields or product(), "product_id": product_id}
    return products.client.create_product(request)


def update(products: Official, catalog: str, fields: dict[str, Any], *paths: str, **options: Any) -> Any:
    """Updates the product `fields["id"]`; the mask is left out when there are no paths."""
    named = {key: value for key, value in fields.items() if key != "id"}
    named["name"] = f"{default_branch(catalog)}/products/{fields['id']}"
    mask = {"update_mask": field_mask_pb2.FieldMask(paths=paths)} if paths else {}
    return products.client.update_product({"product": named, **mask, **options})


@every_product_route
def test_a_products_life(products: Official, catalog: str) -> None:
    created = create(products, catalog, "p1", FULL_PRODUCT)

    expected = products.types.Product(**FULL_PRODUCT, id="p1", name=name(catalog, "p1"), primary_product_id="p1")
    expected.type_ = "PRIMARY"
    assert created == expected
    assert isinstance(created, products.types.Product)
    for branch in ("0", "default_branch"):
        assert products.client.get_product({"name": f"{catalog}/branches/{branch}/products/p1"}) == expected
    assert ids(products, catalog) == ["p1"]

    updated = update(products, catalog, {"id": "p1", "title": "Another"}, "title")

    expected.title = "Another"
    assert updated == expected
    assert products.client.get_product({"name": name(catalog, "p1")}) == expected

    assert products.client.delete_product({"name": f"{default_branch(catalog)}/products/p1"}) is None

    for call in (products.client.get_product, products.client.delete_product):
        with refused(NotFound) as refusal:
            call({"name": name(catalog, "p1")})
        assert refusal.message == f'Product with name "{name(catalog, "p1")}" does not exist.'
        assert refusal.detail(ResourceInfo).resource_name == name(catalog, "p1")
    assert ids(products, catalog) == []


@every_product_route
def test_a_product_is_created_once(products: Official, catalog: str) -> None:
    create(products, catalog, "p1", product(title="First"))

    with refused(AlreadyExists) as refusal:
        create(products, catalog, "p1", product(title="Second"))

    assert refusal.reason == "PRODUCT_ALREADY_EXISTS"
    assert refusal.detail(ResourceInfo).resource_name == name(catalog, "p1")
    assert products.client.get_product({"name": name(catalog, "p1")}).title == "First"


@pytest.mark.parametrize("product_id", GOOD_IDS)
def test_good_ids(products: Official, catalog: str, product_id: str) -> None:
    assert create(products, catalog, product_id).id == product_id
    assert products.client.get_product({"name": name(catalog, product_id)}).name == name(catalog, product_id)


@products_over_grpc
@pytest.mark.parametrize("product_id", BAD_IDS)
def test_bad_ids(products: Official, catalog: str, product_id: str) -> None:
    with refused(InvalidArgument) as refusal:
        create(products, catalog, product_id)
    assert set(refusal.fields) == {"product.id"}

    with refused(InvalidArgument) as refusal:
        products.client.get_product({"name": name(catalog, product_id)})
    assert refusal.fields == {"name": "INVALID_RESOURCE_ID"}


@products_over_grpc
def test_what_a_create_needs(products: Official, catalog: str) -> None:
    def violations(**request: Any) -> Refusal:
        with refused(InvalidArgument) as refusal:
            products.client.create_product(request)
        return refusal

    parent = default_branch(catalog)
    assert violations(parent=parent, product_id="p").fields == {"product": "MISSING_FIELD"}
    assert violations(parent=parent, product=product()).fields == {"product_id": "MISSING_FIELD"}
    for wrong in (catalog, f"{catalog}/branches/", "branches/0", f"{parent}/products/p"):
        refusal = violations(parent=wrong, product=product(), product_id="p")
        assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}
    refusal = violations(parent=parent, product={"id": "ignored", "uri": "u" * 5_001}, product_id="p")
    assert refusal.fields == {
        "product.categories": "MISSING_FIELD",
        "product.title": "MISSING_FIELD",
        "product.uri": "TOO_LONG",
    }
    assert refusal.message.startswith('Field "product.categories" is a required field, but no value is found.')


def test_branches_are_apart(products: Official, catalog: str) -> None:
    create(products, catalog, "p1", product(title="Of the default branch"))
    other = f"{catalog}/branches/1"
    made = products.client.create_product({"parent": other, "product": product(title="Other"), "product_id": "p1"})

    assert made.name == f"{other}/products/p1"
    assert products.client.get_product({"name": f"{other}/products/p1"}).title == "Other"
    products.client.delete_product({"name": f"{other}/products/p1"})
    assert products.client.get_product({"name": name(catalog, "p1")}).title == "Of the default branch"


def test_variants_of_a_primary(products: Official, catalog: str) -> None:
    def refuse(kind: type, product_id: str, fields: dict[str, Any]) -> Refusal:
        with refused(kind) as refusal:
            create(products, catalog, product_id, fields)
        return refusal

    refusal = refuse(InvalidArgument, "v1", variant("", "p1"))
    assert refusal.fields == {"product.primary_product_id": "PRIMARY_NOT_FOUND"}
    create(products, catalog, "p1")
    for number in (2, 1):
        create(products, catalog, f"v{number}", variant("", "p1", price_info={"currency_code": "EUR", "price": number}))

    refusal = refuse(FailedPrecondition, "v3", variant("", "p1", price_info={"currency_code": "USD", "price": 1}))
    assert refusal.reason == "CURRENCY_MISMATCH"
    refusal = refuse(InvalidArgument, "v3", variant("", "v1"))
    assert refusal.fields == {"product.primary_product_id": "INVALID_VALUE"}
    found = products.client.get_product({"name": name(catalog, "p1")})
    assert [(each.id, each.price_info.price) for each in found.variants] == [("v1", 1), ("v2", 2)]
    assert not products.client.get_product({"name": name(catalog, "v1")}).variants


@every_product_route
def test_an_update_by_mask(products: Official, catalog: str) -> None:
    create(products, catalog, "p1", FULL_PRODUCT)
    wanted = {
        "id": "p1",
        "title": "not in the mask",
        "price_info": {"price": 9, "cost": 1},
        "attributes": {"eco": {"text": ["no"]}},
    }

    updated = update(
        products, catalog, wanted, "price_info.price", "attributes.eco", "attributes.weight.kg", "brands", "expire_time"
    )

    assert updated.title == "A product"
    assert (updated.price_info.price, updated.price_info.cost, updated.price_info.currency_code) == (9, 4, "EUR")
    assert {key: list(each.text) for key, each in updated.attributes.items()} == {"eco": ["no"]}
    assert not updated.brands
    assert "expire_time" not in updated
    assert updated.tags == ["new"]
    assert products.client.get_product({"name": name(catalog, "p1")}) == updated


def test_an_update_without_a_mask_replaces_every_field(products: Official, catalog: str) -> None:
    create(products, catalog, "p1", FULL_PRODUCT)

    updated = update(products, catalog, product("p1", type_="VARIANT", brands=["Other"]))

    assert updated == products.types.Product(
        **product("p1", brands=["Other"]), name=name(catalog, "p1"), type_="PRIMARY", primary_product_id="p1"
    )


@every_product_route
def test_an_update_of_a_missing_product(products: Official, catalog: str) -> None:
    with refused(NotFound) as refusal:
        update(products, catalog, product("p1"))
    assert refusal.reason == "PRODUCT_NOT_FOUND"

    created = update(products, catalog, product("p1", brands=["Acme"]), "title", allow_missing=True)

    assert created.brands == ["Acme"]  # a mask has no say in what is created
    assert update(products, catalog, {"id": "p1", "title": "New"}, "title", allow_missing=True).brands == ["Acme"]
    with refused(InvalidArgument) as refusal:
        update(products, catalog, {"id": "p2", "title": "No categories"}, "title", allow_missing=True)
    assert refusal.fields == {"product.categories": "MISSING_FIELD"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nonsense", "UNKNOWN_FIELD"),
        ("title.text", "UNKNOWN_FIELD"),
        ("*", "UNKNOWN_FIELD"),
        ("id", "IMMUTABLE_FIELD"),
        ("type", "IMMUTABLE_FIELD"),
        ("name", "IMMUTABLE_FIELD"),
        ("variants", "OUTPUT_ONLY_FIELD"),
        ("local_inventories", "OUTPUT_ONLY_FIELD"),
        ("price_info.price_range", "OUTPUT_ONLY_FIELD"),
    ],
)
def test_what_a_mask_can_not_name(products: Official, catalog: str, path: str, reason: str) -> None:
    create(products, catalog, "p1")

    with refused(InvalidArgument) as refusal:
        update(products, catalog, product("p1", title="New"), "title", path)

    assert refusal.fields == {"update_mask.paths[1]": reason}
    assert products.client.get_product({"name": name(catalog, "p1")}).title == "A product"


@products_over_grpc
def test_an_update_keeps_the_rules(products: Official, catalog: str) -> None:
    create(products, catalog, "p1")

    with refused(InvalidArgument) as refusal:
        update(
            products, catalog, {"id": "p1", "price_info": {"price": 1, "currency_code": "XXQ"}}, "title", "price_info"
        )

    assert set(refusal.fields) == {"product.title", "product.price_info.currency_code"}
    with refused(InvalidArgument) as refusal:
        products.client.update_product({"product": {"name": "nonsense", "title": "New"}})
    assert refusal.fields == {"name": "INVALID_RESOURCE_ID"}
    with refused(InvalidArgument) as refusal:
        products.client.update_product({})
    assert refusal.fields == {"product": "MISSING_FIELD"}


@every_product_route
def test_what_can_not_be_deleted(products: Official, catalog: str) -> None:
    for product_id in ("p1", "p2"):
        create(products, catalog, product_id)
    for product_id in ("v1", "v2"):
        create(products, catalog, product_id, variant("", "p1"))
    create(products, catalog, "c1", product(type_="COLLECTION", collection_member_ids=["p2", "elsewhere"]))

    with refused(InvalidArgument) as refusal:
        products.client.delete_product({"name": name(catalog, "p1")})
    assert refusal.reason == "HAS_VARIANTS"
    with refused(InvalidArgument) as refusal:
        products.client.delete_product({"name": name(catalog, "p2")})
    assert refusal.reason == "COLLECTION_MEMBER"

    for product_id in ("c1", "p2", "v1", "v2", "p1"):
        products.client.delete_product({"name": name(catalog, product_id)})
    assert ids(products, catalog) == []


def test_a_primary_with_one_variant(products: Official, catalog: str) -> None:
    create(products, catalog, "p1")
    create(products, catalog, "v1", variant("", "p1"))

    if "force" in products.types.DeleteProductRequest.pb().DESCRIPTOR.fields_by_name:
        with refused(InvalidArgument) as refusal:
            products.client.delete_product({"name": name(catalog, "p1")})
        assert re.search("set force to delete them", refusal.message)
    else:
        products.client.delete_product({"name": name(catalog, "p1")})
        assert ids(products, catalog) == ["v1"]


@pytest.mark.parametrize("products", PRODUCTS_ALPHA, indirect=True)
def test_force_deletes_the_variants_too(products: Official, catalog: str) -> None:
    for product_id in ("p1", "p2"):
        create(products, catalog, product_id)
    for product_id in ("v1", "v2"):
        create(products, catalog, product_id, variant("", "p1"))
    create(products, catalog, "v3", variant("", "p2"))
    collection = create(products, catalog, "c1", product(type_="COLLECTION", collection_member_ids=["v2"]))

    with refused(InvalidArgument) as refusal:
        products.client.delete_product({"name": name(catalog, "p1"), "force": True})
    assert refusal.reason == "COLLECTION_MEMBER"
    products.client.delete_product({"name": collection.name, "force": True})
    products.client.delete_product({"name": name(catalog, "p1"), "force": True})

    assert ids(products, catalog) == ["p2", "v3"]
