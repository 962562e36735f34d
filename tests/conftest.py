"""What every test may use, and what a skip means where nothing may be skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import __path__ as service_path
from tests.support.server import Server


def pytest_configure() -> None:
    for library in Path(service_path[0]).rglob("*.so"):
        source = library.with_name(library.name.partition(".")[0] + ".py")
        if not source.exists() or source.stat().st_mtime > library.stat().st_mtime:
            pytest.exit(f"{source.name} is newer than what was compiled of it: `make compiled`, or delete {library}", 3)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("FOOTFALL_TEST_DOOR", "grpcio") != "grpcio":
        items[:] = [item for item in items if not any(map(item.get_closest_marker, ("uvicorn", "grpcio")))]
    if config.getoption("-m"):
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if item not in soak]
    config.hook.pytest_deselected(items=soak)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped and os.environ.get("FOOTFALL_TEST_REQUIRE_ALL") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where every test must run (FOOTFALL_TEST_REQUIRE_ALL=1): {report.longrepr}"
    return report


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    """A running server with an empty database."""
    with Server(tmp_path / "server") as running:
        yield running
