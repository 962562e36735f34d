"""uvicorn, with the limits that it lacks, and without its signal handlers."""

from __future__ import annotations

import asyncio
import socket
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server

from service.doors.http.calls import WHOLE_ANSWERS
from service.doors.http.gathering import GatheredTransport, Gathering

AsgiApplication = Callable[[Any, Any, Any], Awaitable[None]]

_BACKLOG: Final = 2_048
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
        idle_seconds: How long a connection may be without a request, or an answer wait for its reader.
    """

    header_bytes: int
    connections: int
    header_seconds: float
    body_seconds: float
    idle_seconds: float


BODY_BYTES_PER_SECOND: Final = 1_024


class _GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which cuts off clients that are too slow or send too large a head."""

    limits: Limits
    gathering: Gathering

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheredTransport(transport, self.gathering))  # type: ignore[arg-type]
        # What is sent in pieces must not wait for the piece before it to be acknowledged, which takes 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._deadline: float | None = None  # on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._unread: asyncio.TimerHandle | None = None
        self._half_closed: asyncio.TimerHandle | None = None
        self._in_head = True
        self._waits = False  # for a further request
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
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._expect(self.limits.header_seconds)  # line ends between requests begin none, and must not keep it open
        if self._in_head:
            # The read in which a head begins may hold the end of the request before it, too.
            self._head_bytes += 0 if begins else len(data)
            if self._head_bytes > self.limits.header_bytes:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._waits = False
        self._in_head = True
        self._head_bytes = 0
        self._most_head_bytes = self._read_bytes
        self._expect(self.limits.header_seconds)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._body_bytes = 0
        self._began = self.loop.time()
        self._expect(self.limits.body_seconds)
        if self._most_head_bytes > self.limits.header_bytes and self._size() > self.limits.header_bytes:
            self.app = _head_too_large
        super().on_headers_complete()
        self.scope["extensions"] = {WHOLE_ANSWERS: partial(_answer_whole, weakref.ref(self.cycle))}  # type: ignore[dict-item]

    def _size(self) -> int:
        """Of the head, in bytes."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._deadline = None
        self._waits = True
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever sends no more may still wait for what he asked, or have left: he gets what is answered soon."""
        self.transport.flush()  # type: ignore[attr-defined]
        if self.cycle is None or self.cycle.response_complete:
            return False
        self._half_closed = self.loop.call_later(_HALF_CLOSED_SECONDS, self.transport.close)
        return True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._half_closed is not None and self.cycle.response_complete:
            self.transport.close()

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
        for timer in (self._timer, self._unread, self._half_closed):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)


def _answer_whole(reference: weakref.ref[RequestResponseCycle], status: int, headers: bytes, body: bytes) -> bool:
    """Sends an answer in one piece, as the `send` of a cycle would, but without a look at each header.

    The cycle has this in its scope: were it held here, it and what was sent to it would outlive the request.
    """
    cycle = reference()
    if cycle is None or cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    parts = [STATUS_LINE[status]]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    parts += (headers, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", body)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join(parts))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


async def _head_too_large(_scope: Any, _receive: Any, send: Any) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 431,
            "headers": [(b"connection", b"close"), (b"content-length", b"0")],
        }
    )
    await send({"type": "http.response.body", "body": b""})


class HttpServer:
    """One listener. The address is taken at once; callers wait until `start`.

    Args:
        address: host:port; port 0 picks a free one.
        limits: What one connection may ask.

    Raises:
        OSError: The address can't be had.
    """

    def __init__(self, address: str, limits: Limits) -> None:
        self._limits = limits
        host, _, port = address.rpartition(":")
        self._socket = _listening(host, int(port), address)
        self._address = f"{host}:{self._socket.getsockname()[1]}"
        self._server: Server | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where it listens, host:port."""
        return self._address

    async def start(self, application: AsgiApplication) -> None:
        """Serves `application`."""
        config = Config(
            application,
            http=type("GuardedProtocol", (_GuardedProtocol,), {"limits": self._limits, "gathering": Gathering()}),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=self._limits.connections,
            timeout_keep_alive=int(self._limits.idle_seconds),
            backlog=_BACKLOG,
        )
        config.load()
        self._server = Server(config)
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[self._socket])
        self._running = asyncio.create_task(self._server.main_loop())

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections; requests in flight get `grace_s` seconds to end."""
        if self._server is None or self._running is None:
            self._socket.close()
            return
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        self._server.should_exit = True
        await self._running
        await self._server.shutdown(sockets=[self._socket])


def _listening(host: str, port: int, address: str) -> socket.socket:
    bare = host.strip("[]")
    try:
        family = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.create_server((bare, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(f"can't listen on {address}: it is in use, or not an address of this machine") from error
    listener.setblocking(False)
    return listener
