"""A caller who hangs up leaves nothing half done: no operation that nobody runs, no upload that nobody wants."""

from __future__ import annotations

import random
import threading
import time

import grpc
import pytest
from google.longrunning import operations_proto_pb2

from generated.google.cloud.retail.v2 import import_config_pb2
from tests.faults.client import Client, HeldUpload
from tests.faults.imports import lines
from tests.faults.load import Ledger, Writers, user_event, wait_for
from tests.support.server import Server

_CATALOG = "projects/p/locations/global/catalogs/left"
_FIRST_CALLS = 20  # that wait for their answers, to see how long one takes
_CALLS = 280
_EVENTS = 5
_LONGEST_S = 0.02


@pytest.fixture
def running(tmp_path):
    with Server(tmp_path / "server") as server, Client(server.address) as client:
        yield server, client


def _operations(client):
    request = operations_proto_pb2.ListOperationsRequest(name=_CATALOG, page_size=1_000)
    return client.operations.ListOperations(request).operations


def _import(client, number, timeout=None):
    request = import_config_pb2.ImportUserEventsRequest(parent=_CATALOG)
    for event in range(_EVENTS):
        request.input_config.user_event_inline_source.user_events.append(user_event(f"{number}-{event}", event))
    return client.retail.ImportUserEvents(request, timeout=timeout).name


def _all_were_run(client, answered):
    """Whether every operation has ended, and what is stored is theirs; calls in flight may still begin some."""
    existing = _operations(client)
    assert answered <= {operation.name for operation in existing}
    return (
        all(operation.done for operation in existing)
        and client.total_user_events(_CATALOG) == len(existing) * _EVENTS
        and len(_operations(client)) == len(existing)
    )


def test_every_operation_that_exists_is_run_whether_its_caller_waited_or_not(running):
    server, client = running
    draw = random.Random(1)
    answered, left = set(), []
    ledger = Ledger(f"{_CATALOG}-beside", "projects/p/tenants/left")
    with Writers(server.address, ledger, "w"):
        began = time.monotonic()
        answered.update(_import(client, f"first{number}") for number in range(_FIRST_CALLS))
        usual_s = (time.monotonic() - began) / _FIRST_CALLS
        for number in range(_CALLS):
            try:
                answered.add(_import(client, number, draw.uniform(0, usual_s)))
            except grpc.RpcError as error:
                left.append(error.code())
    assert len(answered) > _FIRST_CALLS
    assert set(left) == {grpc.StatusCode.DEADLINE_EXCEEDED}
    wait_for(lambda: _all_were_run(client, answered), "every operation ends, and stores its events")
    print(f"  {len(answered)} answered, {len(left)} left, {len(_operations(client))} exist")


def test_an_upload_that_breaks_off_leaves_no_file(running):
    server, client = running
    spool = server.folder / "footfall.db.spool"
    for _ in range(5):
        upload = HeldUpload(client, _CATALOG, lines(1).data)
        wait_for(lambda: list(spool.iterdir()), "the upload is under way")
        upload.call.cancel()
        upload.release()
        wait_for(lambda: not list(spool.iterdir()), "the file is gone")
    assert not _operations(client)


def test_many_uploads_that_break_off_anywhere_leave_no_file_without_an_operation(running):
    server, client = running
    draw = random.Random(2)
    data = lines(1, 200).data
    for _ in range(60):
        upload = HeldUpload(client, _CATALOG, data)
        timer = threading.Timer(draw.uniform(0, _LONGEST_S), upload.call.cancel)
        timer.start()
        upload.release()
        timer.join()
    wait_for(lambda: all(operation.done for operation in _operations(client)), "every operation ends")
    assert all(operation.WhichOneof("result") == "response" for operation in _operations(client))
    wait_for(lambda: not list((server.folder / "footfall.db.spool").iterdir()), "no file is left")
