"""The program of a user who made stubs from our .proto files; run by test_own_stub.py with the server's address.

It sends the fields that Google's clients don't have and reads them back.
"""

from __future__ import annotations

import sys

import grpc
from footfall.v1 import event_log_service_pb2, event_log_service_pb2_grpc
from google.cloud.retail.v2 import common_pb2, product_pb2, purge_config_pb2, user_event_pb2
from google.cloud.retail.v2 import user_event_service_pb2 as retail_pb2
from google.cloud.retail.v2 import user_event_service_pb2_grpc as retail_pb2_grpc
from google.cloud.talent.v4 import event_pb2, event_service_pb2, event_service_pb2_grpc
from google.longrunning import operations_pb2_grpc, operations_proto_pb2
from google.protobuf import timestamp_pb2, wrappers_pb2
from google.type import money_pb2

CATALOG = "projects/p/locations/global/catalogs/default_catalog"
TENANT = "projects/p/tenants/t"


def purchase() -> user_event_pb2.UserEvent:
    return user_event_pb2.UserEvent(
        event_type="purchase-complete",
        visitor_id="visitor-1",
        event_time=timestamp_pb2.Timestamp(seconds=1_700_000_000),
        product_details=[
            user_event_pb2.ProductDetail(
                product=product_pb2.Product(id="p1"),
                quantity=wrappers_pb2.Int32Value(value=2),
                rating=4.5,
                value=money_pb2.Money(currency_code="EUR", units=19, nanos=990_000_000),
                cost=money_pb2.Money(currency_code="EUR", units=7),
                promotion_id="summer",
            )
        ],
        purchase_transaction=user_event_pb2.PurchaseTransaction(
            revenue=39.98,
            currency_code="EUR",
            transaction_attributes={"channel": common_pb2.CustomAttribute(text=["web"])},
        ),
    )


def view() -> event_pb2.ClientEvent:
    return event_pb2.ClientEvent(
        event_id="event-1",
        create_time=timestamp_pb2.Timestamp(seconds=1_700_000_000),
        job_event=event_pb2.JobEvent(type=event_pb2.JobEvent.VIEW, jobs=[f"{TENANT}/jobs/j"], profile="profile-1"),
    )


def refusal(call: grpc.UnaryUnaryMultiCallable, request: object) -> str:
    try:
        call(request)
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"
    raise AssertionError("it was accepted")


def ended(channel: grpc.Channel, operation: operations_proto_pb2.Operation) -> operations_proto_pb2.Operation:
    wait = operations_proto_pb2.WaitOperationRequest(name=operation.name)
    return operations_pb2_grpc.OperationsStub(channel).WaitOperation(wait, timeout=60)


def main(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        retail = retail_pb2_grpc.UserEventServiceStub(channel)
        talent = event_service_pb2_grpc.EventServiceStub(channel)
        event_log = event_log_service_pb2_grpc.EventLogServiceStub(channel)

        echo = retail.WriteUserEvent(retail_pb2.WriteUserEventRequest(parent=CATALOG, user_event=purchase()))
        assert echo == purchase(), echo
        (stored,) = event_log.ListUserEvents(event_log_service_pb2.ListUserEventsRequest(parent=CATALOG)).user_events
        assert stored.user_event == purchase(), stored

        created = talent.CreateClientEvent(
            event_service_pb2.CreateClientEventRequest(parent=TENANT, client_event=view())
        )
        assert created == view(), created
        (kept,) = event_log.ListClientEvents(event_log_service_pb2.ListClientEventsRequest(parent=TENANT)).client_events
        assert kept.client_event == view(), kept

        too_good = purchase()
        too_good.product_details[0].rating = 5.5
        text = refusal(retail.WriteUserEvent, retail_pb2.WriteUserEventRequest(parent=CATALOG, user_event=too_good))
        assert text.startswith("INVALID_ARGUMENT: `user_event.product_details[0].rating` must be from 1 to 5"), text

        scopes = retail_pb2.RejoinUserEventsRequest
        rejoin = retail_pb2.RejoinUserEventsRequest(parent=CATALOG, rejoin_type=scopes.UNJOINED_EVENTS)
        rejoined = ended(channel, retail.RejoinUserEvents(rejoin))
        looked_at = retail_pb2.RejoinUserEventsMetadata()
        assert rejoined.metadata.Unpack(looked_at), rejoined
        assert (looked_at.examined_events_count, looked_at.rejoined_events_count) == (1, 0), looked_at
        purge = purge_config_pb2.PurgeUserEventsRequest(parent=CATALOG, filter="*")
        purged = ended(channel, retail.PurgeUserEvents(purge))
        counted = purge_config_pb2.PurgeMetadata()
        assert purged.metadata.Unpack(counted), purged
        assert (counted.matched_events_count, counted.purged_events_count) == (1, 0), counted
        assert list(counted.user_events_sample) == [stored.name], counted


if __name__ == "__main__":
    main(sys.argv[1])
