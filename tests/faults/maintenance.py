"""Purge, rejoin and export of one large catalog: how each begins, how far it is, and what it must have done."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2 import (
    product_service_pb2,
    product_service_pb2_grpc,
    purge_config_pb2,
    user_event_service_pb2,
)
from generated.google.cloud.retail.v2beta import export_config_pb2, user_event_service_pb2_grpc
from tests.faults.client import CATALOG, Client

EVENTS = 104_000  # more than one shard of an export
BUCKET = "faults"
_FIRST_S = 1_700_000_000
_PRODUCTS = 10
_KNOWN = 5  # of the products


def write_lines(path: Path) -> None:
    """The events: every other one is a view of one of ten products."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for number in range(EVENTS):
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_FIRST_S + number))
            event = {"eventType": "home-page-view", "visitorId": f"v{number}", "eventTime": when}
            if number % 2:
                event["eventType"] = "detail-page-view"
                event["productDetails"] = [{"product": {"id": f"sku{number // 2 % _PRODUCTS}"}}]
            file.write(json.dumps(event) + "\n")


def count(client: Client, wanted: str = "") -> int:
    """How many events a filter selects."""
    request = event_log_service_pb2.CountUserEventsRequest(parent=CATALOG, filter=wanted)
    return client.log.CountUserEvents(request, timeout=120).total_count


def cancel(client: Client, name: str) -> None:
    """Asks an operation to stop."""
    client.operations.CancelOperation(operations_proto_pb2.CancelOperationRequest(name=name), timeout=60)


class Purge:
    """Deletes half of the events."""

    total = EVENTS // 2

    def begin(self, client: Client) -> str:
        request = purge_config_pb2.PurgeUserEventsRequest(
            parent=CATALOG, filter="eventType=detail-page-view", force=True
        )
        return client.retail.PurgeUserEvents(request, timeout=60).name

    def done(self, operation: Any) -> int:
        """How many events the metadata say are done."""
        metadata = purge_config_pb2.PurgeMetadata()
        assert operation.metadata.Unpack(metadata)
        assert metadata.matched_events_count == metadata.purged_events_count
        return metadata.purged_events_count

    def check_done(self, client: Client, _buckets: Path, done: int) -> None:
        """That so many are gone, and no more."""
        assert count(client, "eventType=home-page-view") == EVENTS // 2
        assert count(client, "eventType=detail-page-view") == self.total - done
        assert count(client) == EVENTS - done

    def check(self, client: Client, buckets: Path, operation: Any) -> None:
        """After its end."""
        response = purge_config_pb2.PurgeUserEventsResponse()
        assert operation.response.Unpack(response), operation
        assert response.purged_events_count == self.done(operation) == self.total
        self.check_done(client, buckets, self.total)


class Rejoin:
    """Joins a quarter of the events, whose products came after them."""

    total = EVENTS // 2 // _PRODUCTS * _KNOWN

    def begin(self, client: Client) -> str:
        products = product_service_pb2_grpc.ProductServiceStub(client.channel)
        for number in range(_KNOWN):
            request = product_service_pb2.CreateProductRequest(
                parent=f"{CATALOG}/branches/0", product_id=f"sku{number}"
            )
            request.product.title = f"Product {number}"
            request.product.categories.append("Shoes")
            products.CreateProduct(request, timeout=60)
        scope = user_event_service_pb2.RejoinUserEventsRequest.UNJOINED_EVENTS
        rejoin = user_event_service_pb2.RejoinUserEventsRequest(parent=CATALOG, user_event_rejoin_scope=scope)
        return client.retail.RejoinUserEvents(rejoin, timeout=60).name

    def done(self, operation: Any) -> int:
        """How many events the metadata say are done."""
        metadata = user_event_service_pb2.RejoinUserEventsMetadata()
        assert operation.metadata.Unpack(metadata)
        assert metadata.examined_events_count <= EVENTS // 2
        return metadata.rejoined_events_count

    def check_done(self, client: Client, _buckets: Path, done: int) -> None:
        """That so many are joined, and no more."""
        assert count(client, "joined=true") == EVENTS // 2 + done
        assert count(client, "joined=true eventType=detail-page-view") == done

    def check(self, client: Client, buckets: Path, operation: Any) -> None:
        """After its end."""
        response = user_event_service_pb2.RejoinUserEventsResponse()
        assert operation.response.Unpack(response), operation
        assert response.rejoined_user_events_count == self.done(operation) == self.total
        self.check_done(client, buckets, self.total)


class Export:
    """Writes all events, in two shards."""

    total = EVENTS
    line_bytes = 120  # about

    def begin(self, client: Client) -> str:
        request = export_config_pb2.ExportUserEventsRequest(parent=CATALOG, filter="*")
        request.output_config.gcs_destination.output_uri_prefix = f"gs://{BUCKET}/out"
        stub = user_event_service_pb2_grpc.UserEventServiceStub(client.channel)
        return stub.ExportUserEvents(request, timeout=60).name

    def done(self, operation: Any) -> int:
        """How many events the metadata say are done."""
        metadata = export_config_pb2.ExportMetadata()
        assert operation.metadata.Unpack(metadata)
        return metadata.exported_events_count

    def check_done(self, _client: Client, buckets: Path, done: int) -> None:
        """That so many are in the files, each once, in order."""
        visitors = [
            json.loads(line)["visitorId"]
            for path in sorted((buckets / BUCKET / "out").glob("*"))
            for line in path.read_text().splitlines()
        ]
        assert visitors == [f"v{number}" for number in range(done)]

    def check(self, client: Client, buckets: Path, operation: Any) -> None:
        """After its end."""
        response = export_config_pb2.ExportUserEventsResponse()
        assert operation.response.Unpack(response), operation
        uris = [result.output_uri for result in response.output_result.gcs_result]
        found = sorted(path.name for path in (buckets / BUCKET / "out").iterdir())
        assert [uri.rpartition("/")[2] for uri in uris] == found
        assert max(Counter(uris).values()) == 1
        assert self.done(operation) == EVENTS
        self.check_done(client, buckets, EVENTS)
