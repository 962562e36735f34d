"""A full disk: writes are refused and say so, what was acknowledged stays, and with space all goes on by itself.

Everything that the service writes is on one disk of 20 MB: database, spool, buckets and, in one of the tests, its log.
"""

from __future__ import annotations

import os
import subprocess

import grpc
import pytest
from grpc_health.v1 import health_pb2

from tests.faults.client import Client, refusal
from tests.faults.imports import CleanImport, ObjectImport, UploadImport, lines
from tests.faults.load import Ledger, Writers, user_event, wait_for
from tests.support.server import Server

_DISK_BYTES = 20 * 2**20
_FREE_BYTES = 3 * 2**20  # when the imports begin, which need more
_LINES = 1_800  # of each import: not too many for the disk once it is free again
_WRITES = 100
_WAITS = 4  # each import waits a second, and then another
_CATALOG = "projects/p/locations/global/catalogs/full"
_STORAGE_FULL = (grpc.StatusCode.UNAVAILABLE, "STORAGE_FULL")


@pytest.fixture
def small_disk():
    """Mounts small disks on folders."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    mounted = []

    def mount(folder, size):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
        mounted.append(folder)
        return folder

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(small_disk, tmp_path):
    return small_disk(tmp_path / "disk", _DISK_BYTES)


@pytest.fixture(params=["log-elsewhere", "log-on-it"])
def server(request, disk, tmp_path):
    """A server on the small disk."""
    server = Server(disk / "server")
    if request.param == "log-elsewhere":
        server.log = tmp_path / "server.log"
    yield server
    if server.running:
        server.kill()


def _fill(path, leave):
    """Fills the disk until `leave` bytes are free."""
    with path.open("wb", buffering=0) as file:
        while (free := _free(path)) > leave:
            file.write(b"\0" * min(free - leave, 2**16))


def _free(path):
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def _spooled(server):
    return list((server.folder / "footfall.db.spool").iterdir())


def _both_wait(server):
    """Whether the full disk stopped both imports: each at the database, or at its spool."""
    waits = [line for line in server.log.read_text().splitlines() if "operation_waits" in line]
    return sum("StorageFullError" in line or "No space left on device" in line for line in waits) >= _WAITS


def _lines_done(client, operation):
    return client.progress(client.operation(operation)).success_count


def _refused(call):
    """How the service refuses a call."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value)


@pytest.mark.timeout(180)
def test_a_full_disk_loses_nothing_and_frees_itself(server, disk):
    works = [kind(server.buckets, 3, _LINES) for kind in (ObjectImport, CleanImport)]
    catalogs = [_CATALOG, f"{_CATALOG}-clean"]
    upload = UploadImport(server.buckets, 4)
    ledger = Ledger(_CATALOG, "projects/p/tenants/full")
    ballast = disk / "ballast"
    server.start()
    with Client(server.address) as client:
        with Writers(server.address, ledger, "before", pad=4_000):
            wait_for(lambda: len(ledger.promised) >= _WRITES, "events are written")
        _fill(ballast, _FREE_BYTES)  # while nothing is written: the imports must still be noted
        operations = [work.begin(client, catalog) for work, catalog in zip(works, catalogs, strict=True)]
        with Writers(server.address, ledger, "w", pad=4_000):
            wait_for(lambda: len(ledger.refused) >= _WRITES or ledger.broken, "writes are refused")
            assert not ledger.broken

            for data in (upload.content.data, upload.content.data[:200]):
                code, reason, retry_after = _refused(lambda data=data: client.upload(_CATALOG, data))
                assert (code, reason) == _STORAGE_FULL
                assert retry_after > 0
            assert not [path for path in _spooled(server) if path.suffix == ".upload"], (
                "a refused upload keeps its space"
            )
            assert client.health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
            assert len(client.user_events(_CATALOG)) >= _WRITES / 2
            wait_for(lambda: _both_wait(server) or disk in server.log.parents, "both imports wait")
            assert not any(client.operation(operation).done for operation in operations)

            ballast.unlink()
            promised = len(ledger.promised)
            wait_for(lambda: len(ledger.promised) >= promised + _WRITES, "writes succeed again")
        _check(client, ledger, works, catalogs, operations)
    assert {refused[:2] for refused in ledger.refused} == {_STORAGE_FULL}
    assert all(retry_after > 0 for *_, retry_after in ledger.refused)
    assert not ledger.broken
    assert server.terminate() == 0
    server.start()
    with Client(server.address) as client:
        _check(client, ledger, works, catalogs, operations)


def _check(client, ledger, works, catalogs, operations):
    for work, catalog, operation in zip(works, catalogs, operations, strict=True):
        work.check(work.left(client, catalog, operation))
    ledger.check(client, imported=works[0].visitors)


def test_an_upload_that_can_not_be_noted_keeps_no_space(small_disk, tmp_path):
    """The spool has room here, the database has not."""
    server = Server(small_disk(tmp_path / "disk", _DISK_BYTES) / "server")
    server.log = tmp_path / "server.log"
    small_disk(server.folder / "footfall.db.spool", _DISK_BYTES)
    with server, Client(server.address) as client:
        ballast = server.folder / "ballast"
        client.begin_write(_CATALOG, user_event("before", 1))().result()
        _fill(ballast, 0)
        assert _refused(lambda: client.upload(_CATALOG, lines(5).data))[:2] == _STORAGE_FULL
        assert not _spooled(server)
        ballast.unlink()
        operation = client.wait(client.upload(_CATALOG, lines(5).data).name)
        assert client.progress(operation).success_count == lines(5).good


def test_an_errors_file_waits_for_space(small_disk, tmp_path):
    """The last thing that an import writes must not fail it when all its events are stored."""
    with Server(tmp_path / "server") as server, Client(server.address) as client:
        work = ObjectImport(server.buckets, 3)
        errors = small_disk(work.folder / "errors", 2**20)
        ballast = errors / "ballast"
        _fill(ballast, 0)
        operation = work.begin(client, _CATALOG)
        wait_for(lambda: _lines_done(client, operation) == work.content.good, "all is read")
        wait_for(lambda: "operation_waits" in server.log.read_text() or client.operation(operation).done, "it waits")
        assert not client.operation(operation).done, client.operation(operation)
        ballast.unlink()
        work.check(work.left(client, _CATALOG, operation))
        assert [path.name for path in errors.iterdir()] == [work.errors_file(operation).name]
