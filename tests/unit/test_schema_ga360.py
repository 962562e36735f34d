"""The schema `user_event_ga360`: what the hits of a session become (docs/MAPPINGS.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format

from service.events import user_event
from service.events.user_event import UserEventRules
from service.sources.schemas import UNMAPPABLE, MappingError, ga360
from tests.sources.rows import Row, hit, product
from tests.sources.rows import ga360 as session

WRONG_TYPE = "INCORRECT_JSON_FORMAT"
SALE: Row = {
    "transactionId": "T1", "transactionRevenue": 33980000, "transactionTax": 500000, "transactionShipping": 4000000,
    "localTransactionRevenue": 44000000, "localTransactionTax": None, "localTransactionShipping": 5200000,
    "currencyCode": "CAD", "affiliation": "shop",
}  # fmt: skip


def mapped(*hits: Row, **columns: Any) -> list[dict[str, Any]]:
    """The events of a session, which pass the rules, as JSON."""
    content = session(*hits, **columns)
    found = []
    for place, event, piece in ga360.map_row(content):
        assert not isinstance(event, MappingError), event.violations
        assert user_event.check(event, UserEventRules(), time_required=True) == []
        assert piece is content["hits"][place]
        found.append(json_format.MessageToDict(event))
    return found


def one(*args: Any, **columns: Any) -> dict[str, Any]:
    """The event of a single hit."""
    return mapped(hit(0, *args, **columns))[0]


def refused(content: Row) -> list[tuple[str, str, str]]:
    with pytest.raises(MappingError) as caught:
        ga360.map_row(content)
    return list(caught.value.violations)


def refused_hit(content: Row, place: int = 0) -> list[tuple[str, str, str]]:
    events = {place: event for place, event, _ in ga360.map_row(session(*[hit(0)] * place, content))}
    error = events[place]
    assert isinstance(error, MappingError)
    return list(error.violations)


def test_session():
    assert mapped(
        hit(0, path="/?utm_source=mail"),
        hit(5, action="2", path="/tee", referer="https://shop.example/", product=[product()]),
        hit(9, "EVENT", action="3", path="/tee", product=[product(productQuantity=2)]),
        hit(11, "TIMING"),
        hit(20, action="6", path="/thanks", product=[product(productQuantity=2)], transaction=SALE),
        userId="Alice",
    ) == [
        COMMON | {
            "eventType": "home-page-view",
            "eventTime": "2017-08-01T10:39:34Z",
            "uri": "https://shop.example/?utm_source=mail",
        },
        COMMON | {
            "eventType": "detail-page-view",
            "eventTime": "2017-08-01T10:39:39Z",
            "productDetails": [{"product": TEE, "quantity": 1}],
            "uri": "https://shop.example/tee",
            "referrerUri": "https://shop.example/",
        },
        COMMON | {
            "eventType": "add-to-cart",
            "eventTime": "2017-08-01T10:39:43Z",
            "productDetails": [{"product": TEE, "quantity": 2}],
            "uri": "https://shop.example/tee",
        },
        COMMON | {
            "eventType": "purchase-complete",
            "eventTime": "2017-08-01T10:39:54Z",
            "productDetails": [{"product": TEE, "quantity": 2}],
            "purchaseTransaction": {"id": "T1", "revenue": 44.0, "cost": 5.2, "currencyCode": "CAD"},
            "uri": "https://shop.example/thanks",
        },
    ]  # fmt: skip


COMMON = {"visitorId": "2248281639583218707", "sessionId": "1501583974", "userInfo": {"userId": "Alice"}}
TEE = {"id": "GGOEGAAX0104", "priceInfo": {"currencyCode": "CAD", "price": 22.0}}


def test_places_are_those_of_the_hits():
    content = session(hit(0, "SOCIAL"), hit(1), hit(2, "ITEM"), hit(3))
    assert [place for place, _, _ in ga360.map_row(content)] == [1, 3]


@pytest.mark.parametrize("hits", [(), (hit(0, "TIMING"), hit(1, "EXCEPTION"), hit(2, "SOCIAL"), hit(3, "ITEM"))])
def test_session_without_events(hits):
    assert mapped(*hits) == []


def test_single_hit_for_a_list():
    [(place, event, _)] = ga360.map_row(session() | {"hits": hit(0)})
    assert (place, event.event_type) == (0, "page-view")


# -- types

SHOWN = product(isImpression=True)


@pytest.mark.parametrize(
    ("content", "event_type"),
    [
        (hit(0, action="1", product=[product(isClick=True)]), "select-content"),
        (hit(0, action="2", product=[product()]), "detail-page-view"),
        (hit(0, action="3", product=[product()]), "add-to-cart"),
        (hit(0, action="4", product=[product()]), "remove-from-cart"),
        (hit(0, action="5"), "begin-checkout"),
        (hit(0, eCommerceAction={"action_type": "5", "step": None}), "begin-checkout"),
        (hit(0, eCommerceAction={"action_type": "5", "step": 2}), "checkout-progress"),
        (hit(0, action="6", product=[product()], transaction=SALE), "purchase-complete"),
        (hit(0, action="7", transaction=SALE), "refund"),
        (hit(0, action="8"), "set-checkout-option"),
        (hit(0, eCommerceAction={"action_type": 2}, product=[product()]), "detail-page-view"),
        (hit(0, eCommerceAction=None), "page-view"),
        (hit(0, action="2", page={"searchKeyword": "tee"}, product=[product()]), "detail-page-view"),
        (hit(0, page={"searchKeyword": "tee"}), "search"),
        (hit(0, "EVENT", page={"searchKeyword": "tee"}, product=[SHOWN]), "search"),
        (hit(0, product=[SHOWN]), "view-item-list"),
        (hit(0, path="/", product=[SHOWN]), "view-item-list"),
        (hit(0, path="/"), "home-page-view"),
        (hit(0, path="/home"), "page-view"),
        (hit(0, "APPVIEW", path="/"), "screen-view"),
        (hit(0, "EVENT", eventInfo={"eventAction": "Quickview Click"}), "quickview-click"),
    ],
)
def test_event_types(content, event_type):
    [event] = mapped(content)
    assert event["eventType"] == event_type


def test_event_on_a_page_of_results_is_no_search():
    event = one("EVENT", page={"searchKeyword": "tee"}, eventInfo={"eventAction": "scroll"})
    assert event["eventType"] == "scroll"
    assert "searchQuery" not in event


# -- what hits carry


def test_search_shows_products():
    event = one(page={"searchKeyword": "tee"}, product=[SHOWN, product("clicked")])
    assert event["searchQuery"] == "tee"
    assert [detail["product"]["id"] for detail in event["productDetails"]] == ["GGOEGAAX0104"]


def test_impressions_beside_an_action_are_dropped():
    event = one(action="2", product=[product("bought-together", isImpression=True), product("seen")])
    assert [detail["product"]["id"] for detail in event["productDetails"]] == ["seen"]


@pytest.mark.parametrize(
    ("transaction", "price"),
    [
        ({"currencyCode": "CAD"}, {"currencyCode": "CAD", "price": 22.0}),
        ({"currencyCode": None}, {"currencyCode": "USD", "price": 16.99}),
        (None, {"currencyCode": "USD", "price": 16.99}),
    ],
)
def test_prices_are_in_the_currency_that_is_named(transaction, price):
    event = one(action="2", product=[product()], transaction=transaction)
    assert event["productDetails"][0]["product"]["priceInfo"] == price


def test_amounts_without_local_ones():
    local = {name: None for name in SALE if name.startswith("local")}
    event = one(action="6", product=[product()], transaction=SALE | local)
    assert event["purchaseTransaction"] == {
        "id": "T1",
        "revenue": 33.98,
        "tax": 0.5,
        "cost": 4.0,
        "currencyCode": "CAD",
    }


def test_whole_numbers_as_json_exports_have_them():
    event = one(action="6", product=[product(productQuantity="2")], transaction={"transactionRevenue": "33980000"})
    assert event["productDetails"][0]["quantity"] == 2
    assert event["purchaseTransaction"]["revenue"] == 33.98


def test_purchase_whose_items_came_in_hits_of_their_own():
    events = mapped(
        hit(0, "TRANSACTION", transaction=SALE),
        hit(1, "ITEM", item={"transactionId": "T1", "productSku": "a", "itemQuantity": 2, "itemRevenue": 5000000}),
        hit(2, "ITEM", item={"transactionId": "T2", "productSku": "b", "itemQuantity": 1}),
        hit(3, "ITEM", item={"transactionId": "T1", "productSku": "c"}),
    )
    assert [event["eventType"] for event in events] == ["purchase-complete"]
    details = [(detail["product"]["id"], detail["quantity"]) for detail in events[0]["productDetails"]]
    assert details == [("a", 2), ("c", 1)]


def test_currency_alone_is_no_purchase():
    """The export writes it on every hit."""
    assert "purchaseTransaction" not in one(action="8")


def test_refund_names_its_purchase():
    assert one(action="7", transaction={"transactionId": "T1"})["purchaseTransaction"]["id"] == "T1"


def test_further_columns_of_a_custom_type_are_attributes():
    info = {"eventCategory": "video", "eventAction": "Play", "eventLabel": "(not set)", "eventValue": 12}
    assert one("EVENT", eventInfo=info)["attributes"] == {
        "page_title": {"text": ["Tees"]},
        "event_category": {"text": ["video"]},
        "event_action": {"text": ["Play"]},
        "event_value": {"numbers": [12.0]},
    }
    assert one("APPVIEW", appInfo={"screenName": "C"})["attributes"]["screen_name"] == {"text": ["C"]}
    assert "attributes" not in one(path="/")


@pytest.mark.parametrize("page", [{"hostname": None}, {"pagePath": "shop.example/tees"}, {"pagePath": None}])
def test_no_uri_without_its_parts(page):
    assert "uri" not in one(page=page)


# -- what can't be mapped


@pytest.mark.parametrize(
    ("columns", "violation"),
    [
        (
            {"fullVisitorId": None},
            ("fullVisitorId", "`fullVisitorId` is empty: the events of a session need their visitor.", UNMAPPABLE),
        ),
        (
            {"visitStartTime": None},
            ("visitStartTime", "`visitStartTime` is empty: the times of a session's hits count from it.", UNMAPPABLE),
        ),
        ({"hits": ["PAGE"]}, ("hits[0]", '`hits[0]` must be a record, but is "PAGE".', WRONG_TYPE)),
        ({"userId": []}, ("userId", "`userId` must be a string, but is a list.", WRONG_TYPE)),
    ],
)
def test_session_that_is_refused(columns, violation):
    assert refused(session(hit(0)) | columns) == [violation]


def test_session_with_a_wrong_time_is_told_once():
    assert [reason for _, _, reason in refused(session(hit(0)) | {"visitStartTime": "noon"})] == [WRONG_TYPE]


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (hit(0, action="3", product=[product(), product("(not set)")]), "product[1].productSKU", UNMAPPABLE),
        (hit(0, action="3", product=[product(productQuantity="many")]), "product[0].productQuantity", WRONG_TYPE),
        (hit(0, action="3", product=[product(isImpression="maybe")]), "product[0].isImpression", WRONG_TYPE),
        (hit(0) | {"time": None}, "time", UNMAPPABLE),
        (hit(0) | {"time": -1}, "time", WRONG_TYPE),
        (hit(0) | {"page": "/"}, "page", WRONG_TYPE),
        (hit(0, eCommerceAction={"action_type": "two"}), "eCommerceAction.action_type", WRONG_TYPE),
        (hit(0, "EVENT"), "eventInfo.eventAction", UNMAPPABLE),
        (hit(0, "EVENT", eventInfo={"eventAction": "再生"}), "eventInfo.eventAction", UNMAPPABLE),
    ],
)
def test_hit_that_is_refused(content, field, reason):
    assert [(found, why) for found, _, why in refused_hit(content, 2)] == [(f"hits[2].{field}", reason)]


def test_other_hits_of_a_session_are_mapped_beside_a_refused_one():
    content = session(hit(0), hit(1, action="3", product=[product(None)]), hit(2))
    assert [isinstance(event, MappingError) for _, event, _ in ga360.map_row(content)] == [False, True, False]


def test_items_of_their_own_that_are_wrong_refuse_their_purchase():
    item = hit(1, "ITEM", item={"transactionId": "T1"})
    content = session(hit(0), item, hit(2, "TRANSACTION", transaction=SALE))
    [_, (place, error, _)] = ga360.map_row(content)
    assert place == 2
    assert [item.field for item in error.violations] == ["hits[1].item.productSku"]


def test_no_more_than_a_hundred_faults_are_told():
    assert len(refused(session(hit(0)) | {"hits": [1] * 1_000})) == 100
    assert len(refused_hit(hit(0, action="3", product=[{}] * 1_000))) == 100


def test_line_is_a_row():
    content = session(hit(0), hit(1, "EVENT", action="3", product=[product()]))
    assert ga360.map_line(json.dumps(content).encode()) == ga360.map_row(content)
