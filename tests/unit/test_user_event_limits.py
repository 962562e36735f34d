"""Every limit of a value in a user event: one event at the limit, which passes, and one beyond it, which does not."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import text_format

from tests.unit.user_events import PRODUCT, TRANSACTION, event, found


def detail(**fields: Any) -> dict[str, Any]:
    return {"productDetails": [{"product": {"id": "p"}, **fields}]}


def price(**fields: Any) -> dict[str, Any]:
    return {"productDetails": [{"product": {"id": "p", "priceInfo": fields}}]}


def transaction(**fields: Any) -> dict[str, Any]:
    return {"purchaseTransaction": {**TRANSACTION, **fields}}


def money(**fields: Any) -> dict[str, Any]:
    return detail(value={"currencyCode": "USD", **fields})


def attribute(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"k": fields}}


# What it is about; type of the event; fields that pass; fields that don't; where and why.
LIMITS: list[tuple[str, str, dict[str, Any], dict[str, Any], str, str]] = [
    ("visitor id", "signup", {"visitorId": "é" * 128}, {"visitorId": "é" * 129}, "visitor_id", "TOO_LONG"),
    ("session id", "signup", {"sessionId": "é" * 64}, {"sessionId": "é" * 64 + "x"}, "session_id", "TOO_LONG"),
    ("query", "search", {"searchQuery": "é" * 5_000}, {"searchQuery": "é" * 5_001}, "search_query", "TOO_LONG"),
    ("filter", "home-page-view", {"filter": "é" * 1_000}, {"filter": "é" * 1_001}, "filter", "TOO_LONG"),
    ("order", "search", {"orderBy": "é" * 1_000}, {"orderBy": "é" * 1_001}, "order_by", "TOO_LONG"),
    ("offset", "search", {"offset": 2**31 - 1}, {"offset": -1}, "offset", "INVALID_VALUE"),
    ("uri", "signup", {"uri": "é" * 5_000}, {"uri": "é" * 5_001}, "uri", "TOO_LONG"),
    (
        "user id",
        "signup",
        {"userInfo": {"userId": "é" * 128}},
        {"userInfo": {"userId": "é" * 129}},
        "user_info.user_id",
        "TOO_LONG",
    ),
    (
        "user agent",
        "signup",
        {"userInfo": {"userAgent": "é" * 1_000}},
        {"userInfo": {"userAgent": "é" * 1_001}},
        "user_info.user_agent",
        "TOO_LONG",
    ),
    (
        "position",
        "search",
        {"completionDetail": {"selectedPosition": 0, "selectedSuggestion": "s"}},
        {"completionDetail": {"selectedPosition": -1}},
        "completion_detail.selected_position",
        "INVALID_VALUE",
    ),
    (
        "product id",
        "detail-page-view",
        {"productDetails": [{"product": {"id": "é" * 128}}]},
        {"productDetails": [{"product": {"id": "é" * 129}}]},
        "product_details[0].product.id",
        "TOO_LONG",
    ),
    ("quantity", "add-to-cart", detail(quantity=1), detail(quantity=0), "product_details[0].quantity", "INVALID_VALUE"),
    ("quantity", "signup", detail(quantity=0), detail(quantity=-1), "product_details[0].quantity", "INVALID_VALUE"),
    ("rating", "signup", detail(rating=5), detail(rating=5.1), "product_details[0].rating", "INVALID_VALUE"),
    ("rating", "signup", detail(rating=1), detail(rating=0.9), "product_details[0].rating", "INVALID_VALUE"),
    ("rating", "signup", detail(rating=0), detail(rating="NaN"), "product_details[0].rating", "INVALID_VALUE"),
    (
        "promotion id",
        "signup",
        detail(promotionId="é" * 128),
        detail(promotionId="é" * 129),
        "product_details[0].promotion_id",
        "TOO_LONG",
    ),
    (
        "money's currency",
        "signup",
        money(),
        money(currencyCode="usd"),
        "product_details[0].value.currency_code",
        "INVALID_VALUE",
    ),
    (
        "money without currency",
        "signup",
        money(),
        money(currencyCode=""),
        "product_details[0].value.currency_code",
        "MISSING_FIELD",
    ),
    (
        "nanos",
        "signup",
        money(nanos=999_999_999),
        money(nanos=10**9),
        "product_details[0].value.nanos",
        "INVALID_VALUE",
    ),
    (
        "nanos",
        "signup",
        money(nanos=-999_999_999),
        money(nanos=-(10**9)),
        "product_details[0].value.nanos",
        "INVALID_VALUE",
    ),
    (
        "sign",
        "signup",
        money(units=1, nanos=1),
        money(units=1, nanos=-1),
        "product_details[0].value.nanos",
        "INVALID_VALUE",
    ),
    (
        "sign",
        "signup",
        money(units=-1, nanos=-1),
        money(units=-1, nanos=1),
        "product_details[0].value.nanos",
        "INVALID_VALUE",
    ),
    (
        "cost",
        "signup",
        detail(cost={"currencyCode": "EUR"}),
        detail(cost={}),
        "product_details[0].cost.currency_code",
        "MISSING_FIELD",
    ),
    (
        "price",
        "signup",
        price(price=0),
        price(price=-0.01),
        "product_details[0].product.price_info.price",
        "INVALID_VALUE",
    ),
    (
        "price",
        "signup",
        price(price=3e38),
        price(price="Infinity"),
        "product_details[0].product.price_info.price",
        "INVALID_VALUE",
    ),
    (
        "original price",
        "signup",
        price(originalPrice=9),
        price(originalPrice="NaN"),
        "product_details[0].product.price_info.original_price",
        "INVALID_VALUE",
    ),
    (
        "cost",
        "signup",
        price(cost=-1),
        price(cost="NaN"),
        "product_details[0].product.price_info.cost",
        "INVALID_VALUE",
    ),
    (
        "price's currency",
        "signup",
        price(currencyCode="JPY"),
        price(currencyCode="YEN"),
        "product_details[0].product.price_info.currency_code",
        "INVALID_VALUE",
    ),
    (
        "transaction id",
        "signup",
        transaction(id="é" * 128),
        transaction(id="é" * 129),
        "purchase_transaction.id",
        "TOO_LONG",
    ),
    (
        "revenue",
        "purchase-complete",
        transaction(revenue=-1),
        transaction(revenue=0),
        "purchase_transaction.revenue",
        "MISSING_FIELD",
    ),
    (
        "revenue",
        "signup",
        transaction(revenue=0),
        transaction(revenue="NaN"),
        "purchase_transaction.revenue",
        "INVALID_VALUE",
    ),
    (
        "revenue",
        "signup",
        transaction(revenue=3e38),
        transaction(revenue="Infinity"),
        "purchase_transaction.revenue",
        "INVALID_VALUE",
    ),
    (
        "tax",
        "purchase-complete",
        transaction(tax=0),
        transaction(tax="NaN"),
        "purchase_transaction.tax",
        "INVALID_VALUE",
    ),
    (
        "cost",
        "purchase-complete",
        transaction(cost=-1),
        transaction(cost="-Infinity"),
        "purchase_transaction.cost",
        "INVALID_VALUE",
    ),
    (
        "currency",
        "purchase-complete",
        transaction(currencyCode="BGN"),
        transaction(currencyCode="XYZ"),
        "purchase_transaction.currency_code",
        "INVALID_VALUE",
    ),
    (
        "no currency",
        "purchase-complete",
        transaction(),
        {"purchaseTransaction": {"revenue": 1}},
        "purchase_transaction.currency_code",
        "MISSING_FIELD",
    ),
    (
        "transaction attributes",
        "purchase-complete",
        transaction(transactionAttributes={"k": {"text": ["t"]}}),
        transaction(transactionAttributes={"k": {"text": [""]}}),
        'purchase_transaction.transaction_attributes["k"].text[0]',
        "INVALID_VALUE",
    ),
    ("text", "signup", attribute(text=["é" * 256]), attribute(text=["é" * 257]), 'attributes["k"].text[0]', "TOO_LONG"),
    ("text", "signup", attribute(text=["x"]), attribute(text=["x", ""]), 'attributes["k"].text[1]', "INVALID_VALUE"),
    ("texts", "signup", attribute(text=["x"] * 400), attribute(text=["x"] * 401), 'attributes["k"].text', "TOO_MANY"),
    (
        "numbers",
        "signup",
        attribute(numbers=[1] * 400),
        attribute(numbers=[1] * 401),
        'attributes["k"].numbers',
        "TOO_MANY",
    ),
    (
        "number",
        "signup",
        attribute(numbers=[-1e308]),
        attribute(numbers=[1, "NaN"]),
        'attributes["k"].numbers[1]',
        "INVALID_VALUE",
    ),
    (
        "number",
        "signup",
        attribute(numbers=[0]),
        attribute(numbers=["-Infinity"]),
        'attributes["k"].numbers[0]',
        "INVALID_VALUE",
    ),
    ("neither", "signup", attribute(text=["x"]), attribute(), 'attributes["k"]', "INVALID_VALUE"),
    ("both", "signup", attribute(numbers=[1]), attribute(text=["x"], numbers=[1]), 'attributes["k"]', "INVALID_VALUE"),
    (
        "key",
        "signup",
        {"attributes": {"é" * 5_000: {"text": ["x"]}}},
        {"attributes": {"é" * 5_001: {"text": ["x"]}}},
        f'attributes["{"é" * 63}…"]',
        "TOO_LONG",
    ),
]


@pytest.mark.parametrize(("about", "event_type", "good", "bad", "field", "reason"), LIMITS)
def test_limit(about, event_type, good, bad, field, reason):
    assert found(event(event_type, good)) == []
    assert found(event(event_type, bad)) == [(field, reason)]


@pytest.mark.parametrize(
    ("seconds", "nanos", "good"),
    [
        (-62_135_596_800, 0, True),
        (-62_135_596_801, 0, False),
        (253_402_300_799, 999_999_999, True),
        (253_402_300_800, 0, False),
        (0, 1_000_000_000, False),
        (0, -1, False),
    ],
)
def test_event_time_is_within_the_years_1_to_9999(seconds, nanos, good):
    message = event("signup")
    message.event_time.seconds, message.event_time.nanos = seconds, nanos
    assert found(message) == ([] if good else [("event_time", "INVALID_TIMESTAMP")])


@pytest.mark.parametrize("address", ["0.0.0.0", "203.0.113.7", "::1", "2001:db8::ff00:42:8329", "::ffff:192.0.2.1"])
def test_ip_address(address):
    assert found(event("signup", {"userInfo": {"ipAddress": address}})) == []


@pytest.mark.parametrize(
    "address", ["localhost", "256.0.0.1", "1.2.3", "01.2.3.4", "fe80::1%eth0", "::1 ", "1" * 10_000]
)
def test_text_that_is_no_ip_address(address):
    assert found(event("signup", {"userInfo": {"ipAddress": address}})) == [("user_info.ip_address", "INVALID_VALUE")]


@pytest.mark.parametrize(
    ("product", "field", "reason"),
    [
        ("publish_time { seconds: 1099511627776 }", "publish_time", "INVALID_TIMESTAMP"),
        ("ttl { seconds: 1 nanos: -1 }", "ttl", "INVALID_VALUE"),
        ("ttl { seconds: -315576000001 }", "ttl", "INVALID_VALUE"),
        ("retrievable_fields { paths: 'title' paths: 'aB' }", "retrievable_fields.paths[1]", "INVALID_VALUE"),
        ("variants {} variants { expire_time { nanos: -1 } }", "variants[1].expire_time", "INVALID_TIMESTAMP"),
        (
            "local_inventories { price_info { price_expire_time { nanos: -1 } } }",
            "local_inventories[0].price_info.price_expire_time",
            "INVALID_TIMESTAMP",
        ),
    ],
)
def test_rest_of_a_product_has_to_be_printable(product, field, reason):
    message = event("signup", {"productDetails": [PRODUCT]})
    text_format.Merge(product, message.product_details[0].product)
    assert found(message) == [(f"product_details[0].product.{field}", reason)]


def test_rest_of_a_product_is_not_looked_at_otherwise():
    product = {"id": "p", "title": "t" * 9_999, "attributes": {"k": {}}, "retrievableFields": "priceInfo", "ttl": "3s"}
    assert found(event("signup", {"productDetails": [{"product": product}]})) == []
