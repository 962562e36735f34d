"""Google's official Node clients, over a plain-text channel, at each door."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = Path(__file__).parents[1] / "node"
CATALOG = "projects/p/locations/global/catalogs/node"
TENANT = "projects/p/tenants/node"
INSTALL_TIMEOUT_S = 480
pytestmark = pytest.mark.timeout(INSTALL_TIMEOUT_S + 300)  # the first test pays for the installation


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """A folder with what tests/node/package-lock.json names; FOOTFALL_NODE_DIR keeps one from run to run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed (apt-get install nodejs npm)")
    kept = os.environ.get("FOOTFALL_NODE_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("node")
    folder.mkdir(parents=True, exist_ok=True)
    lock = (NODE / "package-lock.json").read_bytes()
    if not (folder / "node_modules").is_dir() or (folder / "package-lock.json").read_bytes() != lock:
        shutil.copy(NODE / "package.json", folder)
        shutil.copy(NODE / "package-lock.json", folder)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run(command, cwd=folder, check=True, timeout=INSTALL_TIMEOUT_S)
    return folder


def test_the_official_clients(packages, server):
    host, _, port = server.address.rpartition(":")
    done = subprocess.run(
        ["node", str(NODE / "smoke.mjs"), host, port, CATALOG, TENANT],
        cwd=packages, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["written"]["visitorId"] == "node"
    assert (told["refused"]["code"], told["refused"]["reason"]) == (3, "MISSING_FIELD")
    assert "visitorId" in told["refused"]["message"]
    assert told["imported"] == {"success": 2, "failure": 0}
    assert told["product"]["name"] == f"{CATALOG}/branches/0/products/p1"
    assert told["listed"] == ["p1"]
    assert told["clientEvent"]["eventId"] == "node-1"
    assert told["late"]["code"] == 4
