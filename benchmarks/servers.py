"""Starting the servers that are measured, and looking at them from outside: what they stored, what memory they take."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import apsw
import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

_GRPC = re.compile(r"gRPC at (\S+)")
_HTTP = re.compile(r"HTTP at http://(\S+)")
_START_S = 60
_POLL_S = 0.05

GRPCIO, ENVOY = "grpcio", "envoy"


def doors() -> list[str]:
    """The gRPC doors that can be served here: Envoy's needs an extra, and a platform that has it."""
    return [GRPCIO, ENVOY] if find_spec("pyvoy") else [GRPCIO]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that serves.

    Attributes:
        grpc: host:port; empty: none.
        http: The same.
        process: It, and what it starts.
        database: Where it stores events; None: it stores none.
    """

    grpc: str
    http: str
    process: psutil.Process
    database: Path | None

    def stored(self) -> int:
        """How many events its database holds."""
        if self.database is None:
            raise ValueError("this server stores nothing")
        connection = apsw.Connection(str(self.database), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(10_000)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        found = [
            connection.execute(f"SELECT count(*) FROM {name}").get
            for name in ("user_events", "client_events", "events")
            if name in tables
        ]
        connection.close()
        return sum(map(int, found))

    def memory(self) -> int:
        """Bytes that it and its children hold (resident, what they share counted for each)."""
        total = 0
        for process in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    def cpu_seconds(self) -> float:
        """CPU seconds that it and its children have taken."""
        total = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    @contextmanager
    def peak_memory(self) -> Iterator[list[int]]:
        """Gives a list that holds the most that `memory` was meanwhile, once that is over."""
        peak = [self.memory()]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_POLL_S):
                peak[0] = max(peak[0], self.memory())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield peak
        finally:
            over.set()
            thread.join()


@contextmanager
def running(*command: str, database: Path | None = None) -> Iterator[Running]:
    """Runs a server program until the end of the block; it prints where it serves."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(_START_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if _GRPC.search(line) or _HTTP.search(line)), "")
        watchdog.cancel()
        if not line:
            raise RuntimeError(f"{command} ended before it served")
        found, http = _GRPC.search(line), _HTTP.search(line)
        yield Running(found[1] if found else "", http[1] if http else "", psutil.Process(process.pid), database)
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def baseline(name: str, folder: Path | None = None) -> contextmanager[Running]:
    """Runs a program of `benchmarks.baselines`; one that stores gets a database in `folder`."""
    module = f"benchmarks.baselines.{name}"
    if folder is None:
        return running("-m", module)
    database = folder / f"{name}.db"
    return running("-m", module, str(database), database=database)


def footfall_command(database: Path, door: str = GRPCIO, *flags: str) -> tuple[str, ...]:
    """How Footfall is started, as an operator would, on free ports."""
    return (
        "-m", "service", "serve", "--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0",
        "--database", f"sqlite:///{database}", "--buckets-dir", str(database.parent / "buckets"),
        "--log-level", "warning", "--door", door, *flags,
    )  # fmt: skip


def footfall(folder: Path, door: str = GRPCIO, *, database: Path | None = None) -> contextmanager[Running]:
    """Runs Footfall, by default on an empty database in `folder`."""
    (folder / "buckets").mkdir(parents=True, exist_ok=True)
    database = database or folder / f"footfall-{door}.db"
    return running(*footfall_command(database, door), database=database)


def seconds_to_serving(folder: Path, door: str, database: Path | None = None) -> float:
    """From the start of a process until health says SERVING."""
    database = database or folder / f"start-{door}-{time.monotonic_ns()}.db"
    began = time.perf_counter()
    with (
        running(*footfall_command(database, door), database=database) as server,
        grpc.insecure_channel(server.grpc) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=_START_S, wait_for_ready=True)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise RuntimeError("health does not say SERVING")
        return time.perf_counter() - began
