"""The engines that the suite runs over: whatever holds for one holds for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.storage.base import Store
from service.storage.sqlite import SqliteStore

OpenStore = Callable[..., Store]


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the test's database, again and again if asked; closes at the end what is open still."""
    opened: list[Store] = []

    def open_sqlite(*, rejection_limit: int = 1_000) -> Store:
        store = SqliteStore(tmp_path / "test.db", rejection_limit=rejection_limit)
        opened.append(store)
        return store

    yield {"sqlite": open_sqlite}[request.param]
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """An empty database."""
    return open_store()
