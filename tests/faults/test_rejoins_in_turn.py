"""Two rejoins of a catalog at once: the later has the last word, since it knows the newer products."""

from __future__ import annotations

from generated.google.cloud.retail.v2 import (
    product_pb2,
    product_service_pb2,
    product_service_pb2_grpc,
    user_event_service_pb2,
)
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest
from tests.faults.client import CATALOG, Client
from tests.faults.load import user_event
from tests.support.server import Server

_EVENTS = 20_000
_PRODUCT = f"{CATALOG}/branches/0/products/p"
_UNJOINED = RejoinUserEventsRequest.UNJOINED_EVENTS
_ALL = RejoinUserEventsRequest.USER_EVENT_REJOIN_SCOPE_UNSPECIFIED


def _events():
    events = [user_event(f"v{number}", number) for number in range(_EVENTS)]
    for event in events:
        event.event_type = "view"
        del event.product_details[:]
        event.product_details.add().product.id = "p"
    return events


def _rejoined(client, name):
    response = user_event_service_pb2.RejoinUserEventsResponse()
    assert client.wait(name).response.Unpack(response)
    return response.rejoined_user_events_count


def _seen_while_running(client, later, earlier):
    """How many events the later had looked at, each time that the earlier was found at work after that."""
    seen = []
    while True:
        metadata = user_event_service_pb2.RejoinUserEventsMetadata()
        assert client.operation(later).metadata.Unpack(metadata)
        if client.operation(earlier).done:
            return seen
        seen.append(metadata.examined_events_count)


def test_the_later_of_two_rejoins_runs_after_the_earlier(tmp_path):
    with Server(tmp_path) as server, Client(server.address) as client:
        client.wait(client.import_inline(CATALOG, _events()).name)
        products = product_service_pb2_grpc.ProductServiceStub(client.channel)
        product = product_pb2.Product(title="P", categories=["C"])
        parent = _PRODUCT.rpartition("/products/")[0]
        products.CreateProduct(
            product_service_pb2.CreateProductRequest(parent=parent, product=product, product_id="p"), timeout=60
        )

        def rejoin(scope):
            request = RejoinUserEventsRequest(parent=CATALOG, user_event_rejoin_scope=scope)
            return client.retail.RejoinUserEvents(request, timeout=60).name

        while_it_was_there = rejoin(_UNJOINED)
        products.DeleteProduct(product_service_pb2.DeleteProductRequest(name=_PRODUCT), timeout=60)
        after_it_went = rejoin(_ALL)
        seen = _seen_while_running(client, after_it_went, while_it_was_there)
        assert seen, "the earlier ended before anybody could look"
        assert set(seen) == {0}
        assert (_rejoined(client, while_it_was_there), _rejoined(client, after_it_went)) == (_EVENTS, _EVENTS)
