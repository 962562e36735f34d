"""What the schemas of Google Analytics have in common: names of custom types, products, purchases, attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from generated.google.cloud.retail.v2.common_pb2 import CustomAttribute
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import event_types, limits, paths
from service.sources.schemas.columns import INT32, Record

DEFAULT_CURRENCY: Final = "USD"
"""What Google's server-side tag takes an amount without a currency for."""

_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9\u0080-\U0010ffff]+")  # other letters stay, so that the name is refused


class ProductColumns(NamedTuple):
    """The columns that describe a product, in one schema or another; empty: it has no such column."""

    id: str
    quantity: str
    promotion_id: str = ""


class Amounts(NamedTuple):
    """What was paid, in one currency; None is unknown."""

    currency_code: str
    revenue: float | None
    tax: float | None
    cost: float | None


def custom_type(name: str) -> str:
    """The event type that an analytics event of this name becomes: `sign_up` gives `sign-up`."""
    return _NOT_IN_NAMES.sub("-", name.lower()).strip("-")


def is_custom(event_type: str) -> bool:
    """Whether a type is none of Google's eight."""
    return event_type not in event_types.EVENT_TYPES


def takes(event_type: str, field: str) -> bool:
    """Whether an event of this type may carry a field that only some types may."""
    return field in event_types.EVENT_TYPES.get(event_type, event_types.CUSTOM).takes


def check_type(row: Record, column: str, event_type: str) -> None:
    """Adds that the name in `column` does not give an event type."""
    name = row.needed(column, "is empty: it gives the event its type.")
    if name and not event_types.is_custom_name(event_type):
        row.unmappable(column, f"must name an event type, made of a-z, 0-9, - and _, but is {paths.quoted(name)}.")


def add_product(
    event: UserEvent, item: Record, columns: ProductColumns, price: float | None, currency_code: str
) -> None:
    """Adds a product to an event; quantity 1 where the item has none.

    Without an id it can't be told which product it is: on Google's own types the row is refused for it, on a custom
    type, such as the view of a banner, the item is passed over.
    """
    product_id = item.text(columns.id)
    if not product_id:
        if not is_custom(event.event_type):
            item.needed(columns.id, "is empty: a product of an event needs an id.")
        return
    detail = event.product_details.add()
    detail.product.id = product_id
    quantity = item.whole(columns.quantity, INT32)
    detail.quantity.value = 1 if quantity is None else quantity
    if price is not None:
        detail.product.price_info.price = price
        detail.product.price_info.currency_code = currency_code
    if columns.promotion_id:
        detail.promotion_id = item.text(columns.promotion_id)


def set_purchase(event: UserEvent, transaction_id: str, amounts: Amounts) -> None:
    """Sets the purchase; what is unknown of it stays unset, and the rules tell whether it may."""
    transaction = event.purchase_transaction
    transaction.id = transaction_id
    transaction.currency_code = amounts.currency_code
    transaction.revenue = amounts.revenue or 0.0
    transaction.tax = amounts.tax or 0.0
    transaction.cost = amounts.cost or 0.0


def set_attributes(event: UserEvent, values: Mapping[str, Iterable[str | float]]) -> None:
    """Keeps values that have no field of their own; texts are cut to what an attribute may hold.

    Only on a custom type: what the fields of Google's own types say is all that those types mean.
    """
    if not is_custom(event.event_type):
        return
    for name, each in values.items():
        texts = [value[: limits.ATTRIBUTE_TEXT_LENGTH] for value in each if isinstance(value, str) and value]
        numbers = [float(value) for value in each if not isinstance(value, str)]
        if texts or numbers:  # an attribute has texts or numbers, not both
            event.attributes[name].CopyFrom(CustomAttribute(text=texts, numbers=[] if texts else numbers))
