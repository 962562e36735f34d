"""A drain begins at once, whatever the server waits for."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time

from generated.google.cloud.retail.v2.import_config_pb2 import ImportUserEventsRequest
from generated.google.cloud.retail.v2.user_event_service_pb2_grpc import UserEventServiceStub
from tests.support.server import Server

CATALOG = "projects/p/locations/global/catalogs/drained"
THREADS = min(32, (os.cpu_count() or 1) + 4)  # of an event loop's default executor
PATIENCE_S = 30.0  # half of what Google's client has for one request


def test_a_drain_does_not_wait_for_object_storage(tmp_path, door):
    request = ImportUserEventsRequest(parent=CATALOG)
    request.input_config.gcs_source.input_uris.append("gs://bucket/*")
    with contextlib.ExitStack() as held, socket.create_server(("127.0.0.1", 0), backlog=128) as storage:
        env = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{storage.getsockname()[1]}"}
        server = held.enter_context(Server(tmp_path, "--grace-seconds", "1", env=env, door=door))
        stub = UserEventServiceStub(held.enter_context(server.channel()))
        calls = [stub.ImportUserEvents.future(request, timeout=60) for _ in range(THREADS)]
        storage.settimeout(60)
        for _ in calls:
            held.enter_context(storage.accept()[0])  # and never answers
        began = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - began < PATIENCE_S


def test_an_interrupt_drains_what_a_shell_runs_in_the_background(tmp_path, door):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell has it there; children inherit it
    try:
        server = Server(tmp_path, door=door)
        server.start()
    finally:
        signal.signal(signal.SIGINT, before)
    os.kill(server.pid, signal.SIGINT)
    assert server.wait() == 0
    assert '"stopped"' in server.log.read_text()
