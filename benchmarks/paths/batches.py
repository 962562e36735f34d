"""Batches of a thousand events a call, against what SQLite inserts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks import messages, servers
from benchmarks.baselines import raw_sqlite
from benchmarks.load import GRPC_HEADERS, Load, h2load
from benchmarks.paths.events import ready_rows
from benchmarks.rounds import Bench, Row, alternate, costs, on, rates
from benchmarks.servers import Running

SIZE = 1_000
_IN_FLIGHT = 4
_WARM_UP_CALLS = 8
_RAW_ROWS_PER_SECOND = 40_000  # of `Plan.seconds`


def _batches(server: Running) -> Callable[[int], Load]:
    body, url = messages.framed(messages.batch_request(SIZE)), f"http://{server.grpc}{messages.BATCH}"
    return lambda calls: h2load(url, calls=calls, in_flight=_IN_FLIGHT, body=body, headers=GRPC_HEADERS)


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    ready = ready_rows(int(_RAW_ROWS_PER_SECOND * bench.plan.seconds))
    raw: list[float] = []
    with ExitStack() as stack:
        doors = {door: stack.enter_context(servers.footfall(bench.folder, door)) for door in bench.doors}
        contestants = {name: on(each, _batches(each), events_per_call=SIZE) for name, each in doors.items()}
        first = next(iter(contestants))
        turn = contestants[first]

        def after_raw(calls: int):  # noqa: ANN202  the baseline takes its turn before the first door's
            if calls > _WARM_UP_CALLS:
                raw.append(raw_sqlite.insert(bench.folder / f"raw-{len(raw)}.db", ready, SIZE))
            return turn(calls)

        found = alternate({**contestants, first: after_raw}, bench.plan, warm_up_calls=_WARM_UP_CALLS)
    return [Row(f"batch-{door}", "/s", rates(found[door], SIZE), raw, note=costs(found[door])) for door in bench.doors]
