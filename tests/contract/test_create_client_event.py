"""talent v4 CreateClientEvent through the official clients.

An event comes back as sent and is stored before the answer. Its event_id makes it one event: the same content again is
OK and stored once, another content is ALREADY_EXISTS. Broken rules arrive with field and reason, as for user events.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import AlreadyExists, InvalidArgument
from google.rpc.error_details_pb2 import ResourceInfo

from tests.contract.clients import Official, talent_over_grpc
from tests.contract.refusals import refused
from tests.contract.samples import TIME, client_event

TENANT = "projects/p/tenants/t"


def job_event(tenant: str, *jobs: str, event_type: int = 2) -> dict[str, Any]:
    return {"type_": event_type, "jobs": [f"{tenant}/jobs/{job}" for job in jobs]}


def create(talent: Official, parent: str, event: Any) -> Any:
    return talent.client.create_client_event({"parent": parent, "client_event": event})


def stored(talent: Official, reflected: Any, tenant: str) -> list[Any]:
    """What is stored, as messages of the official client."""
    events = reflected.client_events(tenant)
    return [talent.types.ClientEvent.deserialize(event.client_event.SerializeToString()) for event in events]


@pytest.mark.parametrize("event_type", range(1, 16))
def test_every_type_comes_back_as_sent_and_is_stored(talent: Official, reflected, tenant: str, event_type: int) -> None:
    event = client_event(tenant, event_type)

    echo = create(talent, tenant, event)

    assert echo == talent.types.ClientEvent(event)
    assert stored(talent, reflected, tenant) == [echo]
    assert reflected.client_events(tenant)[0].source == 1  # EVENT_SOURCE_WRITE


def test_flattened_arguments_work_as_on_googles_pages(talent: Official, tenant: str) -> None:
    event = talent.types.ClientEvent(client_event(tenant))

    assert talent.client.create_client_event(parent=tenant, client_event=event) == event


@pytest.mark.parametrize(
    "fields",
    [
        {"request_id": None, "event_notes": None},
        {"event_notes": "ü" * 1_000},
        {"job_event": job_event(TENANT, *(f"job-{number}" for number in range(500)), event_type=1)},
        {"create_time": {"seconds": -62_135_596_800}},
        {"create_time": {"seconds": 253_402_300_799, "nanos": 999_999_999}},
    ],
    ids=["nothing optional", "1,000 characters of notes", "500 jobs", "year 1", "year 9999"],
)
def test_a_value_at_its_limit_is_accepted(talent: Official, reflected, fields: dict[str, Any], tenant: str) -> None:
    event = client_event(TENANT, event_id=tenant, **fields)  # an id of its own, in a tenant that several tests share

    echo = create(talent, TENANT, event)

    assert echo == talent.types.ClientEvent(event)
    assert echo in stored(talent, reflected, TENANT)


def test_an_event_sent_again_is_stored_once(talent: Official, reflected, tenant: str) -> None:
    echoes = [create(talent, tenant, client_event(tenant)) for _ in range(3)]

    assert echoes[0] == echoes[1] == echoes[2]
    assert stored(talent, reflected, tenant) == echoes[:1]


@pytest.mark.parametrize(
    "changed",
    [
        {"event_notes": "other notes"},
        {"request_id": "other-request"},
        {"create_time": TIME.replace(microsecond=0)},
        {"event_type": 3},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_event_id_with_another_content_is_taken(
    talent: Official, reflected, tenant: str, changed: dict[str, Any]
) -> None:
    echo = create(talent, tenant, client_event(tenant))

    with refused(AlreadyExists) as refusal:
        create(talent, tenant, client_event(tenant, **changed))

    assert refusal.reason == "EVENT_ID_TAKEN"
    assert refusal.detail(ResourceInfo).resource_name == f"{tenant}/clientEvents/event-1"
    assert stored(talent, reflected, tenant) == [echo]


def test_an_event_id_is_free_again_in_another_tenant(talent: Official, reflected, tenant: str) -> None:
    other = f"{tenant}-other"
    create(talent, tenant, client_event(tenant))
    create(talent, other, client_event(other, event_notes="other notes"))

    assert len(stored(talent, reflected, tenant)) == len(stored(talent, reflected, other)) == 1


BROKEN: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "no event id": ({"event_id": None}, {"event_id": "MISSING_FIELD"}),
    "no create time": ({"create_time": None}, {"create_time": "MISSING_FIELD"}),
    "year 10000": ({"create_time": {"seconds": 253_402_300_800}}, {"create_time": "INVALID_TIMESTAMP"}),
    "no job event": ({"job_event": None}, {"job_event": "MISSING_FIELD"}),
    "no type": ({"job_event": job_event(TENANT, "j", event_type=0)}, {"job_event.type": "MISSING_FIELD"}),
    "type 16": ({"job_event": job_event(TENANT, "j", event_type=16)}, {"job_event.type": "INVALID_VALUE"}),
    "no jobs": ({"job_event": job_event(TENANT)}, {"job_event.jobs": "MISSING_FIELD"}),
    "501 jobs": ({"job_event": job_event(TENANT, *"j" * 501)}, {"job_event.jobs": "TOO_MANY"}),
    "a bare job id": (
        {"job_event": {"type_": 1, "jobs": [f"{TENANT}/jobs/1", "2"]}},
        {"job_event.jobs[1]": "INVALID_RESOURCE_ID"},
    ),
    "a job of another tenant": (
        {"job_event": job_event("projects/p/tenants/other", "j")},
        {"job_event.jobs[0]": "INVALID_RESOURCE_ID"},
    ),
    "a job of no tenant": ({"job_event": job_event("projects/p", "j")}, {"job_event.jobs[0]": "INVALID_RESOURCE_ID"}),
    "1,001 characters of notes": ({"event_notes": "ü" * 1_001}, {"event_notes": "TOO_LONG"}),
    "several": (
        {"event_id": None, "job_event": {"type_": 1, "jobs": ["1", "2"]}},
        {
            "event_id": "MISSING_FIELD",
            "job_event.jobs[0]": "INVALID_RESOURCE_ID",
            "job_event.jobs[1]": "INVALID_RESOURCE_ID",
        },
    ),
}


BEYOND_JSON = {"year 10000"}


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - BEYOND_JSON))
def test_a_broken_rule_is_refused_with_field_and_reason(talent: Official, reflected, name: str) -> None:
    check_refusal(talent, reflected, *BROKEN[name])


@talent_over_grpc
@pytest.mark.parametrize("name", sorted(BEYOND_JSON))
def test_what_json_has_no_form_for_is_refused_too(talent: Official, reflected, name: str) -> None:
    check_refusal(talent, reflected, *BROKEN[name])


def check_refusal(talent: Official, reflected, fields: dict[str, Any], expected: dict[str, str]) -> None:
    before = len(stored(talent, reflected, TENANT))

    with refused(InvalidArgument) as refusal:
        create(talent, TENANT, client_event(TENANT, **fields))

    assert refusal.fields == {f"client_event.{path}": reason for path, reason in expected.items()}
    assert refusal.reason == next(iter(expected.values()))
    more = f" (and {len(expected) - 1} more)" if len(expected) > 1 else ""
    assert refusal.message == refusal.violations[0].description + more
    assert len(stored(talent, reflected, TENANT)) == before


@pytest.mark.parametrize(("fields", "path"), [({"event_id": None}, "eventId"), ({"job_event": None}, "jobEvent")])
def test_a_missing_field_is_named_in_googles_words(talent: Official, fields: dict[str, Any], path: str) -> None:
    with refused(InvalidArgument) as refusal:
        create(talent, TENANT, client_event(TENANT, **fields))

    assert refusal.message == f'Field "{path}" is a required field, but no value is found.'


@talent_over_grpc
def test_a_missing_event_is_named_in_googles_words(talent: Official) -> None:
    with refused(InvalidArgument) as refusal:
        talent.client.create_client_event({"parent": TENANT})

    assert refusal.message == 'Field "clientEvent" is a required field, but no value is found.'


def test_thousands_of_wrong_jobs_fit_into_trailers(talent: Official) -> None:
    event = client_event(TENANT, job_event={"type_": 1, "jobs": ["\U0001f45f" * 200] * 20_000})

    with refused(InvalidArgument) as refusal:
        create(talent, TENANT, event)

    assert refusal.violations
