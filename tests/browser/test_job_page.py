"""Defends job pages: our tracker script, and the client guide's TalentEventTracker as it is printed there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.conftest import TENANT, wait_until_all_is_sent
from tests.browser.reading import Arrivals, client_events, rejected

TRACKER = Path(__file__).with_name("talent_event_tracker.js").read_text("utf-8")


def steps(events) -> list[tuple[str, str]]:
    return [(event["jobEvent"]["type"], event["jobEvent"]["jobs"][0]) for event in events]


def of_session(server, session: str):
    return [event for event in client_events(server, TENANT) if event["requestId"] == session]


def job(number: int) -> str:
    return f"{TENANT}/jobs/job-{number}"


def test_what_is_seen_clicked_and_sent_arrives_once(context, unsteady, example):
    page = context.new_page()
    with Arrivals(unsteady, TENANT) as arrivals:
        page.goto(example("jobs.html", unsteady))
        assert steps(arrivals.take(2)) == [("IMPRESSION", job(1)), ("IMPRESSION", job(2))]
        page.click("details:has-text('Brewer') summary")
        page.click("details:has-text('Brewer') button")
        assert steps(arrivals.take(2)) == [("VIEW", job(2)), ("APPLICATION_START", job(2))]
        page.fill("#application input", "Ada")
        page.keyboard.press("Enter")  # leaves the page
        assert ("APPLICATION_FINISH", job(2)) in steps(arrivals.take(3))
        wait_until_all_is_sent(page)
    events = client_events(unsteady, TENANT)
    assert len(events) == 7
    assert len({event["eventId"] for event in events}) == 7
    assert {event["requestId"] for event in events} == {"search-1"}
    assert [json.loads(event["eventNotes"]) for event in events[:2]] == [{"position": 1}, {"position": 2}]
    assert not rejected(unsteady, TENANT)


def test_a_tab_is_a_session_unless_the_page_names_one(context, unsteady, site):
    address = site.add("/job.html", f"<script src='{unsteady.public_http}/job_events.js'></script>")
    page, other = context.new_page(), context.new_page()
    for each in (page, page, other):
        each.goto(address)
        each.evaluate("() => footfallJobs.push(['event', 'BOOKMARK', 'j', {list: 'mine'}])")
        wait_until_all_is_sent(each)
    page.evaluate("() => footfallJobs.push(['sessionId', 's'], ['applicationStart', 'j'], ['applicationFinish', 'j'])")
    wait_until_all_is_sent(page)
    events = client_events(unsteady, TENANT)
    assert [type_ for type_, _ in steps(events)] == ["BOOKMARK"] * 3 + ["APPLICATION_START", "APPLICATION_FINISH"]
    first, again, second, *named = [event["requestId"] for event in events]
    assert first == again != second
    assert named == ["s", "s"]


def test_global_privacy_control_is_honoured_when_asked_for(context, unsteady, site):
    context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});")
    head = "<script>footfallJobs = [['honorGlobalPrivacyControl', true], ['view', 'j']];</script>"
    page = context.new_page()
    page.goto(site.add("/gpc.html", f"{head}<script src='{unsteady.public_http}/job_events.js'></script>"))
    assert page.evaluate("() => [Object.keys(localStorage), Object.keys(sessionStorage)]") == [[], []]
    page.goto("about:blank")
    assert client_events(unsteady, TENANT) == []


@pytest.mark.parametrize("where", ["same origin", "another origin"])
def test_the_talent_event_tracker_of_the_client_guide(context, served, site, where):
    page = context.new_page()
    if where == "same origin":
        page.goto(f"{served.public_http}/healthz")
    else:
        page.goto(site.add("/tracker.html", f"<!doctype html><base href='{served.public_http}/'>"))
    warnings = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    with page.expect_response("**/api/talent/events") as viewed:
        page.evaluate(
            f"""(session) => {{
                {TRACKER}
                window.tracker = new TalentEventTracker(session);
                tracker.trackJobImpression('job-1', 3);
                tracker.trackJobImpression('{job(2)}', 4);
                tracker.trackJobView('job-1');
            }}""",
            where,
        )
    with page.expect_response("**/api/talent/events") as started:
        page.evaluate("() => tracker.trackApplicationStart('job-1')")
    assert [answer.value.status for answer in (viewed, started)] == [200, 200]
    events = of_session(served, where)
    assert sorted(steps(events)) == [
        ("APPLICATION_START", job(1)), ("IMPRESSION", job(1)), ("IMPRESSION", job(2)), ("VIEW", job(1))
    ]  # fmt: skip
    notes = [json.loads(event["eventNotes"]) for event in events if event["jobEvent"]["type"] == "IMPRESSION"]
    assert sorted(note["position"] for note in notes) == [3, 4]
    assert warnings == []
