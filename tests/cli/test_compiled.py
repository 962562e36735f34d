"""What every write passes through is compiled where there is a compiler, and runs as it is where there is none."""

from __future__ import annotations

import ast
import importlib
import os
import pickle
import runpy
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from setuptools import Distribution, Extension

from service.events.user_event import UserEventRules

ROOT = Path(__file__).parents[2]
SETUP = runpy.run_path(str(ROOT / "setup.py"))
COMPILED = SETUP["COMPILED"]


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


def build(**ext_modules: str) -> None:
    """In place, in the current folder."""
    extensions = [Extension(name, [source]) for name, source in ext_modules.items()]
    command = SETUP["AllOrNothing"](Distribution({"name": "some", "ext_modules": extensions}))
    command.inplace = True
    command.ensure_finalized()
    command.run()


@pytest.mark.skipif(
    not (shutil.which("cc") and Path(sysconfig.get_path("include"), "Python.h").exists()),
    reason="needs a C compiler and Python's headers (Debian: gcc, python3-dev)",
)
@pytest.mark.filterwarnings("ignore::setuptools.warnings.SetuptoolsDeprecationWarning")
def test_what_is_built_is_of_the_sources_of_now_and_of_no_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "gone"):
        Path(f"{name}.c").write_text(f"#include <Python.h>\nPyMODINIT_FUNC PyInit_{name}(void) {{ return NULL; }}\n")
    build(kept="kept.c", gone="gone.c")
    for path in tmp_path.rglob("kept*"):
        os.utime(path, (1, 1))
    build(kept="kept.c")
    assert not list(Path("build").rglob("gone*.so"))
    assert all(library.stat().st_mtime > 1 for library in tmp_path.rglob("kept*.so"))
    Path("kept.c").write_text("no C")
    build(kept="kept.c")
    assert not list(tmp_path.rglob("kept*.so"))


def test_a_wheel_is_compiled_where_no_library_is_there(tmp_path):
    command = [sys.executable, "-m", "mypy", *SETUP["OPTIONS"], "--no-site-packages", f"--cache-dir={tmp_path}"]
    done = subprocess.run([*command, *COMPILED], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_where_mypy_finds_an_error_nothing_is_compiled(monkeypatch, capsys):
    monkeypatch.setattr("mypyc.build.mypycify", lambda *_, **__: sys.exit(1))
    assert SETUP["_extensions"]() == []
    assert "nothing is compiled" in capsys.readouterr().err


@pytest.mark.soak
def test_without_a_compiler_nothing_is_left_half_made(tmp_path):
    command = [sys.executable, "setup.py", "build_ext", f"--build-lib={tmp_path / 'lib'}", f"--build-temp={tmp_path}"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "CC": "false"}, check=True, capture_output=True, text=True
    )
    assert "nothing is compiled" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".so", ".pyd")]


def test_rules_reach_the_processes_that_decode():
    rules = UserEventRules(strict=True)
    assert pickle.loads(pickle.dumps(rules)) == rules
