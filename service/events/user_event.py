"""The rules and the normal form of a user event: user_event.proto, with the exceptions of docs/GUARANTEES.md."""

from __future__ import annotations

from math import isfinite
from typing import Final, NamedTuple

from generated.google.cloud.retail.v2.common_pb2 import PriceInfo, UserInfo
from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import ProductDetail, PurchaseTransaction, UserEvent
from service.events import event_types, limits
from service.events.errors import Findings, Violation, missing, unsupported_event_type, violation
from service.events.event_types import EventType
from service.events.printable import check_printable

ID_LENGTH: Final = 128  # characters, of visitor, user, product, transaction and promotion ids
SESSION_ID_SIZE: Final = 128  # bytes of UTF-8
SEARCH_QUERY_LENGTH: Final = 5_000  # characters
FILTER_LENGTH: Final = 1_000  # characters, of filter and of order_by
URI_LENGTH: Final = 5_000  # characters
USER_AGENT_LENGTH: Final = 1_000  # characters
MIN_RATING, MAX_RATING = 1, 5


class UserEventRules(NamedTuple):
    """Which of the two sets of rules holds.

    Attributes:
        strict: Google's rules to the letter: closed list of types, page_categories on two of them, quantity required.
        closed_event_types: Only the closed list of types, of those.
    """

    strict: bool = False
    closed_event_types: bool = False


def check(event: UserEvent, rules: UserEventRules, *, time_required: bool = False) -> list[Violation]:
    """Holds an event against all rules at once.

    The rules that depend on the event type hold for Google's eight. An event of a custom type may carry every field;
    limits of values hold for it all the same.

    Args:
        event: As the client sent it.
        rules: Which set of rules holds.
        time_required: Whether event_time must be there, as in files and tables that are imported.

    Returns:
        The violations in the order of field numbers, at most `errors.MAX_VIOLATIONS`; empty if the event is accepted.
    """
    found = Findings()
    event_type = event_types.EVENT_TYPES.get(event.event_type, event_types.CUSTOM)
    try:
        limits.check_size(found, event)
        if event_type is event_types.CUSTOM:
            _check_custom_type(found, event.event_type, closed=rules.strict or rules.closed_event_types)
        _check_visitor_id(found, event.visitor_id)
        _check_event_time(found, event, required=time_required)
        _check_product_details(found, event, event_type, strict=rules.strict)
        if attributes := event.attributes:
            limits.check_attributes(found, "attributes", attributes)
        if event.cart_id:
            _check_takes(found, event_type, "cart_id")
        _check_purchase(found, event, event_type)
        _check_search(found, event, event_type, strict=rules.strict)
        if event.HasField("user_info"):
            _check_user_info(found, event.user_info)
        _check_page(found, event, event_type)
    except Findings.Enough:
        pass
    return found


def normalise(event: UserEvent) -> None:
    """Brings an accepted event into normal form, in place: quantity 1 where absent, on the types that need one.

    Strict rules have rejected such an event before.
    """
    if "quantity" in event_types.EVENT_TYPES.get(event.event_type, event_types.CUSTOM).needs:
        for detail in event.product_details:
            if not detail.HasField("quantity"):
                detail.quantity.value = 1


def _check_takes(found: Findings, event_type: EventType, field: str) -> bool:
    """A field that is set is one that events of the type may carry; whether it is."""
    if field in event_type.takes:
        return True
    rule = f"must not be set on this type of event, only on {event_types.takers(field)}."
    found.add(violation(field, rule, "FORBIDDEN_FIELD"))
    return False


def _check_custom_type(found: Findings, name: str, *, closed: bool) -> None:
    remedy = f"Use one of {', '.join(event_types.EVENT_TYPES)}"
    if not name:
        found.add(missing("event_type"))
    elif closed:
        found.add(unsupported_event_type(name, f"{remedy}."))
    elif not event_types.is_custom_name(name):
        form = "1 to 128 characters of a-z, 0-9, - and _, of which the first is a letter or a digit"
        found.add(unsupported_event_type(name, f"{remedy}, or a name of your own: {form}."))


def _check_visitor_id(found: Findings, visitor_id: str) -> None:
    if not visitor_id:
        found.add(missing("visitor_id"))
    elif len(visitor_id) > ID_LENGTH:
        found.add(limits.too_long("visitor_id", ID_LENGTH, len(visitor_id)))


def _check_event_time(found: Findings, event: UserEvent, *, required: bool) -> None:
    if required and not event.HasField("event_time"):
        found.add(missing("event_time"))
    else:
        limits.check_timestamp(found, "event_time", event.event_time)


def _check_product_details(found: Findings, event: UserEvent, event_type: EventType, *, strict: bool) -> None:
    details = event.product_details[:]
    if not details and "product_details" in event_type.needs:
        found.add(missing("product_details"))
    for index, detail in enumerate(details):
        _check_product_detail(found, index, detail, event_type, strict=strict)


def _check_product_detail(
    found: Findings, index: int, detail: ProductDetail, event_type: EventType, *, strict: bool
) -> None:
    product = detail.product
    product_id = product.id
    if not product_id:
        found.add(missing(f"product_details[{index}].product.id"))
    elif len(product_id) > ID_LENGTH:
        found.add(limits.too_long(f"product_details[{index}].product.id", ID_LENGTH, len(product_id)))
    # An ASCII id of its own takes two bytes more than its characters; reading every field of Product would take longer.
    if product.ByteSize() > len(product_id) + 2:
        _check_rest_of_product(found, f"product_details[{index}].product", product)
    if detail.HasField("quantity"):
        _check_quantity(found, index, detail.quantity.value, needed="quantity" in event_type.needs)
    elif strict and "quantity" in event_type.needs:
        found.add(missing(f"product_details[{index}].quantity"))
    if (rating := detail.rating) and not MIN_RATING <= rating <= MAX_RATING:
        rule = f"must be from {MIN_RATING} to {MAX_RATING}, but is {rating}."
        found.add(violation(f"product_details[{index}].rating", rule))
    if detail.HasField("value"):
        limits.check_money(found, f"product_details[{index}].value", detail.value)
    if detail.HasField("cost"):
        limits.check_money(found, f"product_details[{index}].cost", detail.cost)
    if len(detail.promotion_id) > ID_LENGTH:
        found.add(limits.too_long(f"product_details[{index}].promotion_id", ID_LENGTH, len(detail.promotion_id)))


def _check_quantity(found: Findings, index: int, quantity: int, *, needed: bool) -> None:
    """Not negative. 0 only on types that don't need one: nothing is put into a cart, or bought, zero times."""
    least = 1 if needed else 0
    if quantity < least:
        found.add(violation(f"product_details[{index}].quantity", f"must be at least {least}, but is {quantity}."))


def _check_rest_of_product(found: Findings, field: str, product: Product) -> None:
    """Beside id only price_info is heeded (user_event.proto); of the rest it matters that it can be read back."""
    if product.HasField("price_info"):
        _check_price_info(found, f"{field}.price_info", product.price_info)
    for index, variant in enumerate(product.variants):
        if variant.variants:  # only the service fills variants, and a message nested without end can't be read back
            found.add(violation(f"{field}.variants[{index}].variants", "must be empty.", "FORBIDDEN_FIELD"))
            return
    check_printable(found, field, product)


def _check_price_info(found: Findings, field: str, price_info: PriceInfo) -> None:
    if price_info.currency_code:
        limits.check_currency(found, f"{field}.currency_code", price_info.currency_code)
    if not (price_info.price >= 0 and isfinite(price_info.price)):
        found.add(violation(f"{field}.price", f"must be a finite number of at least 0, but is {price_info.price}."))
    limits.check_finite(found, f"{field}.original_price", price_info.original_price)
    limits.check_finite(found, f"{field}.cost", price_info.cost)


def _check_purchase(found: Findings, event: UserEvent, event_type: EventType) -> None:
    if not event.HasField("purchase_transaction"):
        if "purchase_transaction" in event_type.needs:
            found.add(missing("purchase_transaction"))
    elif _check_takes(found, event_type, "purchase_transaction"):
        _check_transaction(found, event.purchase_transaction, complete="purchase_transaction" in event_type.needs)


def _check_transaction(found: Findings, transaction: PurchaseTransaction, *, complete: bool) -> None:
    """A revenue of 0 is none: proto3 can't tell the two apart. A negative one passes: the rule is "non-zero"."""
    if len(transaction.id) > ID_LENGTH:
        found.add(limits.too_long("purchase_transaction.id", ID_LENGTH, len(transaction.id)))
    revenue, currency_code = transaction.revenue, transaction.currency_code
    if revenue:
        limits.check_finite(found, "purchase_transaction.revenue", revenue)
    elif complete:
        found.add(missing("purchase_transaction.revenue"))
    limits.check_finite(found, "purchase_transaction.tax", transaction.tax)
    limits.check_finite(found, "purchase_transaction.cost", transaction.cost)
    if currency_code:
        limits.check_currency(found, "purchase_transaction.currency_code", currency_code)
    elif complete:
        found.add(missing("purchase_transaction.currency_code"))
    if attributes := transaction.transaction_attributes:
        limits.check_attributes(found, "purchase_transaction.transaction_attributes", attributes)


def _check_search(found: Findings, event: UserEvent, event_type: EventType, *, strict: bool) -> None:
    query, categories = event.search_query, event.page_categories
    if query:
        if _check_takes(found, event_type, "search_query") and len(query) > SEARCH_QUERY_LENGTH:
            found.add(limits.too_long("search_query", SEARCH_QUERY_LENGTH, len(query)))
    elif not categories and event_type is event_types.SEARCH:
        found.add(missing("search_query"))
    if categories:
        if strict:
            _check_takes(found, event_type, "page_categories")
    elif "page_categories" in event_type.needs:
        found.add(missing("page_categories"))


def _check_user_info(found: Findings, user_info: UserInfo) -> None:
    user_id, user_agent = user_info.user_id, user_info.user_agent
    if len(user_id) > ID_LENGTH:
        found.add(limits.too_long("user_info.user_id", ID_LENGTH, len(user_id)))
    if address := user_info.ip_address:
        limits.check_ip_address(found, "user_info.ip_address", address)
    if len(user_agent) > USER_AGENT_LENGTH:
        found.add(limits.too_long("user_info.user_agent", USER_AGENT_LENGTH, len(user_agent)))


def _check_page(found: Findings, event: UserEvent, event_type: EventType) -> None:
    uri, event_filter, order_by, offset = event.uri, event.filter, event.order_by, event.offset
    if len(uri) > URI_LENGTH:
        found.add(limits.too_long("uri", URI_LENGTH, len(uri)))
    if len(event_filter) > FILTER_LENGTH:
        found.add(limits.too_long("filter", FILTER_LENGTH, len(event_filter)))
    if order_by and _check_takes(found, event_type, "order_by") and len(order_by) > FILTER_LENGTH:
        found.add(limits.too_long("order_by", FILTER_LENGTH, len(order_by)))
    if offset and _check_takes(found, event_type, "offset") and offset < 0:
        found.add(violation("offset", f"must not be negative, but is {offset}."))
    session_id_size = len(event.session_id.encode())
    if session_id_size > SESSION_ID_SIZE:
        found.add(limits.too_long("session_id", SESSION_ID_SIZE, session_id_size, "bytes"))
    if event.HasField("completion_detail") and event.completion_detail.selected_position < 0:
        position = event.completion_detail.selected_position
        found.add(violation("completion_detail.selected_position", f"must not be negative, but is {position}."))
