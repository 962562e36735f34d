"""A server for each module and door: what is said here of one holds for both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doors.wire import Wire
from tests.support.server import DOORS, Server


@pytest.fixture(scope="module", params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, door: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; an indirect parameter is a list of further flags for it."""
    with Server(tmp_path_factory.mktemp("server"), *getattr(request, "param", ()), door=door) as running:
        yield running


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    with Wire(server.address) as wire:
        yield wire
