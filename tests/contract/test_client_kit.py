"""The client kit beside Google's packages, at the end of a program, and before a server that asks for patience."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import retail_v2, talent_v4
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

import footfall_client
from footfall_client import AsyncEventBatcher
from footfall_client.contract import message_type
from tests.contract.samples import client_event, user_event
from tests.support.reflected import ReflectedClient
from tests.support.server import ROOT, Server

CATALOG = "projects/p/locations/global/catalogs/c"
PROGRAMS = Path(__file__).with_name("kit")


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(PROGRAMS / program), *words]
    return subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("order", ["kit-first", "google-first"])
def test_events_are_exchanged_in_one_process(tmp_path: Path, order: str) -> None:
    with Server(tmp_path) as server, server.channel() as channel:
        done = run("exchange.py", server.address, order)

        assert done.returncode == 0, done.stderr
        assert not done.stderr
        reflected = ReflectedClient(channel)
        assert sorted(each.user_event.visitor_id for each in reflected.user_events(CATALOG)) == ["other", "v"]
        assert len(reflected.client_events("projects/p/tenants/t")) == 1


def test_the_kit_needs_nothing_but_grpcio_and_protobuf() -> None:
    code = "import sys, footfall_client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert {"footfall_client", "grpc", "google"} <= loaded
    installed = loaded - set(sys.stdlib_module_names)
    assert not installed & {"service", "generated", "proto", "grpc_status", "pydantic", "apsw"}


@pytest.mark.parametrize(
    ("ending", "code"),
    [("return", 0), ("sys.exit", 3), ("error", 1), ("asyncio", 0), ("loop-closed", 0), ("forked", 0)],
)
def test_the_end_of_a_program_loses_nothing(server: Server, reflected: ReflectedClient, ending: str, code: int) -> None:
    done = run("ending.py", server.address, ending)

    assert done.returncode == code, done.stderr
    stored = {each.user_event.visitor_id for each in reflected.user_events(CATALOG)}
    assert stored >= ({"forked", "child"} if ending == "forked" else {ending}), done.stderr
    assert "the program fails" in done.stderr if ending == "error" else not done.stderr


class ClosedMeanwhile(asyncio.SelectorEventLoop):
    """A loop that is closed between a thread's look at it and its call."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.gone = threading.Event(), threading.Event()

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> Any:
        self.called.set()
        assert self.gone.wait(60)
        return super().call_soon_threadsafe(*args, **kwargs)

    def close(self) -> None:
        super().close()
        self.gone.set()


@pytest.mark.parametrize("on_verdict", [None, print])
def test_a_loop_that_closes_stops_nothing(
    server: Server, reflected: ReflectedClient, catalog: str, on_verdict: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def added() -> AsyncEventBatcher:
        batcher = AsyncEventBatcher(catalog, server.address, on_verdict=on_verdict, batch_size=1)
        for visitor_id in ("first", "second"):
            await batcher.add_event({"eventType": "login", "visitorId": visitor_id})
        return batcher

    loop = ClosedMeanwhile()
    batcher = loop.run_until_complete(added())
    assert loop.called.wait(60)
    loop.close()

    assert asyncio.run(batcher.close(60)).stored_count == 2
    assert [each.user_event.visitor_id for each in reflected.user_events(catalog)] == ["first", "second"]
    assert not caplog.records


@pytest.mark.parametrize("version", ["v2", "v2beta", "v2alpha"])
def test_googles_retail_clients(server: Server, catalog: str, version: str) -> None:
    request = {"parent": catalog, "user_event": user_event(visitor_id=version)}
    with footfall_client.retail_client(server.address, version=version) as client:
        assert client.write_user_event(request).visitor_id == version
    with footfall_client.retail_client(server.address, version=version, service="ProductService") as client:
        product = client.create_product(
            parent=f"{catalog}/branches/0", product={"title": "t", "categories": ["c"]}, product_id=version
        )
    assert product.id == version


@pytest.mark.parametrize("version", ["v4"])
def test_googles_talent_client(server: Server, tenant: str, version: str) -> None:
    with footfall_client.talent_client(server.address, version=version) as client:
        created = client.create_client_event(parent=tenant, client_event=client_event(tenant))
    assert created == talent_v4.ClientEvent(client_event(tenant))


def test_googles_clients_for_asyncio(server: Server, catalog: str, tenant: str) -> None:
    async def calls() -> None:
        retail = footfall_client.retail_async_client(server.address)
        talent = footfall_client.talent_async_client(server.address)
        written = await retail.write_user_event({"parent": catalog, "user_event": user_event()})
        assert written == retail_v2.UserEvent(user_event())
        created = await talent.create_client_event(parent=tenant, client_event=client_event(tenant))
        assert created.event_id == "event-1"
        for client in (retail, talent):
            await client.transport.close()

    asyncio.run(calls())


def test_the_address_comes_from_the_environment(server: Server, catalog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_SERVER", server.address)
    with footfall_client.EventBatcher(catalog) as batcher:
        batcher.add_event(retail_v2.UserEvent(user_event()))
        assert batcher.flush(60).stored_count == 1


class Moody:
    """A server of another make that answers batches as it is told to, and notes when they came."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = answers
        self.came: list[float] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        handler = grpc.unary_unary_rpc_method_handler(
            self._answer,
            request_deserializer=message_type("BatchWriteUserEventsRequest").FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("footfall.v1.EventLogService", {"BatchWriteUserEvents": handler}),)
        )
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def _answer(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.came.append(time.monotonic())
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, "as it was told to")
        if answer is not None:
            context.abort_with_status(rpc_status.to_status(answer))
        response = message_type("BatchWriteUserEventsResponse")(stored_count=len(request.user_events))
        for _ in request.user_events:
            response.results.add(outcome=1)
        return response

    def stop(self) -> None:
        self._server.stop(None).wait()


def quota(seconds: float) -> status_pb2.Status:
    """RESOURCE_EXHAUSTED that asks for so many seconds."""
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(int(seconds * 1_000))
    detail = any_pb2.Any()
    detail.Pack(retry)
    return status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="quota", details=[detail])


@pytest.fixture
def moody() -> Iterator[Any]:
    made = []

    def make(*answers: Any) -> Moody:
        made.append(Moody(list(answers)))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_a_server_that_asks_for_time_gets_it(moody: Any) -> None:
    server = moody(quota(1.2), quota(0.7))
    with footfall_client.EventBatcher(CATALOG, server.address) as batcher:
        batcher.add_event({"eventType": "login", "visitorId": "v"})
        assert batcher.flush(60).stored_count == 1

    first, second, third = server.came
    assert second - first >= 1.2
    assert third - second >= 0.7


def test_attempts_grow_apart(moody: Any) -> None:
    server = moody(*[grpc.StatusCode.UNAVAILABLE] * 4)
    with footfall_client.EventBatcher(CATALOG, server.address) as batcher:
        batcher.add_event({"eventType": "login", "visitorId": "v"})
        assert batcher.flush(60).stored_count == 1

    gaps = [after - before for before, after in zip(server.came, server.came[1:], strict=False)]
    assert all(gap >= 0.1 * 2**number for number, gap in enumerate(gaps))


def test_a_fault_of_the_server_is_not_tried_for_ever(moody: Any) -> None:
    server = moody(*[grpc.StatusCode.INTERNAL] * 5)
    with footfall_client.EventBatcher(CATALOG, server.address, batch_size=1) as batcher:
        for visitor in ("unlucky", "lucky"):
            batcher.add_event({"eventType": "login", "visitorId": visitor})
        report = batcher.flush(60)

    assert (report.stored_count, report.failed_count) == (1, 1)
    assert report.not_stored[0].event["visitorId"] == "unlucky"
    assert report.not_stored[0].code is grpc.StatusCode.INTERNAL
