"""Rules of a product that stand on what others there are."""

from __future__ import annotations

import pytest
from google.rpc import code_pb2

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, product_relations
from service.events.errors import MAX_VIOLATIONS, RpcError
from tests.unit.test_product_rules import COLLECTION, PRIMARY, VARIANT, parsed

NAME = "projects/p/locations/global/catalogs/default_catalog/branches/0/products/v"


@pytest.mark.parametrize(
    ("primary_type", "other_variants", "reason"),
    [
        (Product.PRIMARY, 0, None),
        (Product.PRIMARY, 1_999, None),
        (Product.PRIMARY, 2_000, "TOO_MANY"),
        (None, 0, "PRIMARY_NOT_FOUND"),
        (Product.VARIANT, 0, "INVALID_VALUE"),
        (Product.COLLECTION, 0, "INVALID_VALUE"),
        (9, 0, "INVALID_VALUE"),
    ],
)
def test_primary_of_a_variant(primary_type, other_variants, reason):
    violations = product_relations.check_primary(
        parsed(VARIANT), primary_type=primary_type, other_variants=other_variants
    )
    assert [(item.field, item.reason) for item in violations] == ([("primary_product_id", reason)] if reason else [])


@pytest.mark.parametrize("base", [PRIMARY, COLLECTION])
def test_only_a_variant_has_a_primary(base):
    assert product_relations.check_primary(parsed(base), primary_type=None, other_variants=5_000) == []


def test_members_are_no_collections():
    members = ["primary", "variant", "collection", "unknown"]
    types = {"primary": Product.PRIMARY, "variant": Product.VARIANT, "collection": Product.COLLECTION}
    violations = product_relations.check_members(parsed(COLLECTION, collectionMemberIds=members), types)
    assert [item.field for item in violations] == ["collection_member_ids[2]"]


def test_members_are_told_of_once_it_is_enough():
    members = [f"c{number}" for number in range(500)]
    types = dict.fromkeys(members, Product.COLLECTION)
    collection = parsed(COLLECTION, collectionMemberIds=members)
    assert len(product_relations.check_members(collection, types)) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    ("base", "code", "currencies"),
    [
        (VARIANT, "USD", []),
        (VARIANT, "USD", ["USD", "USD"]),
        (VARIANT, "USD", ["", "USD"]),
        (VARIANT, "", ["EUR"]),
        (PRIMARY, "USD", ["EUR"]),
    ],
)
def test_currencies_that_go_together(base, code, currencies):
    product_relations.require_same_currency(parsed(base, priceInfo={"currencyCode": code}), currencies)


def test_variants_of_two_currencies():
    variant = parsed(VARIANT, priceInfo={"currencyCode": "USD"}, name=NAME)
    with pytest.raises(RpcError, match='USD and other variants of "p" have CHF, EUR') as raised:
        product_relations.require_same_currency(variant, ["USD", "EUR", "CHF", ""])
    assert raised.value.code == code_pb2.FAILED_PRECONDITION
    raised.value.to_status()


@pytest.mark.parametrize(
    ("product_type", "in_collection", "variants", "reasons"),
    [
        (Product.PRIMARY, False, 0, []),
        (Product.PRIMARY, False, 1, []),
        (Product.PRIMARY, False, 2, ["HAS_VARIANTS"]),
        (Product.PRIMARY, True, 2, ["COLLECTION_MEMBER", "HAS_VARIANTS"]),
        (Product.VARIANT, True, 0, ["COLLECTION_MEMBER"]),
        (Product.COLLECTION, False, 0, []),
    ],
)
def test_delete(product_type, in_collection, variants, reasons):
    violations = product_relations.check_delete(
        product_type=product_type, in_collection=in_collection, variants=variants
    )
    assert [item.reason for item in violations] == reasons
    assert all(item.field == "name" for item in violations)
    if violations:
        errors.invalid_argument(violations).to_status()


@pytest.mark.parametrize("variants", [0, 1, 2])
def test_delete_where_the_variants_could_be_deleted_too(variants):
    violations = product_relations.check_delete(
        product_type=Product.PRIMARY, in_collection=False, variants=variants, allowed_variants=0
    )
    assert [item.reason for item in violations] == ["HAS_VARIANTS"] * bool(variants)
    assert all("set force to delete them with it" in item.description for item in violations)


@pytest.mark.parametrize("stored_type", [None, Product.VARIANT])
def test_a_type_that_stays(stored_type):
    assert product_relations.check_type(parsed(VARIANT), stored_type) == []


def test_a_type_never_changes():
    (found,) = product_relations.check_type(parsed(VARIANT), Product.PRIMARY)
    assert (found.field, found.reason) == ("type", "IMMUTABLE_FIELD")
    assert "must stay PRIMARY, but is VARIANT" in found.description


def test_not_found_is_told_in_googles_words():
    error = product_relations.not_found(NAME)
    assert (error.code, error.message) == (code_pb2.NOT_FOUND, f'Product with name "{NAME}" does not exist.')
