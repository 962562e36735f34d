"""WatchEvents while the server is killed under load: who resumes by token sees what is stored, in that order."""

from __future__ import annotations

import os
import random
import threading
from contextlib import suppress

import grpc
import pytest

from generated.footfall.v1 import event_log_service_pb2
from tests.faults.client import Client
from tests.faults.load import Ledger, Writers, wait_for
from tests.support.server import Server

KILLS = 3
CATALOG = "projects/p/locations/global/catalogs/watched"
TENANT = "projects/p/tenants/watched"
_BETWEEN = 400  # events seen between two kills, at least


class Watcher:
    """Follows one parent, and takes the stream up again with the last token whenever it breaks."""

    def __init__(self, parent):
        self.parent = parent
        self.seen = []
        self.token = ""

    def follow(self, address):
        """Starts a thread that follows until the server is gone; waits for the first message."""
        started = threading.Event()
        thread = threading.Thread(target=self._run, args=(address, started), name=f"watch {self.parent}")
        thread.start()
        assert started.wait(60)
        return thread

    def _run(self, address, started):
        request = event_log_service_pb2.WatchEventsRequest(parent=self.parent, resume_token=self.token)
        with Client(address) as client, suppress(grpc.RpcError):
            for response in client.log.WatchEvents(request):
                if kind := response.WhichOneof("event"):
                    self.seen.append(getattr(response, kind).name)
                self.token = response.resume_token
                started.set()


def _number(event):
    return int(event.name.rpartition("/")[2])


@pytest.mark.timeout(240)
def test_a_watcher_that_resumes_misses_nothing_and_sees_nothing_twice(tmp_path):
    seed = int(os.environ.get("FOOTFALL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nFOOTFALL_SEED={seed}")
    draw = random.Random(seed)
    server = Server(tmp_path)
    ledger = Ledger(CATALOG, TENANT)
    watchers = [Watcher(CATALOG), Watcher(TENANT)]
    try:
        for kill in range(KILLS):
            server.start()
            threads = [watcher.follow(server.address) for watcher in watchers]
            with Writers(server.address, ledger, f"w{kill}"):
                for watcher in watchers:
                    target = len(watcher.seen) + _BETWEEN + draw.randrange(200)
                    wait_for(lambda w=watcher, t=target: len(w.seen) >= t, "events are seen")
                server.kill()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive()
        server.start()
        with Client(server.address) as client:
            stored = [client.user_events(CATALOG), client.client_events(TENANT)]
            threads = [watcher.follow(server.address) for watcher in watchers]
            for watcher, events in zip(watchers, stored, strict=True):
                wait_for(lambda w=watcher, e=events: len(w.seen) >= len(e), "the rest is seen")
            ledger.check(client)
        assert server.terminate() == 0  # a drain ends the streams
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    finally:
        if server.running:
            server.kill()
    for watcher, events in zip(watchers, stored, strict=True):
        assert len(events) > KILLS * _BETWEEN
        assert watcher.seen == [event.name for event in sorted(events, key=_number)]
    print(
        f"  {[len(watcher.seen) for watcher in watchers]} events seen, {ledger.in_flight} writes in flight at the kills"
    )
