"""Writers that keep a service busy, and the ledger of what they sent and what they were promised."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

import grpc

from generated.footfall.v1.signal_pb2 import Signal
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from tests.faults.client import Client, refusal

_WAIT_S = 60
_REPEAT_EVERY = 4  # of so many events one is sent twice
_SHOWN = 5


def user_event(visitor_id: str, us: int, *, pad: int = 60) -> UserEvent:
    """A valid user event; `pad` bytes of it are filling."""
    event = UserEvent(event_type="page-view", visitor_id=visitor_id, uri="https://example.com/" + "x" * pad)
    event.event_time.FromMicroseconds(us)
    return event


def client_event(tenant: str, event_id: str, us: int) -> ClientEvent:
    """A valid client event."""
    event = ClientEvent(event_id=event_id, request_id="search")
    event.create_time.FromMicroseconds(us)
    event.job_event.type = JobEvent.VIEW
    event.job_event.jobs.append(f"{tenant}/jobs/j")
    return event


def signal(token: str, us: int) -> Signal:
    """A valid signal about an application of its own."""
    state = Signal.State(status=Signal.Stage(label="Interview", index=2, total=5))
    state.timestamp.FromMicroseconds(us)
    return Signal(type_code="ApplicationStatusUpdate", token=token, current=state)


class Ledger:
    """What was sent under one catalog and one tenant, and how each call ended. Threads may share it.

    Attributes:
        sent: Every event and signal, by visitor id, event id or token.
        promised: Those of them that a caller was told are stored.
        denied: Those of which the service refused a call.
        refused: Code, reason and RetryInfo of each refused call.
        broken: What gRPC said of each call that got no answer.
    """

    def __init__(self, catalog: str, tenant: str) -> None:
        self.catalog = catalog
        self.tenant = tenant
        self.sent: dict[str, Any] = {}
        self.promised: set[str] = set()
        self.denied: set[str] = set()
        self.refused: list[tuple[grpc.StatusCode, str, float]] = []
        self.broken: list[str] = []

    @property
    def in_flight(self) -> int:
        """Calls that had reached a connection when it broke."""
        return sum("failed to connect" not in text.lower() for text in self.broken)

    def check(
        self,
        client: Client,
        *,
        imported: Counter[str] | None = None,
        promised: set[str] | None = None,
        only_promised: bool = False,
    ) -> None:
        """Every promised event is there, once, as it was sent; nothing is there twice, or was refused, or never sent.

        Args:
            client: Of the service that is held against the ledger.
            imported: Visitor ids that an import put beside them, and how many events of each.
            promised: What had been promised at the moment that is looked at; None: all that was.
            only_promised: Whether an event is wrong that is stored although no caller was told.
        """
        promised = self.promised if promised is None else promised
        user_events = client.user_events(self.catalog)
        stored = {each.user_event.visitor_id: each.user_event for each in user_events}
        counts = Counter(each.user_event.visitor_id for each in user_events)
        for visitor_id, count in (imported or Counter()).items():
            assert counts.pop(visitor_id, 0) == count, f"{visitor_id}: imported {count} times"
            del stored[visitor_id]
        client_events = client.client_events(self.tenant)
        stored |= {each.client_event.event_id: each.client_event for each in client_events}
        counts += Counter(each.client_event.event_id for each in client_events)
        signals = client.signals(self.tenant)
        stored |= {each.signal.token: each.signal for each in signals}
        counts += Counter(each.signal.token for each in signals)
        states = [(each.token, each.signal.name) for each in client.signal_states(self.tenant)]
        assert sorted(states) == sorted((each.signal.token, each.name) for each in signals), (
            "states are not the signals'"
        )
        lost = promised - counts.keys()
        assert not lost, f"{len(lost)} acknowledged events are lost, of {len(promised)}: {_some(lost)}"
        doubled = {key for key, count in counts.items() if count > 1}
        assert not doubled, f"{len(doubled)} events are stored more than once: {_some(doubled)}"
        untold = counts.keys() - promised if only_promised else set()
        assert not untold, f"{len(untold)} events are stored, but their callers were not told: {_some(untold)}"
        denied = (self.denied - self.promised) & counts.keys()
        assert not denied, f"{len(denied)} events are stored whose calls were refused: {_some(denied)}"
        unknown = counts.keys() - self.sent.keys()
        assert not unknown, f"{len(unknown)} events are stored that nobody sent: {_some(unknown)}"
        changed = {key for key, event in stored.items() if event != self.sent[key]}
        assert not changed, f"{len(changed)} events differ from what was sent: {_some(changed)}"


def _some(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys)[:_SHOWN])


class Writers:
    """Threads that write as fast as they are answered, until told to stop, or the server drains or is gone.

    Half of the threads write user events, half client events; now and then an event is sent twice at once.

    Args:
        address: The server.
        ledger: Gets what they do.
        name: Begins the ids of what they write; another one for each load on a ledger.
        threads: How many write, each with one call (or two) in flight.
        channels: Connections that they share.
        write_async: Sends user events with write_async.
        pad: Bytes of filling in each user event.
    """

    def __init__(
        self,
        address: str,
        ledger: Ledger,
        name: str,
        *,
        threads: int = 6,
        channels: int = 1,
        write_async: bool = False,
        pad: int = 60,
    ) -> None:
        self._ledger = ledger
        self._name = name
        self._write_async = write_async
        self._pad = pad
        self._clients = [Client(address) for _ in range(channels)]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"writer-{number}") for number in range(threads)
        ]
        self._failures: list[BaseException] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.join()

    def join(self) -> None:
        """Waits for the threads to end; raises what one of them did not expect."""
        for thread in self._threads:
            thread.join(_WAIT_S)
            assert not thread.is_alive(), f"{thread.name} hangs"
        for client in self._clients:
            client.channel.close()
        if self._failures:
            raise self._failures[0]

    def _run(self, number: int) -> None:
        client = self._clients[number % len(self._clients)]
        try:
            for count in itertools.count():
                if self._stop.is_set() or not self._write(client, number, count):
                    return
        except BaseException as error:  # noqa: BLE001  it belongs to the thread that joins
            self._failures.append(error)

    def _write(self, client: Client, number: int, count: int) -> bool:
        """Writes one event, perhaps twice; False when the connection broke."""
        ledger = self._ledger
        key = f"{self._name}-{number}-{count:06}"
        us = time.time_ns() // 1_000
        event = client_event(ledger.tenant, key, us) if number % 2 else user_event(key, us, pad=self._pad)
        ledger.sent[key] = event
        call = (
            client.begin_create(ledger.tenant, event)
            if number % 2
            else client.begin_write(ledger.catalog, event, write_async=self._write_async)
        )
        calls = [call() for _ in range(1 + (count % _REPEAT_EVERY == 0))]
        answered = [self._answered(key, each) for each in calls]
        return all(answered)

    def _answered(self, key: str, call: Any) -> bool:
        try:
            answer = call.result(_WAIT_S)
        except grpc.RpcError as error:
            refused = refusal(error)
            if not refused[1]:
                self._ledger.broken.append(f"{refused[0]}: {error.details()}")
                return False
            self._ledger.refused.append(refused)
            self._ledger.denied.add(key)
            return refused[1] != "SHUTTING_DOWN"
        assert answer == self._ledger.sent[key]
        self._ledger.promised.add(key)
        return True


def wait_for(condition: Any, what: str, *, timeout: float = _WAIT_S) -> Any:
    """Polls until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.002)
    return found
