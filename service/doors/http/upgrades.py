"""Requests that offer an upgrade, as some clients' all do (`Upgrade: h2c`). None is taken up: they are like others.

httptools takes what follows their head for another protocol's and reads no further. So another parser is told the
head again, without the offer, and goes on behind it: there are the body, which must not be lost, and further requests.
"""

from __future__ import annotations

# ruff: noqa: D102  what is public of BehindHead is httptools'
from typing import TYPE_CHECKING, Final

import httptools

if TYPE_CHECKING:
    from service.doors.http.protocol import GuardedProtocol

_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


def parser_of(told: object) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes one."""
    parser = httptools.HttpRequestParser(told)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def head_without_offer(headers: list[tuple[bytes, bytes]]) -> bytes:
    """What says how long the body of a request with these headers is."""
    lines = [b"%s: %s\r\n" % header for header in headers if header[0] in _FRAMING]
    return b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(lines)


class BehindHead:
    """Tells a protocol what a parser finds, but for the first head, which it knows."""

    def __init__(self, protocol: GuardedProtocol) -> None:
        self._protocol = protocol
        self._is_known = True
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete

    def on_message_begin(self) -> None:
        if not self._is_known:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_known:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_known:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_known:
            self._is_known = False
        else:
            self._protocol.on_headers_complete()
