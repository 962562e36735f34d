"""Defends what the console shows: the numbers of the API, live, whatever becomes of the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import traffic
from tests.browser.consoles import Told, charted, counts, shows, types_shown
from tests.browser.reading import get
from tests.support.server import Server

NONE = "\N{EN DASH}"
ROWS = 50  # that the table of latest events has at most
UNREACHABLE = (
    r"Failed to load resource: (net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)"
    r"|the server responded with a status of 503)"  # the latter while it drains
)

Open = Callable[..., Any]


def test_an_empty_catalog_says_what_to_do(console: Open, catalog: str):
    page = console(catalog)
    shows(page, "#stored", "0")
    shows(page, "#in-range", "0")
    shows(page, "#joined", NONE)
    shows(page, "#rejected", "0")
    shows(page, "#working", "0")
    assert page.locator("#nothing").is_visible()
    assert page.locator(".empty:visible").count() == 4
    assert not page.locator("#chart canvas").is_visible()


@pytest.mark.parametrize("count", [10, 100_000])
def test_numbers_are_those_of_the_api(console: Open, served: Server, catalog: str, count: int):
    assert traffic.ended(served, traffic.upload(served, catalog, count))["metadata"]["successCount"] == str(count)
    traffic.refuse(served, catalog, traffic.HOSTILE)

    page = console(catalog)

    expected = counts(served, catalog)
    unjoined = int(get(served, f"{catalog}/userEvents:count", filter="joined = false").get("totalCount", 0))
    shows(page, "#stored", f"{count:,}")
    shows(page, "#in-range", f"{count:,}")
    shows(page, "#rejected", "1")
    shows(page, "#unjoined", f"{unjoined:,} not joined")
    joined = float(page.inner_text("#joined").rstrip("%"))
    assert joined == pytest.approx(100 * (count - unjoined) / count, abs=0.051)
    assert types_shown(page) == expected
    page.locator("#chart canvas").wait_for()
    assert charted(page) == count
    assert page.locator("#chart").get_attribute("aria-label").startswith(f"In the last hour: {count:,} events")

    newest = get(served, f"{catalog}/userEvents", orderBy="event_time desc", pageSize=25)["userEvents"]
    page.locator("#latest tbody tr").nth(len(newest) - 1).wait_for()
    keys = page.locator("#latest tbody tr").evaluate_all("rows => rows.map(row => row.dataset.key)")
    assert sorted(keys) == sorted(event["name"] for event in newest)


def test_hostile_text_stays_text(console: Open, served: Server, catalog: str):
    [event] = [event for event in traffic.events(20) if event["eventType"] == "search"][:1]
    traffic.write(
        served, catalog, [{**event, "visitorId": traffic.HOSTILE[:100], "uri": f"https://x/{traffic.HOSTILE}"}]
    )
    traffic.refuse(served, catalog, traffic.HOSTILE)
    page = console(catalog)
    page.locator("#latest tbody tr").wait_for()
    page.locator("#rejections tbody tr").wait_for()
    assert traffic.HOSTILE in page.locator("#latest tbody tr").inner_text()
    for table in ("#latest", "#rejections"):
        page.locator(f"{table} tbody button").focus()
        page.keyboard.press("Enter")
        assert "<script>" in page.inner_text("#detail pre")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.closest('table').id") == table[1:]
    assert page.title().startswith("default_catalog")
    assert page.locator("main img, main script").count() == 0


def test_what_comes_in_shows_by_itself(console: Open, served: Server, catalog: str):
    page = console(catalog)
    traffic.write(served, catalog, list(traffic.events(3)))
    page.locator("#latest tbody tr").nth(2).wait_for()
    traffic.refuse(served, catalog, '{"eventType": "search"}')
    # sooner than the page asks by itself: the stream says so
    page.locator("#rejections tbody tr", has_text="MISSING_FIELD").wait_for(timeout=8_000)
    shows(page, "#stored", "3")
    shows(page, "#rejected", "1")
    assert "3 came" in page.inner_text("#flow")
    assert page.locator("#latest tbody td:nth-child(5)").all_text_contents() == ["batch"] * 3


def test_a_running_import_is_watched_and_cancelled(console: Open, served: Server, catalog: str):
    page = console(catalog)
    operation = traffic.upload(served, catalog, 500_000)
    short = operation.rpartition("/")[2]
    row = page.locator("#operations tbody tr", has_text=short)
    row.locator("progress").wait_for()
    row.get_by_text(re.compile(r"[1-9][\d,]* imported")).wait_for()
    shows(page, "#working", "1")
    page.locator("#state[data-state=sample]").wait_for()
    page.locator("#chart canvas").wait_for()
    assert page.locator("#latest tbody tr").count() <= ROWS

    row.get_by_role("button", name=f"Cancel {short}").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Let it run"
    page.keyboard.press("Escape")
    assert "error" not in get(served, operation)

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    row.get_by_text("cancelled").wait_for()
    ended = traffic.ended(served, operation)
    assert ended["error"]["code"] == 1
    row.get_by_text(f"{int(ended['metadata']['successCount']):,} imported", exact=True).wait_for()
    assert "stops after its present step" in page.inner_text("#operation-result")
    assert page.evaluate("document.activeElement.textContent") == short
    shows(page, "#working", "0")
    shows(page, "#stored", f"{int(ended['metadata']['successCount']):,}")


def test_a_server_that_was_down_is_found_again(console: Open, unsteady: Server, catalog: str, told: Told):
    told.expected = UNREACHABLE
    page = console(catalog, unsteady)
    traffic.write(unsteady, catalog, list(traffic.events(1)))
    page.locator("#latest tbody tr").wait_for()
    unsteady.terminate()
    page.locator("#state[data-state=broken]").wait_for()
    page.locator("#problem").wait_for()
    unsteady.start()
    traffic.write(unsteady, catalog, list(traffic.events(2)))
    page.locator("#latest tbody tr").nth(2).wait_for()
    page.locator("#state[data-state=live]").wait_for()
    page.locator("#problem").wait_for(state="hidden")
    shows(page, "#stored", "3")


def test_a_refusal_of_the_server_is_told(context, tmp_path, catalog: str, told: Told):
    told.expected = r"Failed to load resource: .* 404 \("
    with Server(tmp_path / "server", "--catalogs", catalog) as server:
        page = context.new_page()
        told.listen(page)
        page.goto(f"{server.http}/?parent={catalog}2")
        page.locator("#problem", has_text="not").wait_for()
        assert "default_catalog2" in page.inner_text("#problem")
