"""Load on a server, from generators that cost less than what they measure, and what they cost.

h2load, a compiled one, repeats one request: fine for writes whose time the server fills in. Where each request needs an
id of its own, processes of `benchmarks.replay` send requests that were laid out byte by byte before the clock started.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

CONNECTIONS = 4  # of HTTP/2, for calls in flight together
GENERATORS = 2  # processes of `benchmarks.replay`

_FINISHED = re.compile(r"finished in ([\d.]+)(us|ms|s)\b")
_SUCCEEDED = re.compile(r"requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
GRPC_HEADERS = ("content-type: application/grpc", "te: trailers")
JSON_HEADERS = ("content-type: application/json",)


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of a generator found.

    Attributes:
        answered: Calls that were answered with OK.
        seconds: From the first to the last.
        cpu_seconds: What the generator itself took.
        latencies: Of each call, in seconds, sorted; only where they were asked for.
    """

    answered: int
    seconds: float
    cpu_seconds: float
    latencies: Sequence[float] = ()

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        """Latency that this share of the calls stayed within, in seconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def require_h2load() -> None:
    """Ends the program where h2load is missing, saying how to get it."""
    if shutil.which("h2load") is None:
        sys.exit("The benchmark needs h2load: apt-get install nghttp2-client")


def h2load(
    url: str,
    *,
    calls: int,
    in_flight: int,
    body: bytes | None = None,
    headers: Iterable[str] = (),
    http1: bool = False,
    rate: float | None = None,
) -> Load:
    """Sends the same request again and again.

    Args:
        url: Where to.
        calls: How many.
        in_flight: How many at once: over 4 connections, or with HTTP/1.1 each over its own.
        body: Posted; None: GET.
        headers: `name: value`.
        http1: Over HTTP/1.1 rather than HTTP/2.
        rate: Calls a second, whether or not the answers come in time; each call's latency is kept. None: as many as go.
    """
    connections = in_flight if http1 and rate is None else min(CONNECTIONS, in_flight)
    command = ["h2load", "-n", str(calls), "-c", str(connections), "-m", str(max(1, in_flight // connections))]
    command += [part for header in headers for part in ("-H", header)]
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        if body is not None:
            (Path(name) / "body").write_bytes(body)
            command += ["-d", str(Path(name) / "body")]
        if http1:
            command.append("--h1")
        if rate is not None:
            command += ["--rps", str(rate / connections), "--log-file", str(log)]
        output, cpu_seconds = _run([*command, url])
        latencies = _latencies(log) if rate is not None else ()
    finished, done = _FINISHED.search(output), _SUCCEEDED.search(output)
    if not finished or not done or int(done[1]) != calls:
        raise RuntimeError(f"h2load: {output}")
    return Load(calls, float(finished[1]) * _SECONDS[finished[2]], cpu_seconds, latencies)


def _run(command: Sequence[str]) -> tuple[str, float]:
    """The output of a program and its CPU seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]}: {output}")
    return output, used.ru_utime + used.ru_stime


def _latencies(log: Path) -> list[float]:
    return sorted(int(line.split("\t")[2]) / 1e6 for line in log.read_text().splitlines())


def replay(
    address: str, target: str, bodies: Iterable[bytes], *, calls: int, in_flight: int, http1: bool = False
) -> Load:
    """Posts bodies that differ, from several processes.

    Args:
        address: host:port.
        target: The path.
        bodies: As many as `calls`: gRPC messages, or JSON with HTTP/1.1.
        calls: How many.
        in_flight: How many at once.
        http1: JSON over HTTP/1.1 rather than gRPC.
    """
    generators = min(GENERATORS, in_flight)
    shares = [calls // generators + (place < calls % generators) for place in range(generators)]
    given = iter(bodies)
    with tempfile.TemporaryDirectory() as name:
        processes = []
        for place, share in enumerate(shares):
            file = Path(name) / str(place)
            file.write_text("\n".join(body.hex() for body in islice(given, share)))
            each = in_flight // generators
            job = {
                "address": address, "target": target, "bodies": str(file), "http1": http1, "in_flight": each,
                "connections": each if http1 else max(1, min(CONNECTIONS, in_flight) // generators),
            }  # fmt: skip
            command = [sys.executable, "-m", "benchmarks.replay", json.dumps(job)]
            processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        try:
            found = _found(processes)
        finally:
            for process in processes:
                process.kill()
                process.communicate()
    answered = sum(each["answered"] for each in found)
    if answered != calls:
        raise RuntimeError(f"{target}: of {calls} calls {answered} were answered with OK")
    seconds = max(each["ended"] for each in found) - min(each["began"] for each in found)
    return Load(answered, seconds, sum(each["cpu_seconds"] for each in found))


def _found(processes: Sequence[subprocess.Popen[str]]) -> list[dict[str, float]]:
    for process in processes:  # each says so once it is connected
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("a generator ended before it was ready")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.stdout.readline()) for process in processes if process.stdout]
