"""What a connection of HTTP/1.1 owes its client, request by request: whatever the server does to make one cheap."""

from __future__ import annotations

import json
import select
import socket
import time

import pytest

from tests.http import raw

pytestmark = pytest.mark.uvicorn

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
PATIENCE = ("--http-header-seconds", "0.5", "--http-body-seconds", "0.5", "--http-idle-seconds", "1")


def answer(connection: socket.socket, *, to_head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """The next answer on a connection: its status, its headers and its body."""
    read = b""
    while b"\r\n\r\n" not in read:
        chunk = connection.recv(1)
        assert chunk, f"hung up after {read!r}"
        read += chunk
    lines = read.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    body = b""
    while not to_head and len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(1)
    return int(lines[0].split(" ")[1]), headers, body


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def is_quiet(connection: socket.socket, seconds: float) -> bool:
    """Whether nothing comes, not even an end."""
    return not select.select([connection], [], [], seconds)[0]


def written(catalog: str, body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    """The head of a :write with this body."""
    path = f"/v2/{catalog}/userEvents:write".encode()
    lines = [b"POST %s HTTP/%s" % (path, version), b"host: localhost", b"content-type: application/json", *headers]
    if not any(header.startswith(b"transfer-encoding") for header in headers):
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def event(visitor: str = "v", **fields: object) -> bytes:
    return json.dumps({"eventType": "login", "visitorId": visitor, **fields}).encode()


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_an_idle_connection_stays_for_its_time_and_is_closed_without_a_word(server):
    with raw.connect(server.http) as connection:
        for _ in range(3):
            connection.sendall(HEALTH)
            assert answer(connection)[0] == 200
            assert is_quiet(connection, 0.7)  # more than a head may take, less than it may idle
        assert rest(connection) == b""


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_a_head_that_begins_on_an_idle_connection_has_a_head_s_time(server):
    with raw.connect(server.http) as connection:
        connection.sendall(HEALTH)
        assert answer(connection)[0] == 200
        connection.sendall(HEALTH[:10])
        began = time.monotonic()
        assert raw.status(rest(connection)) == 408
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_a_body_that_stops_is_given_up(server, catalog):
    with raw.connect(server.http) as connection:
        connection.sendall(HEALTH + written(catalog, b"x" * 99) + b"x")
        assert answer(connection)[0] == 200
        assert raw.status(rest(connection)) == 408


def test_requests_in_one_packet_are_answered_in_their_order(server, catalog):
    bodies = [event(f"visitor-{number}") for number in range(5)]
    requests = b"".join(written(catalog, body) + body + HEALTH for body in bodies)
    with raw.connect(server.http) as connection:
        connection.sendall(requests + b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        for number in range(5):
            status, _, body = answer(connection)
            assert (status, json.loads(body)["visitorId"]) == (200, f"visitor-{number}")
            assert json.loads(answer(connection)[2]) == {"status": "ok"}
        status, headers, _ = answer(connection)
        assert (status, headers["connection"]) == (404, "close")
        assert rest(connection) == b""


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
@pytest.mark.parametrize("behind", [b"", HEALTH, HEALTH * 3, HEALTH + HEALTH[:9]])
@pytest.mark.parametrize("apart", [False, True])
def test_a_call_ends_when_its_caller_leaves_whatever_was_sent_behind_it(server, catalog, web, behind, apart):
    def at_work() -> bool:
        return 'footfall_calls_in_flight{kind="long"} 0.0' not in web.get(f"{server.http}/metrics", timeout=60).text

    watch = f"GET /v1/{catalog}/events:watch HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    with raw.connect(server.http) as connection:
        connection.sendall(watch if apart else watch + behind)
        assert answer(connection)[0] == 200
        connection.sendall(behind if apart else b"")
        assert at_work()
    began = time.monotonic()
    while at_work():
        assert time.monotonic() - began < 30, "nobody saw that the caller had left"


def test_a_request_that_comes_byte_by_byte(server, catalog):
    body = event("byte by byte")
    with raw.connect(server.http) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in written(catalog, body) + body:
            connection.sendall(bytes([byte]))
        status, _, got = answer(connection)
        assert (status, json.loads(got)["visitorId"]) == (200, "byte by byte")


def test_a_body_in_chunks(server, catalog):
    body = event("in chunks")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:20], body[20:]))
    with raw.connect(server.http) as connection:
        for _ in range(2):
            connection.sendall(written(catalog, b"", b"transfer-encoding: chunked"))
            assert is_quiet(connection, 0.05)
            connection.sendall(chunks[:30])
            assert is_quiet(connection, 0.05)
            connection.sendall(chunks[30:] + b"0\r\n\r\n")
            status, _, got = answer(connection)
            assert (status, json.loads(got)["visitorId"]) == (200, "in chunks")


def test_a_large_body_in_pieces_is_read_as_a_whole(server, catalog):
    body = event("large", attributes={"a": {"text": ["x" * 250] * 400}})
    with raw.connect(server.http) as connection:
        connection.sendall(written(catalog, body) + body[:50])
        assert is_quiet(connection, 0.05)
        connection.sendall(body[50:])
        status, _, got = answer(connection)
        assert (status, len(json.loads(got)["attributes"]["a"]["text"])) == (200, 400)
        connection.sendall(HEALTH)
        assert answer(connection)[0] == 200


def test_who_asks_whether_to_go_on_is_told_so_once(server, catalog):
    body = event("go on")
    with raw.connect(server.http) as connection:
        for _ in range(2):
            connection.sendall(written(catalog, body, b"expect: 100-continue"))
            assert answer(connection) == (100, {}, b"")
            assert is_quiet(connection, 0.05)
            connection.sendall(body[:9])
            assert is_quiet(connection, 0.05)
            connection.sendall(body[9:])
            status, _, got = answer(connection)
            assert (status, json.loads(got)["visitorId"]) == (200, "go on")
        connection.sendall(HEALTH)
        assert answer(connection)[0] == 200


def test_who_asks_whether_to_go_on_with_what_is_refused_is_told_that(server):
    asks = b"POST /nothing HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n"
    with raw.connect(server.http) as connection:
        connection.sendall(asks)
        assert answer(connection)[0] == 404


def test_an_answer_before_the_body_leaves_the_connection_in_order(server):
    with raw.connect(server.http) as connection:
        for size in (0, 9, 200_000):
            connection.sendall(b"POST /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % size)
            assert answer(connection)[0] == 404
            connection.sendall(b"x" * size + HEALTH)
            assert answer(connection)[0] == 200


@pytest.mark.parametrize("server", [PATIENCE], indirect=True)
def test_a_body_behind_its_answer_must_come_in_time_too(server):
    with raw.connect(server.http) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n")
        assert answer(connection)[0] == 404
        assert raw.status(rest(connection)) in (0, 408)


@pytest.mark.parametrize(
    ("version", "headers"), [(b"1.0", []), (b"1.0", [b"connection: keep-alive"]), (b"1.1", [b"connection: close"])]
)
def test_a_connection_that_is_to_end_ends(server, catalog, version, headers):
    body = event("last")
    with raw.connect(server.http) as connection:
        connection.sendall(written(catalog, body, *headers, version=version) + body)
        status, got, _ = answer(connection)
        assert (status, got["connection"]) == (200, "close")
        assert rest(connection) == b""


def test_head_says_how_long_the_body_would_be(server):
    with raw.connect(server.http) as connection:
        for _ in range(2):
            connection.sendall(HEALTH.replace(b"GET", b"HEAD"))
            status, headers, _ = answer(connection, to_head=True)
            assert (status, headers["content-length"]) == (200, str(len(b'{"status":"ok"}')))
        connection.sendall(HEALTH)
        assert answer(connection)[2] == b'{"status":"ok"}'


@pytest.mark.parametrize(
    "wrong",
    [
        b"NO HTTP AT ALL\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        b"POST /healthz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nabc",
        b"GET http://[ HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_ends_the_connection(server, wrong):
    with raw.connect(server.http) as connection:
        connection.sendall(HEALTH)
        assert answer(connection)[0] == 200
        connection.sendall(wrong)
        assert b"HTTP/1.1 400 Bad Request\r\n" in rest(connection)


def test_an_upgrade_that_nobody_offers_is_a_request_like_others(server):
    upgrade = HEALTH[:-2] + b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n"
    with raw.connect(server.http) as connection:
        connection.sendall(upgrade * 300)
        for _ in range(300):
            assert answer(connection)[0] == 200


UPGRADE = (b"connection: upgrade, http2-settings", b"upgrade: h2c", b"http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("apart", [False, True])
def test_a_request_that_offers_an_upgrade_keeps_its_body_and_what_is_behind_it(server, catalog, chunked, apart):
    body = event("upgrades")
    head = written(catalog, body, *UPGRADE)
    if chunked:
        head = written(catalog, b"", b"transfer-encoding: chunked", *UPGRADE)
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with raw.connect(server.http) as connection:
        for _ in range(2):
            if apart:
                for part in (head, body[:9]):
                    connection.sendall(part)
                    assert is_quiet(connection, 0.05)
            connection.sendall(body[9:] + HEALTH if apart else head + body + HEALTH)
            status, _, got = answer(connection)
            assert (status, json.loads(got)["visitorId"]) == (200, "upgrades")
            assert json.loads(answer(connection)[2]) == {"status": "ok"}


def test_what_stands_behind_a_body_is_no_header(server, catalog):
    body = event("trailers")
    trailers = b"%x\r\n%s\r\n0\r\nx-request-id: from-behind\r\n\r\n" % (len(body), body)
    with raw.connect(server.http) as connection:
        connection.sendall(written(catalog, b"", b"transfer-encoding: chunked") + trailers + HEALTH)
        status, headers, got = answer(connection)
        assert (status, json.loads(got)["visitorId"]) == (200, "trailers")
        assert headers["x-request-id"] != "from-behind"
        assert answer(connection)[0] == 200


def test_encoded_paths(server, catalog):
    body = event()
    head = written(catalog, body).replace(b"/catalogs/", b"/c%61talogs/").replace(b"catalog-", b"catalog%2D", 1)
    with raw.connect(server.http) as connection:
        connection.sendall(head + body)
        assert answer(connection)[0] == 404  # a literal segment is not decoded
        connection.sendall(written(catalog, body).replace(b"catalog-", b"catalog%2D") + body)
        assert answer(connection)[0] == 200


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([b"x-forwarded-for: 192.0.2.7"], "192.0.2.7"),
        ([b"X-Forwarded-For: 192.0.2.8, 127.0.0.1", b"x-forwarded-proto: https"], "192.0.2.8"),
        ([b"x-forwarded-for: 192.0.2.9", b"x-forwarded-for: 192.0.2.10"], "192.0.2.10"),
        ([b"x-forwarded-proto: https"], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
def test_a_proxy_beside_the_server_says_who_calls(server, catalog, headers, address):
    pixel = f"/v2/{catalog}/userEvents:collect?userEvent=%7B%22eventType%22:%22login%22,%22visitorId%22:%22v%22,"
    pixel += "%22userInfo%22:%7B%22directUserRequest%22:true%7D%7D"
    listed = f"GET /v1/{catalog}/userEvents HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    with raw.connect(server.http) as connection:
        lines = [f"GET {pixel} HTTP/1.1".encode(), b"host: localhost", b"user-agent: test", *headers]
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + HEALTH)
        assert answer(connection)[0] == 200
        assert answer(connection)[0] == 200  # behind it, without a proxy
        connection.sendall(listed)
        [stored] = json.loads(answer(connection)[2])["userEvents"]
        assert stored["userEvent"]["userInfo"]["ipAddress"] == address
