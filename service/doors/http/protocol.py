"""uvicorn's HTTP/1.1, with the limits that it lacks; what it does for every request, with fewer objects and timers."""

from __future__ import annotations

# ruff: noqa: D102  what is public here is asyncio's, httptools' or uvicorn's
import asyncio
import socket
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.doors.http import upgrades
from service.doors.http.calls import WHOLE_ANSWERS
from service.doors.http.cycles import Cycle, answer_whole
from service.doors.http.gathering import GatheredTransport, Gathering

_HALF_CLOSED_SECONDS: Final = 1.0
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may ask, and for how long.

    Args:
        header_bytes: Largest request head.
        connections: Connections at once; further ones get 503.
        header_seconds: How long a request head may take.
        body_seconds: How long a body may take at first; each KiB of it that arrived gives a second more.
        idle_seconds: How long a connection may have no request, an answer no reader, or a request wait behind another.
    """

    header_bytes: int
    connections: int
    header_seconds: float
    body_seconds: float
    idle_seconds: float


BODY_BYTES_PER_SECOND: Final = 1_024
_NO_REQUEST: Final = "Invalid HTTP request received."
_EXPECT: Final = b"expect"
_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_NOTED: Final = _FORWARDED | {_EXPECT}
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}
_EXTENSIONS: Final = {WHOLE_ANSWERS: answer_whole}


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which cuts off clients that are too slow or send too large a head."""

    limits: Limits
    gathering: Gathering
    proxied: Any  # the application, for requests that may come from a proxy
    cycle: Cycle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheredTransport(transport, self.gathering))  # type: ignore[arg-type]
        # What is sent in pieces must not wait for the piece before it to be acknowledged, which takes 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._deadline: float | None = None  # on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._unread: asyncio.TimerHandle | None = None
        self._half_closed: asyncio.TimerHandle | None = None
        self._behind: asyncio.TimerHandle | None = None  # while requests wait for the answer to one before them
        self._at_work: Cycle | None = None
        self._in_head = True
        self._waits = False  # for a further request
        self._idle = False  # has none, and all were answered
        self._forwarded = False
        self._head_bytes = 0
        self._read_bytes = 0
        self._most_head_bytes = 0  # what came since the read that the head began in
        self._body_bytes = 0
        self._began = self.loop.time()
        self._expect(self.limits.header_seconds)

    def _expect(self, seconds: float) -> None:
        self._deadline = deadline = self.loop.time() + seconds
        if self._timer is not None:
            if self._timer_due <= deadline:
                return  # it looks again when it is due: a timer for every request would cost more than all of this
            self._timer.cancel()
        self._timer, self._timer_due = self.loop.call_at(deadline, self._look), deadline

    def _look(self) -> None:
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if self.loop.time() < deadline:
            self._timer, self._timer_due = self.loop.call_at(deadline, self._look), deadline
            return
        self._deadline = None
        if self._idle:
            self.transport.close()
        else:
            self._too_slow()

    def _too_slow(self) -> None:
        if not self._in_head and not self._waits:
            allowed = self.limits.body_seconds + self._body_bytes / BODY_BYTES_PER_SECOND
            left = self._began + allowed - self.loop.time()
            if left > 0 or self.flow.read_paused:  # paused: it is the server that is slow
                self._expect(max(left, 1.0))
                return
        self._refuse(_TOO_SLOW)

    def _refuse(self, answer: bytes) -> None:
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            self.transport.write(answer)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        begins = not self._in_head
        self._read_bytes = len(data)
        self._most_head_bytes += len(data)
        self._parse(data)
        if self.transport.is_closing():
            return
        if (self._idle or self._deadline is None) and (self.cycle is None or self.cycle.response_complete):
            self._idle = False
            self._expect(self.limits.header_seconds)  # line ends between requests begin none, and must not keep it open
        if self._in_head:
            # The read in which a head begins may hold the end of the request before it, too.
            self._head_bytes += 0 if begins else len(data)
            if self._head_bytes > self.limits.header_bytes:
                self._refuse(_TOO_LARGE)

    def _parse(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        try:
            while True:
                try:
                    self.parser.feed_data(rest)
                except httptools.HttpParserUpgrade as offer:
                    rest = memoryview(rest)[offer.args[0] :]
                    self.parser = upgrades.parser_of(upgrades.BehindHead(self))
                    self.parser.feed_data(upgrades.head_without_offer(self.headers))
                else:
                    return
        except httptools.HttpParserError:
            self.logger.warning(_NO_REQUEST)
            self.send_400_response(_NO_REQUEST)

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = self._forwarded = False
        self._waits = self._idle = False
        self._in_head = True
        self._head_bytes = 0
        self._most_head_bytes = self._read_bytes
        self._expect(self.limits.header_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:  # a trailer, which is no header (RFC 9110, 6.5.1)
            return
        name = name.lower()
        self.headers.append((name, value))
        if name in _NOTED:
            if name in _FORWARDED:
                self._forwarded = True
            elif value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._body_bytes = 0
        self._began = self.loop.time()
        self._expect(self.limits.body_seconds)
        parser = self.parser
        version = parser.get_http_version()
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope: Any = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": parser.get_method().decode("ascii"),
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "headers": self.headers,
            "extensions": _EXTENSIONS,
        }
        self.scope = scope
        before, self.cycle = self.cycle, Cycle(self, version != "1.0" and parser.should_keep_alive())
        app = self._application()
        if before is None or before.response_complete:
            self._start(self.cycle, app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, app))
            self._wait_behind()

    def _start(self, cycle: Any, app: Any) -> None:
        self._at_work = cycle
        self._start_asgi_task(cycle, app)

    def _wait_behind(self) -> None:
        """Nothing is read meanwhile, so that nobody would see the client leave: that must not last."""
        if self._behind is not None:
            self._behind.cancel()
        self._behind = self.loop.call_later(self.limits.idle_seconds, self.transport.close) if self.pipeline else None

    def _application(self) -> Any:
        """What answers the request whose head is complete."""
        most = self.limit_concurrency
        if most is not None and (len(self.connections) >= most or len(self.tasks) >= most):
            self.logger.warning("Exceeded concurrency limit.")
            return service_unavailable
        if self._most_head_bytes > self.limits.header_bytes and self._size() > self.limits.header_bytes:
            self.app = self.proxied = _head_too_large
        return self.proxied if self._forwarded else self.app

    def _size(self) -> int:
        """Of the head, in bytes."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.tell()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():  # the body is to come
            return
        self._deadline = None
        self._waits = True
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.tell()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever sends no more may still wait for what he asked, or have left: he gets what is answered soon."""
        self.transport.flush()  # type: ignore[attr-defined]
        if self.cycle is None or self.cycle.response_complete:
            return False
        self._half_closed = self.loop.call_later(_HALF_CLOSED_SECONDS, self.transport.close)
        return True

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._half_closed is not None and self.cycle.response_complete:
            self.transport.close()
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start(*self.pipeline.pop())
            self._wait_behind()
        elif self._waits:
            self._idle = True
            self._expect(self.limits.idle_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.idle_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline = None
        for timer in (self._timer, self._unread, self._half_closed, self._behind):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        if self._at_work is not None and not self._at_work.response_complete:  # uvicorn tells the last one only
            self._at_work.disconnected = True
            self._at_work.tell()


async def _head_too_large(_scope: Any, _receive: Any, send: Any) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 431,
            "headers": [(b"connection", b"close"), (b"content-length", b"0")],
        }
    )
    await send({"type": "http.response.body", "body": b""})
