"""Clients that are too slow, too many or too large are cut off, and cost the others nothing."""

from __future__ import annotations

import select
import threading
import time

import pytest

from tests.http import raw

PATIENCE = ("--http-header-seconds", "0.5", "--http-body-seconds", "0.5", "--http-idle-seconds", "1")


def trickle(server, head: bytes, rest: bytes, pause: float = 0.05) -> bytes:
    """Sends `head`, then `rest` a byte at a time for as long as the server takes it; returns what it said."""
    with raw.connect(server.http) as connection:
        connection.sendall(head)
        for byte in rest:
            if select.select([connection], [], [], pause)[0]:
                break
            try:
                connection.sendall(bytes([byte]))
            except ConnectionError:
                return b""
        else:
            raise AssertionError("the server took all of it")
        try:
            return connection.recv(65_536)
        except ConnectionError:
            return b""


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
@pytest.mark.parametrize(
    "head",
    [b"", b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "],
    ids=["from the first byte", "within a header"],
)
def test_a_slow_head_is_cut_off(server, head):
    answer = trickle(server, head, b"GET /" + b"a" * 2_000)
    assert raw.status(answer) in (0, 408)


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_a_slow_body_is_cut_off_while_others_are_served(server, web, catalog):
    path = f"/v2/{catalog}/userEvents:write"
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"
    answers = []
    slow = [
        threading.Thread(target=lambda: answers.append(trickle(server, head.encode(), b"x" * 9_999))) for _ in range(20)
    ]
    for thread in slow:
        thread.start()
    while any(thread.is_alive() for thread in slow):
        assert web.get(f"{server.http}/healthz", timeout=60).status_code == 200
    assert len(answers) == len(slow)
    assert {raw.status(answer) for answer in answers} <= {0, 408}


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
@pytest.mark.parametrize("sent", [b"", b"x" * 99], ids=["none of it", "some of it"])
@pytest.mark.parametrize("method", [":write", ":collect", ":upload"])
def test_a_body_that_stays_away_is_waited_for_no_longer(server, web, catalog, method, sent):
    version = "v1" if method == ":upload" else "v2"
    head = f"POST /{version}/{catalog}/userEvents{method} HTTP/1.1\r\nhost: localhost\r\n"
    head += "content-type: application/json\r\ncontent-length: 9999\r\n\r\n"
    assert raw.status(raw.head(server.http, head.encode() + sent)) == 408
    assert web.get(f"{server.http}/healthz", timeout=60).status_code == 200


def upload_head(catalog: str) -> bytes:
    head = f"POST /v1/{catalog}/userEvents:upload HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/jsonl\r\n"
    return head.encode() + b"content-length: 9999\r\n\r\n"


def cancelled_uploads(server, web) -> int:
    lines = web.get(f"{server.http}/metrics", timeout=60).text.splitlines()
    calls = [line for line in lines if line.startswith("footfall_calls_total") and '"UploadUserEvents"' in line]
    assert all('code="CANCELLED"' in line for line in calls), calls
    return sum(int(float(line.rpartition(" ")[2])) for line in calls)


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_an_upload_that_is_slow_or_given_up_is_no_error_of_the_server(server, web, catalog):
    assert raw.status(trickle(server, upload_head(catalog), b"x" * 9_999)) in (0, 408)
    with raw.connect(server.http) as connection:
        connection.sendall(upload_head(catalog) + b"x" * 99)
    deadline = time.monotonic() + 60
    while cancelled_uploads(server, web) < 2:
        assert time.monotonic() < deadline
    log = server.log.read_text()
    assert "call_failed" not in log
    assert "Traceback" not in log


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_an_idle_connection_is_closed(server):
    with raw.connect(server.http) as connection:
        assert raw.status(connection.recv(65_536)) in (0, 408)


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_line_ends_do_not_keep_a_connection_open(server):
    with raw.connect(server.http) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert raw.status(connection.recv(65_536)) == 200
        connection.sendall(b"\r\n")
        while connection.recv(65_536):
            pass


@pytest.mark.uvicorn
def test_requests_behind_each_other(server, catalog):
    body = b'{"eventType":"login","visitorId":"%s"}' % (b"v" * 70_000)
    head = f"POST /v2/{catalog}/userEvents:write HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    first = head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body
    second = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    answers = raw.exchange(server.http, first + second)
    assert raw.status(answers) == 400  # a visitor of 70,000 characters
    assert b"HTTP/1.1 200 OK" in answers


@pytest.mark.uvicorn
@pytest.mark.parametrize("server", [("--max-http-connections", "3")], indirect=True)
def test_connections_beyond_the_limit(server, web):
    held = [raw.connect(server.http) for _ in range(3)]
    try:
        deadline = time.monotonic() + 60
        while raw.status(raw.exchange(server.http, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")) != 503:
            assert time.monotonic() < deadline
    finally:
        for connection in held:
            connection.close()
    while web.get(f"{server.http}/healthz", timeout=60).status_code != 200:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 70_000,
        b"GET / HTTP/1.1\r\nhost: localhost\r\n"
        + b"".join(b"x%d: y\r\n" % number for number in range(9_000))
        + b"\r\n",
        b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ],
    ids=["a header", "headers", "a path"],
)
def test_a_head_over_the_limit(server, data):
    assert raw.status(raw.exchange(server.http, data)) in (0, 400, 431)  # 0: it hung up before it had all
