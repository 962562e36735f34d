"""What is aimed at: a ratio of medians' kind for each path, and the floor below which a path is not done."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """One row of the table.

    Attributes:
        path: What is measured, and against what.
        target: The ratio aimed at, or with `unit` a figure of its own.
        floor: The least (or most) that is acceptable; None: there is none.
        at_least: Whether more is better.
        unit: Of `target` where it is no ratio.
    """

    path: str
    target: float
    floor: float | None
    at_least: bool = True
    unit: str = ""

    def verdict(self, value: float) -> str:
        """`met`, `above floor` or `below floor`; where there is no floor, `missed`."""
        if self._within(value, self.target):
            return "met"
        if self.floor is None:
            return "missed"
        return "above floor" if self._within(value, self.floor) else "below floor"

    def _within(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


def _calls() -> dict[str, Target]:
    found = {}
    for key, method in (("write", "WriteUserEvent"), ("create", "CreateClientEvent")):
        found |= {
            f"{key}-envoy-noop": Target(f"{method}, Envoy door / `noop`", 2.2, 1.8),
            f"{key}-envoy-afternoon": Target(f"{method}, Envoy door / `afternoon`", 6.0, 4.5),
            f"{key}-envoy-envoy_noop": Target(f"{method}, Envoy door / `envoy_noop`", 0.5, 0.4),
            f"{key}-grpcio-noop": Target(f"{method}, grpcio door / `noop`", 0.85, 0.72),
            f"{key}-grpcio-afternoon": Target(f"{method}, grpcio door / `afternoon`", 2.4, 2.0),
        }
    return found


def _rest() -> dict[str, Target]:
    found = {}
    for door, title in (("grpcio", "HTTP door"), ("envoy", "Envoy door")):
        for key, path in (("write", "REST :write"), ("create", "REST CreateClientEvent")):
            found[f"rest-{key}-{door}-rest_noop"] = Target(f"{path}, {title} / `rest_noop`", 0.7, 0.5)
            found[f"rest-{key}-{door}-rest_afternoon"] = Target(f"{path}, {title} / `rest_afternoon`", 3.0, 2.0)
        found[f"rest-collect-{door}-rest_noop"] = Target(f"collect GET, {title} / `rest_noop`", 0.7, 0.5)
    return found


TARGETS: dict[str, Target] = {
    **_calls(),
    "latency-grpcio": Target("p99 at half load, grpcio door / `noop`", 1.5, None, at_least=False),
    "latency-envoy": Target("p99 at half load, Envoy door / `envoy_noop`", 1.5, None, at_least=False),
    "alone-grpcio": Target("one call in flight less one fsync, grpcio door / `noop`", 1.25, None, at_least=False),
    "alone-envoy": Target("one call in flight less one fsync, Envoy door / `envoy_noop`", 1.25, None, at_least=False),
    **_rest(),
    "batch-grpcio": Target("BatchWriteUserEvents, grpcio door / `raw_sqlite`", 0.5, 0.35),
    "batch-envoy": Target("BatchWriteUserEvents, Envoy door / `raw_sqlite`", 0.5, 0.35),
    "import": Target("gs:// JSON-lines import / `raw_sqlite`", 0.6, 0.4),
    "decode": Target("decoding lines / `json_format`", 6.0, 4.0),
    "purge": Target("purge of half / one DELETE (seconds)", 2.0, 3.0, at_least=False),
    "rejoin": Target("rejoin / reading the payloads and one UPDATE (seconds)", 2.0, 3.0, at_least=False),
    "beside-import": Target("p99 at 500 writes/s beside an import / idle", 2.0, 4.0, at_least=False),
    "beside-purge": Target("p99 at 500 writes/s beside a purge / idle", 2.0, 4.0, at_least=False),
    "beside-rejoin": Target("p99 at 500 writes/s beside a rejoin / idle", 2.0, 4.0, at_least=False),
    "export-json": Target("export as JSON lines / reading the payloads", 0.3, 0.15),
    "export-parquet": Target("export as Parquet / reading the payloads", 0.3, 0.15),
    "growth-write": Target("write throughput, 10 million stored / empty", 0.9, 0.75),
    "memory-import": Target("peak memory of a 5-million-line import above idle", 200, None, at_least=False, unit="MiB"),
    "memory-grpcio": Target("idle memory, grpcio door", 90, None, at_least=False, unit="MiB"),
    "memory-envoy": Target("idle memory, Envoy door", 160, None, at_least=False, unit="MiB"),
    "start-grpcio": Target("start to SERVING, grpcio door / importing the libraries", 1.5, None, at_least=False),
    "start-envoy": Target("start to SERVING, Envoy door, above the grpcio door", 1.0, None, at_least=False, unit="s"),
}
