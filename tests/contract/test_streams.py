"""footfall.v1 StreamUserEvents and StreamClientEvents: acknowledged by position while they run, exact at the end."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import DeadlineExceeded, InvalidArgument, NotFound, ServiceUnavailable

from tests.contract.own_events import own
from tests.contract.refusals import refused
from tests.contract.samples import user_event
from tests.contract.streams import FIELDS, OpenStream
from tests.contract.test_batches import (
    BAD_USER_EVENTS,
    BATCH,
    MOST,
    REJECTED,
    REPEATED,
    STORED,
    job_event,
    mixed_client_events,
    mixed_user_events,
    stored_form,
)
from tests.support.reflected import EVENT_LOG, ReflectedClient
from tests.support.server import Server

MOST_IN_A_MESSAGE = 1_000
QUARTER = 2**20 - 8  # characters of a visitor's id, so that four events make a message of 4 MiB
IDLE_S = 0.5


def drawn(draw: random.Random, events: list[Any]) -> Iterator[list[Any]]:
    """The events in messages of very different sizes, some of them empty."""
    start = 0
    while start < len(events):
        size = draw.choice([0, 1, 1, 2, draw.randrange(50), draw.randrange(MOST_IN_A_MESSAGE + 1)])
        yield events[start : start + size]
        start += size


def streamed(reflected: ReflectedClient, method: str, parent: str, messages: Iterator[list[Any]]) -> list[Any]:
    """The responses of a stream of these messages."""
    stream = OpenStream(reflected, method, parent)
    for events in messages:
        stream.send(*events)
    return stream.end()


def check(responses: list[Any], verdicts: list[int], batch: Any) -> None:
    """Responses say the same as the batch, each position once, and never take back what they said."""
    assert [response.done for response in responses] == [False] * (len(responses) - 1) + [True]
    rejections = [rejection for response in responses for rejection in response.rejections]
    assert [(each.position, each.status) for each in rejections] == [
        (position, result.status) for position, result in enumerate(batch.results) if result.outcome == REJECTED
    ]
    for response in responses:
        decided = verdicts[: response.decided_count]
        counts = (response.stored_count, response.repeated_count, response.rejected_count)
        assert counts == tuple(decided.count(verdict) for verdict in (STORED, REPEATED, REJECTED))
        told = [each for each in rejections if each.position < response.decided_count]
        assert len(told) == response.rejected_count
    positions = [response.decided_count for response in responses]
    assert positions == sorted(positions)
    assert positions[-1] == len(verdicts)


def test_ten_thousand_user_events_fare_as_in_a_batch(reflected: ReflectedClient, catalog: str) -> None:
    draw = random.Random(17)
    items = mixed_user_events(draw, MOST)
    sent = own([event for event, _ in items])
    batch = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=f"{catalog}-b", user_events=sent)

    responses = streamed(reflected, "StreamUserEvents", f"{catalog}-a", drawn(draw, sent))

    check(responses, [verdict for _, verdict in items], batch)
    stored = reflected.user_events(f"{catalog}-a")
    assert {each.source for each in stored} == {BATCH}
    assert stored_form(stored, "user_event") == stored_form(reflected.user_events(f"{catalog}-b"), "user_event")


def test_ten_thousand_client_events_fare_as_in_a_batch(reflected: ReflectedClient, tenant: str) -> None:
    draw = random.Random(18)
    items = mixed_client_events(draw, MOST, tenant)
    sent = [event for event, _ in items]

    responses = streamed(reflected, "StreamClientEvents", tenant, drawn(draw, sent))

    verdicts = [verdict for _, verdict in items]
    stored = reflected.client_events(tenant)
    assert len(stored) == verdicts.count(STORED)
    # What was stored is repeated now; what was rejected is so for the same reason.
    again = reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=tenant, client_events=sent)
    check(responses, verdicts, again)
    assert again.stored_count == 0
    assert stored_form(stored, "client_event") == stored_form(reflected.client_events(tenant), "client_event")


@pytest.mark.parametrize("method", FIELDS)
def test_acknowledged_while_it_runs(reflected: ReflectedClient, catalog: str, tenant: str, method: str) -> None:
    parent = catalog if method == "StreamUserEvents" else tenant
    stream = OpenStream(reflected, method, parent)
    read = reflected.user_events if parent is catalog else reflected.client_events
    for number in range(5):
        good = own(user_event(visitor_id=f"v{number}")) if parent is catalog else job_event(tenant, f"e{number}", 2)
        stream.send(good, {})
        response = stream.until(2 * number + 2)
        counts = (response.decided_count, response.stored_count, response.rejected_count)
        assert counts == (2 * number + 2, number + 1, number + 1)
        assert [each.position for each in response.rejections] == [2 * number + 1]
        assert response.rejections[0].status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        assert len(read(parent)) == number + 1

    (last,) = stream.end()
    assert (last.decided_count, last.stored_count, last.rejected_count, last.done) == (10, 5, 5, True)
    assert not last.rejections


def test_a_stream_without_events(reflected: ReflectedClient, catalog: str) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", catalog)
    stream.send()
    stream.send(parent=catalog)

    (response,) = stream.end()

    assert response.done
    assert response.decided_count == 0


def test_ten_thousand_rejections_fit_into_answers(reflected: ReflectedClient, catalog: str) -> None:
    event = own({**BAD_USER_EVENTS[5], "visitor_id": "", "event_type": "x" * 900})
    responses = streamed(
        reflected, "StreamUserEvents", catalog, iter([[event] * MOST_IN_A_MESSAGE] * (MOST // MOST_IN_A_MESSAGE))
    )

    assert responses[-1].rejected_count == MOST
    rejections = [each for response in responses for each in response.rejections]
    assert [each.position for each in rejections] == list(range(MOST))
    assert len({each.status.SerializeToString(deterministic=True) for each in rejections}) == 1
    assert rejections[0].status.details


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"parent": "projects/p/locations/global/catalogs/other"}, {"parent": "INVALID_VALUE"}),
        ({"user_events": [{}] * (MOST_IN_A_MESSAGE + 1)}, {"user_events": "TOO_MANY"}),
        ({"user_events": [{"visitor_id": "v" * (QUARTER + 1)}] * 4}, {"user_events": "TOO_LONG"}),
    ],
)
def test_a_wrong_message_ends_it_after_all_that_came_before(
    reflected: ReflectedClient, catalog: str, wrong: dict[str, Any], fields: dict[str, str]
) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", catalog)
    for number in range(3):
        stream.send(*(own(user_event(visitor_id=f"v{number}-{each}")) for each in range(700)))
    stream.send(**wrong)
    stream.send(own(user_event(visitor_id="behind")))

    with refused(InvalidArgument) as refusal:
        list(stream.responses)

    assert refusal.fields == fields
    assert len(reflected.user_events(catalog)) == 2_100
    stream.close()


def test_as_many_bytes_as_a_message_may_have(reflected: ReflectedClient, catalog: str) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", catalog)
    stream.send()
    for _ in range(5):
        stream.send(*[{"visitor_id": "v" * QUARTER}] * 4)

    assert stream.end()[-1].rejected_count == 20


@pytest.mark.parametrize("parent", ["", "catalogs/c", "projects/p/tenants/t"])
def test_a_malformed_parent(reflected: ReflectedClient, parent: str) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", parent)
    stream.send(own(user_event()))
    with refused(InvalidArgument) as refusal:
        next(stream.responses)

    assert set(refusal.fields) == {"parent"}
    stream.close()


def test_no_message_at_all(reflected: ReflectedClient) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", "")
    with refused(InvalidArgument) as refusal:
        stream.end()

    assert refusal.fields == {"parent": "MISSING_FIELD"}


@pytest.mark.parametrize(
    "server", [pytest.param(["--catalogs", "projects/p/locations/l/catalogs/c"], id="declared")], indirect=True
)
def test_an_undeclared_catalog(reflected: ReflectedClient, catalog: str) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", catalog)
    stream.send(own(user_event()))
    with refused(NotFound):
        next(stream.responses)
    stream.close()


@pytest.mark.parametrize(
    "server", [pytest.param(["--upload-idle-seconds", str(IDLE_S)], id=f"{IDLE_S} s")], indirect=True
)
def test_an_idle_stream_is_ended_and_one_with_messages_is_not(reflected: ReflectedClient, catalog: str) -> None:
    stream = OpenStream(reflected, "StreamUserEvents", catalog)
    began = time.monotonic()
    sent = 0
    while time.monotonic() < began + 3 * IDLE_S:
        stream.send(own(user_event(visitor_id=f"v{sent}")))
        sent += 1
        stream.until(sent)
        stream.send()
        time.sleep(IDLE_S / 5)

    with refused(DeadlineExceeded) as refusal:
        next(stream.responses)

    assert "--upload-idle-seconds" in refusal.message
    assert len(reflected.user_events(catalog)) == sent
    stream.close()


@pytest.mark.parametrize(
    "server", [pytest.param(["--max-concurrent-long-calls", "2"], id="two long calls")], indirect=True
)
def test_streams_are_long_calls(server: Server, reflected: ReflectedClient, catalog: str) -> None:
    streams = [OpenStream(reflected, "StreamUserEvents", catalog) for _ in range(2)]
    for number, stream in enumerate(streams):
        stream.send(own(user_event(visitor_id=f"v{number}")))
        stream.until(1)

    third = OpenStream(reflected, "StreamUserEvents", catalog)
    with refused(ServiceUnavailable) as refusal:
        next(third.responses)
    third.close()

    assert refusal.reason == "TOO_MANY_CALLS"
    for stream in streams:
        assert stream.end()[-1].done


def test_a_caller_who_leaves_leaves_nothing_running(server: Server, reflected: ReflectedClient, catalog: str) -> None:
    for number in range(20):
        stream = OpenStream(reflected, "StreamUserEvents", catalog)
        for each in range(10):
            stream.send(*(own(user_event(visitor_id=f"v{number}-{each}-{event}")) for event in range(200)))
        acknowledged = stream.until(1).stored_count
        stream.responses.cancel()
        stream.close()
        assert len(reflected.user_events(catalog)) >= acknowledged

    assert "Traceback" not in server.log.read_text()
    assert "call_failed" not in server.log.read_text()
