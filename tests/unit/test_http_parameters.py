"""Query parameters: nested and repeated, in both spellings, with enums, masks and times; and what every API takes."""

from __future__ import annotations

import pytest
from google.protobuf import json_format

from generated.footfall.v1.event_log_service_pb2 import CountUserEventsRequest, ListUserEventsRequest
from generated.google.cloud.retail.v2.product_service_pb2 import UpdateProductRequest
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest, WriteUserEventRequest
from service.doors.http import parameters
from service.doors.http.parameters import System
from service.events.errors import RpcError


@pytest.mark.parametrize(
    ("request_type", "query", "expected"),
    [
        (WriteUserEventRequest, b"writeAsync=true&parent=a%2Fb", {"parent": "a/b", "writeAsync": True}),
        (
            WriteUserEventRequest,
            b"userEvent.userInfo.userId=u&user_event.user_info.ip_address=::1&userEvent.cart_id=%C3%A9+x",
            {"userEvent": {"userInfo": {"userId": "u", "ipAddress": "::1"}, "cartId": "é x"}},
        ),
        (
            WriteUserEventRequest,
            b"userEvent.experimentIds=a&user_event.experiment_ids=b&userEvent.offset=3",
            {"userEvent": {"experimentIds": ["a", "b"], "offset": 3}},
        ),
        (
            WriteUserEventRequest,
            b"userEvent.eventTime=2026-01-01T01:00:00%2B01:00&userEvent.purchaseTransaction.revenue=1.5",
            {"userEvent": {"eventTime": "2026-01-01T00:00:00Z", "purchaseTransaction": {"revenue": 1.5}}},
        ),
        (RejoinUserEventsRequest, b"userEventRejoinScope=2", {"userEventRejoinScope": "UNJOINED_EVENTS"}),
        (RejoinUserEventsRequest, b"user_event_rejoin_scope=JOINED_EVENTS", {"userEventRejoinScope": "JOINED_EVENTS"}),
        (
            CountUserEventsRequest,
            b"groupBy=1&group_by=GROUP_BY_JOINED",
            {"groupBy": ["GROUP_BY_EVENT_TYPE", "GROUP_BY_JOINED"]},
        ),
        (
            UpdateProductRequest,
            b"updateMask=title,price_info.price,priceInfo.cost&allowMissing=false",
            {"updateMask": "title,priceInfo.price,priceInfo.cost"},
        ),
        (
            ListUserEventsRequest,
            b"pageSize=5&readMask=userEvent.visitorId",
            {"pageSize": 5, "readMask": "userEvent.visitorId"},
        ),
    ],
)
def test_fields_are_read(request_type, query, expected):
    _, pairs = parameters.parse(query)
    found = request_type.FromString(parameters.to_wire(request_type, pairs))
    assert json_format.MessageToDict(found) == expected


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "userEvent",
        "userEvent.nothing",
        "parent.x",
        "userEvent.productDetails.quantity",
        "userEvent.attributes.a",
        "userEvent.",
        ".parent",
    ],
)
def test_what_is_no_field_is_named(name):
    with pytest.raises(RpcError) as refused:
        parameters.to_wire(WriteUserEventRequest, [(name, "1")])
    [violation] = refused.value.violations
    assert violation.field == name
    assert "Cannot bind query parameter" in violation.description


def test_every_wrong_one_is_named():
    with pytest.raises(RpcError) as refused:
        parameters.to_wire(WriteUserEventRequest, [("a", ""), ("parent", "p"), ("parent", "q"), ("b", "")])
    assert [violation.field for violation in refused.value.violations] == ["a", "parent", "b"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", System()),
        (b"$alt=json;enum-encoding=int", System(alt="json", enums_as_ints=True)),
        (b"%24alt=json%3Benum-encoding%3Dint", System(alt="json", enums_as_ints=True)),
        (b"alt=media&prettyPrint=false&fields=a,b", System(alt="media", fields="a,b")),
        (b"alt=proto&prettyPrint=true", System(alt="proto", pretty=True)),
        (b"prettyPrint", System(pretty=True)),
        (b"$.xgafv=2&key=K&access_token=T&quotaUser=q&uploadType=media&callback=f", System()),
    ],
)
def test_system_parameters_are_taken_out(query, expected):
    system, pairs = parameters.parse(query + b"&parent=p" if query else b"parent=p")
    assert (system, pairs) == (expected, [("parent", "p")])
    assert parameters.system(query) == expected
