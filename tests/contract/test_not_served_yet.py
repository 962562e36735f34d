"""What the contract has and this release does not serve says so: UNIMPLEMENTED, never a wrong answer."""

from __future__ import annotations

import pytest
from google.api_core.exceptions import MethodNotImplemented

from tests.contract.clients import Official, every_product_route
from tests.contract.refusals import refused


@every_product_route
@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("set_inventory", "inventory"),
        ("add_fulfillment_places", "product"),
        ("remove_fulfillment_places", "product"),
        ("add_local_inventories", "product"),
        ("remove_local_inventories", "product"),
    ],
)
def test_inventories(products: Official, catalog: str, method: str, field: str) -> None:
    name = f"{catalog}/branches/0/products/p1"
    request = {field: {"name": name} if field == "inventory" else name}

    with refused(MethodNotImplemented) as refusal:
        getattr(products.client, method)(request)

    assert refusal.reason == "UNIMPLEMENTED"
    assert method.replace("_", "") in refusal.message.lower()
