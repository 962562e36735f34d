"""Defends the JSON of pages with jobs: what it becomes, and that nothing of it is passed over in silence."""

from __future__ import annotations

import json as plain_json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import client_event, job_tracker
from service.events.errors import MAX_VIOLATIONS
from service.events.json import JsonError

TENANT = "projects/p/tenants/t"
EVENT: dict[str, Any] = {"type": "VIEW", "jobId": "j"}


def refused(read, *arguments) -> list[tuple[str, str]]:
    with pytest.raises(JsonError) as caught:
        read(*arguments)
    return [(item.field, item.reason) for item in caught.value.violations]


def test_everything_that_a_page_says_finds_its_place():
    event = job_tracker.to_client_event(
        {
            "type": "APPLICATION_START",
            "jobId": f"{TENANT}/jobs/j",
            "metadata": {"position": 3, "label": "Bäcker"},
            "sessionId": "s",
            "eventId": "e",
            "createTime": "2026-01-01T01:00:00.5+01:00",
        },
        TENANT,
    )
    assert (event.request_id, event.event_id) == ("s", "e")
    assert event.event_notes == '{"position":3,"label":"Bäcker"}'
    assert event.job_event.type == JobEvent.APPLICATION_START
    assert list(event.job_event.jobs) == [f"{TENANT}/jobs/j"]
    assert event.create_time.ToJsonString() == "2026-01-01T00:00:00.500Z"


@pytest.mark.parametrize("name", [name for name, number in JobEvent.JobEventType.items() if number])
def test_every_type_is_known(name):
    event = job_tracker.to_client_event({**EVENT, "type": name}, TENANT)
    assert JobEvent.JobEventType.Name(event.job_event.type) == name


@pytest.mark.parametrize("job", ["j", "jobs/j", "projects/p/jobs/j", f"{TENANT}/jobs/j"])
def test_a_job_may_go_by_its_id(job):
    assert list(job_tracker.to_client_event({**EVENT, "jobId": job}, TENANT).job_event.jobs) == [f"{TENANT}/jobs/j"]


def test_null_is_absent():
    given_null = dict.fromkeys(job_tracker.FIELDS) | EVENT
    assert job_tracker.to_client_event(given_null, TENANT) == job_tracker.to_client_event(EVENT, TENANT)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"type": None}, "type", "MISSING_FIELD"),
        ({"type": ""}, "type", "MISSING_FIELD"),
        ({"type": "view"}, "type", "INVALID_VALUE"),
        ({"type": "JOB_EVENT_TYPE_UNSPECIFIED"}, "type", "INVALID_VALUE"),
        ({"type": 2}, "type", "INCORRECT_JSON_FORMAT"),
        ({"jobId": None}, "jobId", "MISSING_FIELD"),
        ({"jobId": 42}, "jobId", "INCORRECT_JSON_FORMAT"),
        ({"jobId": ["j"]}, "jobId", "INCORRECT_JSON_FORMAT"),
        ({"jobId": "projects/p/tenants/other/jobs/j"}, "jobId", "INVALID_RESOURCE_ID"),
        ({"jobId": "a/b"}, "jobId", "INVALID_RESOURCE_ID"),
        ({"jobId": "a b"}, "jobId", "INVALID_RESOURCE_ID"),
        ({"jobId": "\ud800"}, "jobId", "INCORRECT_JSON_FORMAT"),
        ({"metadata": "text"}, "metadata", "INCORRECT_JSON_FORMAT"),
        ({"metadata": ["text"]}, "metadata", "INCORRECT_JSON_FORMAT"),
        ({"metadata": {"x": "\ud800"}}, "metadata", "INCORRECT_JSON_FORMAT"),
        ({"metadata": {"x": "y" * 993}}, "metadata", "TOO_LONG"),
        ({"sessionId": {}}, "sessionId", "INCORRECT_JSON_FORMAT"),
        ({"eventId": 7}, "eventId", "INCORRECT_JSON_FORMAT"),
        ({"createTime": ""}, "createTime", "INVALID_TIMESTAMP"),
        ({"createTime": "yesterday"}, "createTime", "INVALID_TIMESTAMP"),
        ({"createTime": 1_700_000_000}, "createTime", "INCORRECT_JSON_FORMAT"),
        ({"position": 3}, "position", "UNKNOWN_FIELD"),
    ],
)
def test_what_is_wrong_is_named_as_the_page_names_it(change, field, reason):
    assert refused(job_tracker.to_client_event, {**EVENT, **change}, TENANT) == [(field, reason)]


def test_metadata_may_have_a_thousand_characters():
    event = job_tracker.to_client_event({**EVENT, "metadata": {"x": "ä" * 992}}, TENANT)
    assert len(event.event_notes) == 1_000
    event.event_id = "e"
    assert client_event.check(event, TENANT, time_required=False) == []


def test_all_violations_at_once():
    event = {"type": "x", "metadata": 1, "eventid": "e", "createTime": ""}
    fields = [field for field, _ in refused(job_tracker.to_client_event, event, TENANT)]
    assert fields == ["eventid", "metadata", "type", "jobId", "createTime"]


@pytest.mark.parametrize("value", [None, 7, "text", [], [EVENT]])
def test_an_event_is_an_object(value):
    assert refused(job_tracker.to_client_event, value, TENANT) == [("", "INCORRECT_JSON_FORMAT")]


def test_body():
    assert job_tracker.parse(b'\xef\xbb\xbf{"events":[1,{}]}') == [1, {}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ("", "INCORRECT_JSON_FORMAT")),
        (b"\xff", ("", "INCORRECT_JSON_FORMAT")),
        (b"[]", ("", "INCORRECT_JSON_FORMAT")),
        (b'{"events":[{"metadata":{"x":NaN}}]}', ("", "INCORRECT_JSON_FORMAT")),
        (b'{"events":[' + b"9" * 5_000 + b"]}", ("", "INCORRECT_JSON_FORMAT")),
        (b'{"events":' + b"[" * 100_000, ("", "INCORRECT_JSON_FORMAT")),
        (b"{}", ("events", "MISSING_FIELD")),
        (b'{"events":[]}', ("events", "MISSING_FIELD")),
        (b'{"events":null}', ("events", "MISSING_FIELD")),
        (b'{"events":{}}', ("events", "INCORRECT_JSON_FORMAT")),
        (b'{"events":0}', ("events", "INCORRECT_JSON_FORMAT")),
        (b'{"events":[{}],"tenant":"t"}', ("tenant", "UNKNOWN_FIELD")),
    ],
)
def test_body_that_is_none(body, expected):
    assert refused(job_tracker.parse, body) == [expected]


def test_violations_have_a_limit():
    names = {f"name-{number}": 1 for number in range(1_000)}
    assert len(refused(job_tracker.parse, plain_json.dumps(names).encode())) == MAX_VIOLATIONS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*job_tracker.FIELDS, "other"]), JSON) | JSON)
def test_any_value_becomes_a_good_event_or_is_refused(value):
    try:
        event = job_tracker.to_client_event(value, TENANT)
    except JsonError:
        return
    event.event_id = event.event_id or "e"
    assert client_event.check(event, TENANT, time_required=False) == []
