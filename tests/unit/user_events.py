"""The smallest user events that pass, to put one thing at a time on top of."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import user_event
from service.events.user_event import UserEventRules

DEFAULT = UserEventRules()
CLOSED = UserEventRules(closed_event_types=True)
STRICT = UserEventRules(strict=True)

PRODUCT = {"product": {"id": "p"}}
BOUGHT = {"product": {"id": "p"}, "quantity": 1}
TRANSACTION = {"revenue": 19.99, "currencyCode": "USD"}

MINIMAL: dict[str, dict[str, Any]] = {
    "add-to-cart": {"productDetails": [BOUGHT]},
    "category-page-view": {"pageCategories": ["Sale > Coats"]},
    "detail-page-view": {"productDetails": [PRODUCT]},
    "home-page-view": {},
    "purchase-complete": {"productDetails": [BOUGHT], "purchaseTransaction": TRANSACTION},
    "remove-from-cart": {},
    "search": {"searchQuery": "shoes"},
    "shopping-cart-page-view": {},
    "signup": {},
}
GOOGLE = [name for name in MINIMAL if name != "signup"]
"""All of them but the custom one."""


def event(event_type: str, fields: dict[str, Any] | None = None) -> UserEvent:
    """The smallest valid event of a type, with `fields` on top."""
    content = {"eventType": event_type, "visitorId": "v", **MINIMAL.get(event_type, {}), **(fields or {})}
    return json_format.ParseDict(content, UserEvent())


def found(message: UserEvent, rules: UserEventRules = DEFAULT, **options: bool) -> list[tuple[str, str]]:
    return [(item.field, item.reason) for item in user_event.check(message, rules, **options)]
