"""The schema `user_event_ga360`: a session of Google Analytics 360 as exported to BigQuery, which gives many events.

docs/MAPPINGS.md has the columns one by one, with what is dropped and why.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.errors import Findings
from service.events.record import set_microseconds
from service.sources.schemas import analytics
from service.sources.schemas.analytics import Amounts, ProductColumns
from service.sources.schemas.columns import Record, parse
from service.sources.schemas.mapping import Mapped, MappingError, Row

ACTIONS: Final = {
    1: "select-content",
    2: "detail-page-view",
    3: "add-to-cart",
    4: "remove-from-cart",
    5: "begin-checkout",
    6: "purchase-complete",
    7: "refund",
    8: "set-checkout-option",
}
"""What the values of `eCommerceAction.action_type` become; the custom ones have the names that gtag.js gives them."""

_CHECKOUT: Final = 5
_LATER_CHECKOUT: Final = "checkout-progress"  # from its second step on
_LISTING: Final = "view-item-list"
_SHOWS_IMPRESSIONS: Final = ("search", _LISTING)
_VISITS: Final = {"PAGE": "page-view", "APPVIEW": "screen-view"}
_PRODUCT: Final = ProductColumns(id="productSKU", quantity="productQuantity")
_ITEM: Final = ProductColumns(id="productSku", quantity="itemQuantity")
_SECONDS: Final = range(-(2**40), 2**40)
_MILLISECONDS: Final = range(2**40)
_MICROS: Final = 1_000_000


class _Session(NamedTuple):
    """What the hits of a row have in common."""

    visitor_id: str
    user_id: str
    session_id: str
    start_us: int
    items: dict[str, list[tuple[str, Row]]]  # by the transaction that they were bought in, with their places


def map_line(line: bytes) -> list[Mapped]:
    """The events of a session as JSON.

    Raises:
        MappingError: It is not a session.
    """
    return map_row(parse(line))


def map_row(row: Row) -> list[Mapped]:
    """The events of a session, in the order of its hits; hits that tell of no event are passed over.

    Raises:
        MappingError: It is not a session.
    """
    found = Findings()
    record = Record(row, "", found)
    hits, session = [], None
    with contextlib.suppress(Findings.Enough):
        hits = record.records("hits")
        session = _session(record, hits)
    if found or session is None:
        raise MappingError(list(found))
    events = []
    for index, hit in enumerate(hits):
        event = _map_hit(session, hit, index)
        if event is not None:
            events.append(Mapped(index, event, hit.columns))
    return events


def _session(row: Record, hits: Sequence[Record]) -> _Session:
    visitor_id = row.needed("fullVisitorId", "is empty: the events of a session need their visitor.")
    start_s = row.needed_whole("visitStartTime", "is empty: the times of a session's hits count from it.", _SECONDS)
    items: dict[str, list[tuple[str, Row]]] = {}
    for item in (hit.record("item") for hit in hits if hit.columns.get("type") == "ITEM"):
        items.setdefault(item.text("transactionId"), []).append((item.path(""), item.columns))
    return _Session(visitor_id, row.text("userId"), row.text("visitId"), start_s * 1_000_000, items)


def _map_hit(session: _Session, row_hit: Record, index: int) -> UserEvent | MappingError | None:
    """The event of a hit, why there is none, or None where the hit tells of no event."""
    found = Findings()
    hit = Record(row_hit.columns, f"hits[{index}]", found)
    event = UserEvent(visitor_id=session.visitor_id, session_id=session.session_id)
    with contextlib.suppress(Findings.Enough):
        event_type = _event_type(hit)
        if event_type is None and not found:
            return None
        event.event_type = event_type or ""
        if session.user_id:
            event.user_info.user_id = session.user_id
        _fill(event, hit, session)
    return MappingError(list(found)) if found else event


def _event_type(hit: Record) -> str | None:
    """The type of the event that a hit tells of; None: of none."""
    kind = hit.text("type")
    event_type = _shop_type(hit, kind) or _listing_type(hit, kind)
    if event_type:
        return event_type
    if kind == "EVENT":
        return _named_type(hit.record("eventInfo"))
    if kind == "PAGE" and _path(hit) == "/":
        return "home-page-view"
    return _VISITS.get(kind)


def _shop_type(hit: Record, kind: str) -> str | None:
    action = hit.record("eCommerceAction")
    number = action.whole("action_type") or 0
    if number == _CHECKOUT and (action.whole("step") or 1) > 1:
        return _LATER_CHECKOUT
    return ACTIONS.get(number) or ("purchase-complete" if kind == "TRANSACTION" else None)


def _listing_type(hit: Record, kind: str) -> str | None:
    impressions = any(product.flag("isImpression") for product in hit.records("product"))
    if (impressions or kind == "PAGE") and hit.record("page").text("searchKeyword"):
        return "search"
    return _LISTING if impressions else None


def _named_type(info: Record) -> str:
    """An event that is no action of a shop has the name that the site gave it."""
    event_type = analytics.custom_type(info.text("eventAction"))
    analytics.check_type(info, "eventAction", event_type)
    return event_type


def _path(hit: Record) -> str:
    """The path of the page without its query."""
    return hit.record("page").text("pagePath").partition("?")[0]


def _fill(event: UserEvent, hit: Record, session: _Session) -> None:
    after_ms = hit.needed_whole("time", "is empty: it says when the hit happened.", _MILLISECONDS)
    set_microseconds(event.event_time, session.start_us + after_ms * 1_000)
    page = hit.record("page")
    host, path = page.text("hostname"), page.text("pagePath")
    if host and path.startswith("/"):
        event.uri = f"https://{host}{path}"
    event.referrer_uri = hit.text("referer")
    if event.event_type == "search":
        event.search_query = page.text("searchKeyword")
    _fill_products(event, hit, session)
    _fill_purchase(event, hit.record("transaction"))
    _fill_attributes(event, hit)


def _fill_products(event: UserEvent, hit: Record, session: _Session) -> None:
    """A hit may carry what was acted upon and, marked as impressions, what was shown beside it."""
    currency = hit.record("transaction").text("currencyCode")
    impressions = event.event_type in _SHOWS_IMPRESSIONS
    products = [product for product in hit.records("product") if product.flag("isImpression") == impressions]
    for product in products:
        price = _amount(product, "productPrice", currency)
        analytics.add_product(event, product, _PRODUCT, price, currency or analytics.DEFAULT_CURRENCY)
    if not products and event.event_type == "purchase-complete":
        # Before enhanced e-commerce the products of a purchase came in hits of their own.
        for path, item in session.items.get(hit.record("transaction").text("transactionId"), ()):
            analytics.add_product(event, hit.other(item, path), _ITEM, None, "")


def _fill_purchase(event: UserEvent, transaction: Record) -> None:
    """On a purchase, and on a custom event that names one, such as a refund."""
    transaction_id = transaction.text("transactionId")
    if event.event_type != "purchase-complete" and not (transaction_id and analytics.is_custom(event.event_type)):
        return
    currency = transaction.text("currencyCode")
    amounts = Amounts(
        currency_code=currency or analytics.DEFAULT_CURRENCY,
        revenue=_amount(transaction, "transactionRevenue", currency),
        tax=_amount(transaction, "transactionTax", currency),
        cost=_amount(transaction, "transactionShipping", currency),
    )
    analytics.set_purchase(event, transaction_id, amounts)


def _amount(record: Record, column: str, currency: str) -> float | None:
    """An amount, which the export has in millionths: in the currency that was paid in, where it says which one.

    A record that has some amount in that currency has all of them: the others are in the currency of the reports.
    """
    has_local = any(name.startswith("local") and value is not None for name, value in record.columns.items())
    amount = record.number(f"local{column[0].upper()}{column[1:]}" if currency and has_local else column)
    return None if amount is None else amount / _MICROS


def _fill_attributes(event: UserEvent, hit: Record) -> None:
    if not analytics.is_custom(event.event_type):
        return
    info = hit.record("eventInfo")
    value = info.number("eventValue")
    texts = {
        "page_title": hit.record("page").text("pageTitle"),
        "screen_name": hit.record("appInfo").text("screenName"),
        "event_category": info.text("eventCategory"),
        "event_action": info.text("eventAction"),
        "event_label": info.text("eventLabel"),
    }
    analytics.set_attributes(event, {name: [text] for name, text in texts.items() if text})
    if value is not None:
        analytics.set_attributes(event, {"event_value": [value]})
