"""An object that is not the one any more that was accepted fails its import; nothing of the other one is stored."""

from __future__ import annotations

import os

import pytest
from google.rpc import code_pb2

from tests.faults.client import Client, error_info
from tests.faults.imports import BUCKET, GzipImport, ObjectImport, lines
from tests.faults.load import wait_for
from tests.support.server import Server

_CATALOG = "projects/p/locations/global/catalogs/changed"


def _overwrite(path):
    path.write_bytes(lines(99, prefix="other").data)


def _append(path):
    with path.open("ab") as file:
        file.write(lines(99, 10, prefix="other").data)


def _touch_same_size(path):
    path.write_bytes(path.read_bytes().swapcase())


def _remove(path):
    path.unlink()


def _interrupted(server, work):
    """Begins an import and kills the server between two of its steps; returns the operation's name."""
    server.start(FOOTFALL_FAILPOINTS="operation.between_steps@4")
    with Client(server.address) as client:
        operation = work.begin(client, _CATALOG)
        server.wait()
    return operation


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    yield server
    if server.running:
        server.kill()


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        (GzipImport, "packed.jsonl.gz", _overwrite),
        (GzipImport, "packed.jsonl.gz", _append),
        (GzipImport, "packed.jsonl.gz", _touch_same_size),
        (GzipImport, "packed.jsonl.gz", _remove),
        (ObjectImport, "plain-1.jsonl", _overwrite),  # it is at work on this one
        (ObjectImport, "plain-2.jsonl", _overwrite),  # this one comes later
    ],
)
def test_an_object_that_changed_fails_its_import(server, kind, name, change):
    work = kind(server.buckets, 11)
    operation = _interrupted(server, work)
    change(work.folder / name)
    with server, Client(server.address) as client:
        ended = client.wait(operation)
        assert ended.WhichOneof("result") == "error"
        assert ended.error.code == code_pb2.FAILED_PRECONDITION
        assert error_info(ended.error).reason == "OBJECT_CHANGED"
        assert f"gs://{BUCKET}/{name} changed while it was being imported" in ended.error.message
        stored = {event.user_event.visitor_id for event in client.user_events(_CATALOG)}
        progress = client.progress(ended)
        assert 0 < len(stored) <= progress.success_count
        assert stored <= work.visitors.keys(), "something of the other content was stored"
        assert len(client.rejected(_CATALOG)) == progress.failure_count
    assert not list((server.folder / "footfall.db.spool").iterdir())


@pytest.mark.parametrize("kind", [GzipImport, ObjectImport])
def test_an_object_that_stayed_goes_on(server, kind):
    work = kind(server.buckets, 12)
    operation = _interrupted(server, work)
    for path in work.folder.glob("*.*"):
        state = path.stat()
        os.utime(path, ns=(state.st_atime_ns + 10**9, state.st_mtime_ns))  # read meanwhile, not written
    with server, Client(server.address) as client:
        work.check(work.left(client, _CATALOG, operation))


def test_an_object_that_changes_under_the_running_import_fails_it(server):
    """The file is replaced while it is read: whatever the reader still sees, the import must not succeed."""
    work = GzipImport(server.buckets, 13)
    with server, Client(server.address) as client:
        operation = work.begin(client, _CATALOG)
        wait_for(lambda: client.progress(client.operation(operation)).success_count, "the import is at work")
        path = work.folder / "packed.jsonl.gz"
        replacement = path.with_suffix(".new")
        _overwrite(replacement)
        replacement.replace(path)
        ended = client.wait(operation)
        assert error_info(ended.error).reason == "OBJECT_CHANGED"
