"""Defends how the console is used: with the keyboard, in both themes, for catalogs and tenants, and its reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser import traffic
from tests.browser.consoles import Told, charted, shows, types_shown
from tests.browser.reading import get
from tests.support.server import Server

REFUSED = r"Failed to load resource: .* 400 \("

Open = Callable[..., Any]


def test_paused_it_stands_still(console: Open, context, served: Server, catalog: str):
    context.clock.install()
    page = console(catalog)
    shows(page, "#stored", "0")
    page.locator("#pause").focus()
    page.keyboard.press("Space")
    shows(page, "#state", "Paused")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    traffic.write(served, catalog, list(traffic.events(2)))
    context.clock.fast_forward("05:00")
    assert requested == []
    assert page.locator("#latest tbody tr").count() == 0
    page.keyboard.press("Space")
    page.locator("#latest tbody tr").nth(1).wait_for()
    shows(page, "#stored", "2")


@pytest.mark.parametrize("way", ["write", "collect"])
def test_a_test_event_is_sent_with_the_keyboard(console: Open, served: Server, catalog: str, told: Told, way: str):
    told.expected = REFUSED
    page = console(catalog)
    page.locator("#way").select_option(way)
    page.locator("#example").focus()
    page.keyboard.type("search")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shows(page, "#sent", "Stored.")
    page.locator("#latest tbody tr", has_text="“running shoes”").wait_for()
    [event] = get(served, f"{catalog}/userEvents")["userEvents"]
    assert event["source"] == f"EVENT_SOURCE_{way.upper()}"

    page.locator("#body").fill('{"eventType": "search"}')
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#sent", has_text="Refused: ").wait_for()
    assert '"visitorId" is a required field' in page.inner_text("#sent")
    shows(page, "#rejected", "1" if way == "collect" else "0")


def test_a_tenant_has_its_own_numbers(console: Open, served: Server, project: str):
    tenant = f"projects/{project}/tenants/main"
    page = console(tenant)
    assert not page.locator("#joined-tile").is_visible()
    page.locator("#example").select_option("APPLICATION_START")
    page.get_by_role("button", name="Send").click()
    shows(page, "#sent", "Stored.")
    page.locator("#latest tbody tr", has_text="application start").wait_for()
    shows(page, "#stored", "1")
    shows(page, "#in-range", "1")
    assert types_shown(page) == {"APPLICATION_START": 1}
    assert get(served, f"{tenant}/clientEvents:count")["totalCount"] == "1"


def test_ranges_show_older_events(console: Open, served: Server, catalog: str):
    [recent, *_] = traffic.events(1)
    old = {**recent, "eventTime": "2020-01-01T00:00:00Z"}
    traffic.write(served, catalog, [recent, old])
    page = console(catalog)
    shows(page, "#in-range", "1")
    for title, name in (("Events per hour", "In the last 24 hours"), ("Events per day", "In the last 30 days")):
        page.locator("#ranges input:checked").focus()
        page.keyboard.press("ArrowRight")
        shows(page, "#chart-title", title)
        shows(page, "#in-range-name", name)
        shows(page, "#in-range", "1")
        page.locator(f"#chart[aria-label^='{name}: 1 event']").wait_for()
        assert charted(page) == 1
    shows(page, "#stored", "2")


def test_the_parent_is_remembered(console: Open, context, served: Server, catalog: str, told: Told):
    page = console(catalog)
    page.fill("#parent", "no name")
    page.keyboard.press("Enter")
    assert "projects/…" in page.inner_text("#parent-error")
    page.fill("#parent", f"{catalog}2")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/?parent={quote(catalog + '2', safe='')}")
    assert page.inner_text("#parent-error") == ""
    page.go_back()
    page.wait_for_url(f"**/?parent={catalog}")
    assert page.input_value("#parent") == catalog
    other = context.new_page()
    told.listen(other)
    other.goto(served.http)
    assert other.input_value("#parent") == catalog
    assert other.locator("#parents option").count() == 2


@pytest.mark.parametrize(("system", "page_is"), [("light", "rgb(244, 245, 247)"), ("dark", "rgb(20, 22, 26)")])
def test_themes(browser, served: Server, catalog: str, told: Told, system: str, page_is: str):
    traffic.write(served, catalog, list(traffic.events(5)))
    context = browser.new_context(color_scheme=system)
    page = context.new_page()
    told.listen(page)
    background = "getComputedStyle(document.body).backgroundColor"
    page.goto(f"{served.http}/?parent={catalog}")
    assert page.evaluate(background) == page_is
    other = "dark" if system == "light" else "light"
    page.locator("#theme").focus()
    page.keyboard.type(other)
    assert page.evaluate(background) != page_is
    page.reload()
    assert page.evaluate(background) != page_is
    page.locator("#theme").select_option("system")
    assert page.evaluate(background) == page_is
    context.close()


def test_everything_is_reached_with_the_tab_key_and_has_a_name(console: Open, served: Server, catalog: str):
    traffic.write(served, catalog, list(traffic.events(2)))
    page = console(catalog)
    page.locator("#latest tbody tr").nth(1).wait_for()
    page.evaluate("document.body.focus()")
    reached: list[str] = []
    while True:
        page.keyboard.press("Tab")
        at = page.evaluate("(at => at.id || at.name || at.className || at.textContent)(document.activeElement)")
        if page.evaluate("document.activeElement === document.body") or at in reached[:1]:
            break
        outlined = page.evaluate(
            "(at => getComputedStyle(at.closest('label') ?? at).outlineStyle)(document.activeElement)"
        )
        assert outlined == "solid", at
        reached.append(at)
    for control in ("skip", "parent", "pause", "theme", "range", "link", "example", "way", "body", "primary"):
        assert control in reached, reached
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select, textarea, button')].filter("
        "each => !each.labels?.length && !each.textContent.trim() && !each.ariaLabel).map(each => each.outerHTML)"
    )
    assert unnamed == []
    assert page.locator("table thead th:not([scope])").count() == 0
    assert page.evaluate("['header', 'main', 'footer', 'nav', 'h1'].map(n => document.querySelectorAll(n).length)") == [
        1, 1, 1, 1, 1
    ]  # fmt: skip


def test_the_reference_shows_every_service(context, served: Server, told: Told):
    page = context.new_page()
    told.listen(page)
    page.goto(f"{served.http}/api")
    page.locator("h3", has_text="v1.EventLogService").click()
    page.get_by_text("/userEvents:count").first.click()
    page.get_by_text("Which events; all, when empty.").first.wait_for()
    page.get_by_role("button", name="Try it out").click()
    assert page.locator("h3", has_text="v2alpha.UserEventService").is_visible()
