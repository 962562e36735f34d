"""Defends delivery: what a page queued arrives exactly once, whatever becomes of the server, the net and the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import TENANT, wait_until_all_is_sent
from tests.browser.reading import Arrivals, client_events, rejected, user_events
from tests.support.server import Server

LOG = "(name) => _gre.push(['logEvent', {eventType: name, visitorId: 'v'}])"
START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH_DELAY_MS = 500
RETRIES_MS = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
IS_QUEUED = "(count) => Object.keys(localStorage).filter((key) => key.startsWith('footfall.')).length === count"


def types(events) -> list[str]:
    return [event["eventType"] for event in events]


def loaded(page, address: str) -> None:
    """Opens a page whose pixel has run."""
    page.goto(address)
    page.wait_for_function("() => window.cloud_retail")


def loaded_without_time(page, address: str) -> None:
    """As `loaded`; timers run only when the test says so."""
    page.clock.install(time=START)
    loaded(page, address)
    page.clock.pause_at(START + timedelta(hours=1))


def test_events_wait_while_the_server_is_down(context, unsteady, shop, catalog):
    page = context.new_page()
    with Arrivals(unsteady, catalog) as arrivals:
        loaded(page, shop(unsteady))
        unsteady.kill()
        with page.expect_event("requestfailed"):
            page.evaluate(LOG, "one")
        page.evaluate(LOG, "two")
        unsteady.start()
        arrivals.watch()
        assert types(arrivals.take(2)) == ["one", "two"]
        wait_until_all_is_sent(page)
    assert types(user_events(unsteady, catalog)) == ["one", "two"]


def test_events_of_a_closed_page_wait_for_the_next_one(context, unsteady, shop, catalog):
    address = shop(unsteady)
    page = context.new_page()
    loaded(page, address)
    unsteady.kill()
    page.evaluate(LOG, "clicked")
    page.evaluate(
        "() => addEventListener('pagehide', () => _gre.push(['logEvent', {eventType: 'left', visitorId: 'v'}]))"
    )
    page.close()
    unsteady.start()
    page = context.new_page()
    page.goto(address)
    wait_until_all_is_sent(page)
    assert types(user_events(unsteady, catalog)) == ["clicked", "left"]


def test_a_page_that_is_closed_at_once_sends_its_events(context, served, shop, catalog):
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        loaded(page, shop(served))
        page.evaluate(LOG, "last")
        page.close()
        assert types(arrivals.take(1)) == ["last"]
    page = context.new_page()
    page.goto(shop(served))
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["last"]


def test_a_window_that_closes_itself_sends_its_events(context, served, shop, catalog):
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        loaded(page, shop(served))
        with context.expect_page() as opened:
            page.evaluate("() => { window.popup = open(location.href); }")
        opened.value.wait_for_function("() => window.cloud_retail")
        with opened.value.expect_event("close"):
            opened.value.evaluate(f"() => {{ ({LOG})('from-a-popup'); close(); }}")
        assert types(arrivals.take(1)) == ["from-a-popup"]


@pytest.mark.parametrize("moment", ["beforeunload", "pagehide", "visibilitychange", "unload"])
def test_an_event_of_the_last_moment_is_sent(context, served, shop, catalog, moment):
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        loaded(page, shop(served))
        target = "document" if moment == "visibilitychange" else "window"
        page.evaluate(f"(name) => {target}.addEventListener('{moment}', () => ({LOG})(name), {{once: true}})", moment)
        page.goto("about:blank")
        assert types(arrivals.take(1)) == [moment]
    loaded(page, shop(served))
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == [moment]


def test_events_wait_while_the_browser_is_offline(context, served, shop, catalog):
    page = context.new_page()
    loaded_without_time(page, shop(served))
    context.set_offline(True)
    page.evaluate(LOG, "offline")
    with page.expect_event("requestfailed"):
        page.clock.run_for(BATCH_DELAY_MS)
    context.set_offline(False)  # the clock stands still: it is this that sends them
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["offline"]


def test_retries_become_rarer(context, served, shop, catalog):
    page = context.new_page()
    page.add_init_script("Math.random = () => 0.5;")  # what the waits are multiplied with is from 0.5 to 1.5
    page.route("**/*:collect*", lambda route: route.abort())
    requests = []
    page.on("request", lambda request: requests.append(request) if ":collect" in request.url else None)
    loaded_without_time(page, shop(served, entries="_gre.push(['debug', true]);"))
    page.evaluate(LOG, "patient")
    for attempt, wait_ms in enumerate([BATCH_DELAY_MS, *RETRIES_MS]):
        page.clock.run_for(wait_ms - 1)
        assert len(requests) == attempt
        with page.expect_console_message(lambda message: "not delivered" in message.text):
            page.clock.run_for(1)
    page.unroute("**/*:collect*")
    page.clock.run_for(RETRIES_MS[-1])
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["patient"]


def test_an_event_whose_answer_was_lost_is_stored_once(context, served, shop, catalog):
    """The server stores it, but the page does not learn of it, and sends it again."""
    page = context.new_page()
    loaded_without_time(page, shop(served, entries="_gre.push(['debug', true]);"))
    lost = []

    def lose_the_answer(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    page.route("**/*:collect*", lose_the_answer)
    page.evaluate(LOG, "once")
    with page.expect_console_message(lambda message: "not delivered" in message.text):
        page.clock.run_for(BATCH_DELAY_MS)
    assert [answer.status for answer in lost] == [200]
    assert types(user_events(served, catalog)) == ["once"]
    page.clock.run_for(2 * RETRIES_MS[0])
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["once"]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_an_answer_that_may_change_is_not_the_last(context, served, shop, catalog, status):
    page = context.new_page()
    answers = [status]

    def refuse_once(route):
        if answers:
            route.fulfill(status=answers.pop(), headers={"access-control-allow-origin": "*"}, body="{}")
        else:
            route.continue_()

    page.route("**/*:collect*", refuse_once)
    loaded_without_time(page, shop(served, entries="_gre.push(['debug', true]);"))
    page.evaluate(LOG, "patient")
    with page.expect_console_message(lambda message: "not delivered" in message.text):
        page.clock.run_for(BATCH_DELAY_MS)
    page.clock.run_for(2 * RETRIES_MS[0])
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["patient"]


@pytest.mark.parametrize("status", [404, 405])
def test_an_answer_of_the_server_that_will_not_change_is_the_last(context, tmp_path, shop, status):
    """A catalog that is not served, or a path that takes no POST: nothing waits, and the browser's console says why."""
    page = context.new_page()
    warnings, answers = [], []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    page.on("response", lambda answer: answers.append(answer.status) if ":collect" in answer.url else None)
    if status == 405:
        page.route("**/*:collect*", lambda route: route.continue_(method="PUT"))
    catalogs = "projects/another/locations/global/catalogs/default_catalog"
    with Server(tmp_path, "--public-address", "127.0.0.1:0", "--catalogs", catalogs) as server:
        loaded(page, shop(server))
        page.evaluate(LOG, "lost")
        wait_until_all_is_sent(page)
    assert answers == [status]
    assert f'"code": {status}' in "".join(warnings)


def test_rejected_events_are_not_sent_again_and_the_others_are_stored(context, served, shop, catalog):
    page = context.new_page()
    loaded(page, shop(served))
    warnings = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    for name in ("good", "Not A Type", "good-too"):
        page.evaluate(LOG, name)
    wait_until_all_is_sent(page)
    assert types(user_events(served, catalog)) == ["good", "good-too"]
    [refused] = rejected(served, catalog)
    assert refused["source"] == "EVENT_SOURCE_COLLECT"
    assert "Not A Type" in refused["raw"]
    assert "Not A Type" in "".join(warnings)


def test_equal_events_of_one_moment_are_two(context, served, shop, catalog):
    page = context.new_page()
    loaded(page, shop(served))
    page.evaluate(f"() => {{ for (let i = 0; i < 5; i++) ({LOG})('same'); }}")
    wait_until_all_is_sent(page)
    events = user_events(served, catalog)
    assert types(events) == ["same"] * 5
    assert len({event["eventTime"] for event in events}) == 5


def test_hundreds_of_events_arrive_in_few_requests(context, served, shop, catalog):
    page = context.new_page()
    loaded(page, shop(served))
    sent = []
    page.on("request", lambda request: sent.append(request) if ":collect" in request.url else None)
    page.evaluate(f"() => {{ for (let i = 0; i < 400; i++) ({LOG})(`bulk-${{i}}`); }}")
    wait_until_all_is_sent(page)
    assert len(user_events(served, catalog)) == 400
    assert 4 <= len(sent) <= 20


def test_two_tabs_do_not_send_each_others_events_twice(context, unsteady, shop, catalog):
    address = shop(unsteady)
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        loaded(page, address)
    unsteady.kill()
    for number, page in enumerate(pages):
        page.evaluate(LOG, f"tab-{number}")
    third = context.new_page()
    loaded(third, address)
    third.wait_for_function(IS_QUEUED, arg=2)
    unsteady.start()
    wait_until_all_is_sent(third)
    for page in pages:
        page.evaluate("() => dispatchEvent(new Event('online'))")
        wait_until_all_is_sent(page)
    assert sorted(types(user_events(unsteady, catalog))) == ["tab-0", "tab-1"]


FORBIDDEN = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden'); }});"
FULL = """
    for (let size = 2 ** 22; size; size >>= 1) {
        try { localStorage[size] = 'x'.repeat(size); } catch { /* too large: half of it */ }
    }
"""


@pytest.mark.parametrize("storage", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_a_page_without_storage_sends_its_events(context, served, shop, catalog, storage):
    with Arrivals(served, catalog) as arrivals:
        page = context.new_page()
        page.add_init_script(storage)
        page.goto(shop(served, entries="_gre.push(['logEvent', {eventType: 'stored-nowhere'}]);"))
        assert types(arrivals.take(1)) == ["stored-nowhere"]


def test_a_queue_holds_five_hundred_events_for_thirty_days(context, unsteady, shop, catalog):
    """Of more, the oldest go; what is older than that is given up."""
    address = shop(unsteady)
    page = context.new_page()
    loaded(page, address)
    unsteady.kill()
    page.evaluate(f"() => {{ for (let i = 0; i < 510; i++) ({LOG})(`n-${{i}}`); }}")
    page.wait_for_function(IS_QUEUED, arg=500)
    page.evaluate(
        """() => {
            const [key] = Object.keys(localStorage).filter((key) => key.startsWith('footfall.')).sort().slice(-1);
            const old = (Date.now() - 31 * 24 * 3600 * 1000).toString(36);
            localStorage[`footfall.pixel.${old}.${key.split('.').pop()}`] = localStorage[key];
            delete localStorage[key];
        }"""
    )
    page.goto("about:blank")
    unsteady.start()
    page.goto(address)
    wait_until_all_is_sent(page)
    names = {event["eventType"] for event in user_events(unsteady, catalog)}
    assert names == {f"n-{number}" for number in range(10, 509)}


def test_job_events_wait_while_the_server_is_down(context, unsteady, example):
    page = context.new_page()
    address = example("jobs.html", unsteady)
    page.goto(address)
    wait_until_all_is_sent(page)
    page.click("details:has-text('Baker') summary")
    wait_until_all_is_sent(page)
    unsteady.kill()
    page.click("text=Apply")
    page.fill("#application input", "Ada")
    page.click("text=Send")  # leaves the page
    page.wait_for_url("**/jobs.html?name=Ada")
    unsteady.start()
    page.evaluate("() => dispatchEvent(new Event('online'))")
    wait_until_all_is_sent(page)
    events = client_events(unsteady, TENANT)
    steps = [(event["jobEvent"]["type"], event["jobEvent"]["jobs"][0].rpartition("/")[2]) for event in events]
    impressions = [("IMPRESSION", "job-1"), ("IMPRESSION", "job-2")]
    funnel = [("VIEW", "job-1"), ("APPLICATION_START", "job-1"), ("APPLICATION_FINISH", "job-1")]
    assert steps == [*impressions, *funnel, *impressions]
    assert {event["requestId"] for event in events} == {"search-1"}
    assert json.loads(events[4]["eventNotes"]) == {"form": "short"}
    assert not rejected(unsteady, TENANT)
