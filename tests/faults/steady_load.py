"""A process of its own that writes single events at a steady rate, whether or not the answers come in time.

`python -m tests.faults.steady_load ADDRESS CATALOG RATE` writes RATE events a second until its input ends, then prints
a line of JSON for each call: when it was due (seconds of the monotonic clock), how many seconds later it was answered,
and its status.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

import grpc

from generated.google.cloud.retail.v2.user_event_service_pb2 import WriteUserEventRequest
from generated.google.cloud.retail.v2.user_event_service_pb2_grpc import UserEventServiceStub
from tests.faults.load import user_event

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_S = 60


class Answer(NamedTuple):
    """One call: `latency` counts from the moment at which it was due, so a late start counts too."""

    due: float
    latency: float
    status: str


class SteadyLoad:
    """The process, from the side of a test.

    Args:
        address: The server.
        catalog: Where it writes.
        rate: Events a second.
    """

    def __init__(self, address: str, catalog: str, rate: int) -> None:
        self._command = [sys.executable, "-m", "tests.faults.steady_load", address, catalog, str(rate)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def end(self) -> list[Answer]:
        """Stops writing; returns every call in the order in which they were due."""
        out, _ = self._process.communicate(timeout=2 * _TIMEOUT_S)
        assert self._process.returncode == 0
        return sorted(Answer(*json.loads(line)) for line in out.splitlines())


async def _load(address: str, catalog: str, rate: int) -> list[Answer]:
    answers: list[Answer] = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(
        target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True, name="input"
    ).start()
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        stub = UserEventServiceStub(channel)

        async def write(number: int, due: float) -> None:
            event = user_event(f"steady-{number}", time.time_ns() // 1_000)
            status = grpc.StatusCode.OK
            try:
                await stub.WriteUserEvent(WriteUserEventRequest(parent=catalog, user_event=event), timeout=_TIMEOUT_S)
            except grpc.RpcError as error:
                status = error.code()
            answers.append(Answer(due, time.monotonic() - due, status.name))

        calls: set[asyncio.Task[None]] = set()
        began, number = time.monotonic(), 0
        while not ended.is_set():
            while (due := began + number / rate) <= time.monotonic():
                call = asyncio.create_task(write(number, due))
                calls.add(call)
                call.add_done_callback(calls.discard)
                number += 1
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*calls)
    return answers


if __name__ == "__main__":
    gc.disable()  # its pauses would look like the server's
    for answer in asyncio.run(_load(sys.argv[1], sys.argv[2], int(sys.argv[3]))):
        print(json.dumps(answer))
