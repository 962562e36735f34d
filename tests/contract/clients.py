"""Google's official clients over a plain-text channel, package and transport as parameters.

The asyncio clients are dressed up to look like the others: whatever they return to be awaited, is. So one test runs
over all of them. Requests are given as dicts, which every version of a package takes.

A further transport or version of the API is a further entry in `RETAIL` or `TALENT`.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

import grpc
import pytest
from google.api_core.operation_async import AsyncOperation
from google.api_core.operations_v1 import OperationsAsyncClient
from google.cloud import retail_v2, talent_v4


@dataclass(frozen=True)
class Route:
    """A way to the server: `services` has the clients and their types, `transport` is Google's name for one."""

    services: ModuleType
    service: str
    transport: str

    def __str__(self) -> str:
        return f"{self.services.__name__.rpartition('.')[2]}-{self.transport}"


def _routes(services: ModuleType, service: str) -> list[Any]:
    routes = [Route(services, service, transport) for transport in ("grpc", "grpc_asyncio")]
    return [pytest.param(route, id=str(route)) for route in routes]


RETAIL = _routes(retail_v2, "UserEventService")
PRODUCTS = _routes(retail_v2, "ProductService")
TALENT = _routes(talent_v4, "EventService")


@dataclass(frozen=True)
class Official:
    """An official client, and the module with the types that it returns."""

    client: Any
    types: ModuleType


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
            return [item async for item in made] if isinstance(made, AsyncIterator) else made

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
def connected(route: Route, address: str, loop: EventLoop) -> Iterator[Official]:
    """The route's client, connected to `address`."""
    blocking_type = getattr(route.services, f"{route.service}Client")
    transport_type = blocking_type.get_transport_class(route.transport)
    if route.transport == "grpc_asyncio":
        channel = loop.run(lambda: grpc.aio.insecure_channel(address))
        asyncio_type = getattr(route.services, f"{route.service}AsyncClient")
        twin = loop.run(lambda: asyncio_type(transport=transport_type(channel=channel)))
        yield Official(Blocking(twin, loop), route.services)
        loop.run(channel.close)
    else:
        with grpc.insecure_channel(address) as channel:
            yield Official(blocking_type(transport=transport_type(channel=channel)), route.services)
