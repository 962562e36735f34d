"""Connections that send what no HTTP library would."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def connect(url: str) -> socket.socket:
    """A plain connection to the host and port of `url`."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def exchange(url: str, data: bytes) -> bytes:
    """Sends `data`, says that there is no more, and returns all that comes back; empty if the server just hangs up."""
    with connect(url) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except ConnectionError:
            return b""


def head(url: str, data: bytes) -> bytes:
    """Sends `data` and returns the beginning of its answer; empty if the server just hangs up.

    For Envoy: to it, who says that there is no more has left, and after some answers it waits for its caller to close.
    """
    received = b""
    with connect(url) as connection:
        try:
            connection.sendall(data)
            while b"\r\n\r\n" not in received and (chunk := connection.recv(65_536)):
                received = (received + chunk).removeprefix(_CONTINUE)
        except ConnectionError:
            pass
    return received


def status(answer: bytes) -> int:
    """The status of an answer; 0 if there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
