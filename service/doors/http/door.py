"""The HTTP listeners: one for everything, and, where asked for, one for what the public may reach."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from service.doors.http import console, openapi
from service.doors.http.application import ALWAYS_PUBLIC, Cors, HttpApplication, Page
from service.doors.http.bindings import Binding, bindings
from service.doors.http.calls import Call
from service.doors.http.collect import Collector
from service.doors.http.guard import Guard
from service.doors.http.paths import Router
from service.doors.http.protocol import Limits
from service.doors.http.responses import JSON, Answer
from service.doors.http.server import AsgiApplication, HttpServer
from service.doors.http.transcoding import Transcoder
from service.measures import Tally
from service.rpc.method import Method

__all__ = ["HttpDoor", "HttpSettings", "Limits"]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the operator chose.

    Args:
        address: host:port for everything; empty: HTTP is not served.
        public_address: host:port for what the public may reach; empty: there is no such listener.
        hosts: Further names by which `address` may be called.
        origins: Origins of pages that may send events; empty: any.
        public_parts: What any page on the internet may use.
        max_body_bytes: Largest body of a request that is one message.
        limits: What one connection may ask.
    """

    address: str
    public_address: str
    hosts: Collection[str]
    origins: Collection[str]
    public_parts: Collection[str]
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
        listen: Takes an address.

    Attributes:
        answered: Answers so far by status, of the listener for everything and of the one for the public.

    Raises:
        OSError: An address can't be had.
    """

    def __init__(self, settings: HttpSettings, listen: Callable[[str, Limits], Listener] = HttpServer) -> None:
        self._settings = settings
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

    async def start(self, methods: Sequence[Method], pages: Mapping[str, Page], collect_several: Method) -> None:
        """Serves; /readyz says so.

        Args:
            methods: What is served.
            pages: What else is, by path, beside what this room knows of itself.
            collect_several: Takes a CollectBatch.

        Raises:
            ValueError: A page would hide another, or a method.
        """
        private, public = self.answered
        served = list(bindings(methods))
        all_pages = self._pages(served, pages)
        application = partial(self._application, served, all_pages, collect_several)
        if self._private is not None:
            await self._private.start(application(Guard(self._private.address, self._settings.hosts), private))
        if self._public is not None:
            await self._public.start(application(None, public))
        self._serving = True

    def announce_shutdown(self) -> None:
        """/readyz says 503 from now on."""
        self._serving = False

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections; requests in flight get `grace_s` seconds to end."""
        for server in (self._public, self._private):
            if server is not None:
                await server.stop(grace_s)

    def _pages(self, served: Sequence[Binding], others: Mapping[str, Page]) -> dict[str, Page]:
        own = {
            "/healthz": Page(_healthy, part=ALWAYS_PUBLIC),
            "/readyz": Page(self._ready),
            "/openapi.json": openapi.page(served),
            **console.pages(),
        }
        router: Router[Binding] = Router()
        for binding in served:
            router.add(binding.http_method, binding.template, binding)
        for path in others:
            if path in own or router.methods(path):
                raise ValueError(f"Something else is served at {path} already; choose another --pixel-path.")
        return {**own, **others}

    def _application(
        self,
        served: Sequence[Binding],
        pages: Mapping[str, Page],
        collect_several: Method,
        guard: Guard | None,
        answered: Tally[int],
    ) -> HttpApplication:
        settings = self._settings
        return HttpApplication(
            bindings=served,
            pages=pages,
            transcoder=Transcoder(settings.max_body_bytes),
            collector=Collector(max_body_bytes=settings.max_body_bytes, several=collect_several),
            cors=Cors(settings.origins),
            public=settings.public_parts,
            guard=guard,
            answered=answered,
        )

    async def _ready(self, _call: Call) -> Answer:
        return Answer(200 if self._serving else 503, JSON, b'{"status":"%s"}' % self._state())

    def _state(self) -> bytes:
        return b"SERVING" if self._serving else b"NOT_SERVING"


async def _healthy(_call: Call) -> Answer:
    return Answer(200, JSON, b'{"status":"ok"}')
