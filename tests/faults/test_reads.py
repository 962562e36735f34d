"""Reads of the database wait for nothing else, such as object storage that does not answer."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack, closing

from generated.google.cloud.retail.v2 import import_config_pb2
from tests.faults.client import CATALOG, Client
from tests.faults.load import user_event
from tests.support.server import Server

_CALLS = 40
_THREADS = min(32, (os.cpu_count() or 1) + 4)  # as many as asyncio has for what blocks
_WAIT_S = 60.0
_PROMPT_S = 10.0


def test_reads_go_on_while_object_storage_hangs(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0), backlog=2 * _CALLS)  # accepts, never answers
    with closing(silent), ExitStack() as asking:
        emulator = f"http://127.0.0.1:{silent.getsockname()[1]}"
        server = Server(tmp_path, env={"STORAGE_EMULATOR_HOST": emulator})
        with server, Client(server.address) as client:
            operation = client.wait(client.import_inline(CATALOG, [user_event("v", 1)]).name)
            with Client(server.address) as other:
                request = import_config_pb2.ImportUserEventsRequest(parent=CATALOG)
                request.input_config.gcs_source.input_uris.append("gs://b/object")
                hanging = [other.retail.ImportUserEvents.future(request) for _ in range(_CALLS)]
                silent.settimeout(_WAIT_S)
                for _ in range(_THREADS):  # every thread for what blocks is taken
                    asking.enter_context(closing(silent.accept()[0]))
                began = time.monotonic()
                assert client.operation(operation.name) == operation
                assert [event.user_event.visitor_id for event in client.user_events(CATALOG)] == ["v"]
                assert time.monotonic() - began < _PROMPT_S
                assert not any(call.done() for call in hanging)
                for call in hanging:
                    call.cancel()
            began = time.monotonic()
            assert server.terminate() == 0, "what hangs does not hold a drain"
            assert time.monotonic() - began < _PROMPT_S
