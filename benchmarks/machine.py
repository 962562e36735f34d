"""What the figures were measured on."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

import apsw
import psutil

_PACKAGES = ("grpcio", "protobuf", "protobuf-py", "apsw", "uvicorn", "uvloop", "starlette", "fastapi", "pyvoy")


def description() -> list[str]:
    """The machine and the versions, a line for each kind."""
    return [
        f"{os.cpu_count()} cores, {_processor()}, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        platform.platform(),
        f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}, {_h2load()}",
        ", ".join(f"{name} {version}" for name in _PACKAGES if (version := _version(name))),
        f"commit {_commit()}, {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
    ]


def _processor() -> str:
    found = (
        re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if platform.system() == "Linux" else None
    )
    return found[1] if found else platform.processor()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _h2load() -> str:
    return subprocess.run(["h2load", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return found.stdout.strip() or "unknown"
