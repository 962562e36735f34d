"""What becomes of a client event of each form: v4's form, what is kept beside it, and the rules in the form's names."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from generated.footfall.v1.event_log_pb2 import ClientEventForm, StoredClientEvent
from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from generated.google.cloud.talent.v3 import event_pb2 as v3
from generated.google.cloud.talent.v3p1beta1 import event_pb2 as v3p1beta1
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from generated.google.cloud.talent.v4beta1 import event_pb2 as v4beta1
from service.events import names
from service.events.client_event_forms import NormalForm, normal_form
from service.events.record import client_event_record, other_fingerprints
from tests.unit.strategies import messages

DEFAULT = "projects/p/tenants/default"
TENANT = "projects/p/tenants/t"
TIME = "2019-01-01T00:00:00.123Z"
COMMON = {"requestId": "r", "eventId": "e", "createTime": TIME}
FORMS: dict[str, type[Message]] = {
    "v3": v3.ClientEvent,
    "v3p1beta1": v3p1beta1.ClientEvent,
    "v4": ClientEvent,
    "v4beta1": v4beta1.ClientEvent,
    "legacy": LegacyClientEvent,
}


def event(form: str, jobs: list[str] | None = None, job_event: dict[str, Any] | None = None, **fields: Any) -> Message:
    """An event of a form, with `fields` on top; None takes one away."""
    jobs = [f"{DEFAULT}/jobs/j"] if jobs is None else jobs
    if form == "legacy":
        content = {
            "requestId": "r",
            "eventId": "e",
            "eventType": "VIEW",
            "eventTimestampMillis": "1546300800123",
            "relatedJobNames": jobs,
        }
    else:
        content = {**COMMON, "jobEvent": {"type": "VIEW", "jobs": jobs, **(job_event or {})}}
    content |= fields
    given = {name: value for name, value in content.items() if value is not None}
    return json_format.ParseDict(given, FORMS[form]())


def normal(sent: Message, tenant: str = DEFAULT, *, tenantless: bool = False) -> NormalForm:
    before = sent.SerializeToString()
    found = normal_form(sent, tenant, tenantless=tenantless)
    assert sent.SerializeToString() == before
    return found


def said(found: NormalForm) -> dict[str, Any]:
    return json_format.MessageToDict(found.event)


def beside(found: NormalForm) -> dict[str, Any]:
    return json_format.MessageToDict(found.beside or StoredClientEvent(form=ClientEventForm.CLIENT_EVENT_FORM_V4))


def violations(found: NormalForm) -> list[tuple[str, str]]:
    return [(item.field, item.reason) for item in found.violations]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_event_has_one_normal_form(form):
    found = normal(event(form), tenantless=True)
    assert violations(found) == []
    assert said(found) == said(normal(event("v4")))


@pytest.mark.parametrize("job", ["projects/p/jobs/j", "jobs/j", "j", f"{DEFAULT}/jobs/j"])
@pytest.mark.parametrize("form", ["v3", "v3p1beta1", "v4beta1", "legacy"])
def test_jobs_of_the_default_tenant_go_by_short_names(form, job):
    found = normal(event(form, [job]), tenantless=True)
    assert violations(found) == []
    assert list(found.event.job_event.jobs) == [f"{DEFAULT}/jobs/j"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "job", ["projects/q/jobs/j", f"{TENANT}/jobs/j", "projects/p/tenants/default/jobs/", "a/b", ""]
)
def test_other_jobs_are_refused_in_the_names_of_the_form(form, job):
    field = "related_job_names[0]" if form == "legacy" else "job_event.jobs[0]"
    assert violations(normal(event(form, [job]), tenantless=True)) == [(field, "INVALID_RESOURCE_ID")]


@pytest.mark.parametrize(("form", "tenant"), [("v4", DEFAULT), ("v4beta1", DEFAULT), ("legacy", TENANT)])
@pytest.mark.parametrize("job", ["projects/p/jobs/j", "jobs/j", "j"])
def test_under_a_tenant_only_full_names_count(form, tenant, job):
    assert [reason for _, reason in violations(normal(event(form, [job]), tenant))] == ["INVALID_RESOURCE_ID"]


def test_v4beta1_has_the_profile_under_another_number():
    profile = f"{DEFAULT}/profiles/x"
    found = normal(event("v4beta1", job_event={"profile": profile}, eventNotes="n"))
    assert said(found) == {
        **COMMON,
        "jobEvent": {"type": "VIEW", "jobs": [f"{DEFAULT}/jobs/j"], "profile": profile},
        "eventNotes": "n",
    }
    assert found.event.FindInitializationErrors() == []
    assert (
        found.event.SerializeToString()
        == normal(event("v4", job_event={"profile": profile}, eventNotes="n")).event.SerializeToString()
    )


@given(messages(v4beta1.ClientEvent))
def test_v4beta1_says_what_v4_says(sent):
    assert str(normal(sent).event) == str(sent)


@pytest.mark.parametrize("form", ["v3", "v3p1beta1"])
def test_what_only_v3_can_say_is_kept_beside(form):
    found = normal(event(form, parentEventId="e0", extraInfo={"k": "v"}, job_event={"type": "NOT_INTERESTED"}))
    assert violations(found) == []
    assert found.event.job_event.type == JobEvent.JOB_EVENT_TYPE_UNSPECIFIED
    assert beside(found) == {
        "form": "CLIENT_EVENT_FORM_V3",
        "originalType": "NOT_INTERESTED",
        "parentEventId": "e0",
        "extraInfo": {"k": "v"},
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"extraInfo": {str(number): "" for number in range(20)}}, []),
        ({"extraInfo": {str(number): "" for number in range(21)}}, [("extra_info", "TOO_MANY")]),
        ({"extraInfo": {"k": "v" * 2_047}}, []),
        ({"extraInfo": {"k": "v" * 2_048}}, [("extra_info", "TOO_LONG")]),
        ({"extraInfo": {"kk": "ü" * 1_023}}, []),
        ({"extraInfo": {"kkk": "ü" * 1_023}}, [("extra_info", "TOO_LONG")]),
        ({"parentEventId": "e" * (2**20 + 1)}, [("parent_event_id", "TOO_LONG")]),
        ({"requestId": None}, [("request_id", "MISSING_FIELD")]),
        ({"eventId": None}, [("event_id", "MISSING_FIELD")]),
        ({"createTime": None}, [("create_time", "MISSING_FIELD")]),
        ({"jobEvent": None}, [("job_event", "MISSING_FIELD")]),
        ({"jobEvent": {"jobs": ["j"]}}, [("job_event.type", "MISSING_FIELD")]),
        ({"jobEvent": {"jobs": ["j"], "type": 17}}, [("job_event.type", "INVALID_VALUE")]),
    ],
)
def test_rules_of_v3(fields, expected):
    assert violations(normal(event("v3", **fields))) == expected


LEGACY_TYPES = {name: name for name in LegacyClientEvent.EventType.keys()[1:]} | {
    "APPLICATION_START_FROM_START": "APPLICATION_START_FROM_SEARCH",
    "APPLICATION_REDIRECT_FROM_START": "APPLICATION_REDIRECT_FROM_SEARCH",
    "VIEW_DIRECT": "VIEW_REDIRECT",
}


def test_the_legacy_form_has_sixteen_types_and_three_by_v4s_names():
    assert len(LegacyClientEvent.EventType.keys()) == 16 + 3
    assert set(LEGACY_TYPES.values()) == set(JobEvent.JobEventType.keys()[1:])


@pytest.mark.parametrize(("name", "of_v4"), LEGACY_TYPES.items())
def test_each_legacy_type_is_one_of_v4s(name, of_v4):
    found = normal(event("legacy", eventType=name, details={"source": "mail"}))
    assert violations(found) == []
    assert JobEvent.JobEventType.Name(found.event.job_event.type) == of_v4
    assert beside(found) == {
        "form": "CLIENT_EVENT_FORM_LEGACY",
        "details": {"source": "mail"},
        **({} if name == of_v4 else {"originalType": name}),
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"eventType": "EVENT_TYPE_UNSPECIFIED"}, [("event_type", "MISSING_FIELD")]),
        ({"eventType": 19}, [("event_type", "INVALID_VALUE")]),
        ({"eventId": None}, [("event_id", "MISSING_FIELD")]),
        ({"requestId": None}, [("request_id", "MISSING_FIELD")]),
        ({"relatedJobNames": None}, [("related_job_names", "MISSING_FIELD")]),
        ({"relatedJobNames": ["j"] * 500}, []),
        ({"relatedJobNames": ["j"] * 501}, [("related_job_names", "TOO_MANY")]),
        ({"eventTimestampMillis": None}, [("event_timestamp_millis", "MISSING_FIELD")]),
        ({"eventTimestampMillis": "0"}, []),
        ({"eventTimestampMillis": "-62135596800000"}, []),
        ({"eventTimestampMillis": "-62135596800001"}, [("event_timestamp_millis", "INVALID_TIMESTAMP")]),
        ({"eventTimestampMillis": "253402300799999"}, []),
        ({"eventTimestampMillis": "253402300800000"}, [("event_timestamp_millis", "INVALID_TIMESTAMP")]),
        ({"eventTimestampMillis": str(2**63 - 1)}, [("event_timestamp_millis", "INVALID_TIMESTAMP")]),
        ({"details": {"k": "v" * 2**20}}, [("", "TOO_LONG")]),
        (
            dict.fromkeys(("eventId", "eventType", "requestId", "relatedJobNames", "eventTimestampMillis")),
            [
                (name, "MISSING_FIELD")
                for name in ("event_id", "event_type", "request_id", "related_job_names", "event_timestamp_millis")
            ],
        ),
    ],
)
def test_rules_of_the_legacy_form(fields, expected):
    assert violations(normal(event("legacy", **fields))) == expected


@given(st.integers(-62135596800000, 253402300799999))
def test_legacy_times_are_exact(millis):
    found = normal(event("legacy", eventTimestampMillis=str(millis)))
    assert violations(found) == []
    assert found.event.create_time.ToMilliseconds() == millis


@given(messages(v3.ClientEvent))
def test_any_v3_event_has_a_normal_form_and_loses_nothing(sent):
    found = normal(sent)
    assert found.beside is not None
    assert found.beside.parent_event_id == sent.parent_event_id
    assert dict(found.beside.extra_info) == dict(sent.extra_info)
    assert (found.event.request_id, found.event.event_id) == (sent.request_id, sent.event_id)
    assert found.event.HasField("job_event") == sent.HasField("job_event")


@given(messages(LegacyClientEvent))
def test_any_legacy_event_has_a_normal_form_and_loses_nothing(sent):
    found = normal(sent)
    assert found.beside is not None
    assert dict(found.beside.details) == dict(sent.details)
    expected = [names.complete_job(job, DEFAULT) for job in sent.related_job_names]
    assert list(found.event.job_event.jobs) == expected


def test_another_message_is_no_client_event():
    with pytest.raises(TypeError):
        normal_form(JobEvent(), TENANT)


# Identity: what a form can say of an event.


def record(form: str, **fields: Any) -> Any:
    found = normal(event(form, **fields), tenantless=True)
    assert violations(found) == []
    return client_event_record(found.event, 0, found.beside)


def prints(form: str, **fields: Any) -> tuple[bytes, bytes, bytes]:
    """The fingerprints of what v4, v3 and the legacy form can say."""
    found = record(form, **fields)
    others = found.other_fingerprints or (found.beside is None and other_fingerprints(found.payload, found.fingerprint))
    others = others or found.fingerprint * 2
    return found.fingerprint, others[:16], others[16:]


def test_an_event_that_all_forms_can_say_has_one_fingerprint():
    found = {prints(form) for form in FORMS}
    assert len(found) == 1
    assert len(set(found.pop())) == 1
    assert {record(form).other_fingerprints for form in FORMS} == {None}


@pytest.mark.parametrize(
    ("form", "fields", "differs_in"),
    [
        ("v4", {"eventNotes": "n"}, {0}),
        ("v4beta1", {"job_event": {"profile": "x"}}, {0}),
        ("v3", {"extraInfo": {"k": "v"}}, {1}),
        ("v3", {"parentEventId": "e0"}, {1}),
        ("legacy", {"details": {"k": "v"}}, {2}),
        ("v4", {"requestId": "other"}, {0, 1, 2}),
        ("v3", {"job_event": {"type": "NOT_INTERESTED"}}, {0, 1, 2}),
        ("legacy", {"eventType": "HIRED"}, {0, 1, 2}),
    ],
)
def test_what_a_form_cannot_say_is_no_part_of_its_fingerprint(form, fields, differs_in):
    plain, changed = prints("v4"), prints(form, **fields)
    assert {place for place in range(3) if plain[place] != changed[place]} == differs_in


@pytest.mark.parametrize("form", ["v3", "v4", "v4beta1"])
@pytest.mark.parametrize(
    "time", ["2019-01-01T00:00:00.123456789Z", "1969-12-31T23:59:59.9999Z", "1970-01-01T00:00:00.0004Z"]
)
def test_the_legacy_form_says_milliseconds(form, time):
    finer = prints(form, createTime=time)
    millis = event(form, createTime=time).create_time.ToMilliseconds()
    legacy = prints("legacy", eventTimestampMillis=str(millis))
    assert finer[0] == finer[1] != legacy[0]
    assert finer[2] == legacy[2]


def test_the_spelling_of_a_legacy_type_is_no_part_of_it():
    assert prints("legacy", eventType="VIEW_DIRECT") == prints("legacy", eventType="VIEW_REDIRECT")


def test_only_what_was_said_is_kept_beside():
    assert record("v4", eventNotes="n").beside is None
    assert record("v3").beside is None
    kept = StoredClientEvent.FromString(record("v3", parentEventId="e0").beside)
    assert kept == StoredClientEvent(parent_event_id="e0")
