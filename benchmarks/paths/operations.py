"""Purge, rejoin and export of a database of events, against the plain statements that do the same."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import messages, servers
from benchmarks.baselines import raw_sqlite
from benchmarks.clients import Operations
from benchmarks.paths.events import copied, fill, removed
from benchmarks.rounds import Bench, Row
from benchmarks.servers import Running
from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeUserEventsResponse
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsResponse
from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportUserEventsResponse


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    template = bench.folder / "template.db"
    fill(template, bench.plan.events)
    rows = [_purges(bench, template), *_reading(bench, template)]
    removed(template)
    return rows


def _purges(bench: Bench, template: Path) -> Row:
    half = bench.plan.events // 2
    before = messages.timed_event(half).event_time
    ours, theirs = [], []
    for _ in range(bench.plan.operation_rounds):
        database = copied(template, bench.folder / "purge.db")
        with servers.footfall(bench.folder, database=database) as server, Operations(server.grpc) as operations:
            began = time.perf_counter()
            ended = operations.ended(operations.begin_purge(messages.CATALOG, f'eventTime < "{before.ToJsonString()}"'))
            ours.append(time.perf_counter() - began)
            response = PurgeUserEventsResponse()
            ended.response.Unpack(response)
            _expect(half, response.purged_events_count, bench.plan.events - server.stored())
        removed(database)
        database = copied(template, bench.folder / "delete.db")
        deleted, seconds = raw_sqlite.delete(database, messages.CATALOG, before.seconds * 1_000_000)
        theirs.append(seconds)
        _expect(half, deleted)
        removed(database)
    return Row("purge", "s", ours, theirs, note=f"{half:,} of {bench.plan.events:,} events, the older half")


def _reading(bench: Bench, template: Path) -> list[Row]:
    """Rejoin and export: neither changes what a further round finds, but for the products."""
    count = bench.plan.events // 2
    removed(template)
    fill(template, count)
    plain = copied(template, bench.folder / "plain.db")
    rejoined, updated, read, exported = [], [], [], {"json": [], "parquet": []}
    with servers.footfall(bench.folder, database=template) as server, Operations(server.grpc) as operations:
        for number in range(bench.plan.operation_rounds):
            rejoined.append(_rejoin(operations, number, count))
            changed, seconds = raw_sqlite.read_and_update(plain, messages.CATALOG, number + 1)
            _expect(count, changed)
            updated.append(seconds)
            for kind, paces in exported.items():
                paces.append(_export(server, operations, bench.folder, f"{kind}-{number}", count))
            found, seconds = raw_sqlite.read_payloads(plain, messages.CATALOG)
            _expect(count, found)
            read.append(count / seconds)
    removed(plain)
    note = f"{count:,} events"
    return [
        Row("rejoin", "s", rejoined, updated, note=f"{note}, all products changed"),
        Row("export-json", "/s", exported["json"], read, note=note),
        Row("export-parquet", "/s", exported["parquet"], read, note=note),
    ]


def _rejoin(operations: Operations, number: int, count: int) -> float:
    operations.import_products(f"Laptop, edition {number},")
    began = time.perf_counter()
    ended = operations.ended(operations.begin_rejoin(messages.CATALOG))
    seconds = time.perf_counter() - began
    response = RejoinUserEventsResponse()
    ended.response.Unpack(response)
    _expect(count, response.rejoined_user_events_count)
    return seconds


def _export(server: Running, operations: Operations, folder: Path, name: str, count: int) -> float:
    (folder / "buckets" / "b").mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    ended = operations.ended(
        operations.begin_export(messages.CATALOG, f"gs://b/{name}", parquet=name.startswith("parquet"))
    )
    seconds = time.perf_counter() - began
    response = ExportUserEventsResponse()
    ended.response.Unpack(response)
    files = [
        folder / "buckets" / result.output_uri.removeprefix("gs://") for result in response.output_result.gcs_result
    ]
    _expect(count, sum(map(_events_in, files)), server.stored())
    for file in files:
        file.unlink()
    return count / seconds


def _events_in(file: Path) -> int:
    if file.suffix == ".parquet":
        from pyarrow import parquet  # noqa: PLC0415  an extra

        return parquet.read_metadata(file).num_rows
    with file.open("rb") as lines:
        return sum(block.count(b"\n") for block in iter(lambda: lines.read(2**20), b""))


def _expect(wanted: int, *found: int) -> None:
    if any(each != wanted for each in found):
        raise RuntimeError(f"expected {wanted} events, found {found}")
