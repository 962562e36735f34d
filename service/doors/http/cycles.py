"""One request and its answer, as uvicorn has them, with what few requests need made only where it is needed."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from service.doors.http.protocol import GuardedProtocol


class Cycle(RequestResponseCycle):
    """What is the same for nearly all requests is the class's.

    Args:
        protocol: Of the connection; the head of the request is complete.
        keep_alive: Whether the connection may serve further requests.
    """

    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0
    _news = False  # about the body, or that there will be no more

    def __init__(self, protocol: GuardedProtocol, keep_alive: bool) -> None:
        self.scope = protocol.scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()

    @cached_property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """Set when there are news; made for who waits for some."""
        event = asyncio.Event()
        if self._news:
            event.set()
        return event

    def tell(self) -> None:
        """There are news."""
        self._news = True
        event = self.__dict__.get("message_event")
        if event is not None:
            event.set()

    async def receive(self) -> Any:
        """ASGI's: what has come already, without an event."""
        if not self._news or self.disconnected or self.response_complete or self.waiting_for_100_continue:
            message = await super().receive()
            self._news = False
            return message
        self._news = False
        event = self.__dict__.get("message_event")
        if event is not None:
            event.clear()
        self.flow.resume_reading()
        body, self.body = self.body, bytearray()
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}


def answer_whole(send: Any, status: int, headers: bytes, body: bytes) -> bool:
    """Sends an answer in one piece, as the `send` of a cycle would, but without a look at each header."""
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, Cycle):
        return False
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    parts = [STATUS_LINE[status]]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    parts += (headers, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", body)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join(parts))
    cycle.tell()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
