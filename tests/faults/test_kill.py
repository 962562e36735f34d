"""SIGKILL at any instant: what was acknowledged is stored exactly once, and a running import ends as if undisturbed.

Events and signals come in beside the import. The kills strike at random moments and at the places named in
`service.failpoints`, several of them one import. The seed of everything random is printed; FOOTFALL_SEED sets it,
FOOTFALL_KILLS the number of kills.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from contextlib import contextmanager, suppress

import apsw
import grpc
import pytest

from service.storage.records import OperationState
from tests.faults.client import Client
from tests.faults.collectors import Collectors
from tests.faults.imports import KINDS
from tests.faults.load import Ledger, Writers, wait_for
from tests.support.server import Server

KILLS = int(os.environ.get("FOOTFALL_KILLS", "20"))
SOAK_KILLS = 300
_KILLS_A_FOLDER = 30  # then the database has grown enough
_ATTEMPTS = 6
_AGAIN = 0.3  # how often the next kill strikes the same import
# At which visit of a named place it may strike: before, the import is not at work yet; after, it may have ended.
_VISITS = {
    "writer.before_commit": range(8, 30),
    "writer.after_commit": range(8, 30),
    "operation.between_steps": range(4, 11),
    "operation.errors_spooled": range(3, 11),
    "operation.errors_published": range(1, 2),
}


class Blow:
    """Where or when one kill is to strike: at the `visit`th visit of a named place, or at a random moment."""

    def __init__(self, draw, place):
        self.place = place
        self.visit = draw.choice(_VISITS[place]) if place else 0
        self.share = draw.uniform(0, 0.9)  # of the lines that are left
        self.delay = draw.uniform(0, 0.02)

    @property
    def env(self):
        return {"FOOTFALL_FAILPOINTS": f"{self.place}@{self.visit}"} if self.place else {}

    def __str__(self):
        return (
            f"{self.place}@{self.visit}"
            if self.place
            else f"{self.share:.0%} of the rest and {self.delay * 1e3:.0f} ms"
        )


class Round:
    """One import, the writes beside it, and the kills that strike them."""

    def __init__(self, number, work):
        self.work = work
        self.catalog = f"projects/p/locations/global/catalogs/round{number}"
        self.ledger = Ledger(self.catalog, f"projects/p/tenants/round{number}")
        self.operation = ""
        self._loads = 0

    def lines_done(self, client):
        """How far the import is; all that it has when it has ended."""
        found = client.operation(self.operation)
        progress = client.progress(found)
        return self.work.content.count if found.done else progress.success_count + progress.failure_count

    @contextmanager
    def load(self, client, address):
        """The import, begun or going on, and writers, batches, streams and signals once it is at work."""
        if not self.operation:
            self.operation = self.work.begin(client, self.catalog)
        wait_for(lambda: self.lines_done(client), "the import is at work")
        self._loads += 1
        name = f"w{self._loads}"
        with Writers(address, self.ledger, name), Collectors(address, self.ledger, name):
            yield


class History:
    """One folder and what was done to it.

    Args:
        folder: The server's.
        draw: Gives everything that is random.
    """

    def __init__(self, folder, draw):
        self._draw = draw
        self._server = Server(folder)
        self._works = [kind(self._server.buckets, draw.randrange(10**6)) for kind in KINDS]
        self._undisturbed = {}
        self._rounds = []
        with self._server, Client(self._server.address) as client:
            for work in self._works:
                catalog = f"projects/p/locations/global/catalogs/{type(work).__name__}"
                left = work.left(client, catalog, work.begin(client, catalog))
                work.check(left)
                self._undisturbed[work] = left

    def strike(self, place, wanted):
        """Kills one import, first at `place`, perhaps again as it goes on, then lets it end; returns how many kills.

        Args:
            place: One of the named places, or None.
            wanted: How many kills at most.
        """
        work = self._draw.choice(
            [work for work in self._works if work.reports or not str(place).startswith("operation.errors")]
        )
        struck = 0
        for _ in range(_ATTEMPTS):
            now = Round(f"{len(self._rounds)}", work)
            while struck < wanted and self._kill(now, Blow(self._draw, place)):
                struck += 1
                place = None
                if self._draw.random() > _AGAIN:
                    break
            self._check(now)
            if struck:
                return struck
        raise AssertionError(
            f"{_ATTEMPTS} kills came too early or too late: no write in flight, or the import not at work"
        )

    def _kill(self, now, blow):
        """Kills the server under load; returns whether writes were in flight and the import was at work."""
        if blow.env or not self._server.running:
            self.end()
            self._server.start(**blow.env)
        broken = now.ledger.in_flight
        with Client(self._server.address) as client, now.load(client, self._server.address):
            self._until_dead(client, now, blow)
        state, progress = self._on_disk(now.operation)
        in_flight = now.ledger.in_flight - broken
        print(f"  {type(now.work).__name__}: {blow}: {in_flight} writes in flight, {state.name} {progress}", flush=True)
        return in_flight > 0 and state is OperationState.RUNNING

    def _until_dead(self, client, now, blow):
        with suppress(grpc.RpcError):  # it is dead
            begun = now.lines_done(client)
            target = begun + blow.share * (now.work.content.count - begun)
            while (lines := now.lines_done(client)) < now.work.content.count:
                if not blow.place and lines >= target:
                    break
            time.sleep(blow.delay)
            self._server.kill()
            return
        assert self._server.wait() == -signal.SIGKILL

    def _on_disk(self, operation):
        """What the dead server's files say of an operation: in a copy, so that only the server recovers them."""
        copy = self._server.folder / "copy"
        copy.mkdir()
        for path in self._server.folder.glob("footfall.db*"):
            if path.is_file() and not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        connection = apsw.Connection(str(copy / "footfall.db"))
        state, progress = connection.execute(
            "SELECT state, progress FROM operations WHERE name = ?", (operation,)
        ).fetchone()
        connection.close()
        shutil.rmtree(copy)
        return OperationState(state), progress

    def _check(self, now):
        if not self._server.running:
            self._server.start()
        with Client(self._server.address) as client:
            left = now.work.left(client, now.catalog, now.operation)
            undisturbed = self._undisturbed[now.work]
            for field, value, wanted in zip(left._fields, left, undisturbed, strict=True):
                assert value == wanted, f"{field} differs from an undisturbed run"
            now.ledger.check(client, imported=now.work.visitors)
        self._rounds.append(now)

    def check_all(self):
        """Holds every round against the folder once more."""
        with self._server, Client(self._server.address) as client:
            for each in self._rounds:
                each.ledger.check(client, imported=each.work.visitors)
        promised = sum(len(each.ledger.promised) for each in self._rounds)
        in_flight = sum(each.ledger.in_flight for each in self._rounds)
        print(f"  {promised} acknowledged events and signals, {in_flight} calls in flight at the kills")
        assert not list((self._server.folder / "footfall.db.spool").iterdir()), "the spool is not empty"

    def end(self):
        if self._server.running:
            self._server.terminate()


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(KILLS, marks=pytest.mark.timeout(60 + 30 * KILLS), id="kills"),
        pytest.param(SOAK_KILLS, marks=[pytest.mark.soak, pytest.mark.timeout(30 * SOAK_KILLS)], id="soak"),
    ],
)
def test_kills_lose_nothing_and_double_nothing(tmp_path, kills):
    seed = int(os.environ.get("FOOTFALL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nFOOTFALL_SEED={seed} FOOTFALL_KILLS={kills}")
    draw = random.Random(seed)
    struck = 0
    while struck < kills:
        history = History(tmp_path / f"from{struck}", draw)
        upto = min(kills, struck + _KILLS_A_FOLDER)
        places = [*sorted(_VISITS), *[None] * (upto - struck)][: upto - struck]
        draw.shuffle(places)
        places.sort(key=lambda place: place is None)  # every named place has its turn
        try:
            for place in places:
                if struck < upto:
                    struck += history.strike(place, upto - struck)
            history.check_all()
        finally:
            history.end()
