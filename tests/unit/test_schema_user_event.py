"""The schema `user_event`: lines of files, and rows of tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import json_format

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.sources.schemas import MappingError, user_event
from tests.sources.rows import EVENTS

GOOGLES_LINE = b'{"eventType":"detail-page-view","visitorId":"v","productDetails":{"product":{"id":"p"},"quantity":3}}'


def as_dict(event: Any) -> dict[str, Any]:
    assert isinstance(event, UserEvent), event
    return json_format.MessageToDict(event)


def violations(call: Any, argument: Any) -> list[tuple[str, str]]:
    with pytest.raises(MappingError) as caught:
        call(argument)
    return [(item.field, item.reason) for item in caught.value.violations]


def test_line_is_decoded_as_before():
    [mapped] = user_event.map_line(GOOGLES_LINE)
    assert (mapped.place, mapped.piece) == (0, None)
    assert as_dict(mapped.event)["productDetails"] == [{"product": {"id": "p"}, "quantity": 3}]


def test_line_keeps_the_rules_of_json():
    assert violations(user_event.map_line, b'{"EventType":"search"}') == [("EventType", "UNKNOWN_FIELD")]
    assert violations(user_event.map_line, b"{") == [("", "INCORRECT_JSON_FORMAT")]


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["eventType"])
def test_row_of_googles_sample_layout(row):
    [mapped] = user_event.map_row(row)
    event = as_dict(mapped.event)
    given = {name for name, value in row.items() if value not in (None, [])}
    assert event.keys() == given
    assert event["eventTime"].startswith(row["eventTime"][:19])


def test_purchase_of_a_table_row():
    [mapped] = user_event.map_row(EVENTS[3])
    event = as_dict(mapped.event)
    assert event["purchaseTransaction"] == {"currencyCode": "USD", "revenue": 19.99}
    assert event["productDetails"] == [{"product": {"id": "p1"}, "quantity": 2}, {"product": {"id": "p2"}}]


def test_record_of_nothing_but_nulls_is_null():
    """A query can build one, and home-page-view must not have a transaction."""
    [mapped] = user_event.map_row(EVENTS[0] | {"purchaseTransaction": {"currencyCode": None, "revenue": None}})
    assert not mapped.event.HasField("purchase_transaction")


@pytest.mark.parametrize(
    "time", [datetime(2022, 2, 23, 10, 27, 42, tzinfo=UTC), datetime(2022, 2, 23, 10, 27, 42)]  # noqa: DTZ001
)  # fmt: skip
def test_time_in_a_column_of_its_own_type(time):
    [mapped] = user_event.map_row(EVENTS[0] | {"eventTime": time})
    assert mapped.event.event_time.ToJsonString() == "2022-02-23T10:27:42Z"


@pytest.mark.parametrize(
    "row",
    [
        {"event_type": "signup", "visitor_id": "v", "purchase_transaction": {"currency_code": "USD"}},
        {"EVENTTYPE": "signup", "visitorid": "v", "PurchaseTransaction": {"currencycode": "USD"}},
        {"eventType": "signup", "Visitor_ID": "v", "purchaseTransaction": {"CurrencyCode": "USD"}},
    ],
)
def test_names_of_columns_count_whatever_their_case(row):
    [mapped] = user_event.map_row(row)
    assert as_dict(mapped.event) == {
        "eventType": "signup", "visitorId": "v", "purchaseTransaction": {"currencyCode": "USD"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "attributes",
    [
        [{"key": "Size", "value": {"text": ["XL"], "numbers": []}}],
        {"Size": {"text": ["XL"]}},
        {"Size": {"TEXT": ["XL"]}},
    ],
)
def test_attributes_as_a_list_of_entries_or_as_a_record(attributes):
    [mapped] = user_event.map_row({"eventType": "signup", "VisitorId": "v", "attributes": attributes})
    assert as_dict(mapped.event)["attributes"] == {"Size": {"text": ["XL"]}}


def test_unknown_column_is_named():
    row = {"eventType": "signup", "visitorId": "v", "colour": "red", "productDetails": [{"sku": "p"}]}
    assert violations(user_event.map_row, row) == [
        ("colour", "UNKNOWN_FIELD"), ("product_details[0].sku", "UNKNOWN_FIELD"),
    ]  # fmt: skip


def test_unknown_column_without_a_value_does_no_harm():
    assert as_dict(user_event.map_row({"eventType": "signup", "visitorId": "v", "colour": None})[0].event)


def test_two_columns_for_one_field():
    row = {"eventType": "signup", "visitorId": "v", "visitor_ID": "w"}
    assert violations(user_event.map_row, row) == [("visitor_ID", "UNKNOWN_FIELD")]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"eventTime": "2021-12-12 10:27:42Z"}, ("event_time", "INVALID_TIMESTAMP")),
        ({"eventType": 7}, ("event_type", "INCORRECT_JSON_FORMAT")),
        ({"productDetails": [{"quantity": "many"}]}, ("product_details[0].quantity", "INCORRECT_JSON_FORMAT")),
    ],
)
def test_value_of_the_wrong_type(columns, expected):
    assert violations(user_event.map_row, EVENTS[0] | columns) == [expected]


def test_error_reads_as_its_first_violation():
    with pytest.raises(MappingError, match='Unknown name "colour"'):
        user_event.map_line(json.dumps({"colour": 1}).encode())
