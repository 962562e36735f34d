"""SIGKILL during a purge, a rejoin and an export, again and again: each ends with exact results all the same.

The kills strike at random moments and at the places named in `service.failpoints`. The seed of everything random is
printed; FOOTFALL_SEED sets it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from contextlib import closing, suppress

import apsw
import grpc
import pytest

from tests.faults.client import CATALOG, Client
from tests.faults.load import wait_for
from tests.faults.maintenance import BUCKET, EVENTS, Export, Purge, Rejoin, cancel, count, write_lines
from tests.support.server import Server

KILLS = 3  # of each operation
SOAK_KILLS = 60
_KILLS_A_RUN = 5  # then the operation begins anew, on a fresh folder
_CANCELLED = 1
_VISITS = range(12, 60)  # of a place: before, the operation may not have begun
WORKS = [pytest.param(kind, id=kind.__name__.lower()) for kind in (Purge, Rejoin, Export)]
PLACES = ("operation.between_steps", "writer.before_commit", "writer.after_commit", None, None)
EXPORT_PLACES = ("operation.between_steps", "operation.shard_written", None, None)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with all events in it."""
    folder = tmp_path_factory.mktemp("filled")
    with Server(folder) as server, Client(server.address) as client:
        write_lines(server.buckets / BUCKET / "events.jsonl")
        client.wait(client.import_objects(CATALOG, f"gs://{BUCKET}/events.jsonl").name)
        assert count(client) == EVENTS
    return folder


@pytest.fixture
def server(filled, tmp_path):
    shutil.copytree(filled, tmp_path / "server")
    server = Server(tmp_path / "server")
    yield server
    if server.running:
        server.kill()


def _spooled(server):
    return sum(path.stat().st_size for path in (server.folder / "footfall.db.spool").iterdir())


def _so_far(server, work, operation):
    """How many events are done; of an export, with those in the file that is being written."""
    spooled = _spooled(server) // work.line_bytes if isinstance(work, Export) else 0
    return work.done(operation) + spooled


class Run:
    """One operation from its beginning to its end, with the kills in between."""

    def __init__(self, server, kind, draw):
        self._server = server
        self._draw = draw
        self._work = kind()
        self._name = ""

    def strike(self):
        """Starts the server, has it killed at one moment or place; returns False when the operation ended before."""
        place = self._draw.choice(EXPORT_PLACES if isinstance(self._work, Export) else PLACES)
        visit = 1 if isinstance(self._work, Export) else self._draw.choice(_VISITS)
        share = self._draw.uniform(0, 0.4)
        struck = self._killed(f"{place}@{visit}" if place else "", share)
        at = f"{place}@{visit}" if place else f"{share:.0%} of the rest"
        print(f"  {type(self._work).__name__}: {at}: {'struck' if struck else 'too late'}", flush=True)
        return struck

    def _killed(self, failpoint, share):
        try:
            self._server.start(**({"FOOTFALL_FAILPOINTS": failpoint} if failpoint else {}))
        except AssertionError:  # it went on at once, and died before it served
            assert self._server.process.returncode == -signal.SIGKILL
            return True
        with Client(self._server.address) as client, suppress(grpc.RpcError):  # it is dead
            self._name = self._name or self._work.begin(client)
            begun = self._work.done(client.operation(self._name))
            target = begun + max(1, share * (self._work.total - begun))
            while not (found := client.operation(self._name)).done:
                if not failpoint and _so_far(self._server, self._work, found) >= target:
                    self._server.kill()
                    return True
            self._server.kill()
            return False
        assert self._server.wait() == -signal.SIGKILL
        return True

    def check(self):
        """Lets the operation end and holds what it did against what it should have done."""
        self._server.start()
        with Client(self._server.address) as client:
            assert self._name, "no kill came after the operation had begun"
            self._work.check(client, self._server.buckets, client.wait(self._name))
        assert self._server.terminate() == 0
        assert not list((self._server.folder / "footfall.db.spool").iterdir())


@pytest.mark.parametrize("kind", WORKS)
@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(KILLS, id="kills"),
        pytest.param(SOAK_KILLS, marks=[pytest.mark.soak, pytest.mark.timeout(30 * SOAK_KILLS)], id="soak"),
    ],
)
def test_kills_change_no_result(filled, tmp_path, kind, kills):
    seed = int(os.environ.get("FOOTFALL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nFOOTFALL_SEED={seed}")
    draw = random.Random(seed)
    struck = 0
    while struck < kills:
        folder = tmp_path / "server"
        shutil.copytree(filled, folder)
        server = Server(folder)
        run = Run(server, kind, draw)
        upto = min(kills, struck + _KILLS_A_RUN)
        try:
            while struck < upto and run.strike():
                struck += 1
            run.check()
        finally:
            if server.running:
                server.kill()
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", WORKS)
def test_cancel_stops_before_the_next_step(server, kind):
    work = kind()
    server.start()
    with Client(server.address) as client:
        name = work.begin(client)
        wait_for(
            lambda: (found := client.operation(name)).done or _so_far(server, work, found), "the operation is at work"
        )
        cancel(client, name)
        done = _check_cancelled(server, client, work, name)
        if kind is Purge:  # what is left can be done by another one
            rest = client.wait(work.begin(client))
            assert work.done(rest) == work.total - done
            work.check_done(client, server.buckets, work.total)


@pytest.mark.parametrize("kind", WORKS)
def test_a_cancel_that_was_noted_before_a_crash_holds_after_it(server, kind):
    """Two steps are done, or the first file of an export is, when the server dies."""
    work, steps = kind(), 1 if kind is Export else 2
    server.start(FOOTFALL_FAILPOINTS=f"operation.between_steps@{steps}")
    with Client(server.address) as client:
        with suppress(grpc.RpcError):  # its answer may be on the way still when the server dies
            work.begin(client)
        assert server.wait() == -signal.SIGKILL
    with closing(apsw.Connection(str(server.database))) as database:
        newest = "UPDATE operations SET cancel_requested = 1 WHERE id = (SELECT max(id) FROM operations) RETURNING name"
        name = database.execute(newest).get
    server.start()
    with Client(server.address) as client:
        assert _check_cancelled(server, client, work, name) > 0


def _check_cancelled(server, client, work, name):
    """That the operation ended early, says how far it came, and did exactly that; returns how many events."""
    operation = client.wait(name)
    assert operation.error.code == _CANCELLED, operation
    done = work.done(operation)
    assert done < work.total
    assert (f" {done:,}" if done else "nothing yet") in operation.error.message
    work.check_done(client, server.buckets, done)
    wait_for(lambda: not list((server.folder / "footfall.db.spool").iterdir()), "the spool is empty")
    return done
