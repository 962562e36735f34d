"""grpc.health.v1 and server reflection: what load balancers and tools look at.

Health is SERVING for the server and each of its services, and NOT_SERVING from the moment it begins to drain; calls
that are in flight then still end well.
"""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tests.contract.refusals import refused
from tests.contract.samples import lines, text
from tests.contract.uploads import OpenUpload
from tests.support.reflected import EVENT_LOG, OPERATIONS, RETAIL, ReflectedClient
from tests.support.server import Server

RETAIL_SERVICES = [
    f"google.cloud.retail.{version}.{service}"
    for version in ("v2", "v2beta", "v2alpha")
    for service in ("ProductService", "UserEventService")
]
TALENT_SERVICES = [f"google.cloud.talent.{version}.EventService" for version in ("v3", "v3p1beta1", "v4", "v4beta1")]
OURS = [f"footfall.v1.{name}" for name in ("EventLogService", "InsightsService", "LegacyEventService", "SignalService")]
SERVICES = [*OURS, *RETAIL_SERVICES, *TALENT_SERVICES, OPERATIONS]
CATALOG = "projects/p/locations/global/catalogs/c"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
SERVICES += ["footfall.v1.InsightsService", "footfall.v1.SignalService"]


@pytest.fixture(scope="module")
def channel(server: Server) -> Iterator[grpc.Channel]:
    with server.channel() as channel:
        yield channel


def check(service: str = "") -> health_pb2.HealthCheckRequest:
    return health_pb2.HealthCheckRequest(service=service)


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_each_service_is_serving(channel: grpc.Channel, service: str) -> None:
    stub = health_pb2_grpc.HealthStub(channel)

    assert stub.Check(check(service)).status == SERVING
    with_updates = stub.Watch(check(service))
    assert next(with_updates).status == SERVING
    with_updates.cancel()


def test_an_unknown_service_is_not_found(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        health_pb2_grpc.HealthStub(channel).Check(check("no.such.Service"))

    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_every_service_is_listed_by_reflection(channel: grpc.Channel) -> None:
    listed = ProtoReflectionDescriptorDatabase(channel).get_services()

    assert set(listed) == {*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


@pytest.mark.parametrize(
    ("message", "field", "number"),
    [
        ("google.cloud.retail.v2.UserEvent", "visitor_id", 2),
        ("google.cloud.retail.v2.ProductDetail", "rating", 1001),
        ("google.cloud.talent.v4.JobEvent", "profile", 1001),
        ("footfall.v1.StoredUserEvent", "user_event", 2),
        ("google.longrunning.Operation", "done", 3),
    ],
)
def test_reflection_knows_our_fields(reflected: ReflectedClient, message: str, field: str, number: int) -> None:
    assert reflected.pool.FindMessageTypeByName(message).fields_by_name[field].number == number


def test_draining_says_so_and_finishes_what_is_in_flight(tmp_path) -> None:
    with Server(tmp_path / "server").start() as server, server.channel() as channel:
        reflected, health = ReflectedClient(channel), health_pb2_grpc.HealthStub(channel)
        upload = OpenUpload(channel, reflected, CATALOG)
        watches = [health.Watch(check(service)) for service in ("", RETAIL)]
        assert [next(watch).status for watch in watches] == [SERVING, SERVING]

        server.process.terminate()

        assert [next(watch).status for watch in watches] == [NOT_SERVING, NOT_SERVING]
        assert health.Check(check()).status == NOT_SERVING
        with refused(ServiceUnavailable) as refusal:
            while True:  # it says so first, then it does so
                reflected.call(EVENT_LOG, "ListUserEvents", parent=CATALOG)
        assert refusal.reason == "SHUTTING_DOWN"
        assert refusal.detail(RetryInfo)
        upload.send(text(lines(1, first=1)))
        operation = upload.end()
        assert server.wait() == 0

    # What was accepted while it drained is done by the next server.
    with server.start(), server.channel() as channel:
        reflected = ReflectedClient(channel)
        assert reflected.wait(operation.name).WhichOneof("result") == "response"
        assert len(reflected.user_events(CATALOG)) == 2


def test_an_open_watch_does_not_hold_the_end_up(tmp_path) -> None:
    with Server(tmp_path / "server", "--grace-seconds", "600").start() as server, server.channel() as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(check())
        assert next(watch).status == SERVING

        assert server.terminate() == 0  # gives up after a minute

        assert next(watch).status == NOT_SERVING
