"""Batches of a thousand events a call, against what SQLite inserts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import messages, servers
from benchmarks.baselines import raw_sqlite
from benchmarks.load import GRPC_HEADERS, Load, h2load
from benchmarks.paths.events import received_rows, removed
from benchmarks.rounds import Bench, Contestant, Row, Sample, alternate, costs, on, rates
from benchmarks.servers import Running

SIZE = 1_000
_IN_FLIGHT = 4
_WARM_UP_CALLS = 10


def _batches(server: Running) -> Callable[[int], Load]:
    body, url = messages.framed(messages.batch_request(SIZE)), f"http://{server.grpc}{messages.BATCH}"
    return lambda calls: h2load(url, calls=calls, in_flight=_IN_FLIGHT, body=body, headers=GRPC_HEADERS)


def _raw(database: Path) -> Contestant:
    """The rows of a call's events, in one commit, for each "call"."""
    ready: list[raw_sqlite.Row] = []

    def measure(calls: int) -> Sample:
        count = calls * SIZE
        if len(ready) < count:
            ready[:] = received_rows(count, SIZE)
        rate = raw_sqlite.insert(database, ready[:count], SIZE)
        removed(database)
        return Sample(Load(calls, count / rate, 0.0), 0.0)

    return measure


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    with ExitStack() as stack:
        contestants = {"raw": _raw(bench.folder / "raw.db")}
        for door in bench.doors:
            server = stack.enter_context(servers.footfall(bench.folder, door))
            contestants[door] = on(server, _batches(server), events_per_call=SIZE)
        found = alternate(contestants, bench.plan, warm_up_calls=_WARM_UP_CALLS)
    raw = rates(found["raw"], SIZE)
    return [Row(f"batch-{door}", "/s", rates(found[door], SIZE), raw, note=costs(found[door])) for door in bench.doors]
