"""100,000 calls of every kind, good, bad and given up, leave nothing behind: no descriptor, thread, task or memory.

Memory is the process's own (RssAnon): pages of Envoy's program and of the database's files come and go beside it.
"""

from __future__ import annotations

import gzip
import re
import time
import urllib.request
from collections.abc import Callable
from math import inf
from pathlib import Path

import psutil
import pytest
from google.rpc import code_pb2

from benchmarks import load
from tests.doors.wire import CATALOG, GRPC, HEALTH_WATCH, REFLECTION, WRITE, Wire, event, frame
from tests.support.server import Server

ROUNDS = 10
WRITES, POSTS = 5_000, 1_000  # of a round, by h2load
ODD_CALLS = 4_000  # of a round, byte by byte
WARM_ROUNDS = 2
WARM_WRITES = 6_000  # of 5 KB: they fill SQLite's cache of 16 MiB, which would be taken for a leak
# In 100,000 calls: a reader and its thread may have been added, and 40 bytes for each call.
MAY_GROW = {"calls": 0, "tasks": 0, "descriptors": 5, "threads": 2, "bytes": 4_000_000}
SETTLING_S = 60
BODY = b'{"eventType":"login","visitorId":"v"}'
GZIP = (*GRPC, ("grpc-encoding", "gzip"))


def ended(wire: Wire, stream: int, body: bytes, wanted: int, door: str, *, grpcio_answers: bool = True) -> None:
    """A call that has an answer; at grpcio's door it may have none, until its caller gives it up."""
    wire.send(stream, body)
    if door == "grpcio" and not grpcio_answers:
        wire.cancel(stream)
        return
    response = wire.response(stream)
    assert response.status == wanted or (door == "grpcio" and response.over), response


def written(wire: Wire, door: str) -> None:
    ended(wire, wire.start(), frame(event()), code_pb2.OK, door)


def compressed(wire: Wire, door: str) -> None:
    ended(wire, wire.start(headers=GZIP), frame(gzip.compress(event()), flag=1), code_pb2.OK, door)


def refused(wire: Wire, door: str) -> None:
    ended(wire, wire.start(), frame(event(visitor="")), code_pb2.INVALID_ARGUMENT, door)


def no_method(wire: Wire, door: str) -> None:
    ended(wire, wire.start("/no.such.Service/Method"), frame(b""), code_pb2.UNIMPLEMENTED, door)


def no_message(wire: Wire, door: str) -> None:
    ended(wire, wire.start(), b"", code_pb2.UNIMPLEMENTED, door, grpcio_answers=False)


def half_a_message(wire: Wire, door: str) -> None:
    ended(wire, wire.start(), frame(event())[:9], code_pb2.INTERNAL, door, grpcio_answers=False)


def too_late(wire: Wire, door: str) -> None:
    headers = (*GRPC, ("grpc-timeout", "1n"))
    ended(wire, wire.start(headers=headers), frame(event()), code_pb2.DEADLINE_EXCEEDED, door)


def no_grpc(wire: Wire, door: str) -> None:
    stream = wire.start(headers=(("content-type", "text/plain"), ("te", "trailers")))
    wire.send(stream, frame(event()))
    assert wire.response(stream).http_status == 415 or door == "grpcio"


def streamed(wire: Wire, door: str) -> None:
    ended(wire, wire.start(REFLECTION), b"", code_pb2.OK, door)


def given_up_at_once(wire: Wire, door: str) -> None:
    wire.cancel(wire.start())


def given_up_at_work(wire: Wire, door: str) -> None:
    stream = wire.start(HEALTH_WATCH)
    wire.send(stream, frame(b""))
    while not wire.responses[stream].body:
        wire.receive()
    wire.cancel(stream)


def cut_off(wire: Wire, door: str) -> None:
    wire.send(wire.start(HEALTH_WATCH), frame(b""))  # the connection's end is its own


def cut_off_within_a_message(wire: Wire, door: str) -> None:
    wire.send(wire.start(), frame(event())[:9], end=False)


KINDS: tuple[Callable[[Wire, str], None], ...] = (
    written, compressed, refused, no_method, no_message, half_a_message, too_late, no_grpc, streamed,
    given_up_at_once, given_up_at_work, cut_off, cut_off_within_a_message,
)  # fmt: skip
EACH_ON_A_CONNECTION = 20  # Envoy takes 500 resets, or half of the streams, for an attack


def warm_up(server: Server) -> None:
    body = frame(event(uri="u" * 5_000))
    url = f"http://{server.address}{WRITE}"
    load.h2load(url, calls=WARM_WRITES, in_flight=64, body=body, headers=load.GRPC_HEADERS)
    for _ in range(WARM_ROUNDS):
        one_round(server)


def one_round(server: Server) -> None:
    grpc, http = f"http://{server.address}{WRITE}", f"{server.http}/v2/{CATALOG}/userEvents:write"
    load.h2load(grpc, calls=WRITES, in_flight=64, body=frame(event()), headers=load.GRPC_HEADERS)
    load.h2load(http, calls=POSTS, in_flight=16, body=BODY, headers=load.JSON_HEADERS, http1=True)
    for _ in range(round(ODD_CALLS / len(KINDS) / EACH_ON_A_CONNECTION)):
        with Wire(server.address) as wire:
            for kind in KINDS * EACH_ON_A_CONNECTION:
                try:
                    kind(wire, server.door)
                except OSError as error:
                    raise AssertionError(f"{kind.__name__}: {error!r}") from error


def metric(server: Server, name: str) -> float:
    """The sum of a metric's values."""
    with urllib.request.urlopen(f"{server.http}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}[ {{]", line))


def own_bytes(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1_024


def held(server: Server, process: psutil.Process) -> dict[str, float]:
    return {
        "calls": metric(server, "footfall_calls_in_flight"),
        "tasks": metric(server, "footfall_tasks"),
        "descriptors": process.num_fds(),
        "threads": process.num_threads(),
        "bytes": own_bytes(process),
    }


def left(before: dict[str, float], found: dict[str, float]) -> list[str]:
    """What there is more of than before, and than may be."""
    return [name for name, more in MAY_GROW.items() if found[name] > before[name] + more]


def settled(server: Server, process: psutil.Process, before: dict[str, float]) -> dict[str, float]:
    """What is held once callers who left have been noticed, or after a minute."""
    deadline = time.monotonic() + SETTLING_S
    while left(before, found := held(server, process)) and time.monotonic() < deadline:
        pass
    return found


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_nothing_is_left_behind(server: Server) -> None:
    load.require_h2load()
    process = psutil.Process(server.pid)
    idle = held(server, process)
    warm_up(server)
    before = settled(server, process, {**idle, "descriptors": inf, "threads": inf, "bytes": inf})
    print(f"\n  idle {idle}\n  warm {before}")
    for number in range(ROUNDS):
        one_round(server)
        print(f"  {number + 1:2} {held(server, process)}", flush=True)
    found = settled(server, process, before)
    print(f"  then {found}")
    assert not left(before, found), f"more of {left(before, found)} than before: {before}, then {found}"
