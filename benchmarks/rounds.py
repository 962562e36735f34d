"""Rounds in which all that is compared takes turns, so that what the machine does meanwhile strikes all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import Load
from benchmarks.servers import Running


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: Of each pair.
        seconds: Of load on each server in each round, roughly.
        warm_up_calls: On each server, twice.
        lines: Of an import.
        events: Stored before a purge, a rejoin or an export; half of them are purged.
        window: Seconds of the load beside long work.
        operation_rounds: Of each pair of long work.
    """

    rounds: int
    seconds: float
    warm_up_calls: int
    lines: int
    events: int
    window: float
    operation_rounds: int


@dataclass(slots=True)
class Row:
    """What was found for one target: a figure of each side in each round, and their ratios.

    Attributes:
        key: Of the target; other rows are shown for information.
        title: What it is, where there is no target.
        unit: Of `ours` and `theirs`.
        ours: A figure for each round.
        theirs: The same; empty where there is nothing to compare.
        ratios: One for each round.
        note: What else is to be known.
    """

    key: str
    unit: str
    ours: list[float]
    theirs: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.ratios:
            if self.theirs:
                self.ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]
            else:
                self.ratios = list(self.ours)

    def value(self) -> float:
        """What is held against the target: the median of the rounds."""
        return median(self.ratios)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a group of measurements is given.

    Attributes:
        plan: How much is measured.
        folder: For its files; it is empty.
        doors: The gRPC doors that there are.
    """

    plan: Plan
    folder: Path
    doors: list[str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant in one round: what the generator found, and CPU seconds of the server."""

    load: Load
    server_cpu_seconds: float


Contestant = Callable[[int], Sample]
"""Takes a number of calls."""


def on(server: Running, drive: Callable[[int], Load], *, events_per_call: int = 1) -> Contestant:
    """A contestant: load on a server, which must have stored what it acknowledged."""

    def measure(calls: int) -> Sample:
        stored = server.stored() if server.database else 0
        cpu = server.cpu_seconds()
        load = drive(calls)
        used = server.cpu_seconds() - cpu
        if server.database and server.stored() - stored != load.answered * events_per_call:
            raise RuntimeError(
                f"{load.answered} calls were answered with OK, but {server.stored() - stored} events were stored"
            )
        return Sample(load, used)

    return measure


def alternate(contestants: Mapping[str, Contestant], plan: Plan, warm_up_calls: int = 0) -> dict[str, list[Sample]]:
    """Lets all take turns, every other round backwards, after a warm-up that says how many calls fill a turn."""
    warm_up_calls = warm_up_calls or plan.warm_up_calls
    calls = {}
    for name, measure in contestants.items():
        measure(warm_up_calls)
        calls[name] = max(warm_up_calls, int(measure(warm_up_calls).load.rate * plan.seconds))
    found: dict[str, list[Sample]] = {name: [] for name in contestants}
    for number in range(plan.rounds):
        order = list(contestants)
        for name in order if number % 2 == 0 else reversed(order):
            found[name].append(contestants[name](calls[name]))
    return found


def rates(samples: list[Sample], events_per_call: int = 1) -> list[float]:
    """Events a second, of each round."""
    return [sample.load.rate * events_per_call for sample in samples]


def costs(samples: list[Sample]) -> str:
    """CPU microseconds of a call, of the server and of the generator."""
    calls = sum(sample.load.answered for sample in samples)
    server = sum(sample.server_cpu_seconds for sample in samples) / calls * 1e6
    generator = sum(sample.load.cpu_seconds for sample in samples) / calls * 1e6
    return f"server {server:.0f} µs, generator {generator:.1f} µs of CPU a call"
