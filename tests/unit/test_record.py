"""What is stored of an event says of it what the event does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.identity import SAMPLE, canonical_bytes
from service.events.record import product_details
from tests.unit.strategies import messages


def _only_product_details(event: UserEvent) -> UserEvent:
    return UserEvent(product_details=event.product_details)


@settings(max_examples=1_000)
@given(messages(UserEvent))
def test_product_details_of_any_event_are_found_in_its_bytes(event):
    assert product_details(canonical_bytes(event)) == canonical_bytes(_only_product_details(event))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384])
def test_product_details_are_found_behind_and_in_fields_of_any_length(length):
    event = UserEvent(visitor_id="v" * length, session_id="s" * length)
    for product_id in ("p" * length, "q"):
        event.product_details.add().product.id = product_id
    assert product_details(canonical_bytes(event)) == canonical_bytes(_only_product_details(event))


def test_an_event_without_product_details_has_none():
    assert product_details(b"") == b""
    assert product_details(canonical_bytes(UserEvent(visitor_id="v"))) == b""
    assert product_details(canonical_bytes(UserEvent(session_id="s"))) == b""


def test_the_sample_has_product_details():
    assert product_details(SAMPLE) == canonical_bytes(_only_product_details(UserEvent.FromString(SAMPLE))) != b""


@pytest.mark.parametrize(
    "unknown",
    [
        "080110321800",  # numbers where texts belong; one looks like the tag of product details
        "10011832",
        "08ff01",
        "3001",
        "0b0c",
        "0d32020a00",
    ],
)
@pytest.mark.parametrize("product_id", ["", "p"])
def test_known_fields_of_another_wire_type_are_no_product_details(unknown, product_id):
    event = UserEvent(visitor_id="v")
    if product_id:
        event.product_details.add().product.id = product_id
    with_unknown = UserEvent.FromString(event.SerializeToString() + bytes.fromhex(unknown))
    assert product_details(canonical_bytes(with_unknown)) == canonical_bytes(_only_product_details(event))
