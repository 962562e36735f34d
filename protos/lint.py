"""Lint the contract in `protos/` with buf, by the rules of `buf.yaml`, and check its format.

    python protos/lint.py           exit 1 and list what is wrong
    python protos/lint.py --fix     format the files first

What our files import comes from googleapis-common-protos, so buf works on a copy of `protos/` in which those files
stand beside ours and are not linted themselves; no network is needed. The files of derived versions are linted with the
others, so an overlay is held to the same rules: complaints about them name the path without `generated/`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from generate import COMMON_PROTOS, PROTOS, copy_operations, sources, write_derived

BUF = Path(sysconfig.get_path("scripts")) / "buf"
IMPORTED = ("google/api", "google/rpc", "google/type")


def workspace(root: Path) -> None:
    """Make `root` a buf workspace: the configuration, our files, those derived from them and all that they import."""
    module = root / "protos"
    shutil.copy(PROTOS.parent / "buf.yaml", root)
    shutil.copytree(PROTOS, module, ignore=shutil.ignore_patterns("*.py", "__pycache__", "overlays"))
    write_derived(module)
    for package in IMPORTED:
        (module / package).mkdir(parents=True)
        for file in (COMMON_PROTOS / package).glob("*.proto"):
            shutil.copy(file, module / package)
    copy_operations(module)


def main() -> int:
    """Do what the command line says and return the exit status."""
    parser = argparse.ArgumentParser(description="Lint protos/ with buf.")
    parser.add_argument("--fix", action="store_true", help="format the files first")
    action = ["--write"] if parser.parse_args().fix else ["--diff", "--exit-code"]
    formatted = subprocess.run([BUF, "format", "protos", *action], cwd=PROTOS.parent, check=False)
    paths = sorted({f"--path=protos/{Path(source).parent.as_posix()}" for source in sources()})
    with tempfile.TemporaryDirectory() as scratch:
        workspace(Path(scratch))
        linted = subprocess.run([BUF, "lint", *paths], cwd=scratch, check=False)
        derived = subprocess.run([BUF, "format", "--diff", "--exit-code", *paths], cwd=scratch, check=False)
    return 1 if formatted.returncode or linted.returncode or derived.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
