"""A write queue that is full refuses at once and says when to come again; who is in it is served."""

from __future__ import annotations

import time
from contextlib import closing

import apsw
import grpc

from generated.footfall.v1.event_log_service_pb2 import StreamUserEventsRequest
from tests.faults.client import Client, refusal
from tests.faults.load import Ledger, Writers, user_event, wait_for
from tests.support.server import Server

_CATALOG = "projects/p/locations/global/catalogs/queued"
_TENANT = "projects/p/tenants/queued"
_LIMIT = 10
_LARGE = 4_000
_BYTES = 5 * _LARGE + 1_000
_CALLS = 60
_QUEUE_FULL = (grpc.StatusCode.UNAVAILABLE, "WRITE_QUEUE_FULL")
_STREAMED = 60_000
_MESSAGE = 100
_HELD_S = 3.0
_AT_ONCE_S = 2.0  # SQLite itself waits 5 s for a lock


def test_a_full_queue_refuses_at_once_and_serves_who_is_in_it(tmp_path):
    with Server(tmp_path, "--write-queue-limit", str(_LIMIT)) as server, Client(server.address) as client:
        client.begin_write(_CATALOG, user_event("before", 0))().result()
        with closing(apsw.Connection(str(server.database))) as other:
            other.execute("BEGIN IMMEDIATE")  # nothing can be written until this ends
            began = time.monotonic()
            calls = [client.begin_write(_CATALOG, user_event(f"v{number}", number))() for number in range(_CALLS)]
            # at most one batch is in the writer's hands, and _LIMIT wait
            wait_for(lambda: sum(call.done() for call in calls) >= _CALLS - 2 * _LIMIT, "calls are refused")
            assert time.monotonic() - began < _AT_ONCE_S
            assert not [call for call in calls if call.done() and not call.exception()], "written under a lock"
            assert client.total_user_events(_CATALOG) == 1, "reading waits for nobody"
            other.execute("ROLLBACK")
        refused = [call for call in calls if call.exception()]
        for call in refused:
            code, reason, retry_after = refusal(call.exception())
            assert (code, reason) == _QUEUE_FULL
            assert retry_after > 0
        written = {call.result().visitor_id for call in calls if call not in refused}
        assert len(written) >= _LIMIT
        assert {event.user_event.visitor_id for event in client.user_events(_CATALOG)} == {"before"} | written


def test_a_queue_is_full_of_few_large_writes_too(tmp_path):
    """Calls are refused by their bytes long before there are as many as may wait."""
    flags = ("--write-queue-bytes", str(_BYTES))
    with Server(tmp_path, *flags) as server, Client(server.address) as client:
        client.begin_write(_CATALOG, user_event("before", 0))().result()
        with closing(apsw.Connection(str(server.database))) as other:
            other.execute("BEGIN IMMEDIATE")
            events = [user_event(f"v{number}", number, pad=_LARGE) for number in range(_CALLS)]
            calls = [client.begin_write(_CATALOG, event)() for event in events]
            wait_for(lambda: sum(call.done() for call in calls) >= _CALLS - _BYTES // _LARGE, "calls are refused")
            other.execute("ROLLBACK")
        written = {call.result().visitor_id for call in calls if not call.exception()}
        assert {refusal(call.exception())[:2] for call in calls if call.exception()} == {_QUEUE_FULL}
        assert len(written) == _BYTES // _LARGE
        assert {event.user_event.visitor_id for event in client.user_events(_CATALOG)} == {"before"} | written


def test_a_queue_of_one_under_load_loses_and_doubles_nothing(tmp_path):
    ledger = Ledger(_CATALOG, _TENANT)
    with Server(tmp_path, "--write-queue-limit", "1") as server, Client(server.address) as client:
        with Writers(server.address, ledger, "w", threads=24, channels=4):
            wait_for(lambda: min(len(ledger.refused), len(ledger.promised)) >= 100, "some are refused, some are not")
        assert {refused[:2] for refused in ledger.refused} == {_QUEUE_FULL}
        assert not ledger.broken
        ledger.check(client, only_promised=True)


def test_a_stream_is_slowed_down_not_refused(tmp_path):
    """Under a lock the server takes in no more than may wait; then all of it is decided."""
    taken = 0

    def requests():
        nonlocal taken
        yield StreamUserEventsRequest(parent=_CATALOG)
        for number in range(_STREAMED // _MESSAGE):
            taken += _MESSAGE
            yield StreamUserEventsRequest(
                user_events=[user_event(f"v{number}-{each}", number, pad=1_000) for each in range(_MESSAGE)]
            )

    flags = ("--write-queue-limit", "2")
    with Server(tmp_path, *flags) as server, Client(server.address) as client:
        client.begin_write(_CATALOG, user_event("before", 0))().result()
        with closing(apsw.Connection(str(server.database))) as other:
            other.execute("BEGIN IMMEDIATE")
            responses = client.log.StreamUserEvents(requests())
            time.sleep(_HELD_S)  # longer than all of it would take
            assert 0 < taken < _STREAMED / 2
            other.execute("ROLLBACK")
        *_, last = responses
        assert (last.decided_count, last.stored_count, last.done) == (_STREAMED, _STREAMED, True)
        assert client.total_user_events(_CATALOG) == _STREAMED + 1
