"""retail RejoinUserEvents: which events change their join, by scope, and how they are read back then."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.clients import Official, every_route, over_grpc
from tests.contract.maintenance import check_types, count, fill, metadata
from tests.contract.refusals import refused
from tests.contract.samples import user_event
from tests.support.reflected import EVENT_LOG, RETAIL, ReflectedClient

PRODUCTS = "google.cloud.retail.v2.ProductService"
ALL, JOINED, UNJOINED = 0, 1, 2
OWN_PRICE = {"price": 9.5, "currency_code": "USD"}


def view(visitor: str, *products: str, **product: Any) -> dict[str, Any]:
    details = [{"product": {"id": each, **product}} for each in products]
    return user_event("detail-page-view", visitor_id=visitor, product_details=details)


EVENTS = [
    view("one", "p1"),
    view("both", "p1", "p2"),
    view("priced", "p1", price_info=OWN_PRICE),
    user_event(visitor_id="none"),
]


class Catalog:
    """The products of a catalog, and its events as they are read back."""

    def __init__(self, reflected: ReflectedClient, name: str) -> None:
        self._reflected = reflected
        self.name = name
        self._branch = f"{name}/branches/0"

    def create(self, product_id: str, title: str, price: float = 20.0) -> None:
        product = {"title": title, "categories": ["Shoes"], "price_info": {"price": price, "currency_code": "EUR"}}
        self._reflected.call(PRODUCTS, "CreateProduct", parent=self._branch, product=product, product_id=product_id)

    def rename(self, product_id: str, title: str) -> None:
        product = {"name": f"{self._branch}/products/{product_id}", "title": title}
        self._reflected.call(PRODUCTS, "UpdateProduct", product=product, update_mask={"paths": ["title"]})

    def delete(self, product_id: str) -> None:
        self._reflected.call(PRODUCTS, "DeleteProduct", name=f"{self._branch}/products/{product_id}")

    def rejoin(self, **scope: int) -> int:
        """How many events a rejoin changed, over our own stub."""
        operation = self._reflected.call(RETAIL, "RejoinUserEvents", parent=self.name, **scope)
        response = self._reflected.message("google.cloud.retail.v2.RejoinUserEventsResponse")
        assert self._reflected.wait(operation.name).response.Unpack(response)
        changed: int = response.rejoined_user_events_count
        return changed

    def read(self) -> dict[str, tuple[bool, list[tuple[str, str, float]]]]:
        """By visitor: whether joined, and id, title and price of each product."""
        return {
            each.user_event.visitor_id: (
                each.joined,
                [
                    (detail.product.id, detail.product.title, detail.product.price_info.price)
                    for detail in each.user_event.product_details
                ],
            )
            for each in self._reflected.user_events(self.name)
        }


@pytest.fixture
def products(reflected: ReflectedClient, catalog: str) -> Catalog:
    fill(reflected, catalog, EVENTS)
    return Catalog(reflected, catalog)


@every_route
def test_an_operation(retail: Official, reflected: ReflectedClient, products: Catalog) -> None:
    products.create("p1", "first")
    scope = retail.types.RejoinUserEventsRequest.UserEventRejoinScope.UNJOINED_EVENTS

    operation = retail.client.rejoin_user_events({"parent": products.name, "user_event_rejoin_scope": scope})

    assert operation.result() == retail.types.RejoinUserEventsResponse(rejoined_user_events_count=2)
    assert isinstance(operation.metadata, retail.types.RejoinUserEventsMetadata)
    assert re.fullmatch(rf"{products.name}/operations/rejoin-user-events-\d{{1,20}}", operation.operation.name)
    check_types(retail, reflected, operation, "RejoinUserEventsMetadata", "RejoinUserEventsResponse")
    said = metadata(reflected, operation)
    assert (said.examined_events_count, said.rejoined_events_count) == (3, 2)
    assert said.create_time.ToMicroseconds() <= said.update_time.ToMicroseconds()


def test_without_products_nothing_changes(retail: Official, reflected: ReflectedClient, products: Catalog) -> None:
    for scope, examined in ((ALL, 4), (JOINED, 1), (UNJOINED, 3)):
        operation = retail.client.rejoin_user_events({"parent": products.name, "user_event_rejoin_scope": scope})
        assert operation.result().rejoined_user_events_count == 0
        said = metadata(reflected, operation)
        assert (said.examined_events_count, said.rejoined_events_count) == (examined, 0)
    assert {visitor: joined for visitor, (joined, _) in products.read().items()} == {
        "one": False, "both": False, "priced": False, "none": True,
    }  # fmt: skip


def test_the_story_of_a_catalog(products: Catalog) -> None:
    products.create("p1", "first")
    assert products.read()["one"] == (False, [("p1", "", 0.0)])  # until it is rejoined

    assert products.rejoin(user_event_rejoin_scope=JOINED) == 0
    assert products.rejoin(user_event_rejoin_scope=UNJOINED) == 2
    assert products.rejoin(user_event_rejoin_scope=UNJOINED) == 0
    first = {
        "one": (True, [("p1", "first", 20.0)]),
        "both": (False, [("p1", "", 0.0), ("p2", "", 0.0)]),
        "priced": (True, [("p1", "first", 9.5)]),  # the event's own price wins
        "none": (True, []),
    }
    assert products.read() == first

    products.rename("p1", "second")
    assert products.read() == first  # as of the join
    assert products.rejoin(user_event_rejoin_scope=UNJOINED) == 0
    assert products.rejoin(user_event_rejoin_scope=JOINED) == 2
    assert products.rejoin(user_event_rejoin_scope=JOINED) == 0
    assert products.read()["one"] == (True, [("p1", "second", 20.0)])
    assert products.read()["priced"] == (True, [("p1", "second", 9.5)])

    products.create("p2", "other")
    assert products.rejoin(user_event_rejoin_scope=JOINED) == 0
    assert products.rejoin() == 1
    assert products.read()["both"] == (True, [("p1", "second", 20.0), ("p2", "other", 20.0)])

    products.delete("p2")
    assert products.read()["both"] == (True, [("p1", "second", 20.0), ("p2", "other", 20.0)])
    assert products.rejoin(user_event_rejoin_scope=UNJOINED) == 0
    assert products.rejoin(user_event_rejoin_scope=JOINED) == 1
    assert products.read()["both"] == (False, [("p1", "", 0.0), ("p2", "", 0.0)])

    products.delete("p1")
    assert products.rejoin(user_event_rejoin_scope=ALL) == 2
    assert {visitor for visitor, (joined, _) in products.read().items() if joined} == {"none"}


@pytest.mark.parametrize(
    ("request_fields", "changed"),
    [
        ({"rejoin_type": UNJOINED}, 2),
        ({"rejoin_type": JOINED}, 0),
        ({"rejoin_type": ALL}, 2),
        ({"user_event_rejoin_scope": UNJOINED, "rejoin_type": UNJOINED}, 2),
        ({"user_event_rejoin_scope": JOINED, "rejoin_type": ALL}, 0),
        ({"user_event_rejoin_scope": 77}, 2),  # as unspecified
        ({}, 2),
    ],
)
def test_the_other_spelling(
    reflected: ReflectedClient, products: Catalog, request_fields: dict[str, int], changed: int
) -> None:
    products.create("p1", "first")

    assert products.rejoin(**request_fields) == changed
    assert count(reflected, products.name, "joined=true") == 1 + changed


def test_two_spellings_that_contradict_each_other(reflected: ReflectedClient, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        reflected.call(RETAIL, "RejoinUserEvents", parent=catalog, user_event_rejoin_scope=JOINED, rejoin_type=UNJOINED)

    assert refusal.fields == {"rejoin_type": "INVALID_VALUE"}
    assert "user_event_rejoin_scope" in refusal.message


def test_events_join_on_arrival(retail: Official, reflected: ReflectedClient, products: Catalog) -> None:
    products.create("p1", "first")
    sent = view("late", "p1", price_info=OWN_PRICE)

    echo = retail.client.write_user_event({"parent": products.name, "user_event": sent})

    assert echo == retail.types.UserEvent(sent)  # as it was sent
    assert products.read()["late"] == (True, [("p1", "first", 9.5)])
    assert products.rejoin(user_event_rejoin_scope=UNJOINED) == 2


def test_the_revision_is_that_of_the_call(reflected: ReflectedClient, catalog: str) -> None:
    fill(reflected, catalog, [view(f"v{number}", "p1") for number in range(4_000)])
    products = Catalog(reflected, catalog)
    products.create("p1", "first")

    name = reflected.call(RETAIL, "RejoinUserEvents", parent=catalog).name
    products.rename("p1", "second")
    response = reflected.message("google.cloud.retail.v2.RejoinUserEventsResponse")
    assert reflected.wait(name).response.Unpack(response)

    assert response.rejoined_user_events_count == 4_000
    assert {title for _, [(_, title, _)] in products.read().values()} == {"first"}
    assert products.rejoin(user_event_rejoin_scope=JOINED) == 4_000


def test_another_branch_does_not_join(reflected: ReflectedClient, products: Catalog) -> None:
    other = {"title": "first", "categories": ["Shoes"]}
    reflected.call(PRODUCTS, "CreateProduct", parent=f"{products.name}/branches/1", product=other, product_id="p1")
    assert products.rejoin() == 0

    reflected.call(
        PRODUCTS, "CreateProduct", parent=f"{products.name}/branches/default_branch", product=other, product_id="p1"
    )
    assert products.rejoin() == 2
    listed = reflected.call(EVENT_LOG, "ListUserEvents", parent=products.name, filter="joined=true")
    assert listed.total_size == 3


@over_grpc
def test_a_malformed_catalog(retail: Official) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.rejoin_user_events({"parent": "invalid_catalog_name"})

    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}
