"""An object that is overwritten or removed while it is imported fails the operation, and says so.

The server is stopped for good after the first step of the import (a failpoint), the object is changed, and the next
server takes the operation up. So the change falls between two steps in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.clients import RETAIL, EventLoop, Route, connected
from tests.contract.google_storage import fake_google_storage, storage_client
from tests.contract.imports import objects
from tests.contract.samples import lines, put, text
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

URI = "gs://test-bucket/events.jsonl"
CATALOG = "projects/p/locations/global/catalogs/c"
LINES = 10_000  # several steps


class Place(NamedTuple):
    """Where the object is: a server that finds it there, and what writes or removes (None) it."""

    server: Server
    put: Callable[[list[str] | None], None]


def _buckets_dir(folder: Path) -> Iterator[Place]:
    server = Server(folder)
    path = server.buckets / "test-bucket/events.jsonl"
    yield Place(server, lambda file_lines: path.unlink() if file_lines is None else put(path, file_lines))


def _google_storage(folder: Path) -> Iterator[Place]:
    with fake_google_storage() as url, storage_client(url) as client:
        blob = client.create_bucket("test-bucket").blob("events.jsonl")
        server = Server(folder, env={"STORAGE_EMULATOR_HOST": url})
        yield Place(
            server,
            lambda file_lines: blob.delete() if file_lines is None else blob.upload_from_string(text(file_lines)),
        )


@pytest.fixture(params=[_buckets_dir, _google_storage], ids=["buckets dir", "Google Cloud Storage"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from request.param(tmp_path / "server")


@pytest.mark.parametrize("route", RETAIL[:1])
@pytest.mark.parametrize(
    "change", [lines(LINES), lines(LINES + 1), None], ids=["overwritten with the same", "overwritten", "removed"]
)
def test_a_changed_object_fails_the_operation(
    route: Route, place: Place, change: list[str] | None, event_loop_thread: EventLoop
) -> None:
    server = place.server
    place.put(lines(LINES))
    server.start(FOOTFALL_FAILPOINTS="operation.between_steps@1")
    with connected(route, server, event_loop_thread) as retail:
        # The end of the process may overtake the answer; the operation is durable before either.
        with suppress(ServiceUnavailable):
            retail.client.import_user_events(objects(CATALOG, URI), retry=None)
        server.wait()
    place.put(change)

    with server.start(), server.channel() as channel, connected(route, server, event_loop_thread) as retail:
        reflected = ReflectedClient(channel)
        (operation,) = retail.client.list_operations({"name": CATALOG}).operations
        operation = reflected.wait(operation.name)

        assert operation.error.code == code_pb2.FAILED_PRECONDITION
        assert operation.error.message.startswith(f"{URI} changed while it was being imported")
        assert "Import it again" in operation.error.message
        info = ErrorInfo.FromString(operation.error.details[0].value)
        assert (info.reason, info.domain) == ("OBJECT_CHANGED", "footfall")
        metadata = retail.types.ImportMetadata.deserialize(operation.metadata.value)
        assert 0 < metadata.success_count < LINES
        assert len(reflected.user_events(CATALOG)) == metadata.success_count
