"""retail ImportProducts: from the request and from gs://, all of a product or by a mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, MethodNotImplemented, NotFound
from google.protobuf import field_mask_pb2

from tests.contract.clients import Official, every_product_route, products_over_grpc
from tests.contract.maintenance import check_types
from tests.contract.products import (
    FULL,
    INCREMENTAL,
    deleted,
    ended,
    ids,
    imported,
    inline,
    line,
    name,
    objects,
    product,
    reasons,
    variant,
    where,
)
from tests.contract.refusals import refused
from tests.contract.samples import put
from tests.support.reflected import ReflectedClient

INLINE = "input_config.product_inline_source.products"


def get(products: Official, catalog: str, product_id: str) -> Any:
    """A product of the default branch."""
    return products.client.get_product({"name": name(catalog, product_id)})


def mask(*paths: str) -> dict[str, Any]:
    """The option of an import."""
    return {"update_mask": field_mask_pb2.FieldMask(paths=paths)}


@every_product_route
def test_products_in_the_request(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    operation = ended(products, reflected, inline(catalog, product("p1"), variant("v1", "p1")))

    assert re.fullmatch(rf"{catalog}/branches/0/operations/import-products-\d{{1,20}}", operation.operation.name)
    assert operation.result() == products.types.ImportProductsResponse()
    assert isinstance(operation.metadata, products.types.ImportMetadata)
    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, 0)
    check_types(products, reflected, operation, "ImportMetadata", "ImportProductsResponse")
    assert get(products, catalog, "p1").variants[0].name == name(catalog, "v1")


@every_product_route
def test_products_in_files(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    put(bucket / "a.jsonl", [line("p1"), "", line("p2", priceInfo={"price": "2.5", "currencyCode": "USD"})])
    put(bucket / "b.jsonl.gz", [line("p3", name="p3", attributes=[{"key": "eco", "value": {"text": ["yes"]}}])])

    operation = ended(
        products, reflected, objects(catalog, f"gs://{bucket.name}/*", errors=f"gs://{bucket.name}/errors")
    )

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (3, 0)
    response = operation.result()
    assert not response.error_samples
    assert response.errors_config.gcs_prefix == f"gs://{bucket.name}/errors"
    assert get(products, catalog, "p2").price_info.original_price == 2.5
    assert get(products, catalog, "p3").attributes["eco"].text == ["yes"]
    assert ids(products, catalog) == ["p1", "p2", "p3"]


def test_products_join_events(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    imported(products, reflected, inline(catalog, product("p1")))

    event = {"event_type": "detail-page-view", "visitor_id": "v", "product_details": [{"product": {"id": "p1"}}]}
    reflected.call("google.cloud.retail.v2.UserEventService", "WriteUserEvent", parent=catalog, user_event=event)

    (stored,) = reflected.user_events(catalog)
    assert stored.joined
    assert stored.user_event.product_details[0].product.title == "A product"


def test_another_branch(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    request = inline(catalog, product("p1")) | {"parent": f"{catalog}/branches/1"}

    operation = ended(products, reflected, request)

    assert operation.operation.name.startswith(f"{catalog}/branches/1/operations/")
    assert ids(products, catalog) == []
    assert products.client.get_product({"name": f"{catalog}/branches/1/products/p1"}).title == "A product"


@pytest.mark.parametrize("mode", [0, INCREMENTAL])
def test_incremental(products: Official, reflected: ReflectedClient, catalog: str, mode: int) -> None:
    imported(products, reflected, inline(catalog, product("p1", brands=["Acme"]), product("p2")))

    operation = ended(
        products, reflected, inline(catalog, product("p1", title="New"), product("p3"), reconciliation_mode=mode)
    )

    assert deleted(reflected, operation) == 0
    assert ids(products, catalog) == ["p1", "p2", "p3"]
    found = get(products, catalog, "p1")
    assert (found.title, list(found.brands)) == ("New", [])  # all of it is replaced


@every_product_route
def test_a_mask_only_updates(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    imported(products, reflected, inline(catalog, product("p1", brands=["Acme"]), product("p2")))
    changes = {"id": "p1", "title": "New", "brands": ["Other"]}

    operation = ended(products, reflected, inline(catalog, changes, {"id": "missing", "title": "x"}, **mask("title")))

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (1, 1)
    (sample,) = operation.result().error_samples
    assert sample.code == 5
    assert sample.message == f'Product with name "{name(catalog, "missing")}" does not exist.'
    assert where(sample) == (2, "inline")
    found = get(products, catalog, "p1")
    assert (found.title, list(found.brands)) == ("New", ["Acme"])
    assert ids(products, catalog) == ["p1", "p2"]


def test_variants_may_stand_before_their_primaries(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    variants = [variant(f"v{number:04}", f"p{number // 2:04}", title="In the request") for number in range(600)]
    primaries = [product(f"p{number:04}") for number in range(300)]
    assert imported(products, reflected, inline(catalog, *variants, *primaries)) == (900, 0)
    assert len(get(products, catalog, "p0299").variants) == 2

    put(
        bucket / "products.jsonl",
        [
            *(line(f"v{number:04}", type="VARIANT", primaryProductId="last") for number in range(500)),
            line("lost", type="VARIANT", primaryProductId="none"),
            *(
                line(f"p{number:04}", description="d" * 500, title=None if number == 7 else "New")
                for number in range(300)
            ),
            line("last"),
        ],
    )
    operation = ended(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (800, 2)
    assert [where(sample)[0] for sample in operation.result().error_samples] == [509, 501]
    assert len(get(products, catalog, "last").variants) == 500
    assert [each.id for each in get(products, catalog, "p0299").variants] == ["v0598", "v0599"]


def test_the_later_of_two_lines_counts(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    twice = inline(catalog, product("p1", title="First"), product("p2"), product("p1", title="Second"))

    assert imported(products, reflected, twice) == (3, 0)
    assert get(products, catalog, "p1").title == "Second"


def test_what_only_shows_beside_other_products(products: Official, reflected: ReflectedClient, catalog: str) -> None:
    imported(products, reflected, inline(catalog, product("p1"), product("p2")))

    operation = ended(
        products,
        reflected,
        inline(catalog, variant("v1", "p1"), variant("v2", "none"), variant("p1", "p2"), product("p3")),
    )

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, 2)
    orphan, retyped = operation.result().error_samples
    assert (where(orphan), reasons(orphan)) == ((2, "inline"), {"primary_product_id": "PRIMARY_NOT_FOUND"})
    assert (where(retyped), reasons(retyped)) == ((3, "inline"), {"type": "IMMUTABLE_FIELD"})
    rejected = reflected.rejected(catalog)
    assert [(each.line_number, each.uri, each.source) for each in rejected] == [(3, "inline", 3), (2, "inline", 3)]
    assert '"primaryProductId":"none"' in rejected[1].raw.replace(" ", "")
    assert ids(products, catalog) == ["p1", "p2", "p3", "v1"]


@every_product_route
def test_a_wrong_product_in_the_request_fails_the_call(products: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.import_products(inline(catalog, product("p1"), product("p2", title=None), product()))

    assert refusal.fields == {f"{INLINE}[1].title": "MISSING_FIELD", f"{INLINE}[2].id": "MISSING_FIELD"}
    missing = 'Field "inputConfig.productInlineSource.products.title" is a required field, but no value is found.'
    assert refusal.message == f"{missing} (and 1 more)"
    assert ids(products, catalog) == []
    assert not list(products.client.list_operations({"name": catalog}).operations)


@products_over_grpc
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"input_config": {}}, {"input_config": "MISSING_FIELD"}),
        ({"input_config": {"product_inline_source": {}}}, {INLINE: "MISSING_FIELD"}),
        ({"input_config": {"product_inline_source": {"products": [product()] * 10_001}}}, {INLINE: "TOO_MANY"}),
        ({"errors_config": {"gcs_prefix": "gs://b/errors"}}, {"errors_config": "FORBIDDEN_FIELD"}),
        ({"parent": "projects/p/locations/global/catalogs/c"}, {"parent": "INVALID_RESOURCE_ID"}),
        (mask("title", "nonsense"), {"update_mask.paths[1]": "UNKNOWN_FIELD"}),
        (mask("type"), {"update_mask.paths[0]": "IMMUTABLE_FIELD"}),
        ({"reconciliation_mode": 3}, {"reconciliation_mode": "INVALID_VALUE"}),
        (
            {"notification_pubsub_topic": "projects/p/topics/t"},
            {"notification_pubsub_topic": "FORBIDDEN_FIELD"},
        ),
        (
            {"input_config": {"gcs_source": {"input_uris": ["gs://b/o"], "data_schema": "user_event"}}},
            {"input_config.gcs_source.data_schema": "INVALID_VALUE"},
        ),
        (
            {"input_config": {"gcs_source": {"input_uris": []}}},
            {"input_config.gcs_source.input_uris": "MISSING_FIELD"},
        ),
    ],
)
def test_wrong_requests(products: Official, catalog: str, change: dict[str, Any], fields: dict[str, str]) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.import_products(inline(catalog, product("p1")) | change)

    assert refusal.fields == fields
    assert ids(products, catalog) == []


def test_masked_products_need_ids(products: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        products.client.import_products(inline(catalog, {"title": "x"}, **mask("title")))

    assert refusal.fields == {f"{INLINE}[0].id": "MISSING_FIELD"}


def test_notifications_are_not_there(products: Official, catalog: str) -> None:
    options = {"notification_pubsub_topic": "projects/p/topics/t", "reconciliation_mode": FULL}

    with refused(MethodNotImplemented) as refusal:
        products.client.import_products(inline(catalog, product("p1"), **options))

    assert "wait for the operation" in refusal.message


def test_missing_objects(products: Official, catalog: str, bucket: Path) -> None:
    with refused(NotFound) as refusal:
        products.client.import_products(objects(catalog, f"gs://{bucket.name}/none.jsonl"))

    assert refusal.reason == "OBJECT_NOT_FOUND"
