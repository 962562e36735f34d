"""ImportProducts from BigQuery: a table in the layout that Google's pages give for products."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound

from tests.contract.clients import Official, every_product_route, products_over_grpc
from tests.contract.imports import table
from tests.contract.products import FULL, default_branch, ended, ids, imported, name, reasons, where
from tests.contract.refusals import refused
from tests.contract.samples import user_event
from tests.sources.emulator import DATASET, PROJECT, Warehouse
from tests.sources.rows import PRODUCTS, PRODUCTS_SCHEMA
from tests.support.reflected import RETAIL
from tests.support.server import Server

BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    (PRODUCTS[1] | {"id": "bad1", "title": ""}, {"title": "MISSING_FIELD"}),
    (PRODUCTS[1] | {"id": "bad2", "availability": "SOON"}, {"availability": "INCORRECT_JSON_FORMAT"}),
    (PRODUCTS[1] | {"id": "bad3", "expireTime": "tomorrow"}, {"expire_time": "INVALID_TIMESTAMP"}),
    (PRODUCTS[1] | {"id": "bad4", "colour": "red"}, {"colour": "UNKNOWN_FIELD"}),
]

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that reads from the emulator."""
    with Server(tmp_path_factory.mktemp("server"), env={"BIGQUERY_EMULATOR_HOST": warehouse.url}) as running:
        yield running


@pytest.fixture(scope="module")
def tables(warehouse: Warehouse) -> None:
    """The tables that every client imports."""
    schema = PRODUCTS_SCHEMA | {"colour": "STRING"}
    warehouse.create("products", schema, PRODUCTS)
    warehouse.create("mixed_products", schema, [PRODUCTS[1], *(row for row, _ in BAD), PRODUCTS[0]])
    warehouse.create("no_products", schema, [])


def request_of(catalog: str, table_id: str, **options: Any) -> dict[str, Any]:
    return table(catalog, table_id) | {"parent": default_branch(catalog), **options}


@every_product_route
@pytest.mark.usefixtures("tables")
def test_every_row_becomes_a_product(products: Official, reflected, catalog: str) -> None:
    operation = products.client.import_products(request_of(catalog, "products"))
    result = operation.result()

    assert isinstance(result, products.types.ImportProductsResponse)
    assert (operation.metadata.success_count, operation.metadata.failure_count) == (3, 0)
    assert sorted(ids(products, catalog)) == ["p1", "p2", "v1"]
    found = products.client.get_product({"name": name(catalog, "p1")})
    assert (found.title, list(found.categories)) == ("Men's Tee", ["Apparel > Men's", "Sale"])
    assert (found.price_info.price, found.price_info.currency_code) == (pytest.approx(16.99), "USD")
    assert list(found.attributes["material"].text) == ["cotton"]
    assert list(found.attributes["width"].numbers) == [0.5]
    assert found.available_quantity == 7
    assert found.images[0].uri == "https://shop.example/tee.png"
    assert timedelta(days=29) < found.expire_time - datetime.now(UTC) <= timedelta(days=30)  # its time to live
    assert products.client.get_product({"name": name(catalog, "v1")}).primary_product_id == "p1"


@pytest.mark.usefixtures("tables")
def test_bad_rows_among_good_ones(products: Official, reflected, catalog: str, bucket: Path) -> None:
    config = {"errors_config": {"gcs_prefix": f"gs://{bucket.name}/errors"}}

    operation = ended(products, reflected, request_of(catalog, "mixed_products", **config))

    samples = operation.result().error_samples
    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, 4)
    uri = f"bq://{PROJECT}.{DATASET}.mixed_products"
    assert [where(sample) for sample in samples] == [(number, uri) for number in (2, 3, 4, 5)]
    assert [reasons(sample) for sample in samples] == [wrong for _, wrong in BAD]
    assert [(each.line_number, each.uri) for each in reflected.rejected(catalog)] == [
        (number, uri) for number in (5, 4, 3, 2)
    ]
    (file,) = (bucket / "errors").iterdir()
    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == [
        sample.message for sample in samples
    ]
    assert sorted(ids(products, catalog)) == ["p1", "p2"]


@pytest.mark.usefixtures("tables")
def test_a_full_import_deletes_what_the_table_lacks(products: Official, reflected, catalog: str) -> None:
    parent = default_branch(catalog)
    old = {"title": "Old", "categories": ["All"]}
    products.client.create_product({"parent": parent, "product_id": "old", "product": old})

    assert imported(products, reflected, request_of(catalog, "products", reconciliation_mode=FULL)) == (3, 0)
    assert sorted(ids(products, catalog)) == ["p1", "p2", "v1"]


@pytest.mark.usefixtures("tables")
def test_an_update_mask(products: Official, reflected, catalog: str) -> None:
    parent = default_branch(catalog)
    old = {"title": "Old", "categories": ["All"], "description": "kept"}
    products.client.create_product({"parent": parent, "product_id": "p2", "product": old})

    request = request_of(catalog, "products", update_mask={"paths": ["title"]})
    assert imported(products, reflected, request) == (1, 2)  # the other two are not there

    found = products.client.get_product({"name": name(catalog, "p2")})
    assert (found.title, found.description) == (PRODUCTS[1]["title"], "kept")


@pytest.mark.usefixtures("tables")
def test_events_join_the_products_of_a_table(products: Official, reflected, catalog: str) -> None:
    imported(products, reflected, request_of(catalog, "products"))
    event = user_event("detail-page-view", product_details=[{"product": {"id": "p1"}}])

    reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)

    (stored,) = reflected.user_events(catalog)
    assert stored.joined
    assert stored.user_event.product_details[0].product.title == "Men's Tee"


@products_over_grpc
def test_what_is_refused_at_once(products: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.import_products(
            table(catalog, "t", data_schema="user_event") | {"parent": default_branch(catalog)}
        )
    assert refusal.fields == {"input_config.big_query_source.data_schema": "INVALID_VALUE"}
    assert "must be one of product, but" in refusal.message

    with refused(NotFound) as refusal:
        products.client.import_products(request_of(catalog, "nowhere"))
    assert refusal.reason == "TABLE_NOT_FOUND"
    assert not products.client.list_operations({"name": default_branch(catalog)}).operations
