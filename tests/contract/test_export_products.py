"""retail v2beta and v2alpha ExportProducts: files that hold the products there were, and can be imported again."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, MethodNotImplemented, NotFound
from google.protobuf import field_mask_pb2
from pyarrow import parquet

from tests.contract.clients import PRODUCTS_EXPORTS, EventLoop, Official, connected
from tests.contract.maintenance import check_types, metadata
from tests.contract.products import default_branch, ended, imported, inline, line, name, objects, product, variant
from tests.contract.refusals import refused
from tests.contract.samples import put
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

JSON_LINES, GZIP, PARQUET = 1, 2, 3
FORMATS = [pytest.param(JSON_LINES, id="json"), pytest.param(GZIP, id="gzip"), pytest.param(PARQUET, id="parquet")]
BETA = "google.cloud.retail.v2beta.ProductService"
FAMILY = [
    product(
        "p1", tags=["Red", "New-Arrival"], availability="BACKORDER", price_info={"price": 2, "currency_code": "EUR"}
    ),
    product("p2", attributes={"weight.kg": {"numbers": [1.5]}}, description='ü "\\\n\u2028'),
    variant("a1", "p1", tags=["Blue"]),
    product("c1", type_="COLLECTION", collection_member_ids=["p2"]),
]


every_export_route = pytest.mark.parametrize("products", PRODUCTS_EXPORTS, indirect=True)


@pytest.fixture(scope="module", params=PRODUCTS_EXPORTS[2:3])
def products(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """An official client that has ExportProducts, or each one where a test says `@every_export_route`."""
    with connected(request.param, server, event_loop_thread) as official:
        yield official


def request(catalog: str, prefix: str, wanted: str = "", **destination: Any) -> dict[str, Any]:
    target = {"output_uri_prefix": prefix, **destination}
    return {"parent": default_branch(catalog), "filter": wanted, "output_config": {"gcs_destination": target}}


def export(reflected: ReflectedClient, catalog: str, bucket: Path, wanted: str = "", **destination: Any) -> list[str]:
    """The URIs of the files of an export over our own stub."""
    made = request(catalog, f"gs://{bucket.name}/out", wanted, **destination)
    operation = reflected.wait(reflected.call(BETA, "ExportProducts", **made).name)
    response = reflected.message("google.cloud.retail.v2beta.ExportProductsResponse")
    assert operation.response.Unpack(response), operation
    return [result.output_uri for result in response.output_result.gcs_result]


def products_in(bucket: Path, uris: list[str]) -> list[dict[str, Any]]:
    """What the files hold."""
    found: list[str] = []
    for uri in uris:
        path = bucket.parent / uri.removeprefix("gs://")
        if path.suffix == ".parquet":
            found += parquet.read_table(path).column("product").to_pylist()
        else:
            content = path.read_bytes()
            found += (gzip.decompress(content) if path.suffix == ".gz" else content).decode().split("\n")[:-1]
    return [json.loads(each) for each in found]


def everything(products: Official, catalog: str) -> list[Any]:
    """Every product of the default branch, whole."""
    mask = field_mask_pb2.FieldMask(paths=["*"])
    return list(products.client.list_products({"parent": default_branch(catalog), "read_mask": mask}))


@every_export_route
def test_an_export(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    imported(products, reflected, inline(catalog, *FAMILY))
    imported(products, reflected, inline(catalog, product("other")) | {"parent": f"{catalog}/branches/1"})

    operation = products.client.export_products(request(catalog, f"gs://{bucket.name}/deep/out"))
    result = operation.result()

    assert isinstance(result, products.types.ExportProductsResponse)
    assert isinstance(operation.metadata, products.types.ExportMetadata)
    assert operation.metadata.create_time <= operation.metadata.update_time
    assert re.fullmatch(rf"{catalog}/branches/0/operations/export-products-\d{{1,20}}", operation.operation.name)
    check_types(products, reflected, operation, "ExportMetadata", "ExportProductsResponse")
    assert metadata(reflected, operation).exported_events_count == len(FAMILY)
    (uri,) = [each.output_uri for each in result.output_result.gcs_result]
    assert uri == f"gs://{bucket.name}/deep/out/{operation.operation.name.rpartition('/')[2]}-00000.jsonl"
    read = [products.types.Product.from_json(json.dumps(each)) for each in products_in(bucket, [uri])]
    assert read == everything(products, catalog)


@pytest.mark.parametrize("export_format", FORMATS)
def test_what_was_exported_comes_back(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path, export_format: int
) -> None:
    imported(products, reflected, inline(catalog, *FAMILY))
    uris = export(reflected, catalog, bucket, format=export_format)
    other = f"{catalog}-2"

    assert imported(products, reflected, objects(other, *uris)) == (len(FAMILY), 0)

    assert [each.id for each in everything(products, other)] == ["a1", "c1", "p1", "p2"]
    again = products_in(bucket, export(reflected, other, bucket, format=export_format))
    renamed = [each | {"name": each["name"].replace(other, catalog)} for each in again]
    assert renamed == products_in(bucket, uris)


def test_columns_of_parquet(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    imported(products, reflected, inline(catalog, *FAMILY))

    (uri,) = export(reflected, catalog, bucket, format=PARQUET)

    rows = parquet.read_table(bucket.parent / uri.removeprefix("gs://")).drop_columns("product").to_pylist()
    assert rows[0] == {
        "id": "a1",
        "type": "VARIANT",
        "primary_product_id": "p1",
        "title": "A product",
        "availability": "IN_STOCK",
    }
    assert [row["availability"] for row in rows] == ["IN_STOCK", "IN_STOCK", "BACKORDER", "IN_STOCK"]


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ("*", ["a1", "c1", "p1", "p2"]),
        ("productType = primary", ["p1", "p2"]),
        ("productType = (NOT primary)", ["a1", "c1"]),
        ("availability = (IN_STOCK OR PREORDER)", ["a1", "c1", "p2"]),
        ('tag=("Red" OR "Blue")', ["a1", "p1"]),
        ('tag="Red" tag=(NOT "New-Arrival")', []),
        ('lastModifiedTime < "2012-04-23T18:25:43.511Z"', []),
        ('lastModifiedTime > "2012-04-23T18:25:43.511Z" productType=variant', ["a1"]),
    ],
)
def test_filters(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path, wanted: str, selected: list[str]
) -> None:
    imported(products, reflected, inline(catalog, *FAMILY))

    uris = export(reflected, catalog, bucket, wanted)

    assert [each["id"] for each in products_in(bucket, uris)] == selected
    assert len(uris) == bool(selected)


def test_the_time_of_the_last_change(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    imported(products, reflected, inline(catalog, product("p1"), product("p2")))
    operation = ended(products, reflected, inline(catalog, product("p1"), product("p2", title="New")))
    begun = operation.metadata.create_time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    changed = products_in(bucket, export(reflected, catalog, bucket, f'lastModifiedTime >= "{begun}"'))

    assert [each["id"] for each in changed] == ["p2"]  # to be written the same again is no change


def test_products_as_they_were(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    put(bucket / "products.jsonl", [line(f"p{number:04}") for number in range(2_000)])
    imported(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    made = request(catalog, f"gs://{bucket.name}/out")
    operation = reflected.call(BETA, "ExportProducts", **made)
    products.client.delete_product({"name": name(catalog, "p1999")})
    products.client.update_product({"product": product(title="New") | {"name": name(catalog, "p1998")}})
    products.client.create_product({"parent": default_branch(catalog), "product": product(), "product_id": "p2000"})
    response = reflected.message("google.cloud.retail.v2beta.ExportProductsResponse")
    assert reflected.wait(operation.name).response.Unpack(response)

    found = products_in(bucket, [each.output_uri for each in response.output_result.gcs_result])
    assert [each["id"] for each in found] == [f"p{number:04}" for number in range(2_000)]
    assert {each["title"] for each in found} == {"A product"}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"filter": "title=x"}, {"filter": "INVALID_FILTER"}),
        ({"output_config": {}}, {"output_config.gcs_destination.output_uri_prefix": "MISSING_FIELD"}),
        ({"parent": "projects/p/locations/global/catalogs/c"}, {"parent": "INVALID_RESOURCE_ID"}),
    ],
)
def test_wrong_requests(products: Official, catalog: str, change: dict[str, Any], fields: dict[str, str]) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.export_products(request(catalog, "gs://b/out") | change)

    assert refusal.fields == fields


def test_where_it_can_not_go(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    with refused(NotFound):
        products.client.export_products(request(catalog, "gs://none/out"))
    table = {"bigquery_destination": {"dataset_id": "d", "table_id_prefix": "t", "table_type": "view"}}
    with refused(MethodNotImplemented) as refusal:
        products.client.export_products({"parent": default_branch(catalog), "output_config": table})
    assert "export to gs://" in refusal.message
    with refused(InvalidArgument) as refusal:
        export(reflected, catalog, bucket, include_product_details=True)
    assert refusal.fields == {"output_config.gcs_destination.include_product_details": "FORBIDDEN_FIELD"}
