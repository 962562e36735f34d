"""docs/CAPACITY.md: how much one machine takes, computed from what RESULTS.md says."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.rounds import Row

PAGE = Path(__file__).parents[1] / "docs" / "CAPACITY.md"

_DAY_S = 86_400
_LOAD = 0.5  # of the throughput, to live with
_WAYS = {
    "write-envoy-noop": "WriteUserEvent, Envoy door, 128 in flight",
    "create-envoy-noop": "CreateClientEvent, Envoy door, 128 in flight",
    "write-grpcio-noop": "WriteUserEvent, grpcio door, 128 in flight",
    "rest-write-envoy-rest_noop": "REST :write, Envoy door, 128 connections",
    "rest-collect-envoy-rest_noop": "pixels (collect GET), Envoy door, 128 connections",
    "batch-envoy": "BatchWriteUserEvents, Envoy door, 1,000 a call",
    "import": "gs:// import of JSON lines",
}
_ON_DISK = "on disk for each event, "
_DISKS_GB = (100, 500, 2_000)
_TEXT = """# Capacity

Computed by `make bench` and `make bench-growth` from [RESULTS.md](../benchmarks/RESULTS.md), for its machine.
Plan with half of what was measured: that is where RESULTS.md tells the latency, too.

| way in | events a second | at half of that, a day |
|---|--:|--:|
"""
_LEAVE = """
## When to leave SQLite

One process owns the database file. Leave it for an engine that more than one process can write to when

- the peak you expect is more than half of the events a second above, and batches and imports can't take part of it;
- the events you keep (events a day times bytes times `--events-days`) outgrow one disk, or take too long to copy;
- losing that machine must not stop you: SQLite has no second machine to take over.
"""


def write(rows: list[Row]) -> None:
    """Writes the page from the rows of both parts."""
    by_key = {row.key: row for row in rows if row.key}
    lines = [_TEXT.rstrip("\n")]
    for key, way in _WAYS.items():
        if key in by_key:
            rate = median(by_key[key].ours)
            lines.append(f"| {way} | {rate:,.0f} | {rate * _LOAD * _DAY_S / 1e6:,.0f} million |")
    sizes = {row.title.removeprefix(_ON_DISK): median(row.ours) for row in rows if row.title.startswith(_ON_DISK)}
    if sizes:
        lines += ["\n## Disk\n", "| database | bytes for each event |", "|---|--:|"]
        lines += [f"| {name} | {size:,.0f} |" for name, size in sizes.items()]
        largest = max(sizes.values())
        held = ", ".join(f"{disk:,} GB hold {disk * 1e9 / largest / 1e6:,.0f} million" for disk in _DISKS_GB)
        lines.append(f"\nThe events measured have some 300 bytes; at {largest:,.0f} bytes for each on disk, {held}.")
    PAGE.write_text("\n".join(lines) + "\n" + _LEAVE)
