"""Defends what docs/PIXEL.md says of the pixel: its settings, what it fills in, and what it leaves alone."""

from __future__ import annotations

import gzip
import re
from urllib.parse import quote

import pytest
import requests

from tests.browser.conftest import wait_until_all_is_sent
from tests.browser.reading import Arrivals, user_events
from tests.support.server import ROOT

LOG = "(event) => _gre.push(['logEvent', event])"
PAGE = (ROOT / "docs" / "PIXEL.md").read_text("utf-8")


def types(events) -> list[str]:
    return [event["eventType"] for event in events]


def loaded(page, address: str) -> None:
    """Opens a page whose pixel has run."""
    page.goto(address)
    page.wait_for_function("() => window.cloud_retail")


@pytest.mark.parametrize("path", ["/v2_event.js", "/assets/shop.js", "/job_events.js"])
def test_script_is_small_and_cached(served, path):
    answer = requests.get(served.public_http + path, headers={"Accept-Encoding": "gzip"}, timeout=30)
    assert answer.headers["Content-Type"] == "text/javascript; charset=UTF-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < 5_000
    assert "max-age" in answer.headers["Cache-Control"]
    again = requests.get(served.http + path, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
    assert (again.status_code, again.content) == (304, b"")
    plain = requests.get(served.public_http + path, headers={"Accept-Encoding": "identity"}, timeout=30)
    assert plain.content == answer.content
    assert gzip.decompress(gzip.compress(plain.content)) == answer.content
    head = requests.head(served.public_http + path, timeout=30)
    assert (head.status_code, head.content) == (200, b"")


def test_the_pixel_is_served_at_a_path_of_the_operators_choice(context, served, shop, catalog):
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        page.goto(shop(served, script="/assets/shop.js", entries="_gre.push(['logEvent', {eventType: 'hidden'}]);"))
        assert types(arrivals.take(1)) == ["hidden"]


def test_settings_count_wherever_they_stand_and_are_remembered(context, served, shop, project):
    catalog = f"projects/{project}/locations/elsewhere/catalogs/summer-sale"
    entries = """
        _gre.push(['logEvent', {eventType: 'before-its-settings'}]);
        _gre.push(['locationId', 'elsewhere'], ['catalogId', 'summer-sale'], ['visitorId', 'vera'], ['apiKey', 'a&b']);
    """
    page = context.new_page()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if ":collect" in request.url else None)
    loaded(page, shop(served, entries=entries))
    page.evaluate("() => cloud_retail.logEvent([['logEvent', {eventType: 'later'}]])")
    page.evaluate(LOG, {"eventType": "pushed"})
    wait_until_all_is_sent(page)
    events = user_events(served, catalog)
    assert types(events) == ["before-its-settings", "later", "pushed"]
    assert {event["visitorId"] for event in events} == {"vera"}
    assert all(url.endswith("?key=a%26b") for url in sent)


def test_events_wait_for_the_project(context, served, site, project, catalog):
    script = f"<script src='{served.public_http}/v2_event.js'></script>"
    page = context.new_page()
    page.goto(site.add("/no-project.html", f"<script>_gre = [['logEvent', {{eventType: 'early'}}]];</script>{script}"))
    page.evaluate("(project) => _gre.push(['projectId', project])", project)
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["early"]


def test_old_entries_are_not_sent_again(context, served, shop, catalog):
    page = context.new_page()
    loaded(page, shop(served, entries="_gre.push(['logEvent', {eventType: 'old'}]);"))
    page.evaluate("() => { cloud_retail.logEvent(_gre); cloud_retail.logEvent(_gre); }")
    page.evaluate("() => { _gre.push(['logEvent', {eventType: 'new'}]); cloud_retail.logEvent(_gre); }")
    page.add_script_tag(url=f"{served.public_http}/v2_event.js")  # a second copy of the script
    page.evaluate(LOG, {"eventType": "newest"})
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["old", "new", "newest"]


def test_what_the_page_gives_is_kept(context, served, shop, catalog):
    given = {
        "eventType": "detail-page-view",
        "visitorId": "given",
        "eventTime": "2026-01-01T00:00:00.000001Z",
        "uri": "https://shop.example/canonical",
        "referrerUri": "https://search.example/",
        "pageViewId": "view-1",
        "productDetails": [{"product": {"id": "p"}}],
        "attributes": {"colour": {"text": ["blau", "grün"]}},
    }
    in_snake_case = {
        "event_type": "login",
        "visitor_id": "s",
        "event_time": "2026-01-02T00:00:00Z",
        "page_view_id": "w",
    }
    page = context.new_page()
    loaded(page, shop(served))
    page.evaluate(LOG, given)
    page.evaluate(LOG, in_snake_case)
    wait_until_all_is_sent(page)
    first, second = user_events(served, catalog)
    assert {name: value for name, value in first.items() if name != "userInfo"} == given
    assert (second["visitorId"], second["pageViewId"], second["eventTime"]) == ("s", "w", "2026-01-02T00:00:00Z")
    assert context.cookies() == []


def test_visitors_have_a_cookie_of_the_site(context, served, shop, catalog):
    page = context.new_page()
    for number in range(2):
        loaded(page, shop(served))
        page.evaluate(LOG, {"eventType": f"visit-{number}"})
        wait_until_all_is_sent(page)
    [cookie] = context.cookies()
    assert re.fullmatch("[0-9a-f]{32}", cookie["value"])
    assert {event["visitorId"] for event in user_events(served, catalog)} == {cookie["value"]}
    assert (cookie["name"], cookie["domain"], cookie["path"]) == ("footfall_visitor", "127.0.0.1", "/")
    assert cookie["sameSite"] == "Lax"
    assert cookie["name"] in PAGE


PRIVACY_CONTROL = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
TRACKED = "_gre.push(['logEvent', {eventType: 'tracked'}], ['ga4', true]); dataLayer = [{event: 'view_cart'}];"


def test_global_privacy_control_is_honoured_when_asked_for(context, served, shop, catalog):
    """Nothing is sent or stored, what still waits is forgotten, and there is no cookie."""
    context.add_init_script(PRIVACY_CONTROL)
    page = context.new_page()
    page.goto(shop(served))
    page.evaluate("(now) => { localStorage[`footfall.pixel.${now}.x`] = 'http://127.0.0.1:9/\\n{}'; }", "zzzzzzzz")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    loaded(page, shop(served, entries=f"_gre.push(['honorGlobalPrivacyControl', true]); {TRACKED}"))
    page.evaluate(LOG, {"eventType": "later", "visitorId": "v"})
    assert page.evaluate("() => Object.keys(localStorage)") == []
    assert context.cookies() == []
    page.goto("about:blank")
    assert sent == []
    assert user_events(served, catalog) == []


def test_global_privacy_control_changes_nothing_otherwise(context, served, shop, catalog):
    context.add_init_script(PRIVACY_CONTROL)
    page = context.new_page()
    loaded(page, shop(served, entries=TRACKED))
    wait_until_all_is_sent(page)
    assert sorted(types(user_events(served, catalog))) == ["shopping-cart-page-view", "tracked"]


def test_a_page_does_not_trip_over_an_event_that_is_none(context, served, shop, catalog):
    page = context.new_page()
    mistakes = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    loaded(page, shop(served))
    page.evaluate(
        """() => {
            const loop = {eventType: 'loop'};
            loop.loop = loop;
            _gre.push(['logEvent', loop], ['logEvent', {eventType: 'big', offset: 1n}], ['logEvent'], 'text', null, []);
            dataLayer.push(null, 'text', 7, {cloud_retail: 'text'}, {event: 'x', ecommerce: {items: [null]}});
            cloud_retail.logEvent([]);
            _gre.push(['logEvent', {eventType: 'sound'}]);
        }"""
    )
    wait_until_all_is_sent(page)
    assert not mistakes
    assert types(user_events(served, catalog)) == ["sound"]


def test_a_prerendered_page_counts_once_it_is_shown(context, served, shop, catalog):
    page = context.new_page()
    page.add_init_script("Object.defineProperty(document, 'prerendering', {value: true, configurable: true});")
    page.goto(shop(served, entries="_gre.push(['logEvent', {eventType: 'shown'}]);"))
    page.wait_for_load_state("load")
    assert page.evaluate("() => [Object.keys(localStorage).length, typeof window.cloud_retail]") == [0, "undefined"]
    page.evaluate("() => document.dispatchEvent(new Event('prerenderingchange'))")
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["shown"]


def test_an_image_counts_visitors_without_scripts(browser, served, site, project, catalog):
    """The form of docs/PIXEL.md; its event has no time of its own, so each time that it is loaded is an event."""
    [template] = re.findall(r"<noscript>.*?</noscript>", PAGE, re.DOTALL)
    html = template.replace("https://events.shop.example", served.public_http).replace("my-project", project)
    address = site.add("/noscript.html", f"<!doctype html><title>shop</title>{html}")
    event = quote('{"eventType":"home-page-view","visitorId":"visitor-1"}', safe="")
    assert event in html
    context = browser.new_context(java_script_enabled=False)
    with Arrivals(served, catalog) as arrivals:
        for _ in range(2):
            page = context.new_page()
            with page.expect_response("**/*:collect*") as answer:
                page.goto(address)
            assert answer.value.headers["content-type"] == "image/gif"
        events = arrivals.take(2)
    context.close()
    assert types(events) == ["home-page-view"] * 2
    assert events[0]["visitorId"] == "visitor-1"
    assert events[0]["uri"] == "https://shop.example/"
