"""What pyvoy and Envoy can't do: when a release mends one, its test fails, and the way around it can go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPRODUCTIONS = Path(__file__).with_name("reproductions")
WORKAROUNDS = {
    "a_loop_for_each_filter": "one listener for all addresses (envoy/bootstrap.py, envoy/http3.py)",
    "cancelled_receive": "InvalidStateError is not logged (inside_envoy.py)",
    "half_closed_client": "none: a line in docs/DOORS.md",
    "idle_connection_at_a_drain": "none: a line in docs/DOORS.md",
    "path_that_is_no_text": "Envoy refuses such paths (envoy/paths.py)",
    "receive_after_the_request": "callers are asked about again and again (departures.py)",
}


def test_each_is_known():
    assert {path.stem for path in REPRODUCTIONS.glob("*.py")} == {*WORKAROUNDS}


@pytest.mark.parametrize("name", WORKAROUNDS)
def test_it_is_still_so(name):
    done = subprocess.run(
        [sys.executable, REPRODUCTIONS / f"{name}.py"], capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    expected, seen = (line.partition(": ")[2] for line in done.stdout.splitlines())
    assert seen not in expected.split(" or "), f"mended: {WORKAROUNDS[name]} is not needed any more"
