"""SIGKILL while a file of client events is imported: it ends as if undisturbed, ids that are taken included.

Keys of events are merged all the while, and killed half-way.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import apsw
import pytest
from google.longrunning import operations_proto_pb2

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1.event_log_service_pb2_grpc import EventLogServiceStub
from generated.google.cloud.retail.v2.import_config_pb2 import ImportMetadata
from tests.support.server import ROOT, Server

TENANT = "projects/p/tenants/default"
LINES = 1_200  # of some 300 bytes: a dozen steps
SMALL_RUNS = {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests/support/small_runs"), str(ROOT)])}
KILLS = [
    {},
    {"writer.after_commit": 6},
    {"writer.before_commit": 5},
    {"writer.before_commit": 7},
    {"operation.between_steps": 4},
    {"operation.errors_spooled": 3},
    {"operation.errors_published": 1},
]


def line(number: int) -> str:
    """Of ten lines one is no event, one repeats another, and one has the id of another."""
    kind = number % 10
    if kind == 3:
        return '{"eventId": "broken"}'
    event = {
        "eventId": f"e{number - 1 if kind in (5, 7) else number}",
        "eventType": "VIEW_DIRECT",
        "requestId": "other" if kind == 7 else "r",
        "relatedJobNames": ["jobs/j"],
        "eventTimestampMillis": str(1_600_000_000_000 + (number - 1 if kind in (5, 7) else number)),
        "details": {"pad": "p" * 150},
    }
    return json.dumps(event)


def begun(server: Server) -> str:
    """The name of the operation that imports the lines."""
    data = "\n".join(line(number) for number in range(1, LINES + 1)).encode()
    first = pb.UploadClientEventsRequest(
        parent=TENANT, data=data, data_schema="client_event_legacy", gcs_errors_prefix="gs://errors/x"
    )
    with server.channel() as channel:
        return EventLogServiceStub(channel).UploadClientEvents(iter([first]), timeout=60).name


def left(server: Server, operation: str) -> tuple[Any, ...]:
    """What the import comes to, and what it leaves behind."""
    with server.channel() as channel:
        wait = channel.unary_unary(
            "/google.longrunning.Operations/WaitOperation",
            request_serializer=operations_proto_pb2.WaitOperationRequest.SerializeToString,
            response_deserializer=operations_proto_pb2.Operation.FromString,
        )
        while not (found := wait(operations_proto_pb2.WaitOperationRequest(name=operation), timeout=120)).done:
            pass
        metadata, response = ImportMetadata(), pb.UploadClientEventsResponse()
        assert found.metadata.Unpack(metadata)
        assert found.response.Unpack(response), found.error
        log = EventLogServiceStub(channel)
        events = log.ListClientEvents(pb.ListClientEventsRequest(parent=TENANT, page_size=1_000))
        rejected = log.ListRejectedEvents(pb.ListRejectedEventsRequest(parent=TENANT, page_size=1_000))
    (file,) = (server.buckets / "errors/x").iterdir()
    return (
        (metadata.success_count, metadata.failure_count, response.stored_count, response.repeated_count),
        [(each.code, each.message) for each in response.error_samples],
        (events.total_size, [each.client_event.SerializeToString() for each in events.client_events]),
        [(each.line_number, each.status.message, each.raw) for each in rejected.rejected_events],
        file.read_bytes(),
    )


def assert_every_event_has_its_keys(database: Path) -> None:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    keys = "SELECT key, id FROM client_event_keys UNION SELECT key, id FROM client_event_key_runs"
    found = sorted((key >> 47, number) for key, number in connection.execute(keys))
    keyed = "SELECT id FROM client_events WHERE id < (SELECT keyed_until_id FROM client_event_merge) ORDER BY id"
    numbers = [number for (number,) in connection.execute(keyed)]
    merged = connection.execute("SELECT count(*) FROM client_event_keys").get
    runs = connection.execute("SELECT count(*) FROM client_event_runs").get
    connection.close()
    assert found == [(kind, number) for kind in (0, 1) for number in numbers]
    assert merged > len(numbers), "most of both kinds are merged"
    assert runs < 20, "and gone from where they were"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    with Server(tmp_path_factory.mktemp("undisturbed"), env=SMALL_RUNS) as server:
        (server.buckets / "errors").mkdir()
        found = left(server, begun(server))
    assert found[0] == (LINES * 8 // 10, LINES * 2 // 10, LINES * 7 // 10, LINES // 10)
    assert found[2][0] == LINES * 7 // 10
    assert len(found[3]) == LINES * 2 // 10
    return found


@pytest.mark.parametrize("places", KILLS, ids=lambda places: next(iter(places), "at once"))
def test_an_import_of_client_events_ends_as_if_undisturbed(tmp_path, undisturbed, places: dict[str, int]) -> None:
    server = Server(tmp_path, env=SMALL_RUNS)
    (server.buckets / "errors").mkdir()
    server.start()
    operation = begun(server)
    server.kill()
    for place, visit in places.items():
        server.start(FOOTFALL_FAILPOINTS=f"{place}@{visit}")
        server.wait()
    with server:
        assert left(server, operation) == undisturbed
    assert_every_event_has_its_keys(server.database)
