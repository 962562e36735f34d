"""The user event types with rules of their own (user_event.proto), as one table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class EventType:
    """What an event of a type needs and may carry, of the fields that only some types take.

    Attributes:
        needs: Fields that must be there. Of each product detail `quantity`: in strict mode; otherwise it is then 1.
        takes: Of `CONDITIONAL` and `STRICTLY_CONDITIONAL`, those that may be there.
    """

    needs: frozenset[str] = field(default=frozenset())
    takes: frozenset[str] = field(default=frozenset())


CONDITIONAL: Final = frozenset({"cart_id", "purchase_transaction", "search_query", "order_by", "offset"})
STRICTLY_CONDITIONAL: Final = frozenset({"page_categories"})
"""Every type takes these, unless the rules are strict."""


def _type(needs: str = "", takes: str = "") -> EventType:
    return EventType(frozenset(needs.split()), frozenset(takes.split()))


EVENT_TYPES: Final = {
    "add-to-cart": _type(needs="product_details quantity", takes="cart_id"),
    "category-page-view": _type(needs="page_categories", takes="page_categories"),
    "detail-page-view": _type(needs="product_details"),
    "home-page-view": _type(),
    "purchase-complete": _type(
        needs="product_details quantity purchase_transaction", takes="cart_id purchase_transaction"
    ),
    "remove-from-cart": _type(),
    "search": _type(takes="search_query page_categories order_by offset"),
    "shopping-cart-page-view": _type(takes="cart_id"),
}
SEARCH: Final = EVENT_TYPES["search"]
"""It needs search_query or page_categories, which no table of single fields can say."""

CUSTOM: Final = EventType(takes=CONDITIONAL | STRICTLY_CONDITIONAL)
"""Any other type."""

is_custom_name: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}").fullmatch
"""Whether a name may be that of a custom type."""


def takers(name: str) -> str:
    """Returns the types that take the conditional field `name`, in words: `add-to-cart, purchase-complete`."""
    return ", ".join(event_type for event_type, rules in EVENT_TYPES.items() if name in rules.takes)
