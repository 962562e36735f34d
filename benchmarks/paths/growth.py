"""What changes as events pile up: writes, reads, starts and memory at several sizes, and the pace of a long import."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import grpc

from benchmarks import messages, servers
from benchmarks.clients import Operations
from benchmarks.paths.calls import IN_FLIGHT, writes
from benchmarks.paths.events import fill, removed, write_lines
from benchmarks.rounds import Bench, Row, alternate, on, rates
from benchmarks.servers import GRPCIO, Running
from generated.footfall.v1 import event_log_service_pb2, event_log_service_pb2_grpc
from generated.google.cloud.retail.v2.import_config_pb2 import ImportMetadata

SIZES = (0, 1_000_000, 10_000_000)
IMPORTED = 5_000_000
_PAGE = 100
_READS = 50
_SPAN = 500_000  # lines, of which the pace is told
_POLL_S = 0.2


def measure(bench: Bench) -> list[Row]:
    """Rows of the table, and of the growth table."""
    return [*_sizes(bench), *_long_import(bench)]


def _sizes(bench: Bench) -> list[Row]:
    databases = {size: bench.folder / f"{size}.db" for size in SIZES}
    for size, database in databases.items():
        fill(database, size)
    rows = []
    for size, database in databases.items():
        shown = f"{size:,} stored"
        rows.append(
            Row("", "bytes", [_size(database) / size], title=f"on disk for each event, {shown}") if size else None
        )
        starts = [servers.seconds_to_serving(bench.folder, GRPCIO, database) for _ in range(bench.plan.rounds)]
        rows.append(Row("", "s", starts, title=f"start to SERVING, {shown}"))
        with servers.footfall(bench.folder, database=database) as server:
            rows += _reads(server, size)
            rows.append(Row("", "MiB", [server.memory() / 2**20], title=f"memory after these reads, {shown}"))
    with ExitStack() as stack:
        everyone = {
            str(size): stack.enter_context(servers.footfall(bench.folder, database=database))
            for size, database in databases.items()
        }
        found = alternate({size: on(each, writes(each, IN_FLIGHT)) for size, each in everyone.items()}, bench.plan)
        for size, each in everyone.items():
            memory = [each.memory() / 2**20]
            rows.append(Row("", "MiB", memory, title=f"memory after these writes, {int(size):,} stored"))
    empty, *others = (rates(found[str(size)]) for size in SIZES)
    for size, other in zip(SIZES[1:], others, strict=True):
        key = "growth-write" if size == SIZES[-1] else ""
        rows.append(Row(key, "/s", other, empty, title=f"WriteUserEvent, {size:,} stored / empty"))
    for database in databases.values():
        removed(database)
    return [row for row in rows if row is not None]


def _size(database: Path) -> int:
    return database.stat().st_size


def _reads(server: Running, size: int) -> list[Row]:
    last = messages.timed_event(max(size - 1, 0)).event_time.ToJsonString()
    middle = messages.timed_event(size // 2)
    filters = {
        "newest page": "",
        "page of one visitor": f'visitorId = "{middle.visitor_id}"',
        "page of a time range in the middle": f'eventTime >= "{middle.event_time.ToJsonString()}"',
        "page of a type that none has": 'eventType = "search"',
        "page of the last second": f'eventTime >= "{last}"',
    }
    with grpc.insecure_channel(server.grpc) as channel:
        stub = event_log_service_pb2_grpc.EventLogServiceStub(channel)
        return [
            Row("", "ms", _milliseconds(stub, filter_), title=f"ListUserEvents, {name}, {size:,} stored")
            for name, filter_ in filters.items()
        ]


def _milliseconds(stub: event_log_service_pb2_grpc.EventLogServiceStub, filter_: str) -> list[float]:
    request = event_log_service_pb2.ListUserEventsRequest(parent=messages.CATALOG, page_size=_PAGE, filter=filter_)
    found = []
    for _ in range(_READS):
        began = time.perf_counter()
        stub.ListUserEvents(request, timeout=60)
        found.append((time.perf_counter() - began) * 1e3)
        if sum(found) > 20_000:
            break
    return found


def _long_import(bench: Bench) -> list[Row]:
    write_lines(bench.folder / "buckets" / "b" / "long.jsonl", IMPORTED)
    database = bench.folder / "long.db"
    with servers.footfall(bench.folder, database=database) as server, Operations(server.grpc) as operations:
        time.sleep(1.0)
        idle = server.memory()
        with server.peak_memory() as peak:
            paces = _paces(operations, operations.begin_import(messages.CATALOG, "gs://b/long.jsonl"))
        if server.stored() != IMPORTED:
            raise RuntimeError(f"of {IMPORTED} lines {server.stored()} were stored")
        size = _size(database) / IMPORTED
    removed(database)
    (bench.folder / "buckets" / "b" / "long.jsonl").unlink()
    first, last = paces[0], paces[-1]
    shown = ", ".join(f"{pace:,.0f}" for pace in paces)
    return [
        Row("memory-import", "MiB", [(peak[0] - idle) / 2**20], note=f"idle {idle / 2**20:.0f} MiB"),
        Row(
            "",
            "/s",
            [last],
            [first],
            title=f"import of {IMPORTED:,} lines, last tenth / first",
            note=f"by tenths: {shown}",
        ),
        Row("", "/s", [IMPORTED / sum(_SPAN / pace for pace in paces)], title=f"import of {IMPORTED:,} lines"),
        Row("", "bytes", [size], title=f"on disk for each event, {IMPORTED:,} imported"),
    ]


def _paces(operations: Operations, name: str) -> list[float]:
    """Lines a second, of each span of the import."""
    paces, began, due, done = [], time.perf_counter(), _SPAN, 0
    while due <= IMPORTED:
        found = operations.get(name)
        metadata = ImportMetadata()
        found.metadata.Unpack(metadata)
        if metadata.success_count >= due:
            now = time.perf_counter()
            paces.append((metadata.success_count - done) / (now - began))
            began, done, due = now, metadata.success_count, due + _SPAN
        elif found.done:
            raise RuntimeError(f"the import ended with {metadata.success_count} events: {found.error}")
        time.sleep(_POLL_S)
    operations.ended(name)
    return paces
