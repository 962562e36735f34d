"""The table, on the screen and in RESULTS.md. Rows that a run did not measure are kept from the run that did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import capacity
from benchmarks.rounds import Row
from benchmarks.targets import TARGETS, Target

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
_KEPT = HERE / "results.json"

_HEADS = ("path", "Footfall", "against", "spread", "ratio", "target", "floor", "")
_INTRODUCTION = """# Results

Written by `make bench` and `make bench-growth`; [docs/PERFORMANCE.md](../docs/PERFORMANCE.md) says how it is measured.
Figures are medians of rounds in which both sides took turns. *ratio* is the median of the rounds' ratios, and is what
counts: the figures themselves belong to the machine. *spread* is the largest ratio less the smallest, of their median.
In every row as many events were stored as calls were answered with OK, or the run would have ended. Of each target that
is not met, [docs/PERFORMANCE.md](../docs/PERFORMANCE.md) says with profiles what stands in its way.
"""


def print_table(rows: Iterable[Row]) -> None:
    """Prints the rows that were measured, and the targets that were not."""
    found = {row.key: row for row in rows if row.key}
    table = Table(*_HEADS, box=box.SIMPLE, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
        column.no_wrap = True
    for key, target in TARGETS.items():
        table.add_row(*_cells(target, found.get(key)))
    for row in rows:
        if not row.key:
            table.add_row(row.title, *_figures(row), "", "", "")
    Console(width=150).print(table)


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{'' if unit == '/s' else ' '}{unit}"


def _figures(row: Row) -> tuple[str, str, str, str]:
    value = row.value()
    spread = f"{(max(row.ratios) - min(row.ratios)) / abs(value):.0%}" if value and len(row.ratios) > 1 else ""
    theirs = _figure(median(row.theirs), row.unit) if row.theirs else ""
    ratio = f"{value:.2f}" if row.theirs else ""
    return _figure(median(row.ours), row.unit), theirs, spread, ratio


def _bound(target: Target, value: float | None) -> str:
    if value is None:
        return ""
    return f"{'≥' if target.at_least else '≤'} {value:g}{f' {target.unit}' if target.unit else ''}"


def _cells(target: Target, row: Row | None) -> tuple[str, ...]:
    bounds = _bound(target, target.target), _bound(target, target.floor)
    if row is None:
        return (target.path, "not measured", "", "", "", *bounds, "")
    ours, theirs, spread, ratio = _figures(row)
    if target.unit:
        ratio = _figure(row.value(), target.unit)
    return (target.path, ours, theirs, spread, ratio, *bounds, target.verdict(row.value()))


def save(part: str, rows: Sequence[Row], machine: list[str], minutes: float) -> None:
    """Keeps the rows of a part (`bench` or `growth`) and writes RESULTS.md and docs/CAPACITY.md anew."""
    kept: dict[str, Any] = json.loads(_KEPT.read_text()) if _KEPT.exists() else {}
    kept[part] = {"machine": machine, "minutes": round(minutes, 1), "rows": [row.to_json() for row in rows]}
    _KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    RESULTS.write_text(_markdown(kept))
    capacity.write([Row(**row) for part in kept.values() for row in part["rows"]])


def _markdown(kept: dict[str, Any]) -> str:
    parts = {name: [Row(**row) for row in kept[name]["rows"]] for name in ("bench", "growth") if name in kept}
    found = {row.key: row for rows in parts.values() for row in rows if row.key}
    lines = [_INTRODUCTION, "## Targets\n", *_head(_HEADS)]
    lines += [_line(_cells(target, found.get(key))) for key, target in TARGETS.items()]
    for title, rows in parts.items():
        others = [row for row in rows if not row.key]
        if others:
            lines += [
                f"\n## Further figures of `make bench{'-growth' if title == 'growth' else ''}`\n",
                *_head(_HEADS[:5]),
            ]
            lines += [_line((row.title, *_figures(row))) for row in others]
    lines.append("\n## Notes\n")
    for rows in parts.values():
        lines += [f"- {TARGETS[row.key].path if row.key else row.title}: {row.note}." for row in rows if row.note]
    lines.append("\n## Rounds\n")
    for rows in parts.values():
        lines += [f"- {TARGETS[row.key].path if row.key else row.title}: {_rounds(row)}." for row in rows]
    for title in parts:
        verb = "make bench-growth" if title == "growth" else "make bench"
        lines.append(f"\n## Machine and versions of `{verb}`, which took {kept[title]['minutes']} minutes\n")
        lines += [f"- {each}" for each in kept[title]["machine"]]
    return "\n".join(lines) + "\n"


def _rounds(row: Row) -> str:
    ours = ", ".join(_figure(value, "").strip() for value in row.ours)
    if not row.theirs:
        return f"{ours} {row.unit}"
    return f"{ours} against {', '.join(_figure(value, '').strip() for value in row.theirs)} {row.unit}"


def _head(heads: Sequence[str]) -> list[str]:
    return [_line(heads), "|" + "|".join("---" if number == 0 else "--:" for number in range(len(heads))) + "|"]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
