"""Defends the README: every client snippet and every shell line of it runs as printed, the server's address aside."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reflected import ReflectedClient
from tests.support.server import ROOT, Server

README = (ROOT / "README.md").read_text("utf-8")
CATALOG = "projects/my-project/locations/global/catalogs/default_catalog"
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
# What a snippet shows, by a part of it; every snippet is in here.
SHOWN = {
    "write_user_event(": "20",
    "rejoin_user_events(": "1\n",
    "user_event_inline_source=": "joined_events_count: 1",
    "gcs_source=": "The text is not JSON",
    "collect_user_event(": "image/gif\n",
    "purge_user_events(": "2 would go\n2 are gone\n",
    "export_user_events(": "['gs://my-bucket/export/export-user-events-",
    "create_client_event(": "",
    "EventBatcher(": "100 stored, 0 rejected\n",
    "error.details": "user_event.visitor_id TOO_LONG",
    "CountUserEvents(": "detail-page-view joined ['Small umbrella']\n"
    "2 [('detail-page-view', 1), ('home-page-view', 1)]\n"
    "[('gs://my-bucket/events/b.jsonl', 1, 'The text is not JSON",
    "ComputeFunnel(": "[('VIEW', 1, 1.0), ('APPLICATION_START', 0, 0.0), ('HIRED', 0, 0.0)]\n1 0 []\n",
    "WatchEvents(": "OUTCOME_STORED \nOUTCOME_REJECTED ",
}
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("readme")) as server:
        events = server.buckets / "my-bucket" / "events"
        events.mkdir(parents=True)
        line = b'{"eventType":"home-page-view","visitorId":"v","eventTime":"2024-01-01T00:00:00Z"}\n'
        (events / "a.jsonl").write_bytes(line)
        (events / "b.jsonl").write_bytes(gzip.compress(b"not json\n"))
        yield server


def environment(server: Server) -> dict[str, str]:
    bin_folder = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "FOOTFALL_SERVER": server.address,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_client_snippets_run(served, number):
    code = SNIPPETS[number].replace("127.0.0.1:50051", served.address)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(served),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = [text for part, text in SHOWN.items() if part in code]
    assert shown
    for text in shown:
        assert text in done.stdout


def test_the_snippets_left_their_events(served):
    """Runs after them: what they claim to store, to reject and to purge is as it should be."""
    client = ReflectedClient(served.channel())
    stored = [(each.user_event.event_type, each.user_event.visitor_id) for each in client.user_events(CATALOG)]
    assert sorted(stored) == [
        ("detail-page-view", "visitor-1"),
        ("home-page-view", "visitor-1"),
        ("search", "visitor-3"),
    ]
    assert len(client.client_events("projects/my-project/tenants/my-tenant")) == 101
    assert [(event.uri, event.line_number) for event in client.rejected(CATALOG)] == [
        ("gs://my-bucket/events/b.jsonl", 1)
    ]
    assert list((served.buckets / "my-bucket" / "errors").iterdir())


def shell_lines() -> list[str]:
    """Every line of a shell block, but the two with which the README begins: CI runs those."""
    blocks = [text for text in SHELL if not text.startswith("make ")]
    return [line for block in blocks for line in block.replace("\\\n", " ").strip().split("\n")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A folder like the checkout, for lines that write to it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("protos", "generated", "examples", "service"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("line", shell_lines())
def test_shell_lines_run(served, checkout, line):
    command = (
        line.replace("127.0.0.1:50051", served.address)
        .replace("http://127.0.0.1:8080", served.http)
        .replace(".venv/bin/python", sys.executable)
        .replace(".venv/bin/grpcurl", "grpcurl")
    )
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=checkout,
        env=environment(served),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "/graphql" in line:
        assert done.stdout == '{"data":{"sendSignal":true}}'
    elif "protoc" in line:
        assert (checkout / "stubs/google/cloud/retail/v2/user_event_service_pb2_grpc.py").exists()
    elif not line.startswith(("mkdir", "touch", "export")):
        assert done.stdout or done.stderr
