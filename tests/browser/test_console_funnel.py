"""Defends the console's funnel: the figures of the API, with the keyboard, for catalogs and tenants, in both themes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import traffic
from tests.browser.consoles import Told, number_of
from tests.support.job_board import job_board
from tests.support.server import Server

REFUSED = r"Failed to load resource: .* 400 \("

Open = Callable[..., Any]


def computed(page: Any) -> list[list[str]]:
    """Rows of the funnel's table once it is computed: label, count, of all, of the step before, median."""
    page.locator("#funnel-status", has_text="of these types").wait_for()
    rows = page.locator("table.funnel tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return [[label, *rest] for label, _bar, *rest in rows]


def counts(server: Server, parent: str, body: dict[str, Any]) -> list[int]:
    answer = traffic.post(server, f"/v1/{parent}:computeFunnel", body).json()
    return [int(each.get("actorCount", 0)) for each in answer["steps"]]


def shop(visitors: int) -> list[dict[str, Any]]:
    """Visitors of whom every second puts something into the cart, a minute and a half later."""
    return [
        {
            "eventType": kind,
            "visitorId": f"v{number}",
            "eventTime": f"2026-01-01T00:{minutes}Z",
            "productDetails": [{"product": {"id": "p"}}],
            "attributes": {"platform": {"text": [("desktop", "mobile")[number % 3 == 0]]}},
        }
        for number in range(visitors)
        for kind, minutes in [("detail-page-view", "00:00"), ("add-to-cart", "01:30")][: 1 + number % 2]
    ]


def test_a_funnel_is_computed_with_the_keyboard(console: Open, served: Server, catalog: str):
    traffic.write(served, catalog, shop(20))
    page = console(catalog)
    page.locator("#funnel-steps input").first.focus()
    page.keyboard.press("Enter")
    assert computed(page) == [
        ["detail-page-view", "20", "100%", "", ""],
        ["add-to-cart", "10", "50%", "50%", "1 min 30 s"],
        ["purchase-complete", "0", "0%", "0%", ""],
    ]
    widths = page.locator(".funnel-bar .filled").evaluate_all("bars => bars.map(bar => bar.style.inlineSize)")
    assert widths == ["100%", "50%", "0%"]
    page.get_by_role("button", name="Remove step 3").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Step 2: ")
    page.get_by_role("button", name="Add a step").press("Enter")
    page.keyboard.type("login, purchase-complete")
    page.keyboard.press("Enter")
    page.locator("table.funnel th", has_text="login or purchase-complete").wait_for()


def test_groups_are_a_table(console: Open, served: Server, catalog: str):
    traffic.write(served, catalog, shop(20))
    page = console(catalog)
    page.locator("#funnel-split").select_option("attribute")
    page.locator("#funnel-attribute").fill("platform")
    page.keyboard.press("Enter")
    computed(page)
    rows = page.get_by_role("region", name="The funnel by groups").locator("tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [
        ["desktop", "13", "7", "53.8%", "0", "0%"],
        ["mobile", "7", "3", "42.8%", "0", "0%"],
    ]


def test_what_is_refused_is_told(console: Open, catalog: str, told: Told):
    told.expected = REFUSED
    page = console(catalog)
    page.locator("#funnel-steps input").first.fill("No Such Type")
    page.keyboard.press("Enter")
    page.locator("#funnel-status.error", has_text="steps[0].event_types[0]").wait_for()


def test_a_tenants_funnel_and_what_is_odd(console: Open, served: Server, project: str):
    tenant = f"projects/{project}/tenants/board"
    events = [event.message(tenant, f"e{number}") for number, event in enumerate(job_board(2_000))]
    for event in events:
        event["requestId"], event["eventId"] = event.pop("request_id"), event.pop("event_id")
        seconds = event.pop("create_time")["seconds"]
        event["createTime"] = f"2024-03-{9 + seconds // 86_400 % 20:02}T00:00:{seconds % 60:02}Z"
        event["jobEvent"] = event.pop("job_event")
        event.pop("event_notes", None)
    stored = traffic.post(served, f"/v1/{tenant}/clientEvents:batchCreate", {"clientEvents": events}).json()
    assert stored["storedCount"] == "2000"
    page = console(tenant)
    page.get_by_role("button", name="Compute").click()
    rows = computed(page)
    path = ["IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH"]
    steps = [{"eventTypes": [each]} for each in path] + [{"eventTypes": ["SENT_CV", "INTERVIEW_GRANTED", "HIRED"]}]
    assert [number_of(row[1]) for row in rows] == counts(served, f"{tenant}/clientEvents", {"steps": steps})
    assert number_of(rows[0][1]) > 400
    assert "start from search beside view" in page.inner_text("#funnel-result .note:last-child")
    page.locator("#funnel-days").select_option("30")
    page.get_by_role("button", name="Compute").click()
    page.locator("#funnel-status", has_text=re.compile("^0 events")).wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_stand_out_in_both_themes(console: Open, served: Server, catalog: str, theme: str):
    traffic.write(served, catalog, shop(4))
    page = console(catalog)
    page.locator("#theme").select_option(theme)
    page.get_by_role("button", name="Compute").click()
    computed(page)
    colour = "selector => getComputedStyle(document.querySelector(selector)).backgroundColor"
    assert len({page.evaluate(colour, each) for each in (".funnel-bar", ".funnel-bar .filled", ".card")}) == 3
    assert page.locator(".funnel-bar:not([aria-hidden=true])").count() == 0
