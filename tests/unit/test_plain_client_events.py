"""Client events that are plainly accepted: their record and their JSON are what all rules together make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events import client_event, names
from service.events import json as codec
from service.events.plain_client_events import read
from service.events.record import client_event_record
from tests.unit.strategies import messages, put_somewhere
from tests.unit.test_plain_json import ANYTHING, TEXTS

NAME = ClientEvent.DESCRIPTOR.full_name
TENANT = "projects/p/tenants/t"
JOB = f"{TENANT}/jobs/j"


def event(**fields: Any) -> dict[str, Any]:
    content = {"eventId": "e", "createTime": "2024-01-31T13:00:00Z", "jobEvent": {"type": "VIEW", "jobs": [JOB]}}
    return {name: value for name, value in {**content, **fields}.items() if value is not ...}


def is_plain(text: bytes) -> bool:
    """Whether the text is plain; its record and JSON must then be those of the way of all events."""
    found = read(text, TENANT)
    if found is None:
        return False
    message = ClientEvent.FromString(codec.decode(NAME, text))
    assert not client_event.check(message, TENANT)
    assert found.record == client_event_record(message, 0)
    assert found.json == codec.encode(NAME, found.record.payload).encode()
    return True


FRACTIONS = st.sampled_from(["", ".", ".1", ".25", ".250", ".000", ".120000", ".000001", ".000000001", ".123456789"])
TIMES = st.builds(
    lambda time, fraction, end: time.isoformat(timespec="seconds") + fraction + end,
    st.datetimes(),
    st.one_of(FRACTIONS, st.text("0123456789", min_size=1, max_size=10).map(lambda digits: f".{digits}")),
    st.sampled_from(["Z", "Z", "Z", "+00:00", "z", ""]),
)
TEXT = st.one_of(st.text(max_size=9), st.sampled_from(["a" * size for size in (127, 128, 129)]), st.just("é" * 64))
JOBS = st.one_of(st.text(max_size=3).map(lambda job: f"{TENANT}/jobs/{job}"), st.just(JOB), TEXT)
USUAL = st.fixed_dictionaries(
    {
        "eventId": TEXT,
        "createTime": TIMES,
        "jobEvent": st.fixed_dictionaries(
            {
                "type": st.one_of(st.sampled_from(JobEvent.JobEventType.keys()), st.integers(0, 17)),
                "jobs": st.lists(JOBS, max_size=4),
            },
            optional={"profile": TEXT},
        ),
    },
    optional={"requestId": st.one_of(TEXT, st.none()), "eventNotes": TEXT},
)


@settings(max_examples=3_000)
@given(USUAL)
def test_usual_events_are_as_all_are_or_left_alone(value):
    is_plain(json.dumps(value).encode())


@settings(max_examples=500)
@given(messages(ClientEvent, printable=True), st.booleans())
def test_any_event_is_as_all_are_or_left_alone(message, proto_names):
    text = json_format.MessageToJson(message, preserving_proto_field_name=proto_names, ensure_ascii=proto_names)
    is_plain(text.encode(errors="surrogatepass"))


@settings(max_examples=2_000)
@given(USUAL, ANYTHING, st.data())
def test_what_is_put_into_it_is_as_all_are_or_left_alone(value, anything, data):
    put_somewhere(value, anything, data)
    is_plain(json.dumps(value).encode())


@settings(max_examples=500)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.booleans())
def test_texts_are_answered_as_all_are(text, ascii_only):
    assert is_plain(json.dumps(event(eventId=text, requestId=text), ensure_ascii=ascii_only).encode())


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_peculiar_is_as_all_are_or_left_alone(text):
    is_plain(text.encode(errors="surrogatepass"))
    if text.startswith("{") and text != "{} {}":
        is_plain(json.dumps(event()).encode()[:-1] + b"," + text[1:].encode(errors="surrogatepass"))


@pytest.mark.parametrize(
    "value",
    [
        event(),
        event(requestId="r"),
        event(requestId=""),
        event(createTime="2024-01-31T13:00:00.250Z"),
        event(createTime="2024-01-31T13:00:00.000001Z"),
        event(createTime="2024-01-31T13:00:00.123456789Z"),
        event(createTime="2024-01-31T13:00:00.123000001Z"),
        event(jobEvent={"jobs": [JOB] * 500, "type": "INTERVIEW_GRANTED"}),
        event(jobEvent={"type": "VIEW", "jobs": [f"{TENANT}/jobs/{'j' * 128}"]}),
        event(eventId="e" * 200_000),
    ],
)
def test_usual_events_are_plain(value):
    assert is_plain(json.dumps(value).encode())


@pytest.mark.parametrize(
    "value",
    [
        event(eventId=...),
        event(eventId=""),
        event(createTime=...),
        event(createTime="1969-12-31T23:59:59Z"),
        event(createTime="2024-01-31T13:00:00.2\u06650Z"),
        event(createTime="2024-01-31T13:00:60Z"),
        event(jobEvent=...),
        event(jobEvent=None),
        event(jobEvent={"type": "VIEW", "jobs": []}),
        event(jobEvent={"type": "VIEW", "jobs": [JOB] * 501}),
        event(jobEvent={"type": "JOB_EVENT_TYPE_UNSPECIFIED", "jobs": [JOB]}),
        event(jobEvent={"type": "VIEW", "jobs": ["projects/p/tenants/other/jobs/j"]}),
        event(jobEvent={"type": "VIEW", "jobs": [f"{TENANT}/jobs/{'j' * 129}"]}),
        event(jobEvent={"type": "VIEW", "jobs": [JOB], "profile": "p"}),
        event(eventNotes="n"),
        event(eventId="e" * 2**20),
    ],
)
def test_what_is_not_plain_or_wrong_is_left_alone(value):
    assert not is_plain(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(JOB, True), (f"{JOB}/x", False), (f"{TENANT}/jobs/", False), (f"{TENANT}/jobs/{'é' * 128}", True), ("", False)],
)
def test_jobs_of_a_tenant(name, is_one):
    assert names.is_job_of(name, TENANT) is is_one
    assert names.is_job_of(name, TENANT) is is_one
    assert not names.is_job_of(name, "projects/p/tenants/u")
