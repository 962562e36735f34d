"""The HTTP listeners: one for everything, and, where asked for, one for what the public may reach."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.doors.http import console, openapi
from service.doors.http.application import Cors, HttpApplication, Page
from service.doors.http.bindings import bindings
from service.doors.http.calls import Call
from service.doors.http.collect import Collector, KeepRejected
from service.doors.http.guard import Guard
from service.doors.http.responses import JSON, Answer
from service.doors.http.server import AsgiApplication, HttpServer, Limits
from service.doors.http.transcoding import Transcoder
from service.measures import Tally
from service.rpc.method import Method

__all__ = ["HttpDoor", "HttpSettings", "Limits"]

_NO_STORE = (("cache-control", "no-store"),)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the operator chose.

    Args:
        address: host:port for everything; empty: HTTP is not served.
        public_address: host:port for what the public may reach; empty: there is no such listener.
        hosts: Further names by which `address` may be called.
        origins: Origins of pages that may send events; empty: any.
        max_body_bytes: Largest body of a request that is one message.
        limits: What one connection may ask.
    """

    address: str
    public_address: str
    hosts: Collection[str]
    origins: Collection[str]
    max_body_bytes: int
    limits: Limits


class Listener(Protocol):
    """One address at which HTTP is served."""

    @property
    def address(self) -> str:
        """host:port."""

    async def start(self, application: AsgiApplication) -> None:
        """Serves `application`."""

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections; requests in flight get `grace_s` seconds to end."""


class HttpDoor:
    """Serves methods over HTTP. Addresses are taken at once; callers wait until `start`.

    Args:
        settings: What the operator chose.
        keep_rejected: Keeps what a page sent that is no request.
        listen: Takes an address.

    Attributes:
        answered: Answers so far by status, of the listener for everything and of the one for the public.

    Raises:
        OSError: An address can't be had.
    """

    def __init__(
        self,
        settings: HttpSettings,
        keep_rejected: KeepRejected,
        listen: Callable[[str, Limits], Listener] = HttpServer,
    ) -> None:
        self._settings = settings
        self._keep_rejected = keep_rejected
        self.answered: tuple[Tally[int], Tally[int]] = (Tally(), Tally())
        self._serving = False
        self._private = listen(settings.address, settings.limits) if settings.address else None
        self._public = listen(settings.public_address, settings.limits) if settings.public_address else None

    @property
    def address(self) -> str:
        """Where everything is served; empty: nowhere."""
        return self._private.address if self._private else ""

    @property
    def public_address(self) -> str:
        """Where the public's part is served; empty: nowhere apart from the rest."""
        return self._public.address if self._public else ""

    async def start(self, methods: Sequence[Method], pages: Mapping[str, Page]) -> None:
        """Serves; /readyz says so.

        Args:
            methods: What is served.
            pages: What else is, by path, beside what this room knows of itself.
        """
        private, public = self.answered
        if self._private is not None:
            guard = Guard(self._private.address, self._settings.hosts)
            await self._private.start(self._application(methods, pages, guard, private))
        if self._public is not None:
            await self._public.start(self._application(methods, pages, None, public))
        self._serving = True

    def announce_shutdown(self) -> None:
        """/readyz says 503 from now on."""
        self._serving = False

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections; requests in flight get `grace_s` seconds to end."""
        for server in (self._public, self._private):
            if server is not None:
                await server.stop(grace_s)

    def _application(
        self, methods: Sequence[Method], pages: Mapping[str, Page], guard: Guard | None, answered: Tally[int]
    ) -> HttpApplication:
        settings = self._settings
        served = list(bindings(methods))
        own = {
            "/healthz": Page(_healthy, public=True),
            "/readyz": Page(self._ready),
            "/openapi.json": openapi.page(served),
            **console.pages(),
        }
        return HttpApplication(
            bindings=served,
            pages={**own, **pages},
            transcoder=Transcoder(settings.max_body_bytes),
            collector=Collector(max_body_bytes=settings.max_body_bytes, keep_rejected=self._keep_rejected),
            cors=Cors(settings.origins),
            guard=guard,
            answered=answered,
        )

    async def _ready(self, _call: Call) -> Answer:
        return Answer(200 if self._serving else 503, JSON, b'{"status":"%s"}' % self._state(), _NO_STORE)

    def _state(self) -> bytes:
        return b"SERVING" if self._serving else b"NOT_SERVING"


async def _healthy(_call: Call) -> Answer:
    return Answer(200, JSON, b'{"status":"ok"}', _NO_STORE)
