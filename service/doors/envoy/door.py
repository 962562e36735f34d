"""What is served inside Envoy: each address's requests go to gRPC, to an HTTP application, or to either."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from google.rpc import code_pb2

from service.doors import grpc_wire
from service.doors.asgi_grpc import GrpcApplication
from service.doors.departures import Departures, left
from service.doors.envoy.addresses import resolved
from service.doors.envoy.admin import Admin
from service.doors.envoy.http_mount import HttpMount
from service.doors.grpc import Limits
from service.doors.grpc_services import GrpcServices
from service.doors.http.protocol import Limits as HttpLimits
from service.rpc.method import Method

Application = Callable[[Any, Any, Any], Awaitable[None]]

_CUT_OFF_SECONDS: Final = 1.0  # for methods that were cancelled to end, and for Envoy to send what they said
_POLL_SECONDS: Final = 0.005


class EnvoyDoor:
    """Serves methods over gRPC, and HTTP applications beside them: `GrpcDoor` and `HttpServer` to the rest.

    Args:
        addresses: Where Envoy will listen, as the operator wrote them; gRPC's is the first.
        admin: Envoy's admin interface.
        limits: What one connection may ask.
        web_origins: Origins of pages that may call by gRPC-Web.
    """

    def __init__(self, addresses: Sequence[str], admin: Admin, limits: Limits, web_origins: Sequence[str]) -> None:
        self._configured = list(addresses)
        self._addresses: list[str] = []
        self._admin = admin
        self._limits = limits
        self._web_origins = web_origins
        self._services = GrpcServices()
        self._departures = Departures()
        self._grpc: Application | None = None
        self._mounts: list[HttpMount | None] = [None for _ in addresses]
        self._routes: dict[tuple[str, int], Application] = {}
        self._listening = asyncio.Event()
        self._last_sends: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where gRPC is served."""
        return self.address_of(0)

    def address_of(self, place: int) -> str:
        """Returns the address with this number; before Envoy listens, as it is configured."""
        return (self._addresses or self._configured)[place]

    def listen(self, address: str, limits: HttpLimits) -> HttpMount:
        """Returns what serves HTTP at one of the addresses."""
        wanted = resolved(address)
        shared = not wanted.endswith(":0")
        place = next(
            place
            for place, each in enumerate(self._configured)
            if resolved(each) == wanted and self._mounts[place] is None and (place or shared)
        )
        mount = HttpMount(lambda: self.address_of(place), limits, self._departures)
        self._mounts[place] = mount
        return mount

    async def start(self, methods: Sequence[Method]) -> None:
        """Serves methods once Envoy listens; health says SERVING.

        Args:
            methods: What is served.
        """
        own = await self._services.start(sorted({method.service for method in methods}))
        self._grpc = GrpcApplication(
            [*methods, *own],
            message_bytes=self._limits.message_bytes,
            metadata_bytes=self._limits.metadata_bytes,
            body_seconds=self._limits.body_s,
            departures=self._departures,
            web_origins=self._web_origins,
        )

    async def listening(self) -> None:
        """Returns once Envoy listens."""
        self._addresses = await self._admin.listening()
        self._listening.set()

    async def announce_shutdown(self) -> None:
        """Health says NOT_SERVING from now on; connections are asked to end."""
        self._departures.follow(self._await_sent)
        await self._services.announce_shutdown()
        await self._admin.drain()

    async def stop(self, grace_s: float) -> None:
        """Calls in flight get `grace_s` seconds to end, and are then cut off."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._departures.idle(), grace_s)
        end = grpc_wire.failure(code_pb2.UNAVAILABLE, "The server is shutting down; send the call again.")
        self._departures.cancel_all(end)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CUT_OFF_SECONDS):
                await self._departures.idle()
                await asyncio.gather(*self._last_sends)

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """ASGI, of a request."""
        route = self._routes.get(scope["server"])
        return self._first(scope, receive, send) if route is None else route(scope, receive, send)

    async def _first(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves a request that came to where none has come before."""
        await self._listening.wait()
        route = self._routes[scope["server"]] = self._route(*scope["server"])
        await route(scope, receive, send)

    def _await_sent(self, receive: Any) -> None:
        sending = asyncio.create_task(_sent(receive))
        self._last_sends.add(sending)
        sending.add_done_callback(self._last_sends.discard)

    def _route(self, host: str, port: int) -> Application:
        """What serves the requests that came to this address of the machine."""
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        exact = [place for place, address in enumerate(self._addresses) if address == shown]
        wide = [place for place, address in enumerate(self._addresses) if address.rpartition(":")[2] == str(port)]
        place = (exact or wide)[0]
        mount = self._mounts[place]
        assert self._grpc is not None
        if mount is None:
            return self._grpc
        return mount if place else _Either(self._grpc, mount)


async def _sent(receive: Any) -> None:
    """Returns once Envoy has sent the response of a request."""
    sent = await left(receive)
    while not sent:
        await asyncio.sleep(_POLL_SECONDS)
        sent = await left(receive)


class _Either:
    """Serves gRPC and HTTP at one address."""

    def __init__(self, grpc: Application, http: Application) -> None:
        self._grpc = grpc
        self._http = http

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        content_type = next((value for name, value in scope["headers"] if name == b"content-type"), None)
        return (self._grpc if grpc_wire.is_grpc(content_type) else self._http)(scope, receive, send)
