"""events/ is pure: it knows of ours only itself and the contract, and neither the clock nor the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

MODULES = sorted((Path(__file__).parents[2] / "service" / "events").glob("*.py"))
OURS = ("service.events", "generated")
WORLD = {"asyncio", "datetime", "logging", "os", "random", "secrets", "socket", "structlog", "subprocess", "time"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_nothing_from_outside_its_room(path):
    found = imports(path)
    assert {name for name in found if name.split(".")[0] == "service" and not name.startswith(OURS)} == set()
    assert {name.split(".")[0] for name in found} & WORLD == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_stays_small(path):
    assert len(path.read_text().splitlines()) <= 300
