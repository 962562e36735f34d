"""retail ListProducts: pages, filters, masks; and v2alpha's total."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.protobuf import field_mask_pb2

from tests.contract.clients import PRODUCTS_ALPHA, Official, every_product_route, products_over_grpc
from tests.contract.products import PRODUCTS, default_branch, ids, imported, inline, name, product, variant
from tests.contract.refusals import refused
from tests.support.reflected import ReflectedClient

ALPHA = "google.cloud.retail.v2alpha.ProductService"
FAMILY = [
    product("p1", uri="https://example.com", tags=["new"], brands=["Acme"], price_info={"price": 2}),
    product("p2"),
    variant("v1", "p1"),
    variant("v2", "p1"),
    variant("v3", "p2"),
    product("c1", type_="COLLECTION", collection_member_ids=["v2", "p2", "missing"]),
]


def fill(products: Official, reflected: ReflectedClient, catalog: str, *wanted: dict[str, Any]) -> None:
    """Stores products, the family by default."""
    assert imported(products, reflected, inline(catalog, *(wanted or FAMILY))) == (len(wanted or FAMILY), 0)


def first_page(reflected: ReflectedClient, catalog: str, service: str = PRODUCTS, **query: Any) -> Any:
    """One page of the list."""
    return reflected.call(service, "ListProducts", parent=default_branch(catalog), **query)


@every_product_route
def test_pages(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    expected = sorted(f"p{number}" for number in range(25))
    fill(products, reflected, catalog, *(product(each) for each in reversed(expected)))

    for size in (1, 7, 25, 1_000, 5_000):
        assert ids(products, catalog, page_size=size) == expected
    page = first_page(reflected, catalog, page_size=10)
    assert [each.id for each in page.products] == expected[:10]
    page = first_page(reflected, catalog, page_size=15, page_token=page.next_page_token)
    assert [each.id for each in page.products] == expected[10:]
    assert not page.next_page_token


def test_sizes_of_a_page(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(products, reflected, catalog, *(product(f"p{number}") for number in range(1_001)))

    assert len(first_page(reflected, catalog).products) == 100
    assert len(first_page(reflected, catalog, page_size=1_001).products) == 1_000
    with refused(InvalidArgument) as refusal:
        ids(products, catalog, page_size=-6)
    assert refusal.message == "`page_size` must be nonnegative, but is set to -6."


def test_a_page_fits_into_a_message(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(products, reflected, catalog, *(product(f"p{number}", tags=["t" * 1_000] * 250) for number in range(20)))

    page = first_page(reflected, catalog, read_mask={"paths": ["*"]})

    assert 1 < len(page.products) < 20
    assert page.ByteSize() < 4 * 2**20
    assert len(ids(products, catalog, read_mask=field_mask_pb2.FieldMask(paths=["tags"]))) == 20


@pytest.mark.parametrize(
    "change",
    [
        {"filter": 'type = "PRIMARY"'},
        {"parent": "other"},
        {"read_mask": {"paths": ["title"]}},
        {"page_token": "nonsense"},
        {"page_token": "x"},
    ],
)
def test_a_token_belongs_to_its_query(
    products: Official, reflected: ReflectedClient, catalog: str, change: dict[str, Any]
) -> None:
    fill(products, reflected, catalog)
    token = first_page(reflected, catalog, page_size=2).next_page_token
    query = {"page_token": token, **change}
    parent = f"{catalog}/branches/1" if query.pop("parent", "") else default_branch(catalog)

    with refused(InvalidArgument) as refusal:
        reflected.call(PRODUCTS, "ListProducts", parent=parent, **query)

    assert refusal.fields == {"page_token": "INVALID_PAGE_TOKEN"}


@every_product_route
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["c1", "p1", "p2", "v1", "v2", "v3"]),
        ('primary_product_id = "p1"', ["v1", "v2"]),
        ('collection_product_id = "c1"', ["p2", "v2"]),
        ('type = "PRIMARY"', ["p1", "p2"]),
        ('type="VARIANT"', ["v1", "v2", "v3"]),
        ('type = "COLLECTION"', ["c1"]),
    ],
)
def test_filters(products: Official, reflected: ReflectedClient, catalog: str, text: str, expected: list[str]) -> None:
    fill(products, reflected, catalog)

    assert ids(products, catalog, filter=text) == expected
    assert ids(products, catalog, filter=text, page_size=1) == expected


@pytest.mark.parametrize(
    "text",
    ["type = PRIMARY", 'type = "OTHER"', 'title = "x"', 'type = "PRIMARY" AND type = "VARIANT"', "primary_product_id"],
)
def test_what_is_not_in_the_language(products: Official, catalog: str, text: str) -> None:
    with refused(InvalidArgument) as refusal:
        ids(products, catalog, filter=text)

    assert refusal.fields == {"filter": "INVALID_FILTER"}
    assert 'Valid filter examples: primary_product_id = "some_id"' in refusal.message


@pytest.mark.parametrize(
    "text", ['primary_product_id = "none"', 'collection_product_id = "none"', 'collection_product_id = "p1"']
)
def test_the_product_of_a_filter_does_not_exist(
    products: Official, reflected: ReflectedClient, catalog: str, text: str
) -> None:
    fill(products, reflected, catalog)

    with refused(NotFound) as refusal:
        ids(products, catalog, filter=text)

    assert refusal.reason == "PRODUCT_NOT_FOUND"


@every_product_route
def test_masks(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(products, reflected, catalog, FAMILY[0])

    def read(*paths: str) -> Any:
        mask = {"read_mask": field_mask_pb2.FieldMask(paths=paths)} if paths else {}
        (found,) = products.client.list_products({"parent": default_branch(catalog), **mask})
        return found

    named = {"name": name(catalog, "p1")}
    by_default = {field: FAMILY[0][field] for field in ("id", "title", "uri", "brands")}
    price = {"price": 2, "original_price": 2}
    kind = products.types.Product
    assert read() == kind(**named, **by_default, price_info=price)
    assert read("tags", "price_info.price") == kind(**named, tags=["new"], price_info={"price": 2})
    assert read("*") == products.client.get_product(named)
    with refused(InvalidArgument) as refusal:
        read("title", "nonsense")
    assert refusal.fields == {"read_mask.paths[1]": "UNKNOWN_FIELD"}


@pytest.mark.parametrize("products", PRODUCTS_ALPHA, indirect=True)
def test_the_total(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    fill(products, reflected, catalog)

    page = first_page(reflected, catalog, ALPHA, page_size=2, require_total_size=True)
    assert (len(page.products), page.total_size) == (2, 6)
    page = first_page(reflected, catalog, ALPHA, filter='type = "VARIANT"', page_size=2, require_total_size=True)
    assert page.total_size == 3
    query = {"filter": 'type = "VARIANT"', "page_token": page.next_page_token, "require_total_size": True}
    assert first_page(reflected, catalog, ALPHA, **query).total_size == 0
    assert first_page(reflected, catalog, ALPHA).total_size == 0
    assert products.client.list_products({"parent": default_branch(catalog), "require_total_size": True})


@products_over_grpc
def test_a_malformed_parent(products: Official, catalog: str) -> None:
    for parent in ("nonsense", catalog, f"{catalog}/branches/a b"):
        with refused(InvalidArgument) as refusal:
            products.client.list_products({"parent": parent})
        assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}
