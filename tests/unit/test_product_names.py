"""Names of branches and products, and the ids that a product can have."""

from __future__ import annotations

import contextlib

import pytest
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from service.events import names
from service.events.errors import RpcError

CATALOG = "projects/p/locations/global/catalogs/default_catalog"
BRANCH = f"{CATALOG}/branches/0"

PART = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",), exclude_characters="/"), min_size=1).filter(
    lambda part: part not in (".", "..")
)
IDS = st.lists(PART, min_size=1).map("/".join).filter(lambda product_id: len(product_id) <= 128)


@pytest.mark.parametrize(
    ("branch_id", "canonical"),
    [("0", "0"), ("1", "1"), ("default_branch", "0"), ("Default_Branch", "Default_Branch"), ("é", "é")],
)
def test_branch(branch_id, canonical):
    branch = f"{CATALOG}/branches/{canonical}"
    assert names.parse_branch(f"{CATALOG}/branches/{branch_id}") == (CATALOG, branch)
    assert names.parse_product(f"{CATALOG}/branches/{branch_id}/products/x") == (CATALOG, branch, "x")


@pytest.mark.parametrize("name", ["x", CATALOG, f"{CATALOG}/branches/", f"{BRANCH}/", f"{BRANCH}/x", f"{BRANCH}\n"])
def test_what_is_no_branch(name):
    with pytest.raises(
        RpcError, match=r'"parent" must be of the form projects/\*/locations/\*/catalogs/\*/branches/\*'
    ) as raised:
        names.parse_branch(name)
    assert raised.value.code == code_pb2.INVALID_ARGUMENT
    (violation,) = raised.value.violations
    assert (violation.field, violation.reason) == ("parent", "INVALID_RESOURCE_ID")


GOOD_IDS = [
    "p", "a/b", "a/products/b", "products", "online:en:US:1", "SKU 12", " ", "x" * 128, "\U0001f600" * 128, "...",
    "a/.b", "p:setInventory", "%2F", '"', "*", "x/" * 63 + "xx", "branches/1/products/q",
]  # fmt: skip
BAD_IDS = [
    "", "/", "/a", "a/", "a//b", ".", "..", "a/.", "./a", "a/../b", "x" * 129, "x/" * 64 + "x", "a\n", "\t", "\x00",
    "\x7f", "\x85", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("product_id", GOOD_IDS)
def test_id_that_is_taken(product_id):
    assert names.is_product_id(product_id)
    name = names.product(BRANCH, product_id)
    assert names.parse_product(name) == (CATALOG, BRANCH, product_id)


@pytest.mark.parametrize("product_id", BAD_IDS)
def test_id_that_is_refused(product_id):
    assert not names.is_product_id(product_id)
    with pytest.raises(RpcError, match=r'"product" must be of the form \S+/branches/\*/products/\*') as raised:
        names.parse_product(f"{BRANCH}/products/{product_id}", "product")
    raised.value.to_status()


def test_ids_that_are_named_like_collections():
    name = "projects/products/locations/branches/catalogs/products/branches/products/products/x/products/y"
    assert names.parse_product(name) == (
        "projects/products/locations/branches/catalogs/products",
        "projects/products/locations/branches/catalogs/products/branches/products",
        "x/products/y",
    )


@pytest.mark.parametrize(
    "name", ["p", BRANCH, f"{CATALOG}/products/p", f"x{BRANCH}/products/p", f"{CATALOG}/branches//products/p"]
)
def test_what_is_no_product(name):
    with pytest.raises(RpcError, match='"name" must be of the form'):
        names.parse_product(name)


@given(IDS)
def test_name_is_taken_apart_as_it_was_put_together(product_id):
    assert names.parse_product(names.product(BRANCH, product_id)) == (CATALOG, BRANCH, product_id)


@given(st.one_of(st.text(), st.text().map(lambda text: f"{BRANCH}/products/{text}")))
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(RpcError):
        catalog, branch, product_id = names.parse_product(text)
        assert (catalog, branch) == names.parse_branch(branch)
        assert names.is_product_id(product_id)
