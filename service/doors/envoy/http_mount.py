"""An HTTP application inside Envoy, with what Envoy or pyvoy lack: time limits of bodies, and callers who leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from service.doors.departures import TOO_SLOW, Departures
from service.doors.http.protocol import BODY_BYTES_PER_SECOND, Limits
from service.doors.http.server import AsgiApplication

_DISCONNECT: Final = {"type": "http.disconnect"}


class HttpMount:
    """What `HttpServer` is, inside Envoy.

    Args:
        address: Says where it is served.
        limits: What one connection may ask; Envoy itself keeps to those of heads and connections.
        departures: Tells requests that their caller has left.
    """

    def __init__(self, address: Callable[[], str], limits: Limits, departures: Departures) -> None:
        self._address = address
        self._limits = limits
        self._departures = departures
        self._application: AsgiApplication | None = None

    @property
    def address(self) -> str:
        """Where it is served; before Envoy listens, as it is configured."""
        return self._address()

    async def start(self, application: AsgiApplication) -> None:
        """Serves `application`."""
        self._application = application

    async def stop(self, grace_s: float) -> None:
        """Nothing is to be done: the gRPC door waits for every request."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        assert self._application is not None
        request = _Request(receive, send, self._limits.body_seconds)
        self._departures.enter(request)
        try:
            await self._application(scope, request.next, request.send)
            if request.too_slow and not request.answered:
                await _refuse(send)
        except asyncio.CancelledError:
            if not request.left:
                raise
        except OSError:  # how ASGI tells of a caller who has left
            return
        finally:
            self._departures.leave(request)


class _Request:
    """A request's body, whether its caller is still there, and whether it has been answered."""

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]], body_seconds: float
    ) -> None:
        self.receive = receive
        self._send = send
        self.answered = False
        self.read = False
        self.too_slow = False
        self.left = False
        self.body_seconds = body_seconds  # as far as it has come
        self._reading: asyncio.Task[Any] | None = None  # the task that waits for more of the body
        self._leaving: asyncio.Event | None = None  # what waits for the caller to leave

    def cancel(self, end: Any = None) -> None:
        """The caller has left, or the server ends; or it is waited for a body that does not come in time."""
        if end is TOO_SLOW:
            if self._reading is not None:
                self.too_slow = True
                self._reading.cancel()
            return
        self.left = True
        if self._leaving is not None:
            self._leaving.set()

    async def send(self, message: Any) -> None:
        """ASGI's."""
        self.answered = True
        await self._send(message)

    async def next(self) -> Any:
        """ASGI's receive."""
        if self.too_slow:
            return _DISCONNECT
        if self.read:
            await self._gone()
            return _DISCONNECT
        self._reading = reading = asyncio.current_task()
        assert reading is not None
        try:
            received = await self.receive()
        except asyncio.CancelledError:
            if not self.too_slow or reading.uncancel():
                raise
            return _DISCONNECT
        finally:
            self._reading = None
        if received["type"] == "http.request":
            self.read = not received["more_body"]
            self.body_seconds += len(received["body"]) / BODY_BYTES_PER_SECOND
        return received

    async def _gone(self) -> None:
        if self._leaving is None:
            self._leaving = asyncio.Event()
        if not self.left:
            await self._leaving.wait()


async def _refuse(send: Any) -> None:
    headers = [(b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
