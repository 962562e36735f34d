"""Every rule for talent client events, each at its limit."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import client_event
from tests.unit.strategies import messages

TENANT = "projects/p/tenants/t"
JOB = f"{TENANT}/jobs/j"


def event(**fields: Any) -> ClientEvent:
    """A valid event with `fields` on top; None takes one away."""
    content = {
        "eventId": "e",
        "createTime": "2024-01-31T13:00:00Z",
        "jobEvent": {"type": "VIEW", "jobs": [JOB]},
        **fields,
    }
    return json_format.ParseDict({name: value for name, value in content.items() if value is not None}, ClientEvent())


def found(message: ClientEvent, **options: bool) -> list[tuple[str, str]]:
    return [(item.field, item.reason) for item in client_event.check(message, TENANT, **options)]


def test_minimal_event_passes():
    assert found(event()) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"eventId": None}, "event_id"),
        ({"createTime": None}, "create_time"),
        ({"jobEvent": None}, "job_event"),
        ({"jobEvent": {"jobs": [JOB]}}, "job_event.type"),
        ({"jobEvent": {"type": "VIEW"}}, "job_event.jobs"),
    ],
)
def test_required_field(fields, field):
    assert found(event(**fields)) == [(field, "MISSING_FIELD")]


def test_everything_missing_is_told_at_once_in_the_order_of_field_numbers():
    assert [field for field, _ in found(ClientEvent())] == ["event_id", "create_time", "job_event"]


def test_job_names_the_missing_path_as_google_does():
    violations = client_event.check(event(jobEvent={"type": "VIEW"}), TENANT)
    assert [item.description for item in violations] == [
        'Field "jobEvent.jobs" is a required field, but no value is found.'
    ]


def test_type_may_be_left_out_where_v4_has_no_value_for_it():
    without = event(jobEvent={"jobs": [JOB]})
    assert found(without, type_required=False) == []


@pytest.mark.parametrize(("number", "good"), [(1, True), (15, True), (16, False), (-1, False)])
def test_type_is_one_of_v4(number, good):
    message = event()
    message.job_event.type = number
    assert found(message) == ([] if good else [("job_event.type", "INVALID_VALUE")])


def test_1_to_500_jobs():
    assert found(event(jobEvent={"type": "IMPRESSION", "jobs": [JOB] * 500})) == []
    too_many = event(jobEvent={"type": "IMPRESSION", "jobs": [JOB] * 501})
    assert found(too_many) == [("job_event.jobs", "TOO_MANY")]


@pytest.mark.parametrize(
    "job",
    ["j", "jobs/j", "projects/p/jobs/j", "projects/p/tenants/u/jobs/j", f"{TENANT}/jobs/", f"{JOB}/x", f"{JOB} ", ""],
)
def test_job_of_another_form_or_tenant_is_named(job):
    violations = client_event.check(event(jobEvent={"type": "IMPRESSION", "jobs": [JOB, job]}), TENANT)
    assert [(item.field, item.reason) for item in violations] == [("job_event.jobs[1]", "INVALID_RESOURCE_ID")]
    assert f"{TENANT}/jobs/*" in violations[0].description
    assert f'"{job}"' in violations[0].description


def test_event_notes_have_at_most_1000_characters():
    assert found(event(eventNotes="é" * 1_000)) == []
    assert found(event(eventNotes="é" * 1_001)) == [("event_notes", "TOO_LONG")]


def test_create_time_is_within_the_years_1_to_9999():
    message = event()
    message.create_time.seconds = 253_402_300_800
    assert found(message) == [("create_time", "INVALID_TIMESTAMP")]


def test_hostile_event_gets_no_more_than_a_hundred_violations():
    assert len(found(event(jobEvent={"type": "VIEW", "jobs": ["x"] * 10_000}))) == 100


@given(messages(ClientEvent), st.booleans())
def test_no_event_makes_check_raise(message, type_required):
    for violation in client_event.check(message, TENANT, type_required=type_required):
        assert violation.field
