"""An import from BigQuery that is killed, or loses BigQuery for a while, goes on with the same rows: exact counts.

The server dies at a failpoint between two steps; what happens to the table meanwhile happens there in every run.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.imports import table
from tests.sources.emulator import DATASET, PROJECT, Warehouse, path
from tests.support.reflected import OPERATIONS, RETAIL, ReflectedClient
from tests.support.server import Server

CATALOG = "projects/p/locations/global/catalogs/c"
ROWS = 1_800  # of some 1 KiB: nine steps
BAD = list(range(40, ROWS + 1, 40))
SELECTED = f"""
    SELECT 'page-view' AS eventType, CONCAT('v', CAST(n AS STRING)) AS visitorId, REPEAT('x', 1000) AS uri,
        IF(MOD(n, 40) = 0, 'yesterday', '2024-01-15T00:00:00Z') AS eventTime
    FROM UNNEST(GENERATE_ARRAY(1, {ROWS})) AS n ORDER BY n
"""

_numbers = itertools.count(1)


@pytest.fixture
def name(warehouse: Warehouse) -> str:
    """A table of the test's own with all rows."""
    name = f"interrupted_{next(_numbers)}"
    warehouse.run(f"CREATE TABLE {path(name)} AS {SELECTED}")
    return name


@pytest.fixture
def server(warehouse: Warehouse, tmp_path: Path) -> Iterator[Server]:
    """A server that was not started yet."""
    server = Server(tmp_path / "server", env={"BIGQUERY_EMULATOR_HOST": warehouse.url})
    yield server
    if server.running:
        server.kill()


def begin_and_die(server: Server, name: str, failpoint: str) -> None:
    """Begins an import and waits until the server has killed itself."""
    server.start(FOOTFALL_FAILPOINTS=failpoint)
    with server.channel() as channel:
        request = table(CATALOG, name, errors="gs://bucket/errors")
        with suppress(grpc.RpcError):  # it may die before it has answered; the operation is durable before either
            ReflectedClient(channel).call(RETAIL, "ImportUserEvents", **request)
        server.wait()


def ended(reflected: ReflectedClient) -> tuple[Any, Any]:
    """The only operation after its end, and its metadata."""
    (operation,) = reflected.call(OPERATIONS, "ListOperations", name=CATALOG).operations
    operation = reflected.wait(operation.name)
    metadata = reflected.message("google.cloud.retail.v2.ImportMetadata")
    assert operation.metadata.Unpack(metadata)
    return operation, metadata


def check_whole(server: Server, name: str) -> None:
    """That every row was imported, each once."""
    with server.channel() as channel:
        reflected = ReflectedClient(channel)
        operation, metadata = ended(reflected)
        assert operation.WhichOneof("result") == "response", operation.error
        assert (metadata.success_count, metadata.failure_count) == (ROWS - len(BAD), len(BAD))
        visitors = sorted(event.user_event.visitor_id for event in reflected.user_events(CATALOG))
        assert visitors == sorted(f"v{number}" for number in range(1, ROWS + 1) if number not in BAD)
        assert [each.line_number for each in reflected.rejected(CATALOG)] == BAD[::-1]
        (file,) = (server.buckets / "bucket/errors").iterdir()
        places = [json.loads(line)["details"][0]["value"] for line in file.read_text().splitlines()]
        uri = f"bq://{PROJECT}.{DATASET}.{name}"
        assert places == [{"line_number": number, "file": uri} for number in BAD]
    assert not list((server.folder / "footfall.db.spool").iterdir())


@pytest.fixture(autouse=True)
def _bucket(server: Server) -> None:
    (server.buckets / "bucket").mkdir()


@pytest.mark.parametrize(
    "failpoint",
    ["operation.between_steps@1", "operation.between_steps@5", "operation.errors_spooled@3"],
)
def test_a_kill_changes_no_count(server: Server, name: str, failpoint: str) -> None:
    begin_and_die(server, name, failpoint)

    with server:
        check_whole(server, name)


def test_the_rows_of_a_view_are_those_of_its_first_query(server: Server, warehouse: Warehouse, name: str) -> None:
    view = f"{name}_view"
    warehouse.create_view(view, f"SELECT * FROM {path(name)}")
    begin_and_die(server, view, "operation.between_steps@5")
    warehouse.run(f"INSERT INTO {path(name)} SELECT 'page-view', 'late', '', '2024-01-15T00:00:00Z'")

    with server:
        check_whole(server, view)


@pytest.mark.parametrize("change", ["INSERT INTO {} {}", "DROP TABLE {}"])
def test_a_table_that_changed_in_between_fails_the_operation(
    server: Server, warehouse: Warehouse, name: str, change: str
) -> None:
    begin_and_die(server, name, "operation.between_steps@5")
    warehouse.run(change.format(path(name), "SELECT 'page-view', 'late', '', '2024-01-15T00:00:00Z'"))

    with server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        operation, metadata = ended(reflected)

        assert operation.error.code == code_pb2.FAILED_PRECONDITION
        start = f"bq://{PROJECT}.{DATASET}.{name} changed while it was being imported: "
        assert operation.error.message.startswith(start)
        assert "Import it again" in operation.error.message
        assert ErrorInfo.FromString(operation.error.details[0].value).reason == "OBJECT_CHANGED"
        assert 0 < metadata.success_count < ROWS
        assert len(reflected.user_events(CATALOG)) == metadata.success_count
        assert len(reflected.rejected(CATALOG)) == metadata.failure_count


class _Gate:
    """Stands between the server and the emulator, and answers for that while it is closed.

    Args:
        url: Of the emulator, to which calls are led on.
    """

    def __init__(self, url: str) -> None:
        self.refusals = 0
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if gate.refusals:
                    gate.refusals -= 1
                    body = json.dumps({"error": {"code": 504, "message": "later", "errors": [{"reason": "timeout"}]}})
                    self.send_response(504)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(body.encode())
                else:
                    self.send_response(307)
                    self.send_header("Location", f"{url}{self.path}")
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @contextmanager
    def open(self) -> Iterator[str]:
        """Its own URL."""
        thread = threading.Thread(target=self.server.serve_forever)
        with self.server:
            thread.start()
            yield f"http://127.0.0.1:{self.server.server_port}"
            self.server.shutdown()
            thread.join()


def test_a_bigquery_that_is_away_is_waited_for(warehouse: Warehouse, server: Server, name: str) -> None:
    gate = _Gate(warehouse.url)
    with gate.open() as url:
        server.env["BIGQUERY_EMULATOR_HOST"] = url
        begin_and_die(server, name, "operation.between_steps@5")
        gate.refusals = 2

        with server:
            check_whole(server, name)

    assert not gate.refusals
