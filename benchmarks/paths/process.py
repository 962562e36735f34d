"""What a process costs before it does anything: memory when idle, and the time until it serves."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks import servers
from benchmarks.rounds import Bench, Row
from benchmarks.servers import ENVOY, GRPCIO

_SETTLE_S = 1.0


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    memory: dict[str, list[float]] = {door: [] for door in bench.doors}
    starts: dict[str, list[float]] = {door: [] for door in bench.doors}
    libraries = []
    for number in range(bench.plan.rounds):
        libraries.append(_libraries())
        for door in bench.doors:
            starts[door].append(servers.seconds_to_serving(bench.folder, door))
            with servers.footfall(bench.folder, door, database=bench.folder / f"idle-{door}-{number}.db") as server:
                time.sleep(_SETTLE_S)
                memory[door].append(server.memory() / 2**20)
    rows = [Row(f"memory-{door}", "MiB", memory[door]) for door in bench.doors]
    rows.append(Row("start-grpcio", "s", starts[GRPCIO], libraries))
    if ENVOY in bench.doors:
        above = [envoy - grpcio for envoy, grpcio in zip(starts[ENVOY], starts[GRPCIO], strict=True)]
        rows.append(Row("start-envoy", "s", starts[ENVOY], starts[GRPCIO], above))
    return rows


def _libraries() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "benchmarks.baselines.libraries"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
