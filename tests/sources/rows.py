"""Rows in the documented shapes: exports of Google Analytics 4 and 360, and the table of Google's import sample."""

from __future__ import annotations

import copy
from typing import Any

Row = dict[str, Any]


def param(key: str, value: str | float, column: str | None = None) -> Row:
    """An entry of `event_params` as BigQuery gives it: one value is set, the others are null."""
    column = column or {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
    columns: Row = dict.fromkeys(("string_value", "int_value", "float_value", "double_value"))
    return {"key": key, "value": columns | {column: value}}


ITEM: Row = {
    "item_id": "SKU_12345", "item_name": "Stan and Friends Tee", "item_brand": "Google", "item_variant": "green",
    "item_category": "Apparel", "item_category2": "Adult", "price_in_usd": 9.5, "price": 12.25, "quantity": 2,
    "item_revenue": 24.5, "coupon": "(not set)", "item_list_name": "Related Products", "promotion_id": "P_12345",
    "item_params": [],
}  # fmt: skip

PAGE = (
    param("page_location", "https://shop.example/tees?color=green"),
    param("page_referrer", "https://shop.example/"),
    param("page_title", "Tees"),
    param("ga_session_id", 1622993559),
    param("ga_session_number", 3),
)


def ga4(event_name: str, *params: Row, **columns: Any) -> Row:
    """A row of a GA4 export with the columns that matter and some that don't."""
    row: Row = {
        "event_date": "20210606",
        "event_timestamp": 1622994083878241,
        "event_name": event_name,
        "event_params": [*PAGE, *params],
        "event_previous_timestamp": None,
        "event_value_in_usd": None,
        "user_id": "Alice",
        "user_pseudo_id": "352499268.1622993559",
        "user_properties": [],
        "user_first_touch_timestamp": 1622993559000000,
        "device": {"category": "desktop", "web_info": {"browser": "Chrome", "hostname": "shop.example"}},
        "geo": {"continent": "Americas", "country": "Canada", "city": "(not set)"},
        "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        "platform": "WEB",
        "ecommerce": None,
        "items": [],
    }  # fmt: skip
    return copy.deepcopy(row | columns)


ECOMMERCE: Row = {
    "total_item_quantity": 2, "purchase_revenue_in_usd": 21.0, "purchase_revenue": 27.75, "refund_value": None,
    "shipping_value": 3.0, "tax_value": 0.25, "unique_items": 1, "transaction_id": "T_12345",
}  # fmt: skip

COLLECT_SAMPLE: Row = {
    "event_timestamp": 1622994083878241,
    "event_name": "add_to_cart",
    "user_pseudo_id": "352499268.1622993559",
    "items": [{"item_id": "11", "price": 29.99, "quantity": 3}],
    "event_params": [{"key": "currency", "value": {"string_value": "CAD"}}],
    "user_id": "Alice",
}
"""The row of Google's own page about collect."""


def product(sku: str | None = "GGOEGAAX0104", **columns: Any) -> Row:
    """An entry of `hits.product`."""
    return {
        "productSKU": sku, "v2ProductName": "Men's Tee", "v2ProductCategory": "Home/Apparel/Men's",
        "productBrand": "(not set)", "productPrice": 16990000, "localProductPrice": 22000000, "productQuantity": None,
        "productListName": "Category", "isImpression": None, "isClick": None,
    } | columns  # fmt: skip


def hit(number: int, kind: str = "PAGE", *, action: str = "0", path: str = "/tees", **columns: Any) -> Row:
    """An entry of `hits` of a GA360 session, `number` seconds after its start; records within are added to."""
    page = {"pagePath": path, "hostname": "shop.example", "pageTitle": "Tees", "searchKeyword": None}
    row: Row = {
        "hitNumber": number, "time": number * 1000, "hour": 9, "minute": 30, "isInteraction": True, "type": kind,
        "referer": None, "page": page | columns.pop("page", {}), "eCommerceAction": {"action_type": action, "step": 1},
        "product": [], "promotion": [], "transaction": {"currencyCode": "CAD"}, "item": {"currencyCode": "CAD"},
        "eventInfo": None, "customDimensions": [], "dataSource": "web",
    }  # fmt: skip
    return copy.deepcopy(row | columns)


def ga360(*hits: Row, **columns: Any) -> Row:
    """A session of a GA360 export."""
    return {
        "visitorId": None, "visitNumber": 1, "visitId": 1501583974, "visitStartTime": 1501583974, "date": "20170801",
        "totals": {"visits": 1, "hits": len(hits), "pageviews": 2}, "trafficSource": {"source": "google"},
        "device": {"browser": "Chrome", "isMobile": False}, "geoNetwork": {"country": "Canada"}, "customDimensions": [],
        "fullVisitorId": "2248281639583218707", "userId": None, "clientId": "1234567890.1501583974",
        "channelGrouping": "Organic Search", "socialEngagementType": "Not Socially Engaged", "hits": list(hits),
    } | columns  # fmt: skip


EVENTS: list[Row] = [
    {"eventType": "home-page-view", "visitorId": "v1", "eventTime": "2022-02-23T10:27:42+00:00", "productDetails": [],
     "purchaseTransaction": None, "searchQuery": None, "cartId": None, "pageCategories": []},
    {"eventType": "search", "visitorId": "v1", "eventTime": "2022-02-23T10:27:43+00:00", "productDetails": [],
     "purchaseTransaction": None, "searchQuery": "blue jeans", "cartId": None, "pageCategories": []},
    {"eventType": "category-page-view", "visitorId": "v2", "eventTime": "2022-02-23T10:27:44Z", "productDetails": [],
     "purchaseTransaction": None, "searchQuery": None, "cartId": None, "pageCategories": ["Sale > Jeans"]},
    {"eventType": "purchase-complete", "visitorId": "v2", "eventTime": "2022-02-23T10:27:45Z",
     "productDetails": [{"product": {"id": "p1"}, "quantity": 2}, {"product": {"id": "p2"}, "quantity": None}],
     "purchaseTransaction": {"currencyCode": "USD", "revenue": 19.99}, "searchQuery": None, "cartId": "c1",
     "pageCategories": []},
]  # fmt: skip
"""The layout of Google's sample table, as BigQuery's client gives its rows."""

Schema = dict[str, Any]
"""Columns: a type's name, a dict for a RECORD, a list of one of these for a REPEATED column."""

EVENTS_SCHEMA: Schema = {
    "eventType": "STRING",
    "visitorId": "STRING",
    "eventTime": "STRING",
    "productDetails": [{"product": {"id": "STRING"}, "quantity": "INT64"}],
    "purchaseTransaction": {"currencyCode": "STRING", "revenue": "FLOAT64"},
    "searchQuery": "STRING",
    "cartId": "STRING",
    "pageCategories": ["STRING"],
}
VALUE: Schema = {
    "string_value": "STRING", "int_value": "INT64", "float_value": "FLOAT64", "double_value": "FLOAT64",
}  # fmt: skip
GA4_SCHEMA: Schema = {
    "event_date": "STRING",
    "event_timestamp": "INT64",
    "event_name": "STRING",
    "event_params": [{"key": "STRING", "value": VALUE}],
    "event_previous_timestamp": "INT64",
    "event_value_in_usd": "FLOAT64",
    "user_id": "STRING",
    "user_pseudo_id": "STRING",
    "user_properties": [{"key": "STRING", "value": VALUE | {"set_timestamp_micros": "INT64"}}],
    "user_first_touch_timestamp": "INT64",
    "device": {"category": "STRING", "web_info": {"browser": "STRING", "hostname": "STRING"}},
    "geo": {"continent": "STRING", "country": "STRING", "city": "STRING"},
    "traffic_source": {"name": "STRING", "medium": "STRING", "source": "STRING"},
    "platform": "STRING",
    "ecommerce": {
        "total_item_quantity": "INT64", "purchase_revenue_in_usd": "FLOAT64", "purchase_revenue": "FLOAT64",
        "refund_value": "FLOAT64", "shipping_value": "FLOAT64", "tax_value": "FLOAT64", "unique_items": "INT64",
        "transaction_id": "STRING",
    },
    "items": [{
        "item_id": "STRING", "item_name": "STRING", "item_brand": "STRING", "item_variant": "STRING",
        "item_category": "STRING", "item_category2": "STRING", "price_in_usd": "FLOAT64", "price": "FLOAT64",
        "quantity": "INT64", "item_revenue": "FLOAT64", "coupon": "STRING", "item_list_name": "STRING",
        "promotion_id": "STRING", "item_params": [{"key": "STRING", "value": VALUE}],
    }],
}  # fmt: skip
GA360_SCHEMA: Schema = {
    "visitorId": "INT64",
    "visitNumber": "INT64",
    "visitId": "INT64",
    "visitStartTime": "INT64",
    "date": "STRING",
    "totals": {"visits": "INT64", "hits": "INT64", "pageviews": "INT64"},
    "trafficSource": {"source": "STRING"},
    "device": {"browser": "STRING", "isMobile": "BOOL"},
    "geoNetwork": {"country": "STRING"},
    "customDimensions": [{"index": "INT64", "value": "STRING"}],
    "fullVisitorId": "STRING",
    "userId": "STRING",
    "clientId": "STRING",
    "channelGrouping": "STRING",
    "socialEngagementType": "STRING",
    "hits": [{
        "hitNumber": "INT64", "time": "INT64", "hour": "INT64", "minute": "INT64", "isInteraction": "BOOL",
        "referer": "STRING", "type": "STRING",
        "page": {"pagePath": "STRING", "hostname": "STRING", "pageTitle": "STRING", "searchKeyword": "STRING"},
        "eCommerceAction": {"action_type": "STRING", "step": "INT64"},
        "product": [{
            "productSKU": "STRING", "v2ProductName": "STRING", "v2ProductCategory": "STRING",
            "productBrand": "STRING", "productPrice": "INT64", "localProductPrice": "INT64",
            "productQuantity": "INT64", "productListName": "STRING", "isImpression": "BOOL", "isClick": "BOOL",
        }],
        "promotion": [{"promoId": "STRING", "promoName": "STRING"}],
        "transaction": {"transactionId": "STRING", "transactionRevenue": "INT64", "currencyCode": "STRING"},
        "item": {"transactionId": "STRING", "productSku": "STRING", "currencyCode": "STRING"},
        "eventInfo": {
            "eventCategory": "STRING", "eventAction": "STRING", "eventLabel": "STRING", "eventValue": "INT64",
        },
        "customDimensions": [{"index": "INT64", "value": "STRING"}],
        "dataSource": "STRING",
    }],
}  # fmt: skip
PRODUCTS_SCHEMA: Schema = {
    "name": "STRING",
    "id": "STRING",
    "type": "STRING",
    "primaryProductId": "STRING",
    "collectionMemberIds": ["STRING"],
    "gtin": "STRING",
    "categories": ["STRING"],
    "title": "STRING",
    "brands": ["STRING"],
    "description": "STRING",
    "languageCode": "STRING",
    "attributes": [{"key": "STRING", "value": {"text": ["STRING"], "numbers": ["FLOAT64"]}}],
    "tags": ["STRING"],
    "priceInfo": {
        "currencyCode": "STRING", "price": "FLOAT64", "originalPrice": "FLOAT64", "cost": "FLOAT64",
        "priceEffectiveTime": "STRING", "priceExpireTime": "STRING",
    },
    "rating": {"ratingCount": "INT64", "averageRating": "FLOAT64", "ratingHistogram": ["INT64"]},
    "expireTime": "STRING",
    "ttl": {"seconds": "INT64", "nanos": "INT64"},
    "availableTime": "STRING",
    "availability": "STRING",
    "availableQuantity": "INT64",
    "fulfillmentInfo": [{"type": "STRING", "placeIds": ["STRING"]}],
    "uri": "STRING",
    "images": [{"uri": "STRING", "height": "INT64", "width": "INT64"}],
    "audience": {"genders": ["STRING"], "ageGroups": ["STRING"]},
    "colorInfo": {"colorFamilies": ["STRING"], "colors": ["STRING"]},
    "sizes": ["STRING"],
    "materials": ["STRING"],
    "patterns": ["STRING"],
    "conditions": ["STRING"],
    "publishTime": "STRING",
    "promotions": [{"promotionId": "STRING"}],
}  # fmt: skip
"""The layout that Google's pages give for tables of products."""

_NO_PRODUCT: Row = {name: [] if isinstance(kind, list) else None for name, kind in PRODUCTS_SCHEMA.items()}
PRODUCTS: list[Row] = [
    _NO_PRODUCT | {
        "id": "p1", "type": "PRIMARY", "categories": ["Apparel > Men's", "Sale"], "title": "Men's Tee",
        "attributes": [
            {"key": "material", "value": {"text": ["cotton"], "numbers": []}},
            {"key": "width", "value": {"text": [], "numbers": [0.5]}},
        ],
        "priceInfo": {"currencyCode": "USD", "price": 16.99}, "ttl": {"seconds": 2_592_000, "nanos": 0},
        "availability": "IN_STOCK", "availableQuantity": 7,
        "images": [{"uri": "https://shop.example/tee.png", "height": 100, "width": 80}],
        "publishTime": "2024-01-15T00:00:00Z",
    },
    _NO_PRODUCT | {"id": "p2", "categories": ["Sale"], "title": "Tent"},
    _NO_PRODUCT | {"id": "v1", "type": "VARIANT", "primaryProductId": "p1", "title": "Men's Tee, blue"},
]  # fmt: skip
