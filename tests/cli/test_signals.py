"""`footfall signals`: hiring signals as a table or as JSON lines."""

from __future__ import annotations

import json

import pytest
import requests

from tests.cli.console import Terminal, run

STATE = {
    "status": {"label": "Successful", "index": 11, "total": 14},
    "phase": {"label": "HIRED", "index": 5, "total": 7},
    "success": True,
    "timestamp": "2026-01-02T00:00:00Z",
}
SIGNALS = [
    {"typeCode": "ApplicationComplete", "token": "token-1", "timestamp": "2026-01-01T00:00:00Z", "requestId": "r1"},
    {"typeCode": "ApplicationStatusUpdate", "token": "token-2", "current": STATE},
]


@pytest.fixture
def tenant(served, project) -> str:
    """A tenant with both signals."""
    name = f"{project}/tenants/t"
    answer = requests.post(f"{served.http}/v1/{name}/signals:batchSend", json={"signals": SIGNALS}, timeout=60)
    assert answer.json()["storedCount"] == "2"
    return name


def test_json_lines_when_piped(served, tenant):
    done = run("signals", "--tenant", tenant, FOOTFALL_SERVER=served.address)
    assert [json.loads(line)["signal"] for line in done.stdout.splitlines()] == SIGNALS
    assert done.stderr == "2 signals\n"
    done = run("signals", "--tenant", tenant, "--filter", "requestId = r1", FOOTFALL_SERVER=served.address)
    assert done.stderr == "1 signal\n"


def test_table_on_a_terminal(served, tenant):
    terminal = Terminal("signals", "--tenant", tenant, "--newest-first", FOOTFALL_SERVER=served.address)
    assert terminal.end() == 0
    for text in ("TIME (UTC)", "2026-01-02 00:00:00  ApplicationStatusUpdate", "token-1", "HIRED / Successful"):
        assert text in terminal.shown
    assert terminal.shown.index("token-2") < terminal.shown.index("token-1")
