"""Requests that no gRPC library would send, byte by byte, at each door: each ends with the right status, or a reset.

The statuses are those of gRPC's "PROTOCOL-HTTP2" and "statuscodes"; where they leave it open, or grpcio's core goes its
own way, all that may come is named.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import secrets
import zlib

import h2.errors
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from generated.footfall.v1.event_log_service_pb2 import WatchEventsRequest
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from tests.doors.wire import CATALOG, GRPC, REFLECTION, WATCH, WRITE, Wire, event, frame

OK, UNIMPLEMENTED, INTERNAL = code_pb2.OK, code_pb2.UNIMPLEMENTED, code_pb2.INTERNAL
EXHAUSTED, EXPIRED = code_pb2.RESOURCE_EXHAUSTED, code_pb2.DEADLINE_EXCEEDED
UNANSWERED = -1  # grpcio's core leaves the call open until its caller gives it up
GZIP = (*GRPC, ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity,deflate,gzip"))


def only_enveloped(door: str, wanted: set[int], grpcio: set[int | None]) -> set[int | None]:
    """What the door may answer: grpcio's core is more lenient, or closes the stream."""
    return {*wanted} if door == "envoy" else {*wanted, *grpcio}


def test_a_call(wire: Wire) -> None:
    response = wire.call(frame(event()))

    assert (response.http_status, response.status) == (200, OK)
    assert response.head["content-type"].startswith("application/grpc")
    assert "grpc-status" in response.trailers
    (message,) = response.messages()
    assert UserEvent.FromString(message).visitor_id == "v"


def test_an_error_is_trailers_only(wire: Wire) -> None:
    response = wire.call(frame(event(visitor="")))

    assert response.status == code_pb2.INVALID_ARGUMENT
    assert not response.body
    assert "visitorId" in response.head["grpc-message"]
    encoded = response.head["grpc-status-details-bin"]
    status = Status.FromString(base64.b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert (status.code, len(status.details)) == (code_pb2.INVALID_ARGUMENT, 2)


def test_messages_are_percent_encoded(wire: Wire) -> None:
    response = wire.call(frame(event(event_type="\u00e9%\n")))

    assert response.status == code_pb2.INVALID_ARGUMENT
    told = response.head["grpc-message"]
    assert told.isascii()
    assert told.isprintable()
    assert "%" in told


@pytest.mark.parametrize(
    ("body", "wanted", "grpcio"),
    [
        (frame(event(), length=len(event()) + 1), {INTERNAL}, {UNANSWERED}),
        (frame(event(), length=0), {UNIMPLEMENTED, INTERNAL, EXHAUSTED}, {None, code_pb2.INVALID_ARGUMENT}),
        (frame(event())[:3], {INTERNAL}, {UNANSWERED}),
        (frame(event(), flag=2), {INTERNAL}, {UNANSWERED}),
        (frame(event(), flag=1), {INTERNAL}, {None, code_pb2.UNIMPLEMENTED}),
        (frame(event(), length=2**32 - 1), {EXHAUSTED}, set()),
        (frame(b"\xff" * 9), {INTERNAL}, {code_pb2.UNKNOWN, UNANSWERED}),
        (b"", {UNIMPLEMENTED}, {UNANSWERED}),
        (frame(event()) * 2, {UNIMPLEMENTED}, {OK, None, INTERNAL}),
    ],
    ids=[
        "a frame longer than the body",
        "a frame shorter than the message",
        "half a prefix",
        "an unknown flag",
        "compressed, but no encoding",
        "4 GiB",
        "no message of this type",
        "no message",
        "two messages",
    ],
)
def test_a_body_that_is_wrong(wire: Wire, door: str, body: bytes, wanted: set[int], grpcio: set[int | None]) -> None:
    stream = wire.start()
    wire.send(stream, body)
    if door == "grpcio" and UNANSWERED in grpcio:
        wire.cancel(stream)
        assert wire.call(frame(event())).status == OK
        return
    response = wire.response(stream)

    assert response.status in only_enveloped(door, wanted, grpcio)
    assert response.status is not None or response.reset is not None or response.ended
    assert wire.call(frame(event())).status == OK, "the connection is as good as before"


def test_an_end_with_the_head(wire: Wire, door: str) -> None:
    stream = wire.start(end=True)
    if door == "grpcio":  # see UNANSWERED
        wire.cancel(stream)
    else:
        assert wire.response(stream).status == UNIMPLEMENTED
    assert wire.call(frame(event())).status == OK


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_both_ways(wire: Wire, encoding: str) -> None:
    compress = gzip.compress if encoding == "gzip" else zlib.compress
    message = event(uri="https://example.com/" + "a" * 4_000)
    headers = (*GRPC, ("grpc-encoding", encoding), ("grpc-accept-encoding", "identity,deflate,gzip"))

    assert wire.call(frame(compress(message), flag=1), headers=headers).status == OK
    assert wire.call(frame(message), headers=headers).status == OK, "each message may be as it is"


def test_an_answer_is_compressed_like_its_question(wire: Wire, door: str) -> None:
    response = wire.call(frame(gzip.compress(event(uri="a" * 4_000)), flag=1), headers=GZIP)

    assert response.status == OK
    if door == "envoy":  # grpcio's server compresses nothing unless it is told to
        assert response.head["grpc-encoding"] == "gzip"
        assert response.body[0] == 1
        assert UserEvent.FromString(gzip.decompress(response.messages()[0])).uri == "a" * 4_000


def test_compressed_data_that_is_damaged(wire: Wire, door: str) -> None:
    response = wire.call(frame(b"no gzip at all", flag=1), headers=GZIP)

    assert response.status in only_enveloped(door, {INTERNAL}, {None, code_pb2.UNKNOWN})


def test_an_encoding_that_is_unknown(wire: Wire, door: str) -> None:
    response = wire.call(frame(b"x", flag=1), headers=(*GRPC, ("grpc-encoding", "snappy")))

    assert response.status in only_enveloped(door, {UNIMPLEMENTED}, {INTERNAL})
    assert door == "grpcio" or "gzip" in response.head["grpc-accept-encoding"]


def test_a_small_message_that_is_large_inside(wire: Wire, door: str) -> None:
    bomb = gzip.compress(b"\0" * (65 * 2**20))

    response = wire.call(frame(bomb, flag=1), headers=GZIP)

    assert response.status in only_enveloped(door, {EXHAUSTED}, {None, INTERNAL})


def test_a_message_over_the_limit_is_refused_before_it_is_there(wire: Wire) -> None:
    stream = wire.start()
    taken = wire.send(stream, frame(b"", length=65 * 2**20) + b"\0" * 2**20, end=False)

    assert wire.response(stream).status == EXHAUSTED, taken


@pytest.mark.parametrize(
    ("headers", "http", "status"),
    [
        ((("content-type", "application/json"), ("te", "trailers")), 415, None),
        ((("content-type", "application/grpc-web"), ("te", "trailers")), 415, None),
        ((("te", "trailers"),), 415, None),
        ((("content-type", "application/grpc"),), 200, INTERNAL),
        ((*GRPC, ("grpc-timeout", "soon")), 200, INTERNAL),
        ((*GRPC, ("grpc-timeout", "123456789S")), 200, INTERNAL),
        ((*GRPC, ("grpc-timeout", "0n")), 200, EXPIRED),
        ((*GRPC, ("grpc-timeout", "-1S")), 200, INTERNAL),
    ],
    ids=[
        "content-type: json",
        "content-type: grpc-web",
        "no content-type",
        "no te",
        "a timeout in words",
        "a timeout of 9 digits",
        "a deadline in the past",
        "a negative timeout",
    ],
)
def test_heads(wire: Wire, door: str, headers: tuple[tuple[str, str], ...], http: int, status: int | None) -> None:
    response = wire.call(frame(event()), headers=headers)

    if door == "envoy":
        assert (response.http_status, response.status) == (http, status)
    else:  # lenient with content types and timeouts
        assert response.over
    assert wire.call(frame(event())).status == OK


@pytest.mark.parametrize("path", ["/google.cloud.retail.v2.UserEventService/Nothing", "/no.such.Service/Get", "/x"])
def test_a_method_that_is_not_there(wire: Wire, path: str) -> None:
    assert wire.call(frame(b""), path=path).status == UNIMPLEMENTED


def test_a_path_that_is_no_text(wire: Wire, door: str) -> None:
    response = wire.call(frame(b""), path="/google.cloud.retail.v2.UserEventService/%FF")

    assert response.status in only_enveloped(door, {INTERNAL}, {UNIMPLEMENTED})
    assert wire.call(frame(event())).status == OK


def test_a_get_is_no_call(wire: Wire, door: str) -> None:
    response = wire.response(wire.start(WRITE, method="GET", end=True))

    assert response.head.get(":status") == "405" or (door == "grpcio" and response.over)


def test_a_body_in_many_pieces(wire: Wire) -> None:
    stream = wire.start()
    body = frame(event(uri="u" * 3_000))
    for at in range(0, len(body), 100):
        wire.send(stream, body[at : at + 100], end=False)
    wire.send(stream, b"")

    assert wire.response(stream).status == OK


def test_streams_both_ways(wire: Wire) -> None:
    stream = wire.start(REFLECTION)
    asked = frame(ServerReflectionRequest(list_services="").SerializeToString())
    for number in range(1, 4):
        wire.send(stream, asked, end=False)
        while len(wire.responses[stream].messages()) < number:
            wire.receive()
    wire.send(stream, b"")
    response = wire.response(stream)

    assert response.status == OK
    answers = [ServerReflectionResponse.FromString(message) for message in response.messages()]
    assert [len(answer.list_services_response.service) > 5 for answer in answers] == [True] * 3


@pytest.mark.parametrize("server", [("--http-body-seconds", "0.5")], indirect=True, ids=["short of patience"])
def test_a_request_that_never_ends_is_cut_off(wire: Wire, door: str) -> None:
    if door == "grpcio":  # see UNANSWERED
        return
    slow = [wire.start(), wire.start()]
    wire.send(slow[1], frame(event())[:9], end=False)
    may_be_slow = wire.start(REFLECTION)

    assert [wire.response(stream).status for stream in slow] == [EXPIRED, EXPIRED]
    assert "--http-body-seconds" in wire.responses[slow[0]].head["grpc-message"]
    assert not wire.responses[may_be_slow].over
    wire.send(may_be_slow, b"")
    assert wire.response(may_be_slow).status == OK


def test_a_large_message_is_decompressed_beside_other_calls(wire: Wire, door: str) -> None:
    bomb = frame(gzip.compress(b"\0" * (65 * 2**20)), flag=1)
    large = event(uri="https://example.com/" + secrets.token_hex(2_400))
    large_stream, bomb_stream = wire.start(headers=GZIP), wire.start(headers=GZIP)
    wire.send(bomb_stream, bomb)
    wire.send(large_stream, frame(gzip.compress(large, 0), flag=1))
    other = wire.call(frame(event()))

    assert other.status == OK
    assert door == "grpcio" or not wire.responses[bomb_stream].over
    assert wire.response(large_stream).status == OK
    assert wire.response(bomb_stream).status in only_enveloped(door, {EXHAUSTED}, {None, INTERNAL})


def test_large_compressed_data_that_is_damaged(wire: Wire, door: str) -> None:
    response = wire.call(frame(secrets.token_bytes(2**14), flag=1), headers=GZIP)

    assert response.status in only_enveloped(door, {INTERNAL}, {None, code_pb2.UNKNOWN})


def test_a_stream_of_no_messages(wire: Wire) -> None:
    assert wire.response(wire.start(REFLECTION, end=True)).status == OK


def test_calls_that_are_cancelled_at_once_cost_the_others_nothing(wire: Wire) -> None:
    for number in range(200):  # Envoy takes 500 of them for an attack (CVE-2023-44487) and hangs up
        stream = wire.start()
        if number % 3:
            wire.send(stream, frame(event())[: number % 40], end=False)
        wire.cancel(stream)

    assert wire.call(frame(event())).status == OK
    assert wire.goaway is None


def test_a_slow_reader_holds_up_nobody(server) -> None:
    with Wire(server.address, window=0) as slow, Wire(server.address) as other:
        stuck = [slow.start() for _ in range(50)]
        for stream in stuck:
            slow.send(stream, frame(event(uri="u" * 5_000)))
        assert other.call(frame(event())).status == OK
        for stream in stuck:
            slow.h2.increment_flow_control_window(2**16, stream)
        slow.flush()
        assert {slow.response(stream).status for stream in stuck} == {OK}


MANY, ON_ONE = 10_000, 1_000
MANY_CALLS = ("--max-concurrent-streams", f"{ON_ONE}", "--max-concurrent-calls", f"{MANY + ON_ONE}")


def begun(wire: Wire, streams: list[int]) -> bool:
    """Waits until each of these streams has sent something, or ended; whether none ended."""
    responses = [wire.responses[stream] for stream in streams]
    while not all(response.body or response.over for response in responses):
        wire.receive()
    return not any(response.over for response in responses)


def watch(wire: Wire) -> int:
    stream = wire.start(WATCH)
    wire.send(stream, frame(WatchEventsRequest(parent=CATALOG).SerializeToString()))
    return stream


@pytest.mark.parametrize(
    "server", [(*MANY_CALLS, "--max-concurrent-long-calls", f"{MANY}")], indirect=True, ids=["many calls"]
)
@pytest.mark.timeout(600)
def test_ten_thousand_streams_at_once(server, door) -> None:
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(Wire(server.address)) for _ in range(MANY // ON_ONE)]
        for wire in connections:
            assert begun(wire, [watch(wire) for _ in range(ON_ONE)])
        one_more = held.enter_context(Wire(server.address))
        refused = one_more.response(watch(one_more))
        assert refused.status == code_pb2.UNAVAILABLE, "over the limit of calls that may last"
        status = Status.FromString(base64.b64decode(refused.head["grpc-status-details-bin"] + "=="))
        assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)
        assert one_more.call(frame(event())).status == OK, "which leaves room for the others"

        full = connections[0]
        full.ignore_stream_limit()
        over = full.response(full.start(WATCH, end=True))
        if door == "envoy":
            assert full.closed, "as for a client that breaks a limit it was told of"
        else:
            assert over.reset == h2.errors.ErrorCodes.REFUSED_STREAM
        full.socket.close()
        while not begun(one_more, [watch(one_more)]):  # until it is noticed that the others have left
            pass
