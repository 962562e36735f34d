"""Defends the pixel on a page with a data layer: GA4's, gtag's and cloud_retail's pushes become user events."""

from __future__ import annotations

import pytest

from tests.browser.conftest import wait_until_all_is_sent
from tests.browser.reading import Arrivals, rejected, user_events


def types(events) -> list[str]:
    return [event["eventType"] for event in events]


def loaded(page, address: str) -> None:
    """Opens a page whose pixel has run."""
    page.goto(address)
    page.wait_for_function("() => window.cloud_retail")


def test_pushes_arrive_once(context, served, example, catalog):
    address = example("ga4.html", served)
    page = context.new_page()
    with Arrivals(served, catalog) as arrivals:
        page.goto(address)
        assert types(arrivals.take(1)) == ["detail-page-view"]
        page.click("#add")
        page.click("#related")
        assert sorted(types(arrivals.take(2))) == ["add-to-cart", "category-page-view"]
        page.click("#buy")
        assert sorted(types(arrivals.take(2))) == ["detail-page-view", "purchase-complete"]
        wait_until_all_is_sent(page)
    view, add, related, purchase, _ = events = user_events(served, catalog)
    assert types(events)[1:4] == ["add-to-cart", "category-page-view", "purchase-complete"]
    [cookie] = context.cookies()
    assert {event["visitorId"] for event in events} == {cookie["value"]}
    product = {"id": "shoe-1", "priceInfo": {"currencyCode": "EUR", "price": 49.9}}
    assert view["productDetails"] == [{"product": product, "quantity": 1}]
    assert view["uri"] == address
    assert view["pageViewId"] == add["pageViewId"] == related["pageViewId"] == purchase["pageViewId"]
    assert add["productDetails"][0]["quantity"] == 2
    assert related["pageCategories"] == ["Shoes > Red"]
    transaction = {"id": "order-1", "revenue": 49.9, "tax": 8, "cost": 4.95, "currencyCode": "EUR"}
    assert purchase["purchaseTransaction"] == transaction
    assert not rejected(served, catalog)


ITEMS = "items: [{item_id: 'a', quantity: 3}, {item_id: 42, price: '1.5'}]"
PUSHES = [
    ("{event: 'view_search_results', search_term: 'shoes'}", {"eventType": "search", "searchQuery": "shoes"}),
    (
        f"{{event: 'view_item_list', page_categories: 'Shoes', ecommerce: {{{ITEMS}}}}}",
        {"eventType": "category-page-view", "pageCategories": ["Shoes"]},
    ),
    ("{event: 'view_cart', ecommerce: {items: []}}", {"eventType": "shopping-cart-page-view"}),
    ("{event: 'remove_from_cart', ecommerce: {items: [{item_id: 'a'}]}}", {"eventType": "remove-from-cart"}),
    (
        "{event: 'begin_checkout', 'gtm.uniqueEventId': 7, coupon: 'MAY', depth: 2.5, ecommerce: {items: []}}",
        {"eventType": "begin-checkout", "attributes": {"coupon": {"text": ["MAY"]}, "depth": {"numbers": [2.5]}}},
    ),
    ("{event: 'view_homepage', user_id: 'ada'}", {"eventType": "home-page-view", "userId": "ada"}),
]


@pytest.mark.parametrize(("push", "expected"), PUSHES, ids=[push.split("'")[1] for push, _ in PUSHES])
def test_each_kind_of_push(context, served, shop, catalog, push, expected):
    page = context.new_page()
    loaded(page, shop(served, entries="_gre.push(['ga4', true]);"))
    page.evaluate(f"() => {{ dataLayer.push({push}); }}")
    wait_until_all_is_sent(page)
    [event] = user_events(served, catalog)
    event["userId"] = event["userInfo"].get("userId")
    assert {name: event[name] for name in expected} == expected


def test_what_says_nothing_of_a_shop_is_left_alone(context, served, shop, catalog):
    pushes = (
        "{event: 'gtm.js'}, {event: 'scroll'}, {ecommerce: {items: [{item_id: 'a'}]}}, {page: 'x'}, ['config', 'G-1']"
    )
    page = context.new_page()
    loaded(page, shop(served, entries="_gre.push(['ga4', true]);"))
    page.evaluate(f"() => {{ dataLayer.push({pushes}); dataLayer.push({{event: 'view_cart'}}); }}")
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["shopping-cart-page-view"]


def test_ga4_is_left_alone_unless_asked_for(context, served, shop, catalog):
    """A shop with Google's snippet and Google Analytics would have each event twice."""
    page = context.new_page()
    loaded(page, shop(served))
    page.evaluate("() => { dataLayer.push({event: 'view_cart'}, {cloud_retail: {eventType: 'home-page-view'}}); }")
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["home-page-view"]


def test_other_readers_of_the_data_layer_are_not_disturbed(context, served, shop, catalog):
    """A tag manager wraps push as well, before or after; the layer keeps every entry."""
    head = """
        window.dataLayer = [{event: 'view_cart'}];
        window.others = [];
        const wrap = () => {
            const before = dataLayer.push;
            dataLayer.push = (...entries) => { others.push(...entries); return before.apply(dataLayer, entries); };
        };
        wrap();
    """
    page = context.new_page()
    loaded(page, shop(served, head=head, entries="_gre.push(['ga4', true]);"))
    assert page.evaluate("() => { wrap(); return dataLayer.push({event: 'view_homepage'}); }") == 2
    assert page.evaluate("() => [dataLayer.length, others.length]") == [2, 2]
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["shopping-cart-page-view", "home-page-view"]
