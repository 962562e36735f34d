"""--record-rejected-calls: refused direct calls are kept among the rejected events, and without it they are not."""

from __future__ import annotations

import json

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.clients import Official
from tests.contract.own_events import own
from tests.contract.refusals import refused
from tests.contract.samples import client_event, user_event
from tests.support.reflected import EVENT_LOG, ReflectedClient

BATCH = 6  # EVENT_SOURCE_BATCH
RAW_LIMIT = 16 * 1024
recording = pytest.mark.parametrize(
    "server", [pytest.param(["--record-rejected-calls"], id="recording")], indirect=True
)


@recording
def test_a_refused_user_event_is_kept(retail: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.write_user_event({"parent": catalog, "user_event": user_event(visitor_id=None, uri="ü")})

    (rejected,) = reflected.rejected(catalog)
    assert rejected.name.startswith(f"{catalog}/rejectedEvents/")
    assert rejected.source == 1  # EVENT_SOURCE_WRITE
    assert (rejected.operation, rejected.uri, rejected.line_number) == ("", "", 0)
    assert (rejected.status.code, rejected.status.message) == (3, refusal.message)
    assert json.loads(rejected.raw) == {
        "eventType": "home-page-view",
        "eventTime": "2024-03-13T10:21:14.123456Z",
        "uri": "ü",
    }
    assert not rejected.raw_truncated


@recording
def test_a_refused_client_event_is_kept(talent: Official, reflected, tenant: str) -> None:
    with refused(InvalidArgument):
        talent.client.create_client_event({"parent": tenant, "client_event": client_event(tenant, event_id=None)})

    (rejected,) = reflected.rejected(tenant)
    assert rejected.name.startswith(f"{tenant}/rejectedEvents/")
    assert json.loads(rejected.raw)["jobEvent"] == {"type": "VIEW", "jobs": [f"{tenant}/jobs/job-1"]}


@recording
def test_refused_items_of_batches_are_kept(reflected: ReflectedClient, catalog: str, tenant: str) -> None:
    events = own([user_event(), user_event(visitor_id=None), user_event("No Type")])
    client_events = own([client_event(tenant, event_id=None)])  # nothing else to store

    answers = [
        reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=events),
        reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=tenant, client_events=client_events),
    ]

    kept = reflected.rejected(catalog)[::-1] + reflected.rejected(tenant)
    assert {each.source for each in kept} == {BATCH}
    statuses = [result.status for answer in answers for result in answer.results]
    assert [each.status for each in kept] == [status for status in statuses if status.code]
    assert [json.loads(each.raw).get("eventType") for each in kept] == ["home-page-view", "No Type", None]
    assert len(reflected.user_events(catalog)) == 1


@recording
@pytest.mark.parametrize("filler", ["x", "ü", "\U0001f45f", "\N{REPLACEMENT CHARACTER}"])
def test_a_large_one_is_cut(retail: Official, reflected, catalog: str, filler: str) -> None:
    with refused(InvalidArgument):
        retail.client.write_user_event({"parent": catalog, "user_event": user_event(uri=filler * 50_000)})

    (rejected,) = reflected.rejected(catalog)
    assert rejected.raw_truncated
    assert RAW_LIMIT - 4 < len(rejected.raw.encode()) <= RAW_LIMIT


@recording
def test_an_accepted_event_is_no_rejection(retail: Official, reflected, catalog: str) -> None:
    retail.client.write_user_event({"parent": catalog, "user_event": user_event()})

    assert not reflected.rejected(catalog)


def test_by_default_nothing_is_kept(retail: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument):
        retail.client.write_user_event({"parent": catalog, "user_event": user_event(visitor_id=None)})

    assert not reflected.rejected(catalog)
