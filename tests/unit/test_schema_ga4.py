"""The schema `user_event_ga4`: what each column and parameter of an export row becomes (docs/MAPPINGS.md)."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format

from service.events import event_types, user_event
from service.events.user_event import UserEventRules
from service.sources.schemas import UNMAPPABLE, MappingError, ga4
from tests.sources.rows import COLLECT_SAMPLE, ECOMMERCE, ITEM, Row, param
from tests.sources.rows import ga4 as row

WRONG_TYPE = "INCORRECT_JSON_FORMAT"


def mapped(content: Row) -> dict[str, Any]:
    """The event of a row, which passes the rules, as JSON."""
    [(place, event, piece)] = ga4.map_row(content)
    assert (place, piece) == (0, None)
    assert not isinstance(event, MappingError)
    assert user_event.check(event, UserEventRules(), time_required=True) == []
    return json_format.MessageToDict(event)


def refused(content: Row) -> list[tuple[str, str, str]]:
    with pytest.raises(MappingError) as caught:
        ga4.map_row(content)
    return list(caught.value.violations)


def test_googles_sample_of_collect():
    assert mapped(COLLECT_SAMPLE) == {
        "eventType": "add-to-cart",
        "visitorId": "352499268.1622993559",
        "eventTime": "2021-06-06T15:41:23.878241Z",
        "productDetails": [
            {"product": {"id": "11", "priceInfo": {"currencyCode": "CAD", "price": 29.99}}, "quantity": 3},
        ],
        "userInfo": {"userId": "Alice"},
    }  # fmt: skip


def test_purchase():
    assert mapped(row("purchase", param("currency", "CAD"), items=[ITEM], ecommerce=ECOMMERCE)) == {
        "eventType": "purchase-complete",
        "visitorId": "352499268.1622993559",
        "sessionId": "1622993559",
        "eventTime": "2021-06-06T15:41:23.878241Z",
        "productDetails": [
            {
                "product": {"id": "SKU_12345", "priceInfo": {"currencyCode": "CAD", "price": 12.25}},
                "quantity": 2,
                "promotionId": "P_12345",
            }
        ],
        "purchaseTransaction": {"id": "T_12345", "revenue": 27.75, "tax": 0.25, "cost": 3.0, "currencyCode": "CAD"},
        "userInfo": {"userId": "Alice"},
        "uri": "https://shop.example/tees?color=green",
        "referrerUri": "https://shop.example/",
    }


# -- types

SOLD = {"items": [ITEM], "ecommerce": ECOMMERCE}


@pytest.mark.parametrize(
    ("content", "event_type"),
    [
        (row("view_homepage"), "home-page-view"),
        (row("view_item", items=[ITEM]), "detail-page-view"),
        (row("add_to_cart", items=[ITEM]), "add-to-cart"),
        (row("remove_from_cart", items=[ITEM]), "remove-from-cart"),
        (row("view_cart", items=[ITEM]), "shopping-cart-page-view"),
        (row("purchase", **SOLD), "purchase-complete"),
        (row("view_search_results", param("search_term", "tee")), "search"),
        (row("search", param("search_term", "tee")), "search"),
        (row("view_item_list", param("search_term", "tee")), "search"),
        (row("view_item_list", param("search_query", "tee")), "search"),
        (row("view_item_list", param("page_categories", "Men"), param("filter", "color")), "search"),
        (row("view_item_list", param("page_categories", "Men")), "category-page-view"),
        (row("view_item_list", param("filter", "color")), "view-item-list"),
        (row("view_item_list", items=[ITEM]), "view-item-list"),
        (row("begin_checkout", items=[ITEM]), "begin-checkout"),
        (row("page_view"), "page-view"),
        (row("sign_up"), "sign-up"),
        (row("Video Start!"), "video-start"),
        (row("home_page_view"), "home-page-view"),
    ],
)
def test_event_types(content, event_type):
    assert mapped(content)["eventType"] == event_type


def test_every_google_type_but_the_listings_has_a_name():
    assert set(ga4.EVENT_TYPES.values()) == event_types.EVENT_TYPES.keys() - {"category-page-view"}


def test_strict_rules_refuse_what_became_a_custom_type():
    [(_, event, _)] = ga4.map_row(row("page_view"))
    assert [item.reason for item in user_event.check(event, UserEventRules(strict=True))] == ["UNSUPPORTED_EVENT_TYPE"]


@pytest.mark.parametrize(
    ("name", "description"),
    [
        (None, "`event_name` is empty: it gives the event its type."),
        ("(not set)", "`event_name` is empty: it gives the event its type."),
        ("購入", '`event_name` must name an event type, made of a-z, 0-9, - and _, but is "購入".'),
        ("___", '`event_name` must name an event type, made of a-z, 0-9, - and _, but is "___".'),
    ],
)
def test_names_that_give_no_type(name, description):
    assert refused(row("x") | {"event_name": name}) == [("event_name", description, UNMAPPABLE)]


# -- who and when


def test_visitor_without_consent():
    text = "`user_pseudo_id` is empty, as without consent: an event needs its visitor."
    assert refused(row("page_view", user_pseudo_id=None)) == [("user_pseudo_id", text, UNMAPPABLE)]


def test_every_fault_is_told_at_once():
    found = refused(row("add_to_cart", user_pseudo_id=None, event_timestamp="soon", items=[{"item_id": "(not set)"}]))
    assert [(field, reason) for field, _, reason in found] == [
        ("user_pseudo_id", UNMAPPABLE), ("event_timestamp", WRONG_TYPE), ("items[0].item_id", UNMAPPABLE),
    ]  # fmt: skip


def test_time_may_be_missing_as_a_collect_call_fills_it():
    [(_, event, _)] = ga4.map_row(row("page_view", event_timestamp=None))
    assert not event.HasField("event_time")


@pytest.mark.parametrize("time", [1622994083878241, "1622994083878241", 1622994083878241.0])
def test_whole_numbers_as_json_exports_have_them(time):
    assert mapped(row("page_view", event_timestamp=time))["eventTime"] == "2021-06-06T15:41:23.878241Z"


# -- products


def products(*items: Row, name: str = "view_item", params: tuple[Row, ...] = ()) -> list[dict[str, Any]]:
    return mapped(row(name, *params, items=list(items))).get("productDetails", [])


@pytest.mark.parametrize(
    ("item", "detail"),
    [
        ({"item_id": "a"}, {"product": {"id": "a"}, "quantity": 1}),
        ({"item_id": 7, "quantity": "4"}, {"product": {"id": "7"}, "quantity": 4}),
        ({"item_id": "a", "quantity": 0}, {"product": {"id": "a"}, "quantity": 0}),
        (
            {"item_id": "a", "price": 2.5},
            {"product": {"id": "a", "priceInfo": {"price": 2.5, "currencyCode": "USD"}}, "quantity": 1},
        ),
        ({"item_id": "a", "promotion_id": "(not set)"}, {"product": {"id": "a"}, "quantity": 1}),
    ],
)
def test_items(item, detail):
    assert products(item) == [detail]


def test_single_item_for_a_list():
    assert mapped(row("view_item") | {"items": {"item_id": "a"}})["productDetails"][0]["product"] == {"id": "a"}


def test_item_without_an_id_on_a_custom_type_is_passed_over():
    """A promotion's view names a banner, not a product."""
    items = [{"item_id": "(not set)", "promotion_id": "P"}, {"item_id": "a"}]
    assert [detail["product"]["id"] for detail in products(*items, name="view_promotion")] == ["a"]


@pytest.mark.parametrize(
    ("item", "field", "reason"),
    [
        ({"item_name": "Tee"}, "items[0].item_id", UNMAPPABLE),
        ({"item_id": ["a"]}, "items[0].item_id", WRONG_TYPE),
        ({"item_id": "\ud800"}, "items[0].item_id", WRONG_TYPE),
        ({"item_id": "a", "quantity": 1.5}, "items[0].quantity", WRONG_TYPE),
        ({"item_id": "a", "quantity": 2**31}, "items[0].quantity", WRONG_TYPE),
        ({"item_id": "a", "quantity": True}, "items[0].quantity", WRONG_TYPE),
        ({"item_id": "a", "price": "cheap"}, "items[0].price", WRONG_TYPE),
        ("a", "items[0]", WRONG_TYPE),
    ],
)
def test_items_that_are_wrong(item, field, reason):
    [found] = {(field, reason) for field, _, reason in refused(row("view_item", items=[item]))}
    assert found == (field, reason)


def test_description_of_a_wrong_type():
    [(_, description, _)] = refused(row("view_item", items=[{"item_id": "a", "quantity": "two"}]))
    assert description == '`items[0].quantity` must be a whole number from -2147483648 to 2147483647, but is "two".'


# -- purchases


def transaction(*params: Row, name: str = "purchase", ecommerce: Row | None = None) -> dict[str, Any] | None:
    return mapped(row(name, *params, items=[ITEM], ecommerce=ecommerce)).get("purchaseTransaction")


def test_purchase_of_parameters_alone():
    params = (
        param("transaction_id", 12345),
        param("value", 20),
        param("tax", 1.5),
        param("shipping", 4.0, "float_value"),
    )
    assert transaction(*params) == {"id": "12345", "revenue": 20.0, "tax": 1.5, "cost": 4.0, "currencyCode": "USD"}


def test_what_was_exported_goes_before_parameters():
    params = (param("transaction_id", "other"), param("value", 1.0))
    assert transaction(*params, ecommerce=ECOMMERCE)["id"] == "T_12345"
    assert transaction(*params, ecommerce=ECOMMERCE)["revenue"] == 27.75


def test_purchase_without_revenue_is_left_to_the_rules():
    [(_, event, _)] = ga4.map_row(row("purchase", items=[ITEM]))
    assert [item.field for item in user_event.check(event, UserEventRules())] == ["purchase_transaction.revenue"]


def test_refund_names_its_purchase():
    assert transaction(name="refund", ecommerce={"transaction_id": "T1"}) == {"id": "T1", "currencyCode": "USD"}


@pytest.mark.parametrize("name", ["add_to_cart", "view_cart", "begin_checkout"])
def test_no_purchase_where_none_is_named(name):
    assert transaction(param("value", 20), name=name, ecommerce={"transaction_id": "(not set)"}) is None
