"""retail ImportProducts, FULL: the products that the source does not have go, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument
from google.protobuf import field_mask_pb2

from tests.contract.clients import PRODUCTS_ALPHA, Official, every_product_route
from tests.contract.products import (
    FULL,
    default_branch,
    deleted,
    ended,
    ids,
    imported,
    inline,
    line,
    name,
    objects,
    product,
    where,
)
from tests.contract.refusals import refused
from tests.contract.samples import put
from tests.support.reflected import OPERATIONS, ReflectedClient

_FAILED_PRECONDITION = 9


def get(products: Official, catalog: str, product_id: str) -> Any:
    """A product of the default branch."""
    return products.client.get_product({"name": name(catalog, product_id)})


def mask(*paths: str) -> dict[str, Any]:
    """The option of an import."""
    return {"update_mask": field_mask_pb2.FieldMask(paths=paths)}


@every_product_route
def test_full(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    imported(products, reflected, inline(catalog, *(product(f"p{number}") for number in range(10))))
    imported(products, reflected, inline(catalog, product("p1")) | {"parent": f"{catalog}/branches/1"})
    put(bucket / "products.jsonl", [line("p2"), line("p3", title="New"), line("p10")])

    operation = ended(
        products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl", reconciliation_mode=FULL)
    )

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (3, 0)
    assert operation.result() == products.types.ImportProductsResponse()
    assert deleted(reflected, operation) == 8
    assert ids(products, catalog) == ["p10", "p2", "p3"]
    assert get(products, catalog, "p3").title == "New"
    assert products.client.get_product({"name": f"{catalog}/branches/1/products/p1"}).title == "A product"


def test_full_in_many_steps(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    old = [f"old{number:04}" for number in range(1_500)]
    new = [f"new{number:04}" for number in range(3_000)]
    put(bucket / "old.jsonl", [line(each) for each in old])
    put(bucket / "new.jsonl", [line(each) for each in (*old[::3], *new)])
    imported(products, reflected, objects(catalog, f"gs://{bucket.name}/old.jsonl"))

    operation = ended(products, reflected, objects(catalog, f"gs://{bucket.name}/new.jsonl", reconciliation_mode=FULL))

    assert operation.metadata.success_count == 3_500
    assert deleted(reflected, operation) == 1_000
    assert ids(products, catalog, page_size=1_000) == [*new, *old[::3]]


@pytest.mark.parametrize("server", [pytest.param(["--concurrent-operations", "1"], id="one at once")], indirect=True)
def test_full_leaves_what_others_wrote_since(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    imported(products, reflected, inline(catalog, *(product(each) for each in ("changed", "confirmed", "old"))))
    put(bucket / "many.jsonl", [line(f"m{number}") for number in range(50_000)])
    put(bucket / "products.jsonl", [line("p1")])
    ahead = products.client.import_products(objects(f"{catalog}-other", f"gs://{bucket.name}/many.jsonl"))

    operation = products.client.import_products(
        objects(catalog, f"gs://{bucket.name}/products.jsonl", reconciliation_mode=FULL)
    )
    parent = default_branch(catalog)
    products.client.create_product({"parent": parent, "product": product(), "product_id": "created"})
    for product_id, title in (("changed", "New"), ("confirmed", "A product")):
        products.client.update_product({"product": product(title=title) | {"name": name(catalog, product_id)}})
    reflected.call(OPERATIONS, "CancelOperation", name=ahead.operation.name)
    reflected.wait(operation.operation.name)

    assert deleted(reflected, operation) == 1
    assert ids(products, catalog) == ["changed", "confirmed", "created", "p1"]


def test_full_keeps_the_products_of_rejected_lines(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    kept = ["broken", "fine", "misspelt"]
    imported(products, reflected, inline(catalog, *(product(each) for each in (*kept, "absent"))))
    put(bucket / "products.jsonl", [line("fine"), line("broken", title=None), line("misspelt", titel="x"), line("new")])

    operation = ended(
        products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl", reconciliation_mode=FULL)
    )

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, 2)
    assert [where(each)[0] for each in operation.result().error_samples] == [2, 3]
    assert deleted(reflected, operation) == 1
    assert ids(products, catalog) == ["broken", "fine", "misspelt", "new"]
    assert get(products, catalog, "broken").title == "A product"


@pytest.mark.parametrize(
    "wrong", ["no JSON", '{"id": "p1"', "[]", '{"title": "nameless"}', f'{{"id": "{"x" * 3_000_000}"}}']
)
def test_full_deletes_nothing_when_a_line_is_unreadable(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path, wrong: str
) -> None:
    imported(products, reflected, inline(catalog, product("old")))
    put(bucket / "products.jsonl", [line("new"), wrong])

    operation = ended(
        products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl", reconciliation_mode=FULL)
    )

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (1, 1)
    told, sample = operation.result().error_samples
    assert told.code == _FAILED_PRECONDITION
    assert told.message.startswith("No product was deleted: 1 rejected lines don't even tell the id of their product")
    assert where(sample)[0] == 2
    assert deleted(reflected, operation) == 0
    assert ids(products, catalog) == ["new", "old"]


def test_full_of_nothing(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    imported(products, reflected, inline(catalog, product("old")))
    put(bucket / "products.jsonl", [""])

    operation = ended(
        products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl", reconciliation_mode=FULL)
    )

    with pytest.raises(GoogleAPICallError, match="would delete all that the branch has"):
        operation.result()
    assert products.client.get_operation({"name": operation.operation.name}).error.code == _FAILED_PRECONDITION
    assert ids(products, catalog) == ["old"]


@pytest.mark.parametrize("products", PRODUCTS_ALPHA, indirect=True)
def test_full_of_nothing_on_purpose(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    imported(products, reflected, inline(catalog, product("old")))
    put(bucket / "products.jsonl", [""])
    request = objects(catalog, f"gs://{bucket.name}/products.jsonl", skip_default_branch_protection=True)

    with refused(InvalidArgument) as refusal:
        products.client.import_products(request)
    assert refusal.fields == {"skip_default_branch_protection": "FORBIDDEN_FIELD"}
    operation = ended(products, reflected, request | {"reconciliation_mode": FULL})

    assert deleted(reflected, operation) == 1
    assert ids(products, catalog) == []


def test_a_mask_with_full(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    imported(products, reflected, inline(catalog, product("p1", brands=["Acme"]), product("p2")))
    changes = [{"id": "p1", "title": "New"}, {"id": "missing", "title": "x"}]

    operation = ended(products, reflected, inline(catalog, *changes, **mask("title"), reconciliation_mode=FULL))

    assert deleted(reflected, operation) == 1
    assert ids(products, catalog) == ["p1"]
    assert get(products, catalog, "p1").brands == ["Acme"]


def test_again_changes_nothing(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    request = inline(catalog, product("p1"), product("p2"), reconciliation_mode=FULL)

    for _ in range(2):
        operation = ended(products, reflected, request)
        assert operation.metadata.success_count == 2
        assert deleted(reflected, operation) == 0
    assert ids(products, catalog) == ["p1", "p2"]
