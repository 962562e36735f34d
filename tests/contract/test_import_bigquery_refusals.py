"""What is wrong with an import from BigQuery is told at once, as an error of the call, and starts no operation."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import FailedPrecondition, InvalidArgument, NotFound, ServiceUnavailable
from google.rpc.error_details_pb2 import ResourceInfo

from tests.contract.clients import RETAIL_ENDS, EventLoop, Official, connected
from tests.contract.imports import Request, table
from tests.contract.refusals import Refusal, refused
from tests.sources.emulator import DATASET, PROJECT, Warehouse
from tests.support.server import Server

SOURCE = "input_config.big_query_source"
DAY = {"year": 2024, "month": 1, "day": 15}


@pytest.fixture(scope="module")
def server(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that reads from the emulator, and a table and a view in that."""
    warehouse.create("plain", {"n": "INT64"}, [{"n": 1}])
    warehouse.create_view("a_view", f"SELECT * FROM `{PROJECT}.{DATASET}.plain`")
    with Server(tmp_path_factory.mktemp("server"), env={"BIGQUERY_EMULATOR_HOST": warehouse.url}) as running:
        yield running


def refusal_of(kind: Any, retail: Official, request: Request) -> Refusal:
    """How the import is refused; no operation was started."""
    with refused(kind) as refusal:
        retail.client.import_user_events(request, retry=None)
    assert not retail.client.list_operations({"name": request["parent"]}).operations
    return refusal


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ({"table_id": "", "dataset_id": ""}, {"dataset_id": "MISSING_FIELD", "table_id": "MISSING_FIELD"}),
        ({"table_id": "events_*"}, {"table_id": "INVALID_VALUE"}),
        ({"table_id": "plain$20240115"}, {"table_id": "INVALID_VALUE"}),
        ({"table_id": "plain` WHERE true --"}, {"table_id": "INVALID_VALUE"}),
        ({"project_id": "p" * 129}, {"project_id": "TOO_LONG"}),
        ({"gcs_staging_dir": "g" * 2_001}, {"gcs_staging_dir": "TOO_LONG"}),
        ({"data_schema": "product"}, {"data_schema": "INVALID_VALUE"}),
        ({"partition_date": DAY | {"month": 13}}, {"partition_date": "INVALID_VALUE"}),
        ({"partition_date": DAY}, {"partition_date": "INVALID_VALUE"}),
        ({"table_id": "a_view", "partition_date": DAY}, {"partition_date": "INVALID_VALUE"}),
    ],
    ids=lambda value: " ".join(value) if "data_schema" not in value else None,
)
def test_a_source_that_is_wrong(retail: Official, catalog: str, source: Request, found: dict[str, str]) -> None:
    refusal = refusal_of(InvalidArgument, retail, table(catalog, **{"table_id": "plain", **source}))

    assert refusal.fields == {f"{SOURCE}.{field}": reason for field, reason in found.items()}


def test_a_partition_of_what_has_none_says_what_to_do(retail: Official, catalog: str) -> None:
    refusal = refusal_of(InvalidArgument, retail, table(catalog, "plain", partition_date=DAY))

    assert refusal.message == (
        f"bq://{PROJECT}.{DATASET}.plain$20240115 can't be read by partition_date: plain is not partitioned by time. "
        "Leave partition_date out; a table for each day, as Google Analytics exports them, is named in table_id."
    )


def test_a_parent_whose_project_can_be_none_of_bigquery(retail: Official, catalog: str) -> None:
    parent = catalog.replace("projects/p/", "projects/p`,x/")

    assert refusal_of(InvalidArgument, retail, table(parent, "plain", project_id="")).fields == {
        f"{SOURCE}.project_id": "INVALID_VALUE"
    }


@pytest.mark.parametrize("source", [{"table_id": "nowhere"}, {"dataset_id": "nowhere"}, {"project_id": "nowhere"}])
def test_what_is_not_there_is_not_found(retail: Official, catalog: str, source: Request) -> None:
    named = {"project_id": PROJECT, "dataset_id": DATASET, "table_id": "plain", **source}
    uri = f"bq://{'.'.join(named.values())}"

    refusal = refusal_of(NotFound, retail, table(catalog, **named))

    assert refusal.reason == "TABLE_NOT_FOUND"
    assert refusal.message.startswith(f"{uri} not found: ")
    resource = refusal.detail(ResourceInfo)
    assert (resource.resource_type, resource.resource_name) == ("bigquery.googleapis.com/Table", uri)


@pytest.mark.parametrize(("errors", "kind"), [("", InvalidArgument), ("gs://no-such-bucket/errors", NotFound)])
def test_a_bad_errors_prefix(retail: Official, catalog: str, errors: str, kind: Any) -> None:
    refusal_of(kind, retail, table(catalog, "plain", errors=errors))


# -- a BigQuery that can't be used


@contextmanager
def serving(folder: Path, loop: EventLoop, **env: str) -> Iterator[Official]:
    """An official client of a server with an environment of its own."""
    with (
        Server(folder / "server", env=env) as running,
        connected(RETAIL_ENDS[0].values[0], running, loop) as retail,
    ):
        yield retail


@contextmanager
def answering(code: int, reason: str, text: str) -> Iterator[str]:
    """What stands in for a BigQuery that refuses every call; its URL."""
    body = json.dumps({"error": {"code": code, "message": text, "errors": [{"reason": reason, "message": text}]}})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("accessDenied", ". The server's account needs the roles BigQuery Data Viewer and BigQuery Job User"),
        ("quotaExceeded", ""),
    ],
)
def test_a_table_that_may_not_be_read(
    tmp_path: Path, catalog: str, event_loop_thread: EventLoop, reason: str, remedy: str
) -> None:
    with (
        answering(403, reason, "not for you") as url,
        serving(tmp_path, event_loop_thread, BIGQUERY_EMULATOR_HOST=url) as retail,
    ):
        refusal = refusal_of(FailedPrecondition, retail, table(catalog, "t"))

    assert refusal.reason == "BIGQUERY_UNUSABLE"
    assert refusal.message == f"bq://{PROJECT}.{DATASET}.t can't be read: not for you{remedy}"


def test_a_bigquery_that_does_not_answer(tmp_path: Path, catalog: str, event_loop_thread: EventLoop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"127.0.0.1:{listener.getsockname()[1]}"  # once it is closed
    with serving(tmp_path, event_loop_thread, BIGQUERY_EMULATOR_HOST=nobody) as retail:
        refusal = refusal_of(ServiceUnavailable, retail, table(catalog, "t"))

    assert refusal.reason == "BIGQUERY_UNAVAILABLE"


def test_no_credentials(tmp_path: Path, catalog: str, event_loop_thread: EventLoop) -> None:
    nowhere = str(tmp_path / "missing.json")
    with serving(tmp_path, event_loop_thread, GOOGLE_APPLICATION_CREDENTIALS=nowhere) as retail:
        refusal = refusal_of(FailedPrecondition, retail, table(catalog, "t"))

    assert refusal.reason == "BIGQUERY_UNUSABLE"
    assert "BigQuery needs Google credentials" in refusal.message


def test_no_library(tmp_path: Path, catalog: str, event_loop_thread: EventLoop) -> None:
    """google-cloud-bigquery is an extra; here it can't be imported, as where it was not installed."""
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["google.cloud.bigquery"] = None\n')
    with serving(tmp_path, event_loop_thread, PYTHONPATH=str(tmp_path)) as retail:
        refusal = refusal_of(FailedPrecondition, retail, table(catalog, "t"))

    assert refusal.message == "BigQuery needs Google's library: pip install 'footfall[gcp]'"
