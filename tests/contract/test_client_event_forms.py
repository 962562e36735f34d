"""v4beta1 through its official clients, and one event through several versions: one normal form, stored once."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from google.api_core.exceptions import AlreadyExists, InvalidArgument, NotFound

from tests.contract.clients import TALENT, TALENT_BETA, Official, talent_over_grpc
from tests.contract.refusals import refused
from tests.contract.samples import client_event
from tests.contract.test_create_client_event import create
from tests.support.reflected import EVENT_LOG
from tests.support.server import Server

V3 = "google.cloud.talent.v3.EventService"

every_beta_route = pytest.mark.parametrize("talent", TALENT_BETA, indirect=True)
# Google's JSON has no names for fields that its schema lacks: they come over gRPC.
stable_over_grpc = pytest.mark.parametrize("talent", [TALENT[0], TALENT[2]], indirect=True)


@pytest.fixture
def project(tenant: str) -> str:
    """A project of the test's own."""
    return f"projects/project-{tenant.rpartition('-')[2]}"


def v3_event(**fields: Any) -> dict[str, Any]:
    """As the reference of v3 prints it."""
    event = {
        "requestId": "r",
        "eventId": "e",
        "createTime": "2019-01-01T00:00:00Z",
        "jobEvent": {"type": "VIEW", "jobs": ["jobs/j"]},
        "extraInfo": {"k": "v"},
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def post_v3(server: Server, project: str, event: Any, version: str = "v3") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{server.http}/{version}/{project}/clientEvents", json={"clientEvent": event}, timeout=60)


def beta_event(job: str = "jobs/j", **fields: Any) -> dict[str, Any]:
    """The same event as v4beta1 says it."""
    return {
        "request_id": "r",
        "event_id": "e",
        "create_time": {"seconds": 1_546_300_800},
        "job_event": {"type_": 2, "jobs": [job]},
        **fields,
    }


@every_beta_route
def test_a_profile_is_kept_under_another_number(talent: Official, reflected, tenant: str) -> None:
    profile = f"{tenant}/profiles/x"
    event = client_event(tenant, job_event={"type_": 13, "jobs": [f"{tenant}/jobs/j"], "profile": profile})

    assert create(talent, tenant, event) == talent.types.ClientEvent(event)

    (stored,) = reflected.client_events(tenant)
    assert stored.client_event.job_event.profile == profile
    assert (stored.form, stored.source) == (1, 1)  # V4, WRITE


@stable_over_grpc
def test_a_profile_that_v4s_clients_do_not_know_is_kept(talent: Official, reflected, tenant: str) -> None:
    event = talent.types.ClientEvent(client_event(tenant))
    official = type(event).pb(event)
    official.job_event.MergeFromString(b"\xca\x3e\x01x")  # field 1001

    talent.client.create_client_event({"parent": tenant, "client_event": event})

    assert reflected.client_events(tenant)[0].client_event.job_event.profile == "x"


@every_beta_route
@pytest.mark.parametrize("job", ["j", "jobs/j", "{project}/jobs/j", "{project}/tenants/default/jobs/j"])
def test_a_project_stands_for_its_default_tenant(talent: Official, reflected, project: str, job: str) -> None:
    event = beta_event(job.format(project=project))

    assert create(talent, project, event) == talent.types.ClientEvent(event)

    (stored,) = reflected.client_events(f"{project}/tenants/default")
    assert list(stored.client_event.job_event.jobs) == [f"{project}/tenants/default/jobs/j"]


@every_beta_route
@pytest.mark.parametrize("job", ["j", "jobs/j", "{project}/jobs/j"])
def test_under_a_tenant_only_full_names_count(talent: Official, project: str, job: str) -> None:
    with refused(InvalidArgument) as refusal:
        create(talent, f"{project}/tenants/default", beta_event(job.format(project=project)))

    assert refusal.fields == {"client_event.job_event.jobs[0]": "INVALID_RESOURCE_ID"}


@talent_over_grpc
def test_only_v4beta1_takes_a_project(talent: Official, project: str) -> None:
    if talent.types.__name__.endswith("v4beta1"):
        create(talent, project, beta_event())
        return
    with refused(InvalidArgument) as refusal:
        create(talent, project, beta_event(f"{project}/tenants/default/jobs/j"))
    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}


@every_beta_route
@pytest.mark.parametrize("version", ["v3", "v3p1beta1"])
def test_the_same_event_by_v3_and_v4beta1_is_one(
    talent: Official, server: Server, reflected, project: str, version: str
) -> None:
    assert post_v3(server, project, v3_event(), version).json() == v3_event()
    assert create(talent, project, beta_event()) == talent.types.ClientEvent(beta_event())
    assert post_v3(server, project, v3_event()).status_code == 200

    (stored,) = reflected.client_events(f"{project}/tenants/default")
    assert stored.form == 2  # V3
    assert dict(stored.extra_info) == {"k": "v"}

    with refused(AlreadyExists) as refusal:
        create(talent, project, beta_event(request_id="other"))
    assert refusal.reason == "EVENT_ID_TAKEN"
    for changed in ({"requestId": "other"}, {"extraInfo": None}, {"extraInfo": {"k": "w"}}, {"parentEventId": "e0"}):
        assert post_v3(server, project, v3_event(**changed), version).status_code == 409
    assert len(reflected.client_events(f"{project}/tenants/default")) == 1


@every_beta_route
def test_what_v3_adds_to_a_stored_event_is_another_content(talent: Official, server: Server, project: str) -> None:
    create(talent, project, beta_event(event_notes="v3 can't say this"))

    assert post_v3(server, project, v3_event(extraInfo=None)).status_code == 200
    assert post_v3(server, project, v3_event()).status_code == 409


def test_v3_is_reflected_too(reflected, project: str) -> None:
    event = {"request_id": "r", "event_id": "e", "parent_event_id": "e0", "create_time": {"seconds": 1}}
    event["job_event"] = {"type": 16, "jobs": ["j"]}

    echo = reflected.call(V3, "CreateClientEvent", parent=project, client_event=event)

    assert echo == reflected.message("google.cloud.talent.v3.ClientEvent", **event)
    wanted = {"parent": f"{project}/tenants/default", "filter": "eventType = JOB_EVENT_TYPE_UNSPECIFIED"}
    (stored,) = reflected.call(EVENT_LOG, "ListClientEvents", **wanted).client_events
    assert (stored.original_type, stored.parent_event_id) == ("NOT_INTERESTED", "e0")
    assert stored.client_event.job_event.type == 0


@pytest.mark.parametrize("server", [pytest.param(["--tenants", "projects/p/tenants/t"], id="declared")], indirect=True)
@every_beta_route
def test_an_undeclared_default_tenant_is_not_served(talent: Official, server: Server, project: str) -> None:
    with refused(NotFound) as refusal:
        create(talent, project, beta_event())
    assert refusal.reason == "TENANT_NOT_FOUND"
    assert post_v3(server, project, v3_event()).status_code == 404
