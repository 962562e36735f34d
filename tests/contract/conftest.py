"""A server for each module, official clients connected to it, and names that no other test uses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.clients import PRODUCTS_ENDS, RETAIL_ENDS, TALENT, EventLoop, Official, connected
from tests.sources.emulator import Warehouse, emulator
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def event_loop_thread() -> Iterator[EventLoop]:
    with EventLoop() as loop:
        yield loop


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; an indirect parameter is a list of further flags for it."""
    with Server(tmp_path_factory.mktemp("server"), *getattr(request, "param", ())) as running:
        yield running


@pytest.fixture(scope="module", params=RETAIL_ENDS)
def retail(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """Official clients of the retail user event service: two, or each one where a test says `@every_route`."""
    with connected(request.param, server, event_loop_thread) as official:
        yield official


@pytest.fixture(scope="module", params=PRODUCTS_ENDS)
def products(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """The same of the retail product service; each one where a test says `@every_product_route`."""
    with connected(request.param, server, event_loop_thread) as official:
        yield official


@pytest.fixture(scope="module", params=TALENT)
def talent(request: pytest.FixtureRequest, server: Server, event_loop_thread: EventLoop) -> Iterator[Official]:
    """Each official client of the talent event service."""
    with connected(request.param, server, event_loop_thread) as official:
        yield official


@pytest.fixture(scope="module")
def reflected(server: Server) -> Iterator[ReflectedClient]:
    """A client of every served method, with every field of ours."""
    with server.channel() as channel:
        yield ReflectedClient(channel)


@pytest.fixture
def catalog() -> str:
    """A catalog of the test's own."""
    return f"projects/p/locations/global/catalogs/catalog-{next(_numbers)}"


@pytest.fixture
def tenant() -> str:
    """A tenant of the test's own."""
    return f"projects/p/tenants/tenant-{next(_numbers)}"


@pytest.fixture
def bucket(server: Server) -> Path:
    """A bucket of the test's own in the server's --buckets-dir: the folder `bucket-N`, which is `gs://bucket-N`."""
    path = server.buckets / f"bucket-{next(_numbers)}"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def warehouse() -> Iterator[Warehouse]:
    """An emulator of BigQuery, and tables in it; a server finds it by BIGQUERY_EMULATOR_HOST."""
    with emulator() as url:
        warehouse = Warehouse(url)
        yield warehouse
        warehouse.client.close()
