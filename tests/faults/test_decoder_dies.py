"""The processes that decode files may die at any moment: imports go on with others. They never outlive the server."""

from __future__ import annotations

import contextlib
import itertools

import psutil
import pytest

from tests.faults.client import Client
from tests.faults.imports import KINDS, InlineImport, ObjectImport
from tests.faults.load import wait_for
from tests.support.server import Server

_CATALOG = "projects/p/locations/global/catalogs/decoded"
_KILLS = 12
_LINES = 60_000  # some 160 chunks: one is never struck twice


def _decoders(server):
    """The living children of the server."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(server.pid).children(recursive=True)
        return [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    return []


def _lines_done(client, operation):
    found = client.operation(operation)
    progress = client.progress(found)
    return progress.success_count + progress.failure_count


@pytest.fixture
def long_import(tmp_path):
    """A server, and an import that takes some seconds."""
    server = Server(tmp_path / "server")
    work = ObjectImport(server.buckets, 9, _LINES)
    yield server, work
    if server.running:
        server.kill()


def test_an_import_outlives_its_decoders(long_import):
    server, work = long_import
    with server, Client(server.address) as client:
        operation = work.begin(client, _CATALOG)
        for kill in range(1, _KILLS + 1):
            wait_for(
                lambda kill=kill: _lines_done(client, operation) >= kill * _LINES / (_KILLS + 3), "the import goes on"
            )
            for decoder in wait_for(lambda: _decoders(server), "a decoder is at work"):
                decoder.kill()
        assert not client.operation(operation).done, "the last kill came too late"
        work.check(work.left(client, _CATALOG, operation))
        wait_for(lambda: not _decoders(server), "no decoder is left when there is nothing to decode")
    assert "child_died" in server.log.read_text(), "no kill struck a decoder with work in hand"


def test_imports_that_share_decoders_outlive_them(tmp_path):
    """Imports side by side and one after the other: the answers of a child never reach who asked another."""
    with Server(tmp_path, "--concurrent-operations", "4") as server, Client(server.address) as client:
        works = [kind(server.buckets, 20 + number) for number, kind in enumerate(KINDS) if kind is not InlineImport]
        runs = []
        for number, work in enumerate(itertools.chain.from_iterable(itertools.repeat(works, 5))):
            catalog = f"{_CATALOG}{number}"
            runs.append((work, catalog, work.begin(client, catalog)))
        for _, _, operation in runs[::6]:
            wait_for(lambda operation=operation: _lines_done(client, operation), "the import is at work")
            for decoder in _decoders(server):
                decoder.kill()
        for work, catalog, operation in runs:
            work.check(work.left(client, catalog, operation))


def test_decoders_do_not_outlive_the_server(long_import):
    server, work = long_import
    server.start()
    with Client(server.address) as client:
        work.begin(client, _CATALOG)
        decoders = wait_for(lambda: _decoders(server), "a decoder is at work")
        server.kill()
    _, alive = psutil.wait_procs(decoders, timeout=30)
    assert not alive
