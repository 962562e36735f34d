"""HTTP/1.1 byte for byte, where a server between has its own idea of it."""

from __future__ import annotations

import pytest

from tests.http import raw


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/none", "/v2/none"])
def test_the_answer_to_head_has_no_body(server, path):
    request = "{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: {}\r\n\r\n"
    with raw.connect(server.http) as connection:
        connection.sendall(request.format("HEAD", path, "keep-alive").encode())
        connection.sendall(request.format("GET", "/healthz", "close").encode())
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, got = answers.split(b"\r\n\r\n", 1)
    assert b"\r\ncontent-length: " in head.lower()
    assert raw.status(got) == 200
    assert answers.count(b"HTTP/1.1 ") == 2
