"""Footfall against ceilings and peers, side by side in one run.

`python -m benchmarks [--quick | --growth] [--only GROUP ...]`
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import load, machine, report, servers
from benchmarks.paths import batches, beside, calls, growth, imports, operations, process, rest
from benchmarks.rounds import Bench, Plan, Row

FULL = Plan(rounds=7, seconds=1.5, warm_up_calls=3_000, lines=300_000, events=2_000_000, window=8.0, operation_rounds=5)
QUICK = Plan(rounds=3, seconds=0.3, warm_up_calls=500, lines=20_000, events=40_000, window=1.0, operation_rounds=1)
GROUPS: dict[str, Callable[[Bench], list[Row]]] = {
    "calls": calls.measure,
    "rest": rest.measure,
    "batches": batches.measure,
    "import": imports.measure,
    "operations": operations.measure,
    "beside": beside.measure,
    "process": process.measure,
}
# As pip compiles what it installs. Where PYTHONDONTWRITEBYTECODE is set, each start would compile a clone anew.
_COMPILED = ("service", "generated")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="two minutes: short rounds, small files")
    size.add_argument("--growth", action="store_true", help="millions of stored events, as long as it takes")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=[], help="these groups only; nothing is saved")
    parser.add_argument(
        "--folder", type=Path, help="where databases go while they are measured; default: a temporary one"
    )
    return parser.parse_args()


def main() -> None:
    """Measures, prints the table, writes RESULTS.md."""
    chosen = _arguments()
    load.require_h2load()
    for package in _COMPILED:
        compileall.compile_dir(package, quiet=1)
    plan = QUICK if chosen.quick else FULL
    groups = {"growth": growth.measure} if chosen.growth else GROUPS
    began = time.monotonic()
    rows: list[Row] = []
    for name, measure in groups.items():
        if chosen.only and name not in chosen.only:
            continue
        print(f"==> {name}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="footfall-bench-", dir=chosen.folder))
        since = time.monotonic()
        try:
            rows += measure(Bench(plan, folder, servers.doors()))
        finally:
            shutil.rmtree(folder)
        print(f"    {time.monotonic() - since:.0f} s", flush=True)
    minutes = (time.monotonic() - began) / 60
    report.print_table(rows)
    print(f"{minutes:.1f} minutes")
    if not chosen.quick and not chosen.only:
        report.save("growth" if chosen.growth else "bench", rows, machine.description(), minutes)


if __name__ == "__main__":
    main()
