"""`footfall rejected`: what was refused, where it stood, and why."""

from __future__ import annotations

import json

import grpc
import pytest

from tests.cli.console import BAD, Terminal, run
from tests.support.reflected import TALENT, ReflectedClient
from tests.support.server import Server


def test_json_lines_when_piped(examples):
    done = run("rejected", **examples)
    assert done.returncode == 0
    newest, oldest = (json.loads(line) for line in done.stdout.splitlines())
    assert (newest["uri"], newest["lineNumber"]) == ("bad_user_events.jsonl", "4")
    assert (oldest["uri"], oldest["lineNumber"]) == ("bad_user_events.jsonl", "2")
    assert oldest["operation"].startswith(f"{examples['FOOTFALL_CATALOG']}/operations/")
    assert [item["field"] for item in oldest["status"]["details"][1]["fieldViolations"]] == [
        "visitor_id",
        "purchase_transaction",
    ]
    assert oldest["raw"] == BAD.read_text().splitlines()[1]
    assert done.stderr == "2 rejected events\n"


def test_table_on_a_terminal(examples):
    terminal = Terminal("rejected", **examples)
    assert terminal.end() == 0
    for text in ("WHERE", "bad_user_events.jsonl", "visitor_id", "The text is not JSON", "2 rejected events"):
        assert text in terminal.shown
    assert terminal.shown.index("The text is not JSON") < terminal.shown.index("visitor_id")


def test_limit(examples):
    done = run("rejected", "--limit", 1, **examples)
    assert [json.loads(line)["lineNumber"] for line in done.stdout.splitlines()] == ["4"]
    assert done.stderr == "1 of 2 rejected events; --limit 0 shows all\n"


def test_of_a_tenant(tmp_path):
    tenant = "projects/p/tenants/t"
    with Server(tmp_path / "server", "--record-rejected-calls") as server, server.channel() as channel:
        with pytest.raises(grpc.RpcError):
            ReflectedClient(channel).call(TALENT, "CreateClientEvent", parent=tenant, client_event={"event_id": "e1"})
        done = run("rejected", "--tenant", tenant, "--server", server.address)
        table = run("rejected", "--tenant", tenant, "--server", server.address, "--table")
    assert json.loads(done.stdout)["name"].startswith(f"{tenant}/rejectedEvents/")
    assert table.stdout.splitlines()[1].split()[2] == "write"
