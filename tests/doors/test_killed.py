"""SIGKILL under load, at each door: nothing of the process tree outlives it, and what was acknowledged is there."""

from __future__ import annotations

import random
import time

import psutil

from tests.faults.client import Client
from tests.faults.imports import GzipImport
from tests.faults.load import Ledger, Writers, wait_for
from tests.support.server import Server

KILLS = 4
LONGEST_S = 2.0
CATALOG = "projects/p/locations/global/catalogs/killed"


def ended(processes):
    """Whether none of them runs any more; a zombie is for init to bury."""
    alive = psutil.wait_procs(processes, LONGEST_S)[1]
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive if process.is_running())


def test_the_tree_ends_at_once_and_every_acknowledged_write_is_there_once(tmp_path, door):
    draw = random.Random(7)
    server = Server(tmp_path / "server", door=door)
    work = GzipImport(server.buckets, 3)
    ledger = Ledger(CATALOG, "projects/p/tenants/killed")
    operations = []
    for number in range(KILLS):
        server.start()
        with Client(server.address) as client:
            operations.append(work.begin(client, CATALOG))
            begun = len(ledger.promised)
            with Writers(server.address, ledger, f"w{number}", threads=16, channels=4):
                wait_for(lambda begun=begun: len(ledger.promised) > begun + 50, "events are written")
                time.sleep(draw.uniform(0, 0.2))  # the moment is the point
                victims = psutil.Process(server.pid).children(recursive=True)
                server.kill()
                assert ended(victims)
    server.start()
    with Client(server.address) as client:
        for operation in operations:
            client.wait(operation)
        ledger.check(client, imported=work.visitors)
    assert server.terminate() == 0


def test_a_drained_server_leaves_nobody(tmp_path, door):
    with Server(tmp_path / "server", door=door) as server, Client(server.address) as client:
        work = GzipImport(server.buckets, 3)
        operation = work.begin(client, CATALOG)
        wait_for(lambda: client.progress(client.operation(operation)).success_count, "the import is at work")
        victims = psutil.Process(server.pid).children(recursive=True)
        assert victims, "something decodes"
        assert server.terminate() == 0
        assert ended(victims)
