"""What every write passes through is compiled where there is a compiler, and runs as it is where there is none."""

from __future__ import annotations

import ast
import importlib
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILED = runpy.run_path(str(ROOT / "setup.py"))["COMPILED"]


@pytest.mark.skipif(not list(ROOT.glob("footfall__mypyc*")), reason="nothing is compiled: .venv/compile.log says why")
@pytest.mark.parametrize("source", COMPILED)
def test_what_is_imported_is_compiled(source):
    module = importlib.import_module(source.removesuffix(".py").replace("/", "."))
    assert module.__file__ is not None
    assert not module.__file__.endswith(".py")


@pytest.mark.parametrize("source", COMPILED)
def test_no_coroutine_waits_while_it_handles_an_exception(source):
    """mypyc leaves the exception to whoever runs meanwhile, as the one that is being handled."""
    handling: list[ast.AST] = []
    for node in ast.walk(ast.parse((ROOT / source).read_text())):
        if isinstance(node, ast.Try):
            handling += [*node.handlers, *node.finalbody]
        elif isinstance(node, ast.AsyncWith):
            handling.append(node)
    waiting = [
        each.lineno for node in handling for each in ast.walk(node) if isinstance(each, ast.Await | ast.AsyncFor)
    ]
    assert not waiting


@pytest.mark.soak
def test_without_a_compiler_nothing_is_left_half_made(tmp_path):
    command = [sys.executable, "setup.py", "build_ext", f"--build-lib={tmp_path / 'lib'}", f"--build-temp={tmp_path}"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "CC": "false"}, check=True, capture_output=True, text=True
    )
    assert "nothing is compiled" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".so", ".pyd")]
