"""What a user event needs and may carry, by its type and the rules that hold, and how violations are told."""

from __future__ import annotations

from typing import Any

import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import event_types, user_event
from tests.unit.user_events import BOUGHT, CLOSED, DEFAULT, GOOGLE, MINIMAL, PRODUCT, STRICT, TRANSACTION, event, found


@pytest.mark.parametrize("rules", [DEFAULT, CLOSED, STRICT], ids=["default", "closed", "strict"])
@pytest.mark.parametrize("event_type", GOOGLE)
def test_minimal_event_of_each_type_passes(event_type, rules):
    assert found(event(event_type), rules, time_required=False) == []


@pytest.mark.parametrize(
    ("event_type", "field"),
    [
        ("add-to-cart", "product_details"),
        ("detail-page-view", "product_details"),
        ("purchase-complete", "product_details"),
        ("purchase-complete", "purchase_transaction"),
        ("category-page-view", "page_categories"),
        ("search", "search_query"),
    ],
)
def test_field_that_a_type_needs(event_type, field):
    without = event(event_type)
    without.ClearField(field)
    assert found(without) == [(field, "MISSING_FIELD")]


def test_search_needs_a_query_or_categories():
    assert found(event("search", {"searchQuery": "", "pageCategories": ["Sale"]})) == []


CONDITIONAL: dict[str, tuple[dict[str, Any], set[str]]] = {
    "cart_id": ({"cartId": "c"}, {"add-to-cart", "purchase-complete", "shopping-cart-page-view", "signup"}),
    "purchase_transaction": ({"purchaseTransaction": TRANSACTION}, {"purchase-complete", "signup"}),
    "search_query": ({"searchQuery": "q"}, {"search", "signup"}),
    "order_by": ({"orderBy": "price"}, {"search", "signup"}),
    "offset": ({"offset": 1}, {"search", "signup"}),
}


@pytest.mark.parametrize("event_type", MINIMAL)
@pytest.mark.parametrize("field", CONDITIONAL)
def test_field_that_only_some_types_take(field, event_type):
    fields, takers = CONDITIONAL[field]
    assert found(event(event_type, fields)) == ([] if event_type in takers else [(field, "FORBIDDEN_FIELD")])


@pytest.mark.parametrize("event_type", GOOGLE)
def test_page_categories_are_for_two_types_in_strict_mode_and_for_all_by_default(event_type):
    categorised = event(event_type, {"pageCategories": ["Sale"]})
    takers = {"category-page-view", "search"}
    assert found(categorised) == []
    assert found(categorised, STRICT) == ([] if event_type in takers else [("page_categories", "FORBIDDEN_FIELD")])


def test_forbidden_field_names_the_types_that_take_it():
    (violation,) = user_event.check(event("home-page-view", {"cartId": "c"}), DEFAULT)
    assert violation.description == (
        "`cart_id` must not be set on this type of event, only on add-to-cart, purchase-complete, "
        "shopping-cart-page-view."
    )


@pytest.mark.parametrize("event_type", ["add-to-cart", "purchase-complete"])
def test_quantity_is_required_in_strict_mode_and_1_by_default(event_type):
    without = event(event_type, {"productDetails": [BOUGHT, PRODUCT]})
    assert found(without, STRICT) == [("product_details[1].quantity", "MISSING_FIELD")]
    assert found(without) == []
    user_event.normalise(without)
    assert [each.quantity.value for each in without.product_details] == [1, 1]


@pytest.mark.parametrize("event_type", sorted(MINIMAL.keys() - {"add-to-cart", "purchase-complete"}))
def test_quantity_is_left_out_of_other_types(event_type):
    without = event(event_type, {"productDetails": [PRODUCT]})
    user_event.normalise(without)
    assert not without.product_details[0].HasField("quantity")


@pytest.mark.parametrize("product", [{}, {"product": {}}, {"product": {"title": "t"}}, {"quantity": 1}])
def test_product_id_is_required_in_every_detail(product):
    message = event("signup", {"productDetails": [PRODUCT, product]})
    assert found(message) == [("product_details[1].product.id", "MISSING_FIELD")]


def test_visitor_id_and_event_type_are_required():
    assert found(UserEvent()) == [("event_type", "MISSING_FIELD"), ("visitor_id", "MISSING_FIELD")]


@pytest.mark.parametrize("name", ["page-view", "login", "0", "a_b-c", "x" * 128])
def test_custom_type(name):
    assert found(event(name)) == []
    assert found(event(name), CLOSED) == [("event_type", "UNSUPPORTED_EVENT_TYPE")]
    assert found(event(name), STRICT) == [("event_type", "UNSUPPORTED_EVENT_TYPE")]


@pytest.mark.parametrize("name", ["Page-view", "-a", "_a", "a b", "é", "a\n", "x" * 129])
def test_name_that_no_custom_type_can_have(name):
    assert found(event(name)) == [("event_type", "UNSUPPORTED_EVENT_TYPE")]


def test_unsupported_type_is_told_in_googles_words_with_the_remedy():
    (violation,) = user_event.check(event("invalid"), CLOSED)
    assert violation.description.startswith("Unsupported eventType invalid. Use one of add-to-cart, ")


def test_table_covers_googles_eight_types():
    assert sorted(event_types.EVENT_TYPES) == sorted(GOOGLE)
    assert len(GOOGLE) == 8


def test_event_time_is_required_on_demand():
    assert found(event("signup"), time_required=True) == [("event_time", "MISSING_FIELD")]
    assert found(event("signup", {"eventTime": "1970-01-01T00:00:00Z"}), time_required=True) == []


def test_violations_come_together_and_in_the_order_of_field_numbers():
    message = event(
        "home-page-view",
        {
            "visitorId": "",
            "productDetails": [{"quantity": -1}],
            "attributes": {"k": {}},
            "cartId": "c",
            "purchaseTransaction": {},
            "searchQuery": "q",
            "userInfo": {"ipAddress": "x"},
            "uri": "u" * 5_001,
            "filter": "f" * 1_001,
            "orderBy": "o",
            "offset": 1,
            "sessionId": "s" * 129,
            "completionDetail": {"selectedPosition": -1},
        },
    )
    assert [field for field, _ in found(message, STRICT, time_required=True)] == [
        "visitor_id",
        "event_time",
        "product_details[0].product.id",
        "product_details[0].quantity",
        'attributes["k"]',
        "cart_id",
        "purchase_transaction",
        "search_query",
        "user_info.ip_address",
        "uri",
        "filter",
        "order_by",
        "offset",
        "session_id",
        "completion_detail.selected_position",
    ]


def test_description_says_the_limit_and_what_was_found_but_never_the_whole_value():
    message = event("signup", {"visitorId": "v" * 200, "userInfo": {"ipAddress": "secret" * 1_000}})
    long, address = user_event.check(message, DEFAULT)
    assert long.description == "`visitor_id` must have at most 128 characters, but has 200."
    assert (
        address.description
        == f'`user_info.ip_address` must be an IPv4 or IPv6 address, but is "{("secret" * 11)[:63]}…".'
    )


def test_hostile_event_gets_no_more_than_a_hundred_violations():
    message = event("signup")
    for _ in range(10_000):
        message.product_details.add()
    assert len(user_event.check(message, DEFAULT)) == 100
