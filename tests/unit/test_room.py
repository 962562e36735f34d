"""events/ is pure: it knows of ours only itself and the contract, and neither the clock nor the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

MODULES = sorted((Path(__file__).parents[2] / "service" / "events").glob("*.py"))
OURS = ("service.events", "generated")
CLOCK = {"now", "utcnow", "today"}  # of datetime, whose calendar is pure
WORLD = {"asyncio", "logging", "os", "random", "secrets", "socket", "structlog", "subprocess", "time"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "service" else {module}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_nothing_from_outside_its_room(path):
    found = imports(path)
    assert {name for name in found if name.split(".")[0] == "service" and not name.startswith(OURS)} == set()
    assert {name.split(".")[0] for name in found} & WORLD == set()
    assert {
        node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
    } & CLOCK == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_stays_small(path):
    assert len(path.read_text().splitlines()) <= 300


# What each room may use of the others (docs/ARCHITECTURE.md); app.py, metrics.py and commands/ are left out.
MAY_USE = {
    "storage": {"events", "failpoints", "measures"},
    "catalog": {"events", "storage"},
    "sources": {"events", "storage"},
    "operations": {"events", "storage", "catalog", "sources", "failpoints", "measures"},
    "rpc": {"events", "storage", "catalog", "sources", "operations", "measures"},
    "doors": {"events", "rpc", "measures"},
}
SERVICE = Path(__file__).parents[2] / "service"


@pytest.mark.parametrize("room", MAY_USE)
def test_arrows_point_down_only(room):
    used = {name for path in (SERVICE / room).rglob("*.py") for name in imports(path) if name.startswith("service.")}
    assert {name.split(".")[1] for name in used} - {room} <= MAY_USE[room]


def test_every_room_is_known():
    rooms = {path.name for path in SERVICE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == {*MAY_USE, "events", "commands"}
