"""Rows of a table as messages: names in whatever case, and the forms that only tables have."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events.json import JsonError
from service.sources.schemas.message_rows import decode_row
from service.sources.schemas.rows import to_json_line


def product(row: dict[str, Any]) -> Any:
    """The product of a row, as JSON."""
    return json_format.MessageToDict(Product.FromString(decode_row(Product.DESCRIPTOR, to_json_line(row))))


@pytest.mark.parametrize(
    ("ttl", "expected"),
    [
        ({"seconds": 86_400, "nanos": None}, "86400s"),
        ({"seconds": 1, "nanos": 500_000_000}, "1.500s"),
        ({"Seconds": 1, "NANOS": 5}, "1.000000005s"),
        ({"seconds": 0, "nanos": 0}, "0s"),
        ("3.5s", "3.500s"),
    ],
)
def test_a_duration_may_be_a_record(ttl, expected):
    assert product({"id": "p", "ttl": ttl}) == {"id": "p", "ttl": expected}


def test_a_duration_of_nulls_is_none():
    assert product({"id": "p", "ttl": {"seconds": None, "nanos": None}}) == {"id": "p"}


@pytest.mark.parametrize(
    "ttl", [{"seconds": 1, "minutes": 1}, {"seconds": "1"}, {"seconds": 1.5}, {"seconds": 1, "nanos": -5}, {"s": 1}, 7]
)
def test_a_record_that_is_no_duration_is_refused(ttl):
    with pytest.raises(JsonError) as caught:
        product({"id": "p", "ttl": ttl})
    assert [item.field for item in caught.value.violations] == ["ttl"]


def test_names_of_columns_count_whatever_their_case():
    row = {"ID": "p", "TITLE": "Tee", "price_info": {"CURRENCYCODE": "USD", "Price": 9.5}, "Images": [{"URI": "u"}]}
    assert product(row) == {
        "id": "p",
        "title": "Tee",
        "priceInfo": {"price": 9.5, "currencyCode": "USD"},
        "images": [{"uri": "u"}],
    }


@pytest.mark.parametrize(
    "attributes", [{"Color": {"TEXT": ["Red"]}}, [{"KEY": "Color", "Value": {"TEXT": ["Red"]}}]], ids=["record", "list"]
)
def test_keys_of_attributes_keep_their_case(attributes):
    assert product({"ID": "p", "attributes": attributes})["attributes"] == {"Color": {"text": ["Red"]}}


def test_a_line_that_is_no_row():
    with pytest.raises(JsonError):
        decode_row(Product.DESCRIPTOR, b"[1]")
