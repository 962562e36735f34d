"""Which release this is."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

_PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"


def current() -> str:
    """Returns the version: of the checkout that this module stands in, else of the installed package.

    Raises:
        importlib.metadata.PackageNotFoundError: It is neither.
    """
    if _PROJECT_FILE.exists():
        return str(tomllib.loads(_PROJECT_FILE.read_text("utf-8"))["project"]["version"])
    return metadata.version("footfall")
