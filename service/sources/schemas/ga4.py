"""The schema `user_event_ga4`: a row of Google Analytics 4's export to BigQuery, and the `ga4_bq` of a collect call.

docs/MAPPINGS.md has the columns one by one, with what is dropped and why.
"""

from __future__ import annotations

import contextlib
from typing import Final

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.errors import Findings
from service.events.record import set_microseconds
from service.sources.schemas import analytics
from service.sources.schemas.analytics import Amounts, ProductColumns
from service.sources.schemas.columns import INT32, Record, parse
from service.sources.schemas.mapping import Mapped, MappingError, Row

EVENT_TYPES: Final = {
    "view_homepage": "home-page-view",
    "view_search_results": "search",
    "view_item": "detail-page-view",
    "add_to_cart": "add-to-cart",
    "remove_from_cart": "remove-from-cart",
    "view_cart": "shopping-cart-page-view",
    "purchase": "purchase-complete",
}
"""What these names become; `view_item_list` depends on its parameters, other names become custom types."""

_QUERY: Final = ("search_query", "search_term")
_CATEGORIES: Final = ("page_categories", "page_category")
_TEXTS: Final = ("attribution_token", "entity", "filter", "page_view_id")  # parameters with the name of a field
_TEXTS_OF_SOME_TYPES: Final = ("cart_id", "order_by")
_MAPPED: Final = frozenset(
    {"currency", "ga_session_id", "offset", "page_location", "page_referrer", "shipping", "tax", "transaction_id"}
    | {"value", *_QUERY, *_CATEGORIES, *_TEXTS, *_TEXTS_OF_SOME_TYPES}
)
_ITEM: Final = ProductColumns(id="item_id", quantity="quantity", promotion_id="promotion_id")


class _Parameters:
    """`event_params`: for each key its values, in the types that they came in."""

    def __init__(self, row: Record) -> None:
        self.values: dict[str, list[str | float]] = {}
        self._row = row
        for entry in row.records("event_params"):
            value = _value(entry.record("value"))
            if value is not None:
                self.values.setdefault(entry.text("key"), []).append(value)

    def text(self, *keys: str) -> str:
        """The first value of the first of the keys that has one."""
        return next((str(value) for key in keys for value in self.values.get(key, ())), "")

    def texts(self, *keys: str) -> list[str]:
        """Every value of the keys."""
        return [str(value) for key in keys for value in self.values.get(key, ())]

    def as_record(self, findings: Findings) -> Record:
        """The first value of each key, to be read with a type."""
        first = {key: values[0] for key, values in self.values.items()}
        return Record(first, self._row.path("event_params"), findings)

    def rest(self) -> dict[str, list[str | float]]:
        """The parameters that no field is made of."""
        return {key: values for key, values in self.values.items() if key and key not in _MAPPED}


def _value(value: Record) -> str | float | None:
    """The one of the four columns that is set."""
    columns = value.columns
    if columns.get("string_value") is not None:
        return value.text("string_value") or None
    if columns.get("int_value") is not None:
        return value.whole("int_value")
    return value.number("double_value" if columns.get("float_value") is None else "float_value")


def map_line(line: bytes | str) -> list[Mapped]:
    """The event of a row as JSON: a line of a file, or the `raw_json` of a collect call.

    Raises:
        MappingError: No event can be made of it.
    """
    return map_row(parse(line))


def map_row(row: Row) -> list[Mapped]:
    """The event of a row.

    Raises:
        MappingError: No event can be made of it.
    """
    found = Findings()
    event = UserEvent()
    with contextlib.suppress(Findings.Enough):
        _fill(event, Record(row, "", found), found)
    if found:
        raise MappingError(list(found))
    return [Mapped(0, event)]


def _fill(event: UserEvent, row: Record, found: Findings) -> None:
    params = _Parameters(row)
    typed = params.as_record(found)
    event.event_type = _event_type(row.text("event_name"), params)
    analytics.check_type(row, "event_name", event.event_type)
    event.visitor_id = row.needed("user_pseudo_id", "is empty, as without consent: an event needs its visitor.")
    if user_id := row.text("user_id"):
        event.user_info.user_id = user_id
    time_us = row.whole("event_timestamp")
    if time_us is not None:
        set_microseconds(event.event_time, time_us)
    event.session_id = params.text("ga_session_id")
    event.uri = params.text("page_location")
    event.referrer_uri = params.text("page_referrer")
    for field in _TEXTS:
        setattr(event, field, params.text(field))
    _fill_listing(event, params, typed)
    _fill_products(event, row, params)
    _fill_purchase(event, row, params, typed)
    analytics.set_attributes(event, params.rest())


def _event_type(name: str, params: _Parameters) -> str:
    if name != "view_item_list":
        return EVENT_TYPES.get(name) or analytics.custom_type(name)
    categories = params.text(*_CATEGORIES)
    if params.text(*_QUERY) or (categories and params.text("filter")):
        return "search"
    return "category-page-view" if categories else "view-item-list"


def _fill_listing(event: UserEvent, params: _Parameters, typed: Record) -> None:
    """What a search or the page of a category shows."""
    for field in _TEXTS_OF_SOME_TYPES:
        if analytics.takes(event.event_type, field):
            setattr(event, field, params.text(field))
    if analytics.takes(event.event_type, "search_query"):
        event.search_query = params.text(*_QUERY)
    if analytics.takes(event.event_type, "page_categories"):
        event.page_categories.extend(params.texts(*_CATEGORIES))
    if analytics.takes(event.event_type, "offset"):
        event.offset = typed.whole("offset", INT32) or 0
    if event.event_type == "search" and not event.search_query and not event.page_categories:
        typed.unmappable("search_term", "is empty, and so is search_query: a search needs what was searched for.")


def _currency(params: _Parameters) -> str:
    return params.text("currency") or analytics.DEFAULT_CURRENCY


def _fill_products(event: UserEvent, row: Record, params: _Parameters) -> None:
    for item in row.records("items"):
        analytics.add_product(event, item, _ITEM, item.number("price"), _currency(params))


def _fill_purchase(event: UserEvent, row: Record, params: _Parameters, typed: Record) -> None:
    """On a purchase, and on a custom event that names one, such as a refund."""
    if not analytics.takes(event.event_type, "purchase_transaction"):
        return
    ecommerce = row.record("ecommerce")
    transaction_id = ecommerce.text("transaction_id") or params.text("transaction_id")
    if not transaction_id and analytics.is_custom(event.event_type):
        return
    amounts = Amounts(
        currency_code=_currency(params),
        revenue=_either(ecommerce.number("purchase_revenue"), typed.number("value")),
        tax=_either(ecommerce.number("tax_value"), typed.number("tax")),
        cost=_either(ecommerce.number("shipping_value"), typed.number("shipping")),
    )
    analytics.set_purchase(event, transaction_id, amounts)


def _either(exported: float | None, sent: float | None) -> float | None:
    return sent if exported is None else exported
