"""Rows of each data_schema, good and bad, with what an import makes of them, from whatever source."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format

from tests.sources import rows
from tests.support.reflected import ReflectedClient

SOLD = {"transactionId": "T1", "transactionRevenue": 33_980_000, "currencyCode": "CAD"}
BOUGHT = rows.hit(1, action="6", product=[rows.product(productQuantity=2)], transaction=SOLD)
GOOD = {
    "user_event": rows.EVENTS,
    "user_event_ga4": [
        rows.ga4("view_item", items=[rows.ITEM]),
        rows.ga4("view_item_list", rows.param("search_term", 501), rows.param("offset", 20)),
        rows.ga4("purchase", rows.param("currency", "CAD"), items=[rows.ITEM], ecommerce=rows.ECOMMERCE),
        rows.ga4("sign_up", rows.param("method", "google"), user_id=None),
    ],
    "user_event_ga360": [
        rows.ga360(rows.hit(0, path="/"), rows.hit(1, action="2", product=[rows.product()])),
        rows.ga360(rows.hit(0, "TIMING"), BOUGHT),
    ],
}

# What is stored of them, without what the tests of the mappings hold against each column.
GA4_COMMON = {
    "visitorId": "352499268.1622993559",
    "eventTime": "2021-06-06T15:41:23.878241Z",
    "userInfo": {"userId": "Alice"},
    "sessionId": "1622993559",
    "uri": "https://shop.example/tees?color=green",
    "referrerUri": "https://shop.example/",
}
GA4_PRODUCT = {"product": {"id": "SKU_12345"}, "quantity": 2, "promotionId": "P_12345"}
GA360_COMMON = {"visitorId": "2248281639583218707", "sessionId": "1501583974"}
TEES = {"uri": "https://shop.example/tees", "eventTime": "2017-08-01T10:39:35Z"}
STORED: dict[str, list[dict[str, Any]]] = {
    "user_event": [
        {"eventType": "home-page-view", "visitorId": "v1", "eventTime": "2022-02-23T10:27:42Z"},
        {"eventType": "search", "visitorId": "v1", "eventTime": "2022-02-23T10:27:43Z", "searchQuery": "blue jeans"},
        {
            "eventType": "category-page-view",
            "visitorId": "v2",
            "eventTime": "2022-02-23T10:27:44Z",
            "pageCategories": ["Sale > Jeans"],
        },
        {
            "eventType": "purchase-complete",
            "visitorId": "v2",
            "eventTime": "2022-02-23T10:27:45Z",
            "cartId": "c1",
            "productDetails": [{"product": {"id": "p1"}, "quantity": 2}, {"product": {"id": "p2"}, "quantity": 1}],
            "purchaseTransaction": {"currencyCode": "USD", "revenue": 19.99},
        },
    ],
    "user_event_ga4": [
        GA4_COMMON
        | {
            "eventType": "detail-page-view",
            "productDetails": [
                GA4_PRODUCT | {"product": {"id": "SKU_12345", "priceInfo": {"price": 12.25, "currencyCode": "USD"}}}
            ],
        },
        GA4_COMMON | {"eventType": "search", "searchQuery": "501", "offset": 20},
        GA4_COMMON
        | {
            "eventType": "purchase-complete",
            "productDetails": [
                GA4_PRODUCT | {"product": {"id": "SKU_12345", "priceInfo": {"price": 12.25, "currencyCode": "CAD"}}}
            ],
            "purchaseTransaction": {
                "id": "T_12345", "revenue": 27.75, "tax": 0.25, "cost": 3.0, "currencyCode": "CAD",
            },
        },
        {name: value for name, value in GA4_COMMON.items() if name != "userInfo"}
        | {
            "eventType": "sign-up",
            "attributes": {
                "method": {"text": ["google"]},
                "page_title": {"text": ["Tees"]},
                "ga_session_number": {"numbers": [3.0]},
            },
        },
    ],
    "user_event_ga360": [
        GA360_COMMON
        | {"eventType": "home-page-view", "uri": "https://shop.example/", "eventTime": "2017-08-01T10:39:34Z"},
        GA360_COMMON
        | TEES
        | {
            "eventType": "detail-page-view",
            "productDetails": [
                {
                    "product": {"id": "GGOEGAAX0104", "priceInfo": {"price": 22.0, "currencyCode": "CAD"}},
                    "quantity": 1,
                }
            ],
        },
        GA360_COMMON
        | TEES
        | {
            "eventType": "purchase-complete",
            "productDetails": [
                {
                    "product": {"id": "GGOEGAAX0104", "priceInfo": {"price": 22.0, "currencyCode": "CAD"}},
                    "quantity": 2,
                }
            ],
            "purchaseTransaction": {"id": "T1", "revenue": 33.98, "currencyCode": "CAD"},
        },
    ],
}  # fmt: skip

# For each row that gives no event, or not all of its events: the fields that are wrong, and the reasons.
BAD: dict[str, list[tuple[rows.Row, list[tuple[str, str]]]]] = {
    "user_event": [
        (rows.EVENTS[0] | {"eventTime": "yesterday"}, [("event_time", "INVALID_TIMESTAMP")]),
        (rows.EVENTS[0] | {"eventType": "Home"}, [("event_type", "UNSUPPORTED_EVENT_TYPE")]),
        (rows.EVENTS[1] | {"searchQuery": None}, [("search_query", "MISSING_FIELD")]),
        (
            rows.EVENTS[3] | {"visitorId": "", "purchaseTransaction": {"currencyCode": "USD", "revenue": None}},
            [("visitor_id", "MISSING_FIELD"), ("purchase_transaction.revenue", "MISSING_FIELD")],
        ),
    ],
    "user_event_ga4": [
        (rows.ga4("view_cart", user_pseudo_id=None), [("user_pseudo_id", "UNMAPPABLE_EVENT")]),
        (rows.ga4("grüße"), [("event_name", "UNMAPPABLE_EVENT")]),
        (
            rows.ga4("add_to_cart", items=[rows.ITEM, rows.ITEM | {"item_id": "(not set)"}]),
            [("items[1].item_id", "UNMAPPABLE_EVENT")],
        ),
        (rows.ga4("view_cart", event_timestamp=None), [("event_time", "MISSING_FIELD")]),
        (rows.ga4("purchase", items=[rows.ITEM]), [("purchase_transaction.revenue", "MISSING_FIELD")]),
    ],
    "user_event_ga360": [
        (rows.ga360(rows.hit(0), fullVisitorId=None), [("fullVisitorId", "UNMAPPABLE_EVENT")]),
        (
            rows.ga360(rows.hit(0), rows.hit(1, action="3", product=[rows.product(sku=None)])),
            [("hits[1].product[0].productSKU", "UNMAPPABLE_EVENT")],
        ),
    ],
}

MIXED_COUNTS = {"user_event": (4, 4), "user_event_ga4": (5, 5), "user_event_ga360": (5, 2)}
"""Successes and failures of `mixed`."""


def mixed(schema: str) -> list[rows.Row]:
    """The bad rows, each after a good one."""
    return [row for bad, _ in BAD[schema] for row in (GOOD[schema][0], bad)]


def stored(reflected: ReflectedClient, catalog: str) -> list[dict[str, Any]]:
    """The stored events as JSON, in the order in which they came."""
    events = sorted(reflected.user_events(catalog), key=lambda event: int(event.name.rpartition("/")[2]))
    return [json_format.MessageToDict(event.user_event) for event in events]


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same but for the digits that a float has too few of."""
    return json.loads(json.dumps(left), parse_float=_rounded) == json.loads(json.dumps(right), parse_float=_rounded)


def _rounded(text: str) -> float:
    return round(float(text), 4)


def violations_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields that are wrong, and the reasons."""
    return [(item.field, item.reason) for item in found["BadRequest"].field_violations]
