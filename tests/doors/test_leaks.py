"""100,000 calls, good, bad and given up, leave nothing behind: no file descriptor, no thread, no memory, no call."""

from __future__ import annotations

import urllib.request

import psutil
import pytest

from benchmarks import load
from tests.doors.wire import HEALTH_WATCH, WRITE, Wire, event, frame

ROUNDS = 10
CALLS = 9_000
ODD_CALLS = 1_000  # of them 100 on each connection
MOST_GROWTH = 0.15


def one_round(server) -> None:
    load.h2load(
        f"http://{server.address}{WRITE}", calls=CALLS, in_flight=64, body=frame(event()), headers=load.GRPC_HEADERS
    )
    for _ in range(ODD_CALLS // 100):
        with Wire(server.address) as wire:
            for _ in range(20):
                wire.call(frame(event(visitor="")))
                wire.call(frame(event()), headers=(("content-type", "text/plain"), ("te", "trailers")))
                wire.call(frame(event()), path="/no.such.Service/Method")
                wire.cancel(wire.start())
                wire.send(wire.start(HEALTH_WATCH), frame(b""))  # which the end of the connection cuts off


def held(process: psutil.Process) -> tuple[int, int, int]:
    return process.num_fds(), process.num_threads(), process.memory_info().rss


def in_flight(server) -> str:
    with urllib.request.urlopen(f"{server.http}/metrics", timeout=60) as answer:
        metrics = answer.read().decode()
    return next(line for line in metrics.splitlines() if "in_flight" in line and not line.startswith("#"))


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_nothing_is_left_behind(server) -> None:
    load.require_h2load()
    process = psutil.Process(server.pid)
    one_round(server)
    one_round(server)
    before = held(process)
    for _ in range(ROUNDS):
        one_round(server)
    after = held(process)
    print(f"  before {before}, after {after}")
    assert after[0] <= before[0] + 5
    assert after[1] <= before[1] + 2
    assert after[2] <= before[2] * (1 + MOST_GROWTH)
    assert in_flight(server).endswith((" 0.0", " 0"))
