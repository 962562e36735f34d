"""Defends /api/talent/events: a verdict for each event, the same event stored once, nothing rejected in silence."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.server import Server

TENANT = "projects/p/tenants/t"
TIME = "2026-01-01T00:00:00Z"
_numbers = itertools.count(1)

pytestmark = pytest.mark.parametrize("server", [["--tracker-tenant", TENANT]], indirect=True)


def event(**fields):
    """An event that no other test sends; None takes a field away."""
    content = {"type": "VIEW", "jobId": "j", "eventId": f"e{next(_numbers)}", **fields}
    return {name: value for name, value in content.items() if value is not None}


def post(server: Server, body, content_type: str = "application/json", **headers: str) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with requests.Session() as session:
        session.trust_env = False
        url = f"{server.public_http}/api/talent/events"
        return session.post(url, data=data, headers={"Content-Type": content_type, **headers}, timeout=60)


def outcomes(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["outcome"].removeprefix("OUTCOME_") for result in answer.json()["results"]]


def listed(web, server, what: str, **query: str) -> list[dict]:
    answer = web.get(f"{server.http}/v1/{TENANT}/{what}", params={"pageSize": "1000", **query}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json().get(what, [])


def stored(web, server, event_id: str) -> dict:
    [found] = listed(web, server, "clientEvents", filter=f'eventId = "{event_id}"')
    assert found["source"] == "EVENT_SOURCE_COLLECT"
    return found["clientEvent"]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", "application/octet-stream"])
def test_an_event_is_stored_whatever_the_content_type(web, server, content_type):
    sent = event(metadata={"position": 3}, sessionId="s", createTime=TIME)
    answer = post(server, {"events": [sent]}, content_type)
    assert answer.json() == {"results": [{"outcome": "OUTCOME_STORED", "eventTime": TIME}], "storedCount": "1"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert stored(web, server, sent["eventId"]) == {
        "requestId": "s",
        "eventId": sent["eventId"],
        "createTime": TIME,
        "jobEvent": {"type": "VIEW", "jobs": [f"{TENANT}/jobs/j"]},
        "eventNotes": '{"position":3}',
    }


def test_a_verdict_for_each_in_order(web, server):
    good, bad, unknown = event(), event(jobId="projects/p/tenants/other/jobs/j"), event(position=1)
    taken = {**good, "jobId": "another"}
    before = len(listed(web, server, "rejectedEvents"))
    answer = post(server, {"events": [bad, good, good, taken, unknown, 7]})
    assert outcomes(answer) == ["REJECTED", "STORED", "REPEATED", "REJECTED", "REJECTED", "REJECTED"]
    assert (answer.json()["storedCount"], answer.json()["repeatedCount"], answer.json()["rejectedCount"]) == (
        "1",
        "1",
        "4",
    )
    statuses = [result["status"] for result in answer.json()["results"] if "status" in result]
    assert [status["code"] for status in statuses] == [3, 6, 3, 3]  # INVALID_ARGUMENT, ALREADY_EXISTS
    reasons = [
        (violation.get("field", ""), violation["reason"])
        for status in statuses
        for detail in status["details"]
        for violation in detail.get("fieldViolations", [])
    ]
    assert reasons == [("jobId", "INVALID_RESOURCE_ID"), ("position", "UNKNOWN_FIELD"), ("", "INCORRECT_JSON_FORMAT")]
    rejected = listed(web, server, "rejectedEvents")
    assert len(rejected) == before + 4
    assert {item["source"] for item in rejected} == {"EVENT_SOURCE_COLLECT"}
    kept = [json.loads(item["raw"]) for item in rejected[:4]]
    assert all(sent in kept for sent in (bad, taken, unknown, 7))


def test_the_server_fills_in_the_time_and_an_event_comes_again(web, server):
    sent = event(metadata={"position": 1})
    first = post(server, {"events": [sent]})
    again = post(server, {"events": [sent]})
    assert (outcomes(first), outcomes(again)) == (["STORED"], ["REPEATED"])
    assert stored(web, server, sent["eventId"])["createTime"] == first.json()["results"][0]["eventTime"]
    assert "eventTime" not in again.json()["results"][0]


def test_without_an_id_time_and_content_tell_events_apart(web, server):
    session = f"s{next(_numbers)}"
    timed = event(eventId=None, sessionId=session, createTime=TIME)
    assert outcomes(post(server, {"events": [timed, timed, {**timed, "jobId": "k"}]})) == [
        "STORED",
        "REPEATED",
        "STORED",
    ]
    assert outcomes(post(server, {"events": [timed]})) == ["REPEATED"]
    timeless = event(eventId=None, sessionId=session)
    assert outcomes(post(server, {"events": [timeless, timeless]})) == ["STORED", "STORED"]
    found = listed(web, server, "clientEvents", filter=f'requestId = "{session}"')
    assert len({each["clientEvent"]["eventId"] for each in found}) == len(found) == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "INCORRECT_JSON_FORMAT"),
        (b"", "INCORRECT_JSON_FORMAT"),
        (b'{"events":[]}', "MISSING_FIELD"),
        (b'{"events":[{}],"sessionId":"s"}', "UNKNOWN_FIELD"),
        (json.dumps({"events": [{}] * 1_001}).encode(), "TOO_MANY"),
    ],
)
def test_a_body_of_another_form_is_refused_and_kept(web, server, body, reason):
    answer = post(server, body)
    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    [violation] = answer.json()["error"]["details"][1]["fieldViolations"]
    assert violation["reason"] == reason
    newest = listed(web, server, "rejectedEvents")[0]
    assert newest.get("raw", "") == body.decode()[: len(newest.get("raw", ""))]
    assert newest["status"]["message"] == answer.json()["error"]["message"]


def test_the_most_that_a_body_may_hold(server):
    events = [event(metadata={"x": "y" * 992}, sessionId="s" * 36, createTime=TIME) for _ in range(1_000)]
    assert outcomes(post(server, {"events": events})) == ["STORED"] * 1_000
    assert post(server, b" " * (2 * 2**20 + 1)).status_code == 413


def test_the_same_event_from_many_at_once_is_stored_once(server):
    body = {"events": [event(createTime=TIME)]}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: outcomes(post(server, body)), range(64)))
    assert sorted(answers) == [["REPEATED"]] * 63 + [["STORED"]]


def test_other_methods_and_preflight(web, server):
    url = f"{server.public_http}/api/talent/events"
    got = web.get(url, timeout=60)
    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    preflight = web.options(url, headers={"Origin": "https://jobs.example"}, timeout=60)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"]


def test_calls_are_counted_as_those_of_methods_are(web, server):
    post(server, {"events": [event()]})
    assert "TrackJobEvents" in web.get(f"{server.http}/metrics", timeout=60).text
