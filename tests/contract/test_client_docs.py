"""Defends docs/CLIENT.md: each program in it runs as printed, the server's address aside; every option is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields

import pytest

from footfall_client.options import BatcherOptions, Options
from tests.support.server import ROOT, Server

PAGE = (ROOT / "docs/CLIENT.md").read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
# What a program prints, by a part of it; every program is in here.
PRINTED = {
    "range(1_000)": "1000 stored, 0 rejected\n",
    "def on_verdict": "search-1 client_event.job_event MISSING_FIELD\n",
    "AsyncEventBatcher(": "1 stored\n",
    "retail_client(": "EventServiceClient\n",
    "StreamUserEvents(": '900 Field "visitorId" is a required field, but no value is found.\n'
    "1000 decided, 990 stored\n",
}


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs_run(server: Server, number: int) -> None:
    code = PROGRAMS[number].replace("127.0.0.1:50051", server.address)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (printed,) = [text for part, text in PRINTED.items() if part in code]
    assert done.stdout.endswith(printed)


def test_every_option_is_there() -> None:
    names = {field.name for field in fields(BatcherOptions)}
    assert names == Options.__annotations__.keys()
    assert not {name for name in names if f"`{name}`" not in PAGE}
