"""What the contract has and this release does not serve says so: UNIMPLEMENTED, never a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.api_core.exceptions import MethodNotImplemented

from tests.contract.clients import PRODUCTS, EventLoop, Official, connected
from tests.contract.refusals import refused
from tests.support.server import Server


@pytest.fixture(scope="module", params=PRODUCTS)
def products(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """Each official client of the retail product service."""
    with connected(request.param, server.address, event_loop_thread) as official:
        yield official


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("collect_user_event", {"user_event": "%7B%7D"}),
        ("purge_user_events", {"filter": 'eventType = "search"', "force": True}),
        ("rejoin_user_events", {}),
        ("import_user_events", {"input_config": {"big_query_source": {"dataset_id": "d", "table_id": "t"}}}),
    ],
)
def test_of_user_events(retail: Official, catalog: str, method: str, fields: dict[str, object]) -> None:
    with refused(MethodNotImplemented) as refusal:
        getattr(retail.client, method)({"parent": catalog, **fields})

    assert refusal.reason == "UNIMPLEMENTED"
    assert refusal.message


def test_of_products(products: Official, catalog: str) -> None:
    with refused(MethodNotImplemented) as refusal:
        products.client.get_product({"name": f"{catalog}/branches/0/products/p1"})

    assert "GetProduct" in refusal.message
