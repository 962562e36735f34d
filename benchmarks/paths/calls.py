"""Single writes over gRPC, both doors: throughput at 128 in flight, latency at half of that, one call at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import messages, servers
from benchmarks.load import GRPC_HEADERS, Load, h2load, replay
from benchmarks.rounds import Bench, Row, Sample, alternate, costs, on, rates
from benchmarks.servers import ENVOY, GRPCIO, Running

IN_FLIGHT = 128
_NOOP = {GRPCIO: "noop", ENVOY: "envoy_noop"}
_AGAINST = {GRPCIO: ("noop", "afternoon"), ENVOY: ("noop", "afternoon", "envoy_noop")}
_LATENCY_TURNS = 1.5  # of a turn of `Plan.seconds`: a percentile takes more calls than a rate
_FSYNCS = 300
_WAL_FRAMES = 3 * (4_096 + 24)  # what a commit of one event appends, roughly


def writes(server: Running, in_flight: int, rate: float | None = None) -> Callable[[int], Load]:
    """WriteUserEvent: the same request again and again."""
    body = messages.framed(messages.write_request())
    url = f"http://{server.grpc}{messages.WRITE}"
    return lambda calls: h2load(url, calls=calls, in_flight=in_flight, body=body, headers=GRPC_HEADERS, rate=rate)


def creates(server: Running, in_flight: int) -> Callable[[int], Load]:
    """CreateClientEvent: each with an id of its own."""
    return lambda calls: replay(
        server.grpc, messages.CREATE, messages.create_requests(calls), calls=calls, in_flight=in_flight
    )


def measure(bench: Bench) -> list[Row]:
    """Rows of the table."""
    with ExitStack() as stack:
        ours = {door: stack.enter_context(servers.footfall(bench.folder, door)) for door in bench.doors}
        theirs = {
            "noop": stack.enter_context(servers.baseline("noop")),
            "afternoon": stack.enter_context(servers.baseline("afternoon", bench.folder)),
        }
        if ENVOY in bench.doors:
            theirs["envoy_noop"] = stack.enter_context(servers.baseline("envoy_noop"))
        everyone = {**ours, **theirs}
        rows = []
        written = alternate({name: on(each, writes(each, IN_FLIGHT)) for name, each in everyone.items()}, bench.plan)
        rows += _throughput("write", written, bench.doors)
        created = alternate({name: on(each, creates(each, IN_FLIGHT)) for name, each in everyone.items()}, bench.plan)
        rows += _throughput("create", created, bench.doors)
        rows += [
            _latency(bench, door, ours[door], theirs[_NOOP[door]], median(rates(written[door])) / 2)
            for door in bench.doors
        ]
        rows += _alone(bench, ours, theirs)
    return rows


def _throughput(key: str, found: dict[str, list[Sample]], doors: list[str]) -> list[Row]:
    return [
        Row(f"{key}-{door}-{other}", "/s", rates(found[door]), rates(found[other]), note=costs(found[door]))
        for door in doors
        for other in _AGAINST[door]
    ]


def _latency(bench: Bench, door: str, ours: Running, theirs: Running, rate: float) -> Row:
    calls = int(rate * bench.plan.seconds * _LATENCY_TURNS)
    p50: dict[str, list[float]] = {"ours": [], "theirs": []}
    p99: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(bench.plan.rounds):
        for name, server in (("ours", ours), ("theirs", theirs)):
            sample = on(server, writes(server, 4 * IN_FLIGHT, rate))(calls)
            p50[name].append(sample.load.percentile(0.50) * 1e3)
            p99[name].append(sample.load.percentile(0.99) * 1e3)
    halves = f"p50 {median(p50['ours']):.2f} ms against {median(p50['theirs']):.2f} ms"
    note = f"both at {rate:,.0f} calls a second; {halves}"
    return Row(f"latency-{door}", "ms", p99["ours"], p99["theirs"], note=note)


def _alone(bench: Bench, ours: dict[str, Running], theirs: dict[str, Running]) -> list[Row]:
    pairs = {door: (ours[door], theirs[_NOOP[door]]) for door in bench.doors}
    contestants = {}
    for door, (our, their) in pairs.items():
        contestants |= {door: on(our, writes(our, 1)), _NOOP[door]: on(their, writes(their, 1))}
    alternated = alternate(contestants, bench.plan, warm_up_calls=300)
    fsync = median(fsync_seconds(bench.folder / "fsync") for _ in range(bench.plan.rounds))
    rows = []
    for door in pairs:
        mine = [1 / rate for rate in rates(alternated[door])]
        its = [1 / rate for rate in rates(alternated[_NOOP[door]])]
        ratios = [(one - fsync) / other for one, other in zip(mine, its, strict=True)]
        note = f"one fsync takes {fsync * 1e6:,.0f} µs"
        rows.append(
            Row(f"alone-{door}", "µs", [each * 1e6 for each in mine], [each * 1e6 for each in its], ratios, note=note)
        )
    return rows


def fsync_seconds(path: Path) -> float:
    """The median time of an append as long as a commit's, and its fsync."""
    found = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_FSYNCS):
            began = time.perf_counter()
            file.write(bytes(_WAL_FRAMES))
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began)
    path.unlink()
    return median(found)
