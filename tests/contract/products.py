"""Products to send: as dicts, which every official client takes, and as lines of a file; and what imports say."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import struct_pb2
from google.rpc.error_details_pb2 import BadRequest

from tests.contract.clients import Official
from tests.support.reflected import OPERATIONS, ReflectedClient

PRODUCTS = "google.cloud.retail.v2.ProductService"
INCREMENTAL, FULL = 1, 2

Product = dict[str, Any]


def default_branch(catalog: str) -> str:
    """The branch that events join, as most clients write it."""
    return f"{catalog}/branches/default_branch"


def name(catalog: str, product_id: str) -> str:
    """The name of a product of the default branch, as it is returned."""
    return f"{catalog}/branches/0/products/{product_id}"


def product(product_id: str = "", **fields: Any) -> Product:
    """The smallest product, with `fields` set or, where None, left out."""
    found = {"id": product_id, "title": "A product", "categories": ["All"], **fields}
    return {key: value for key, value in found.items() if value}


def variant(product_id: str, primary: str, **fields: Any) -> Product:
    """The smallest variant of a product."""
    return product(product_id, type_="VARIANT", primary_product_id=primary, categories=None, **fields)


def line(product_id: str, **fields: Any) -> str:
    """A product as a line of a file, with `fields` in JSON names."""
    found = {"id": product_id, "title": "A product", "categories": ["All"], **fields}
    return json.dumps({key: value for key, value in found.items() if value is not None})


def inline(catalog: str, *products: Product, **options: Any) -> dict[str, Any]:
    """The request for an inline import into the default branch."""
    source = {"product_inline_source": {"products": list(products)}}
    return {"parent": default_branch(catalog), "input_config": source, **options}


def objects(catalog: str, *uris: str, errors: str | None = None, **options: Any) -> dict[str, Any]:
    """The request for an import of gs:// objects into the default branch."""
    request = {"parent": default_branch(catalog), "input_config": {"gcs_source": {"input_uris": list(uris)}}, **options}
    if errors is not None:
        request["errors_config"] = {"gcs_prefix": errors}
    return request


def ended(products: Official, reflected: ReflectedClient, request: dict[str, Any]) -> Any:
    """The official client's operation of an import, after its end."""
    operation = products.client.import_products(request)
    reflected.wait(operation.operation.name)
    assert operation.done()  # which also gets the metadata
    return operation


def imported(products: Official, reflected: ReflectedClient, request: dict[str, Any]) -> tuple[int, int]:
    """Imports, and says how many products were taken and how many refused."""
    operation = ended(products, reflected, request)
    assert operation.exception() is None
    return operation.metadata.success_count, operation.metadata.failure_count


def ids(products: Official, catalog: str, **query: Any) -> list[str]:
    """The ids of the products in the default branch, in the order of the list."""
    return [found.id for found in products.client.list_products({"parent": default_branch(catalog), **query})]


def deleted(reflected: ReflectedClient, operation: Any) -> int:
    """How many products a FULL import deleted."""
    packed = reflected.call(OPERATIONS, "GetOperation", name=operation.operation.name).metadata
    metadata = reflected.message(packed.TypeName())
    assert packed.Unpack(metadata)
    count: int = metadata.deleted_products_count
    return count


def where(status: Any) -> tuple[int, str]:
    """The line and the file that an error sample tells."""
    (packed,) = [each for each in status.details if each.TypeName() == "google.protobuf.Struct"]
    struct = struct_pb2.Struct.FromString(packed.value)
    return int(struct["line_number"]), struct["file"]


def reasons(status: Any) -> dict[str, str]:
    """The reasons of a status by field."""
    (packed,) = [each for each in status.details if each.TypeName() == "google.rpc.BadRequest"]
    return {each.field: each.reason for each in BadRequest.FromString(packed.value).field_violations}
