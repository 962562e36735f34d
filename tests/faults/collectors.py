"""Collectors that send batches, streams and signals, beside the writers of `load`, into the same ledger."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import grpc

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1 import signal_service_pb2
from tests.faults.client import Client, refusal
from tests.faults.load import Ledger, client_event, signal, user_event

_WAIT_S = 60
_BATCH = 40
_MESSAGE = 15
_UNDECIDED = 300  # events of a stream that may be on their way
_PAUSE_S = 0.01  # between batches and between messages, so that what is read back stays small
_REPEAT_EVERY = 3  # of so many batches or messages one is sent twice


class Collectors:
    """Six threads: one for the batches and one for a stream of each kind of event, one for signals and one for batches
    of them, until told to stop.

    They end by themselves when the server is gone.

    Args:
        address: The server.
        ledger: Gets what they do.
        name: Begins the ids of what they write; another one for each load on a ledger.
    """

    def __init__(self, address: str, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        self._name = name
        self._client = Client(address)
        self._stop = threading.Event()
        log = self._client.log
        works: dict[str, Callable[[str], None]] = {
            "ub": lambda key: self._batches(key, pb.BatchWriteUserEventsRequest, log.BatchWriteUserEvents),
            "cb": lambda key: self._batches(key, pb.BatchCreateClientEventsRequest, log.BatchCreateClientEvents),
            "us": lambda key: self._stream(key, pb.StreamUserEventsRequest, log.StreamUserEvents),
            "cs": lambda key: self._stream(key, pb.StreamClientEventsRequest, log.StreamClientEvents),
            "ss": self._signals,
            "sb": lambda key: self._batches(
                key, signal_service_pb2.SendSignalsRequest, self._client.signal.SendSignals
            ),
        }
        self._threads = [
            threading.Thread(target=self._run, args=(work, f"{name}-{key}"), name=f"collector-{key}")
            for key, work in works.items()
        ]
        self._failures: list[BaseException] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_WAIT_S)
            assert not thread.is_alive(), f"{thread.name} hangs"
        self._client.channel.close()
        if self._failures:
            raise self._failures[0]

    def _run(self, work: Callable[[str], None], key: str) -> None:
        try:
            work(key)
        except grpc.RpcError as error:
            refused = refusal(error)
            if refused[1]:
                self._ledger.refused.append(refused)
            else:
                self._ledger.broken.append(f"{refused[0]}: {error.details()}")
        except BaseException as error:  # noqa: BLE001  it belongs to the thread that joins
            self._failures.append(error)

    def _fill(self, request: Any, key: str, number: int, size: int) -> list[str]:
        """Puts new events into the request; returns their keys."""
        ledger = self._ledger
        keys = [f"{key}-{number:06}-{each}" for each in range(size)]
        us = time.time_ns() // 1_000
        fields = request.DESCRIPTOR.fields_by_name
        for each in keys:
            if "user_events" in fields:
                ledger.sent[each] = user_event(each, us)
                request.user_events.append(ledger.sent[each])
            elif "client_events" in fields:
                ledger.sent[each] = client_event(ledger.tenant, each, us)
                request.client_events.append(ledger.sent[each])
            else:
                ledger.sent[each] = signal(each, us)
                request.signals.append(ledger.sent[each])
        return keys

    def _parent(self, request_type: Any) -> str:
        is_user = "user_events" in request_type.DESCRIPTOR.fields_by_name
        return self._ledger.catalog if is_user else self._ledger.tenant

    def _signals(self, key: str) -> None:
        ledger = self._ledger
        for number in itertools.count():
            if self._stop.wait(_PAUSE_S):
                return
            token = f"{key}-{number:06}"
            ledger.sent[token] = signal(token, time.time_ns() // 1_000)
            request = signal_service_pb2.SendSignalRequest(parent=ledger.tenant, signal=ledger.sent[token])
            calls = [
                self._client.signal.SendSignal.future(request, timeout=_WAIT_S)
                for _ in range(1 + (number % _REPEAT_EVERY == 0))
            ]
            names = set()
            for each in calls:
                stored = each.result()
                ledger.promised.add(token)
                assert stored.signal == request.signal
                names.add(stored.name)
            assert len(names) == 1, names

    def _batches(self, key: str, request_type: Any, call: Any) -> None:
        for number in itertools.count():
            if self._stop.wait(_PAUSE_S):
                return
            request = request_type(parent=self._parent(request_type))
            keys = self._fill(request, key, number, _BATCH)
            for times in range(1 + (number % _REPEAT_EVERY == 0)):
                response = call(request, timeout=_WAIT_S)
                counts = (response.stored_count, response.repeated_count)
                assert counts == ((0, _BATCH) if times else (_BATCH, 0)), counts
                self._ledger.promised.update(keys)

    def _stream(self, key: str, request_type: Any, call: Any) -> None:
        sent: list[str] = []  # by position
        room = threading.Semaphore(_UNDECIDED)
        requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        feeder = threading.Thread(target=self._feed, args=(key, request_type, sent, room, requests))
        feeder.start()
        decided = 0
        try:
            for response in call(iter(requests.get, None), timeout=_WAIT_S):
                assert response.rejected_count == 0
                assert response.decided_count == response.stored_count + response.repeated_count
                self._ledger.promised.update(sent[decided : response.decided_count])
                for _ in range(decided, response.decided_count):
                    room.release()
                decided = response.decided_count
            assert response.done
            assert decided == len(sent)
            assert response.stored_count == len(set(sent))
        finally:
            self._stop.set()
            room.release(_UNDECIDED)
            feeder.join(_WAIT_S)

    def _feed(
        self, key: str, request_type: Any, sent: list[str], room: threading.Semaphore, requests: queue.SimpleQueue[Any]
    ) -> None:
        requests.put(request_type(parent=self._parent(request_type)))
        for number in itertools.count():
            if self._stop.wait(_PAUSE_S):
                break
            request = request_type()
            keys = self._fill(request, key, number, _MESSAGE)
            for _ in range(1 + (number % _REPEAT_EVERY == 0)):
                for _ in keys:
                    room.acquire()
                sent.extend(keys)
                requests.put(request)
        requests.put(None)
