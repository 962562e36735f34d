"""footfall.v1.EventLogService.WatchEvents: what arrives, in that order, from now on or from a token."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import InvalidArgument, ServiceUnavailable
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.contract.imports import objects
from tests.contract.own_events import own
from tests.contract.refusals import refused
from tests.contract.samples import TIME, client_event, lines, put, user_event
from tests.contract.watching import Watch
from tests.support.reflected import EVENT_LOG, RETAIL, TALENT, ReflectedClient
from tests.support.server import Server


def write(reflected: ReflectedClient, catalog: str, visitor: str, **fields: Any) -> None:
    event = user_event(visitor_id=visitor, **fields)
    reflected.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)


def create(reflected: ReflectedClient, tenant: str, event_id: str, **fields: Any) -> None:
    event = client_event(tenant, event_id=event_id, **fields)
    reflected.call(TALENT, "CreateClientEvent", parent=tenant, client_event=own(event))


def visitors(events: list[Any]) -> list[str]:
    return [event.user_event.visitor_id for event in events]


def test_from_now_on_in_order_of_arrival(reflected: ReflectedClient, catalog: str) -> None:
    write(reflected, catalog, "before")
    with Watch(reflected, catalog) as watch:
        for number in range(20):  # the later it comes, the older it is
            write(reflected, catalog, f"v{number}", event_time=TIME - timedelta(days=number))
            write(reflected, catalog, f"v{number}", event_time=TIME - timedelta(days=number))  # a repeat is none
            write(reflected, f"{catalog}-2", "elsewhere")
        seen = watch.take(20)

    assert visitors(seen) == [f"v{number}" for number in range(20)]
    assert seen[0] == reflected.call(EVENT_LOG, "GetUserEvent", name=seen[0].name)


def test_from_a_token(reflected: ReflectedClient, catalog: str) -> None:
    with Watch(reflected, catalog) as watch:
        first = watch.token
        write(reflected, catalog, "v0")
        write(reflected, catalog, "v1")
        assert visitors(watch.take(1)) == ["v0"]
        second = watch.token
    reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=[
        user_event(visitor_id=f"v{number}") for number in range(2, 700)
    ])  # fmt: skip

    with Watch(reflected, catalog, token=first) as again:
        assert visitors(again.take(700)) == [f"v{number}" for number in range(700)]
        last = again.token
    with Watch(reflected, catalog, token=second) as again:
        assert visitors(again.take(699)) == [f"v{number}" for number in range(1, 700)]
    with Watch(reflected, catalog, token=last) as again:
        write(reflected, catalog, "last")
        assert visitors(again.take(1)) == ["last"]


def test_a_filter(reflected: ReflectedClient, catalog: str) -> None:
    with Watch(reflected, catalog, wanted="eventType=search joined=true visitorId=v") as watch:
        for event_type in ("login", "search", "login", "search", "signup"):
            write(reflected, catalog, "v", event_type=event_type, search_query="shoes")
        write(reflected, catalog, "v", event_type="search", search_query="shoes", event_time=TIME + timedelta(days=1))
        write(reflected, catalog, "other", event_type="search", search_query="shoes")
        seen = watch.take(2)

    assert [event.user_event.event_type for event in seen] == ["search", "search"]
    assert {event.user_event.visitor_id for event in seen} == {"v"}


def test_client_events(reflected: ReflectedClient, tenant: str) -> None:
    with Watch(reflected, tenant) as everything, Watch(reflected, tenant, wanted="requestId=r1") as one:
        for number in range(10):
            create(reflected, tenant, f"e{number}", request_id=f"r{number % 2}")
        seen = everything.take(10)
        chosen = one.take(5)

    assert [event.client_event.event_id for event in seen] == [f"e{number}" for number in range(10)]
    assert chosen == seen[1::2]


def test_several_watchers_see_the_same(reflected: ReflectedClient, catalog: str) -> None:
    with Watch(reflected, catalog) as one, Watch(reflected, catalog) as other:
        for number in range(50):
            write(reflected, catalog, f"v{number}")
        assert one.take(50) == other.take(50)
        assert one.token == other.token


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"filter": "colour=red"}, "filter"),
        ({"resume_token": "x"}, "resume_token"),
        ({"parent": "projects/p"}, "parent"),
    ],
)
def test_a_wrong_request(reflected: ReflectedClient, catalog: str, fields: dict[str, str], path: str) -> None:
    wanted = {"parent": catalog, "resume_token": "", "filter": "", **fields}

    with refused(InvalidArgument) as refusal:
        Watch(reflected, wanted["parent"], token=wanted["resume_token"], wanted=wanted["filter"]).take(1)

    assert list(refusal.fields) == [path]


def test_a_token_of_another_parent(reflected: ReflectedClient, catalog: str, tenant: str) -> None:
    with Watch(reflected, catalog) as watch:
        token = watch.token

    for other in (f"{catalog}-2", tenant):
        with refused(InvalidArgument) as refusal:
            Watch(reflected, other, token=token).take(1)
        assert set(refusal.fields.values()) == {"INVALID_PAGE_TOKEN"}


def test_a_drain_ends_the_stream(tmp_path: Path, catalog: str) -> None:
    with Server(tmp_path) as server:
        with server.channel() as channel:
            reflected = ReflectedClient(channel)
            with Watch(reflected, catalog) as watch:
                write(reflected, catalog, "v0")
                watch.take(1)
                assert server.terminate() == 0
                with refused(ServiceUnavailable) as refusal:
                    watch.take(1)
                assert refusal.reason == "SHUTTING_DOWN"
                token = watch.token
        server.start()
        with server.channel() as channel:
            reflected = ReflectedClient(channel)
            with Watch(reflected, catalog, token=token) as watch:
                write(reflected, catalog, "v1")
                assert visitors(watch.take(1)) == ["v1"]


def test_a_drain_does_not_wait_for_who_is_far_behind(tmp_path: Path, catalog: str) -> None:
    count = 30_000
    with Server(tmp_path) as server:
        with server.channel() as channel:
            reflected = ReflectedClient(channel)
            with Watch(reflected, catalog) as watch:
                start = watch.token
            put(server.buckets / "b/events.jsonl", lines(count))
            reflected.wait(reflected.call(RETAIL, "ImportUserEvents", **objects(catalog, "gs://b/events.jsonl")).name)
            health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            assert next(health).status == health_pb2.HealthCheckResponse.SERVING
            seen: list[Any] = []
            with Watch(reflected, catalog, token=start) as watch:
                seen += watch.take(1)
                server.process.terminate()
                assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING
                with refused(ServiceUnavailable):
                    while True:
                        seen += watch.take(1)
                token = watch.token
        assert server.wait() == 0
        assert len(seen) < count
        server.start()
        with server.channel() as channel, Watch(ReflectedClient(channel), catalog, token=token) as watch:
            seen += watch.take(count - len(seen))
    assert len({each.name for each in seen}) == count


def test_a_watcher_that_leaves_frees_its_place(tmp_path: Path, catalog: str) -> None:
    with Server(tmp_path, "--max-concurrent-calls", "2") as server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        for _ in range(3):
            with Watch(reflected, catalog), Watch(reflected, catalog):
                with refused(ServiceUnavailable) as refusal:
                    write(reflected, catalog, "v")
                assert refusal.reason == "TOO_MANY_CALLS"
            until = time.monotonic() + 30
            while not is_written(reflected, catalog):  # the server hears of it a little later
                assert time.monotonic() < until


def is_written(reflected: ReflectedClient, catalog: str) -> bool:
    """Whether there was room for a call."""
    try:
        write(reflected, catalog, "v")
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True
