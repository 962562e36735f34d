"""How long single writes take, 500 of them a second, while an import, a purge or a rejoin is at work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import grpc

from benchmarks import messages, servers
from benchmarks.clients import Operations
from benchmarks.load import Load
from benchmarks.paths.calls import writes
from benchmarks.paths.events import fill, write_lines
from benchmarks.rounds import Bench, Row
from benchmarks.servers import Running

RATE = 500  # writes a second
_IN_FLIGHT = 1_024
_MIN_SECONDS = 1.0
_IMPORTED = "projects/bench/locations/global/catalogs/imported"


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    plan = bench.plan
    database = bench.folder / "beside.db"
    fill(database, plan.events)
    write_lines(bench.folder / "buckets" / "b" / "events.jsonl", plan.lines * 4)
    p99: dict[str, list[float]] = {"idle": [], "import": [], "purge": [], "rejoin": []}
    with servers.footfall(bench.folder, database=database) as server, Operations(server.grpc) as operations:
        operations.import_products("Laptop")
        _windowed(server, 2.0)
        for number in range(plan.rounds):
            p99["idle"].append(_windowed(server, plan.window).percentile(0.99))
            # A share of the events for each round, so that there are some left for the next.
            before = messages.timed_event(plan.events * (number + 1) // plan.rounds).event_time.ToJsonString()
            works: dict[str, Callable[[], str]] = {
                "import": lambda: operations.begin_import(f"{_IMPORTED}-{number}", "gs://b/events.jsonl"),  # noqa: B023
                "rejoin": lambda: operations.begin_rejoin(messages.CATALOG),
                "purge": lambda: operations.begin_purge(messages.CATALOG, f'eventTime < "{before}"'),  # noqa: B023
            }
            for name, begin in works.items():
                if name == "rejoin":
                    operations.import_products(f"Laptop {number}")
                p99[name].append(_beside(server, operations, begin(), plan.window).percentile(0.99))
    return [
        Row(f"beside-{name}", "ms", [each * 1e3 for each in p99[name]], [each * 1e3 for each in p99["idle"]])
        for name in ("import", "purge", "rejoin")
    ]


def _windowed(server: Running, seconds: float) -> Load:
    return writes(server, _IN_FLIGHT, RATE)(int(RATE * seconds))


def _beside(server: Running, operations: Operations, name: str, seconds: float) -> Load:
    """Load while an operation runs, which is cancelled at the end."""
    load = _windowed(server, seconds)
    if operations.get(name).done:
        print(f"note: {name} ended within {seconds} s; the window is longer than the work")
    else:
        with suppress(grpc.RpcError):
            operations.cancel(name)
    return load
