"""SIGTERM: a call that was accepted is answered, one that is not gets UNAVAILABLE, and nothing answered is lost."""

from __future__ import annotations

import queue
import signal
import threading
import time
from contextlib import ExitStack

import grpc
import pytest
from google.longrunning import operations_proto_pb2
from grpc_health.v1 import health_pb2

from generated.footfall.v1.event_log_service_pb2 import StreamUserEventsRequest
from tests.faults.client import Client, HeldUpload, refusal
from tests.faults.imports import GzipImport, lines
from tests.faults.load import Ledger, Writers, user_event, wait_for
from tests.support.server import Server

_CATALOG = "projects/p/locations/global/catalogs/drained"
_UPLOADED = "projects/p/locations/global/catalogs/uploaded"
_WRITES = 300
_GRACE_S = 20
_PROMPT_S = 8  # far below the grace: nothing waits for it without need
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class HealthWatch:
    """A Watch stream and what it has said."""

    def __init__(self, client):
        self.said = []
        self._call = client.health.Watch(health_pb2.HealthCheckRequest())
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()
        wait_for(lambda: self.said, "health says something")

    def _follow(self):
        try:
            self.said.extend(answer.status for answer in self._call)
        except grpc.RpcError:
            return  # the server is gone, or `end` was called

    def wait_for_not_serving(self):
        wait_for(lambda: self.said[-1] == _NOT_SERVING, "health says NOT_SERVING")

    def end(self):
        self._call.cancel()
        self._thread.join()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server", "--grace-seconds", str(_GRACE_S))
    yield server
    if server.running:
        server.kill()


def _spooled(server):
    return list((server.folder / "footfall.db.spool").iterdir())


def _held_upload(server, client, data):
    """An upload that the server has begun to take in."""
    upload = HeldUpload(client, _UPLOADED, data)
    wait_for(lambda: _spooled(server), "the upload is under way")
    return upload


def _check_refusals(ledger):
    assert {refused[:2] for refused in ledger.refused} <= {(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")}
    assert not [text for text in ledger.broken if not text.startswith("StatusCode.UNAVAILABLE")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_answers_all_and_loses_nothing(server, number):
    work = GzipImport(server.buckets, 5)
    uploaded = lines(6, prefix="upload")
    ledger, unwaited = (Ledger(_CATALOG, f"projects/p/tenants/{name}") for name in ("waited", "unwaited"))
    unwaited.catalog = "projects/p/locations/global/catalogs/unwaited"
    server.start()
    with ExitStack() as stack:
        client = stack.enter_context(Client(server.address))
        watch = HealthWatch(client)
        upload = _held_upload(server, client, uploaded.data)
        loads = [
            Writers(server.address, ledger, "w", threads=24, channels=4),
            Writers(server.address, unwaited, "a", threads=8, channels=2, write_async=True),
        ]
        for load in loads:
            stack.enter_context(load)
        wait_for(lambda: len(ledger.promised) >= _WRITES, "events are written")
        operation = work.begin(client, _CATALOG)
        waiting = client.operations.WaitOperation.future(operations_proto_pb2.WaitOperationRequest(name=operation))
        wait_for(lambda: client.progress(client.operation(operation)).success_count, "the import is at work")
        began = time.monotonic()
        server.process.send_signal(number)
        watch.wait_for_not_serving()
        assert server.running, "it does not wait for the upload"
        upload.release()
        code = server.wait()
        seconds = time.monotonic() - began
        upload_operation = upload.call.result().name
        assert not waiting.result().done, "the import had ended before the drain"
        watch.end()
    assert code == 0
    assert seconds < _PROMPT_S
    _check_refusals(ledger)
    _check_refusals(unwaited)
    assert len(unwaited.promised) > _WRITES / 4
    server.start()
    with Client(server.address) as client:
        work.check(work.left(client, _CATALOG, operation))
        ledger.check(client, imported=work.visitors, only_promised=True)
        unwaited.check(client, only_promised=True)
        progress = client.progress(client.wait(upload_operation))
        assert (progress.success_count, progress.failure_count) == (uploaded.good, len(uploaded.bad))


def test_calls_that_wait_at_the_door_are_refused_not_cancelled(server):
    """Nothing holds the drain up here, so it must see by itself that gRPC has more calls than it has handed over."""
    ledger = Ledger(_CATALOG, "projects/p/tenants/drained")
    server.start()
    with Writers(server.address, ledger, "w", threads=32, channels=4):
        wait_for(lambda: len(ledger.promised) >= _WRITES, "events are written")
        began = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - began < _PROMPT_S
    _check_refusals(ledger)
    server.start()
    with Client(server.address) as client:
        ledger.check(client, only_promised=True)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(server, second):
    server.start()
    with Client(server.address) as client:
        watch = HealthWatch(client)
        upload = _held_upload(server, client, lines(7).data)
        server.process.send_signal(signal.SIGTERM)
        watch.wait_for_not_serving()
        assert server.running
        began = time.monotonic()
        server.process.send_signal(second)
        assert server.wait() == 128 + second
        assert time.monotonic() - began < _PROMPT_S
        upload.release()
        assert upload.call.exception().code() is grpc.StatusCode.UNAVAILABLE
        watch.end()


def test_a_call_that_does_not_end_is_cut_off_after_the_grace(tmp_path):
    grace = 2.0
    with Server(tmp_path, "--grace-seconds", str(grace)) as server, Client(server.address) as client:
        upload = _held_upload(server, client, lines(7).data)
        began = time.monotonic()
        assert server.terminate() == 0
        assert grace / 2 <= time.monotonic() - began <= grace + _PROMPT_S / 2
        upload.release()
        assert upload.call.exception().code() is grpc.StatusCode.UNAVAILABLE
        assert not _spooled(server), "half an upload is kept"


def test_a_drain_acknowledges_what_a_stream_sent_and_ends_it_at_once(server):
    sent = _WRITES
    requests = queue.SimpleQueue()
    server.start()
    with Client(server.address) as client:
        watch = HealthWatch(client)
        responses = client.log.StreamUserEvents(iter(requests.get, None))
        requests.put(StreamUserEventsRequest(parent=_CATALOG, user_events=[user_event("first", 0)]))
        acknowledged = next(responses).stored_count
        for number in range(1, sent):
            requests.put(StreamUserEventsRequest(user_events=[user_event(f"v{number}", number)]))
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as refused:  # noqa: PT012  it is raised behind the last response
            for response in responses:
                acknowledged = response.stored_count
        assert refusal(refused.value)[:2] == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        assert server.wait() == 0
        assert time.monotonic() - began < _PROMPT_S
        requests.put(None)
        watch.end()
    server.start()
    with Client(server.address) as client:
        assert client.total_user_events(_CATALOG) == acknowledged
