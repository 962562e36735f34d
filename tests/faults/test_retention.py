"""Events older than the setting `events_days` go by themselves, in steps; what is younger stays."""

from __future__ import annotations

import json
import time
from collections import Counter

from generated.footfall.v1 import event_log_service_pb2, signal_service_pb2
from generated.footfall.v1.signal_pb2 import Signal
from generated.footfall.v1.signal_service_pb2_grpc import SignalServiceStub
from tests.faults.client import Client
from tests.faults.load import client_event, user_event, wait_for
from tests.support.server import Server

_CATALOGS = [f"projects/p/locations/global/catalogs/kept{number}" for number in range(2)]
_TENANT = "projects/p/tenants/kept"
_DAYS = 30
_DAY_US = 24 * 3_600 * 1_000_000
_OLD = 450  # of each parent: more than a step deletes
_DATABASE = "footfall.db"
_YOUNG = 5


def _times():
    """Just older, and just younger, than the setting allows."""
    limit_us = time.time_ns() // 1_000 - _DAYS * _DAY_US
    old = [limit_us - 1 - number for number in range(_OLD)]
    return old + [limit_us + 3_600_000_000 + number for number in range(_YOUNG)]


def _expired(server):
    """What the log says was deleted, by parent, and the counter behind the last of it."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if "events_expired" in line]
    return Counter({line["parent"]: line["events"] for line in lines}), lines[-1]["since_start"] if lines else 0


def test_old_events_go_and_the_log_counts_them(tmp_path):
    server = Server(tmp_path)
    times = _times()
    with server, Client(server.address) as client:
        for catalog in _CATALOGS:
            events = [user_event(f"v{number}", us) for number, us in enumerate(times)]
            client.wait(client.import_inline(catalog, events).name)
        events = [client_event(_TENANT, f"e{number}", us) for number, us in enumerate(times)]
        batch = event_log_service_pb2.BatchCreateClientEventsRequest(parent=_TENANT, client_events=events)
        assert client.log.BatchCreateClientEvents(batch).stored_count == len(times)
    assert _expired(server) == (Counter(), 0), "nothing goes by default"

    young = sorted(times)[_OLD:]
    database = server.folder / _DATABASE
    size = database.stat().st_size
    server.flags = ("--events-days", str(_DAYS))
    with server, Client(server.address) as client:
        wait_for(lambda: len(_expired(server)[0]) == len(_CATALOGS) + 1, "every parent has been looked after")
        for catalog in _CATALOGS:
            assert [each.user_event.event_time.ToMicroseconds() for each in client.user_events(catalog)] == young
        assert [each.client_event.create_time.ToMicroseconds() for each in client.client_events(_TENANT)] == young
        wait_for(lambda: database.stat().st_size < size / 2, "what was freed is given back")
    expired, since_start = _expired(server)
    assert expired == Counter(dict.fromkeys([*_CATALOGS, _TENANT], _OLD))
    assert since_start == expired.total()


def _signal(number, us):
    signal = Signal(type_code="ApplicationComplete", token=f"token-{number % 7}")
    signal.timestamp.FromMicroseconds(us)
    return signal


def test_old_signals_go_with_what_is_known_of_them(tmp_path):
    server = Server(tmp_path)
    times = _times()
    young = sorted(times)[_OLD:]
    sent = [_signal(number, us) for number, us in enumerate(times)]
    with server, server.channel() as channel:
        stub = SignalServiceStub(channel)
        for start in range(0, len(sent), 100):
            request = signal_service_pb2.SendSignalsRequest(parent=_TENANT, signals=sent[start : start + 100])
            assert stub.SendSignals(request).rejected_count == 0

    server.flags = ("--events-days", str(_DAYS))
    with server, server.channel() as channel:
        stub = SignalServiceStub(channel)
        wait_for(lambda: _expired(server)[0] == {_TENANT: _OLD}, "the old ones went")
        listed = stub.ListSignals(signal_service_pb2.ListSignalsRequest(parent=_TENANT))
        assert [each.signal_time.ToMicroseconds() for each in listed.signals] == young
        assert listed.total_size == _YOUNG
        request = signal_service_pb2.ListSignalStatesRequest(parent=_TENANT, subject_kind="SUBJECT_KIND_TOKEN")
        states = stub.ListSignalStates(request).signal_states
        assert [each.token for each in states] == sorted({each.token for each in sent[_OLD:]})
