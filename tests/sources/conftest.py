"""One emulator for all tests of this folder; each makes tables of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from service.sources.bigquery import BigQueryTable
from tests.sources.emulator import DATASET, PROJECT, Warehouse, emulator


@pytest.fixture(scope="session")
def _warehouse() -> Iterator[tuple[str, Warehouse]]:
    with emulator() as url:
        warehouse = Warehouse(url)
        yield url, warehouse
        warehouse.client.close()


@pytest.fixture
def warehouse(_warehouse: tuple[str, Warehouse], monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Where tables are made, and BIGQUERY_EMULATOR_HOST set to it."""
    url, warehouse = _warehouse
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
    return warehouse


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A table of the test's own."""
    return re.sub(r"\W", "_", request.node.name)


@pytest.fixture
def open_table(warehouse: Warehouse) -> Iterator[Callable[..., BigQueryTable]]:
    """Opens a table of the emulator as an import does."""
    opened = []

    def open_table(table: str, day: date | None = None) -> BigQueryTable:
        opened.append(BigQueryTable(PROJECT, DATASET, table, day))
        return opened[-1]

    yield open_table
    for table in opened:
        table.close()
