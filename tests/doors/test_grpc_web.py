"""gRPC-Web at the Envoy door: for pages of the origins that are named, and no others."""

from __future__ import annotations

import struct
import urllib.error
import urllib.request

import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from tests.doors.wire import WRITE, event, frame
from tests.support.server import Server

PAGE = "https://shop.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("web"), "--grpc-web-origins", PAGE, door="envoy") as running:
        yield running


def call(server, body, origin, method="POST", **headers):
    headers = {"content-type": "application/grpc-web+proto", "origin": origin, "x-grpc-web": "1", **headers}
    request = urllib.request.Request(f"http://{server.address}{WRITE}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.headers, error.read()


def parts(body):
    """The messages, and the trailers, which gRPC-Web sends as the last of them."""
    found, at = [], 0
    while at < len(body):
        flag, length = struct.unpack_from(">BI", body, at)
        found.append((flag, body[at + 5 : at + 5 + length]))
        at += 5 + length
    return found


def test_a_page_that_may(server):
    headers, body = call(server, frame(event()), PAGE)

    assert headers["access-control-allow-origin"] == PAGE
    (_, message), (flag, trailers) = parts(body)
    assert UserEvent.FromString(message).visitor_id == "v"
    assert flag == 0x80
    assert b"grpc-status:0" in trailers.replace(b" ", b"")


def test_an_error(server):
    headers, _ = call(server, frame(event(visitor="")), PAGE)

    assert headers["grpc-status"] == "3"
    assert "grpc-status-details-bin" in headers


def test_a_page_that_may_not(server):
    headers, _ = call(server, frame(event()), "https://evil.example")

    assert headers["grpc-status"] == "7"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(("origin", "allowed"), [(PAGE, True), ("https://evil.example", False)])
def test_a_preflight(server, origin, allowed):
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-grpc-web"}
    headers, _ = call(server, None, origin, method="OPTIONS", **asked)
    assert (headers.get("access-control-allow-origin") == origin) == allowed
