"""Importing a file of JSON lines, against what SQLite inserts and against protobuf's own JSON library."""

from __future__ import annotations

import time

from benchmarks import messages, servers
from benchmarks.baselines import json_format, raw_sqlite
from benchmarks.clients import Operations
from benchmarks.paths.events import ready_rows, removed, write_lines
from benchmarks.rounds import Bench, Row
from service.sources.schemas import line_reader

_ROWS_PER_COMMIT = 1_000
_DECODED_LINES = 20_000


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    count = bench.plan.lines
    write_lines(bench.folder / "buckets" / "b" / "events.jsonl", count)
    ready = ready_rows(count)
    lines = [messages.line(number) for number in range(_DECODED_LINES)]
    imported, raw, decoded, by_json_format = [], [], [], []
    for number in range(bench.plan.operation_rounds):
        raw.append(raw_sqlite.insert(bench.folder / "raw.db", ready, _ROWS_PER_COMMIT))
        removed(bench.folder / "raw.db")
        imported.append(_import(bench, count, number))
        decoded.append(_lines_per_second(lines))
        by_json_format.append(json_format.lines_per_second(lines))
    return [
        Row("import", "/s", imported, raw, note=f"{count:,} lines; {_ROWS_PER_COMMIT:,} raw rows to a commit"),
        Row("decode", "/s", decoded, by_json_format, note="lines of JSON to messages, in one thread"),
    ]


def _import(bench: Bench, count: int, number: int) -> float:
    with servers.footfall(bench.folder, database=bench.folder / f"import-{number}.db") as server:
        with Operations(server.grpc) as operations:
            began = time.perf_counter()
            operations.ended(operations.begin_import(messages.CATALOG, "gs://b/events.jsonl"))
            seconds = time.perf_counter() - began
        if server.stored() != count:
            raise RuntimeError(f"of {count} lines {server.stored()} were stored")
    removed(bench.folder / f"import-{number}.db")
    return count / seconds


def _lines_per_second(lines: list[bytes]) -> float:
    read = line_reader("user_event")
    began = time.perf_counter()
    for line in lines:
        read(line)
    return len(lines) / (time.perf_counter() - began)
