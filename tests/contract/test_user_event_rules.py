"""The rules of a user event, as a caller of WriteUserEvent meets them.

Every broken rule arrives as InvalidArgument with BadRequest (the proto path with indices, a reason) and ErrorInfo; a
missing field is named in Google's own words. Nothing of a refused event is stored.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from google.api_core.exceptions import InvalidArgument
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.clients import Official, every_route, over_grpc
from tests.contract.refusals import Refusal, refused
from tests.contract.samples import PURCHASE, Event, user_event

TRAILER_LIMIT = 8 * 1024  # what clients take of trailers, unless told otherwise
PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")

# id: (event, {path below user_event: reason})
BROKEN: dict[str, tuple[Event, dict[str, str]]] = {
    "no type": (user_event(""), {"event_type": "MISSING_FIELD"}),
    "type with a capital": (user_event("Login"), {"event_type": "UNSUPPORTED_EVENT_TYPE"}),
    "type with a space": (user_event("log in"), {"event_type": "UNSUPPORTED_EVENT_TYPE"}),
    "type of 129 characters": (user_event("x" * 129), {"event_type": "UNSUPPORTED_EVENT_TYPE"}),
    "no visitor": (user_event(visitor_id=None), {"visitor_id": "MISSING_FIELD"}),
    "visitor of 129 characters": (user_event(visitor_id="ü" * 129), {"visitor_id": "TOO_LONG"}),
    "year 10000": (user_event(event_time={"seconds": 253_402_300_800}), {"event_time": "INVALID_TIMESTAMP"}),
    "too many nanos": (user_event(event_time={"nanos": 1_000_000_000}), {"event_time": "INVALID_TIMESTAMP"}),
    "session of 129 bytes": (user_event(session_id="ü" * 64 + "x"), {"session_id": "TOO_LONG"}),
    "no product": (user_event("detail-page-view", product_details=[]), {"product_details": "MISSING_FIELD"}),
    "product without id": (
        user_event("detail-page-view", product_details=[{"product": {"id": "p1"}}, {"quantity": 1}]),
        {"product_details[1].product.id": "MISSING_FIELD"},
    ),
    "product id of 129 characters": (
        user_event("detail-page-view", product_details=[{"product": {"id": "p" * 129}}]),
        {"product_details[0].product.id": "TOO_LONG"},
    ),
    "quantity 0 in a cart": (
        user_event("add-to-cart", product_details=[{"product": {"id": "p1"}, "quantity": 0}]),
        {"product_details[0].quantity": "INVALID_VALUE"},
    ),
    "negative quantity": (
        user_event("detail-page-view", product_details=[{"product": {"id": "p1"}, "quantity": -1}]),
        {"product_details[0].quantity": "INVALID_VALUE"},
    ),
    "negative price": (
        user_event("detail-page-view", product_details=[{"product": {"id": "p1", "price_info": {"price": -1.0}}}]),
        {"product_details[0].product.price_info.price": "INVALID_VALUE"},
    ),
    "attribute key of 5,001 characters": (
        user_event(attributes={"k" * 5_001: {"text": ["x"]}}),
        {f'attributes["{"k" * 63}…"]': "TOO_LONG"},
    ),
    "attribute with texts and numbers": (
        user_event(attributes={"a": {"text": ["x"], "numbers": [1.0]}}),
        {'attributes["a"]': "INVALID_VALUE"},
    ),
    "attribute without a value": (user_event(attributes={"a": {}}), {'attributes["a"]': "INVALID_VALUE"}),
    "attribute with 401 texts": (
        user_event(attributes={"a": {"text": ["x"] * 401}}),
        {'attributes["a"].text': "TOO_MANY"},
    ),
    "attribute with 401 numbers": (
        user_event(attributes={"a": {"numbers": [1.0] * 401}}),
        {'attributes["a"].numbers': "TOO_MANY"},
    ),
    "attribute text of 257 characters": (
        user_event(attributes={"a": {"text": ["x", "y" * 257]}}),
        {'attributes["a"].text[1]': "TOO_LONG"},
    ),
    "empty attribute text": (
        user_event(attributes={"a": {"text": [""]}}),
        {'attributes["a"].text[0]': "INVALID_VALUE"},
    ),
    "endless attribute number": (
        user_event(attributes={"a": {"numbers": [float("inf")]}}),
        {'attributes["a"].numbers[0]': "INVALID_VALUE"},
    ),
    "cart on a home page": (user_event(cart_id="cart"), {"cart_id": "FORBIDDEN_FIELD"}),
    "cart on a removal": (user_event("remove-from-cart", cart_id="cart"), {"cart_id": "FORBIDDEN_FIELD"}),
    "transaction on a home page": (
        user_event(purchase_transaction=PURCHASE),
        {"purchase_transaction": "FORBIDDEN_FIELD"},
    ),
    "no transaction": (
        user_event("purchase-complete", purchase_transaction=None),
        {"purchase_transaction": "MISSING_FIELD"},
    ),
    "transaction without revenue": (
        user_event("purchase-complete", purchase_transaction={**PURCHASE, "revenue": 0}),
        {"purchase_transaction.revenue": "MISSING_FIELD"},
    ),
    "transaction without currency": (
        user_event("purchase-complete", purchase_transaction={"revenue": 1.0}),
        {"purchase_transaction.currency_code": "MISSING_FIELD"},
    ),
    "unknown currency": (
        user_event("purchase-complete", purchase_transaction={**PURCHASE, "currency_code": "XYZ"}),
        {"purchase_transaction.currency_code": "INVALID_VALUE"},
    ),
    "transaction id of 129 characters": (
        user_event("purchase-complete", purchase_transaction={**PURCHASE, "id": "x" * 129}),
        {"purchase_transaction.id": "TOO_LONG"},
    ),
    "query on a home page": (user_event(search_query="shoes"), {"search_query": "FORBIDDEN_FIELD"}),
    "query of 5,001 characters": (user_event("search", search_query="ü" * 5_001), {"search_query": "TOO_LONG"}),
    "search for nothing": (user_event("search", search_query=None), {"search_query": "MISSING_FIELD"}),
    "no page categories": (user_event("category-page-view", page_categories=[]), {"page_categories": "MISSING_FIELD"}),
    "filter of 1,001 characters": (user_event(filter="x" * 1_001), {"filter": "TOO_LONG"}),
    "order on a home page": (user_event(order_by="price"), {"order_by": "FORBIDDEN_FIELD"}),
    "order of 1,001 characters": (user_event("search", order_by="x" * 1_001), {"order_by": "TOO_LONG"}),
    "offset on a home page": (user_event(offset=1), {"offset": "FORBIDDEN_FIELD"}),
    "negative offset": (user_event("search", offset=-1), {"offset": "INVALID_VALUE"}),
    "uri of 5,001 characters": (user_event(uri="x" * 5_001), {"uri": "TOO_LONG"}),
    "user id of 129 characters": (user_event(user_info={"user_id": "x" * 129}), {"user_info.user_id": "TOO_LONG"}),
    "bad address": (user_event(user_info={"ip_address": "1.2.3.256"}), {"user_info.ip_address": "INVALID_VALUE"}),
    "user agent of 1,001 characters": (
        user_event(user_info={"user_agent": "x" * 1_001}),
        {"user_info.user_agent": "TOO_LONG"},
    ),
}

# What stands at a limit, and not beyond it.
AT_LIMIT: dict[str, Event] = {
    "visitor": user_event(visitor_id="ü" * 128),
    "session": user_event(session_id="ü" * 64),
    "product id": user_event("detail-page-view", product_details=[{"product": {"id": "p" * 128}}]),
    "attribute": user_event(attributes={"ü" * 5_000: {"text": ["ü" * 256] * 400}, "n": {"numbers": [0.5] * 400}}),
    "search": user_event("search", search_query="ü" * 5_000, order_by="x" * 1_000, filter="x" * 1_000),
    "search by category": user_event("search", search_query=None, page_categories=["Shoes"]),
    "uri": user_event(uri="x" * 5_000),
    "user": user_event(user_info={"user_id": "x" * 128, "user_agent": "x" * 1_000}),
    "transaction": user_event("purchase-complete", purchase_transaction={**PURCHASE, "id": "x" * 128}),
    "negative revenue": user_event("purchase-complete", purchase_transaction={**PURCHASE, "revenue": -5.0}),
    "withdrawn currency": user_event("purchase-complete", purchase_transaction={**PURCHASE, "currency_code": "DEM"}),
    "page categories on a home page": user_event(page_categories=["Shoes"]),
    "several products looked at": user_event(
        "detail-page-view", product_details=[{"product": {"id": "p1"}}, {"product": {"id": "p2"}}]
    ),
}

BEYOND_JSON = {"year 10000", "too many nanos"}


def trailers_size(refusal: Refusal) -> int:
    """What a client has to take: binary values in Base64, the message percent-encoded, and 32 bytes for each entry."""
    binary = {key: value for key, value in refusal.error.errors[0].trailing_metadata() if key.endswith("-bin")}
    assert "grpc-status-details-bin" in binary
    encoded = {
        **{key: b64encode(value) for key, value in binary.items()},
        "grpc-message": quote(refusal.message, safe=PRINTABLE),
    }
    return sum(len(key) + len(value) + 32 for key, value in encoded.items())


def write(retail: Official, catalog: str, event: Any) -> Any:
    return retail.client.write_user_event({"parent": catalog, "user_event": event})


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - BEYOND_JSON))
def test_a_broken_rule_is_refused_with_field_and_reason(retail: Official, reflected, catalog: str, name: str) -> None:
    check_refusal(retail, reflected, catalog, *BROKEN[name])


@over_grpc
@pytest.mark.parametrize("name", sorted(BEYOND_JSON))
def test_what_json_has_no_form_for_is_refused_too(retail: Official, reflected, catalog: str, name: str) -> None:
    check_refusal(retail, reflected, catalog, *BROKEN[name])


def check_refusal(retail: Official, reflected, catalog: str, event: Event, expected: dict[str, str]) -> None:

    with refused(InvalidArgument) as refusal:
        write(retail, catalog, event)

    assert refusal.fields == {f"user_event.{path}": reason for path, reason in expected.items()}
    assert refusal.reason in expected.values()
    assert refusal.message == refusal.violations[0].description
    assert not reflected.user_events(catalog)


@pytest.mark.parametrize("name", AT_LIMIT)
def test_a_value_at_its_limit_is_accepted(retail: Official, catalog: str, name: str) -> None:
    assert write(retail, catalog, AT_LIMIT[name]) == retail.types.UserEvent(AT_LIMIT[name])


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (user_event(visitor_id=None), "visitorId"),
        (user_event("purchase-complete", purchase_transaction=None), "purchaseTransaction"),
        (user_event("detail-page-view", product_details=[{}]), "productDetails.product.id"),
    ],
)
def test_a_missing_field_is_named_in_googles_words(retail: Official, catalog: str, event: Event, path: str) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, catalog, event)

    assert refusal.message == f'Field "{path}" is a required field, but no value is found.'


@over_grpc
def test_a_missing_event_is_named_in_googles_words(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.write_user_event({"parent": catalog})

    assert refusal.message == 'Field "userEvent" is a required field, but no value is found.'
    assert refusal.fields == {"user_event": "MISSING_FIELD"}


@every_route
def test_all_broken_rules_are_told_at_once(retail: Official, catalog: str) -> None:
    details = [{"product": {"id": "p1"}}, {"quantity": -1}]

    with refused(InvalidArgument) as refusal:
        write(retail, catalog, user_event("add-to-cart", visitor_id=None, product_details=details, offset=1))

    assert list(refusal.fields.items()) == [
        ("user_event.visitor_id", "MISSING_FIELD"),
        ("user_event.product_details[1].product.id", "MISSING_FIELD"),
        ("user_event.product_details[1].quantity", "INVALID_VALUE"),
        ("user_event.offset", "FORBIDDEN_FIELD"),
    ]
    assert refusal.message == f"{refusal.violations[0].description} (and 3 more)"
    assert refusal.detail(ErrorInfo).metadata["violations"] == "4"


@over_grpc
@pytest.mark.parametrize(
    "event",
    [
        user_event("add-to-cart", product_details=[{} for _ in range(20_000)]),
        user_event(
            "detail-page-view", product_details=[{"product": {"id": "\U0001f45f" * 1_000}} for _ in range(2_000)]
        ),
        user_event(attributes={f"{'ü' * 4_000}{number}": {} for number in range(3_000)}),
        user_event("\U0001f45f" * 100_000, visitor_id="\u0001" * 100_000),
    ],
    ids=["missing ids", "long ids", "long keys", "long values"],
)
def test_thousands_of_broken_rules_fit_into_trailers(retail: Official, catalog: str, event: Event) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, catalog, event)

    assert refusal.violations
    assert trailers_size(refusal) < TRAILER_LIMIT
