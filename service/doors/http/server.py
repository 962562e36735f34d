"""uvicorn, with the limits that it lacks, and without its signal handlers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.server import Server

from service.doors.http.gathering import Gathering
from service.doors.http.protocol import GuardedProtocol, Limits

AsgiApplication = Callable[[Any, Any, Any], Awaitable[None]]

_BACKLOG: Final = 2_048


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

        class Protocol(GuardedProtocol):
            """Of this listener."""

            limits = self._limits
            gathering = Gathering()

        config = Config(
            application,
            http=Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # looked at where there are some
            limit_concurrency=self._limits.connections,
            timeout_keep_alive=int(self._limits.idle_seconds),
            backlog=_BACKLOG,
        )
        Protocol.proxied = staticmethod(ProxyHeadersMiddleware(application, config.forwarded_allow_ips))
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
