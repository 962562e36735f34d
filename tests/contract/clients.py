"""Google's official clients over a plain-text channel, package and transport as parameters.

The asyncio clients are dressed up to look like the others: whatever they return to be awaited, is. So one test runs
over all of them. Requests are given as dicts, which every version of a package takes.

A further transport or version of the API is a further entry in `RETAIL` or `TALENT`. What an RPC promises is shown over
every route, `@every_route`; what is one rule or limit among many, over the two of `RETAIL_ENDS`: gRPC and REST, the
oldest and the youngest version (an asyncio client differs on its own side only); what is about files and not about
calls, over `@one_route`.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

import grpc
import pytest
from google.api_core.operation_async import AsyncOperation
from google.api_core.operations_v1 import OperationsAsyncClient
from google.auth.credentials import AnonymousCredentials
from google.cloud import retail_v2, retail_v2alpha, retail_v2beta, talent_v4, talent_v4beta1

from tests.support.server import Server


@dataclass(frozen=True)
class Route:
    """A way to the server: `services` has the clients and their types, `transport` is Google's name for one."""

    services: ModuleType
    service: str
    transport: str

    def __str__(self) -> str:
        return f"{self.services.__name__.rpartition('.')[2]}-{self.transport}"


_TRANSPORTS = ("grpc", "rest", "grpc_asyncio")


def _routes(service: str, *packages: ModuleType) -> list[Any]:
    routes = [Route(package, service, transport) for package in packages for transport in _TRANSPORTS]
    return [pytest.param(route, id=str(route)) for route in routes]


RETAIL = _routes("UserEventService", retail_v2, retail_v2beta, retail_v2alpha)
RETAIL_ENDS = [RETAIL[0], RETAIL[-2]]  # v2 by gRPC, v2alpha by REST
RETAIL_EXPORTS = _routes("UserEventService", retail_v2beta, retail_v2alpha)  # v2 has no ExportUserEvents
PRODUCTS = _routes("ProductService", retail_v2, retail_v2beta, retail_v2alpha)
PRODUCTS_ENDS = [PRODUCTS[0], PRODUCTS[-2]]
PRODUCTS_EXPORTS = _routes("ProductService", retail_v2beta, retail_v2alpha)  # v2 has no ExportProducts
PRODUCTS_ALPHA = PRODUCTS[-3:]  # v2alpha has fields of its own
TALENT = _routes("EventService", talent_v4, talent_v4beta1)
TALENT_BETA = TALENT[3:]

every_route = pytest.mark.parametrize("retail", RETAIL, indirect=True)
one_route = pytest.mark.parametrize("retail", RETAIL[:1], indirect=True)

# The REST clients check names against path templates themselves, always send a body, and speak JSON: what comes in
# spite of that comes over gRPC.
over_grpc = pytest.mark.parametrize("retail", [RETAIL[0], RETAIL[-1]], indirect=True)
products_over_grpc = pytest.mark.parametrize("products", [PRODUCTS[0], PRODUCTS[-1]], indirect=True)
talent_over_grpc = pytest.mark.parametrize("talent", [TALENT[0], TALENT[-1]], indirect=True)

every_product_route = pytest.mark.parametrize("products", PRODUCTS, indirect=True)


@dataclass(frozen=True)
class Official:
    """An official client, and the module with the types that it returns."""

    client: Any
    types: ModuleType
    rest: bool = False


class EventLoop:
    """An event loop on a thread of its own, in which asyncio clients live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asyncio-clients")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, make: Callable[[], Any]) -> Any:
        """What `make` returns in the loop; awaited, or iterated over, if it wants to be."""

        async def perform() -> Any:
            made = make()
            if inspect.isawaitable(made):
                made = await made
            return [item async for item in made] if isinstance(made, AsyncIterable) else made

        return asyncio.run_coroutine_threadsafe(perform(), self._loop).result()


class Blocking:
    """An asyncio client, or one of its operations, that looks like its blocking twin."""

    def __init__(self, twin: Any, loop: EventLoop) -> None:
        self._twin = twin
        self._loop = loop

    def _dressed(self, value: Any) -> Any:
        is_twin = isinstance(value, AsyncOperation | OperationsAsyncClient) or hasattr(value, "operations_client")
        return Blocking(value, self._loop) if is_twin else value

    def __getattr__(self, name: str) -> Any:
        value = self._loop.run(lambda: getattr(self._twin, name))
        if not callable(value):
            return self._dressed(value)
        return lambda *args, **kwargs: self._dressed(self._loop.run(lambda: value(*args, **kwargs)))


@contextmanager
def connected(route: Route, server: Server, loop: EventLoop) -> Iterator[Official]:
    """The route's client, connected to `server`."""
    blocking_type = getattr(route.services, f"{route.service}Client")
    transport_type = blocking_type.get_transport_class(route.transport)
    address = server.address
    if route.transport == "rest":
        host = server.http.removeprefix("http://")
        transport = transport_type(host=host, credentials=AnonymousCredentials(), url_scheme="http")
        with blocking_type(transport=transport) as client:
            yield Official(client, route.services, rest=True)
    elif route.transport == "grpc_asyncio":
        channel = loop.run(lambda: grpc.aio.insecure_channel(address))
        asyncio_type = getattr(route.services, f"{route.service}AsyncClient")
        twin = loop.run(lambda: asyncio_type(transport=transport_type(channel=channel)))
        yield Official(Blocking(twin, loop), route.services)
        loop.run(channel.close)
    else:
        with grpc.insecure_channel(address) as channel:
            yield Official(blocking_type(transport=transport_type(channel=channel)), route.services)
