"""One server for the tests of the HTTP door, with a listener for the public; catalogs that no other test uses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import requests

from tests.support.server import Server

ANY_CATALOG = "projects/*/locations/*/catalogs/*"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; an indirect parameter is a list of further flags for it."""
    flags = ("--public-address", "127.0.0.1:0", "--catalogs", ANY_CATALOG, *getattr(request, "param", ()))
    with Server(tmp_path_factory.mktemp("server"), *flags) as running:
        yield running


@pytest.fixture(scope="module")
def web() -> Iterator[requests.Session]:
    """An HTTP client that asks no proxy."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def catalog() -> str:
    """A catalog of the test's own."""
    return f"projects/p/locations/global/catalogs/catalog-{next(_numbers)}"
