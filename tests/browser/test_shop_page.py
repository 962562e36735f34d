"""Defends the pixel on a page with Google's snippet: what visitors do arrives, filled in, exactly once."""

from __future__ import annotations

from tests.browser.conftest import wait_until_all_is_sent
from tests.browser.reading import Arrivals, rejected, user_events


def types(events) -> list[str]:
    return [event["eventType"] for event in events]


def test_what_is_typed_clicked_and_left_arrives_once(context, served, example, catalog):
    address = example("shop.html", served)
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        page.goto(address)
        [view] = arrivals.take(1)
        page.click("#add")
        [add] = arrivals.take(1)
        page.fill("input", "blue shoes")
        page.keyboard.press("Enter")
        assert sorted(types(arrivals.take(2))) == ["detail-page-view", "search"]
        page.click("#buy")
        assert sorted(types(arrivals.take(2))) == ["detail-page-view", "purchase-complete"]
        wait_until_all_is_sent(page)
    events = user_events(served, catalog)
    assert types(events) == [
        "detail-page-view", "add-to-cart", "search", "detail-page-view", "purchase-complete", "detail-page-view"
    ]  # fmt: skip
    assert len({event["visitorId"] for event in events}) == 1
    assert view["uri"] == address
    assert "referrerUri" not in view
    assert view["pageViewId"] == add["pageViewId"] == events[2]["pageViewId"] != events[3]["pageViewId"]
    assert events[3]["referrerUri"] == address
    assert view["userInfo"]["ipAddress"] == "127.0.0.1"
    assert "Chrome" in view["userInfo"]["userAgent"]
    assert events[1]["productDetails"] == [{"product": {"id": "shoe-1"}, "quantity": 2}]
    assert events[2]["searchQuery"] == "blue shoes"
    assert events[4]["purchaseTransaction"]["currencyCode"] == "EUR"
    assert not rejected(served, catalog)
