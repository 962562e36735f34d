"""Defends the settings of what pages with jobs send: who may, and for which tenant."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.server import ROOT

BODY = {"events": [{"type": "VIEW", "jobId": "j"}]}
SHOP = "https://jobs.example"


def test_without_a_tenant_the_answer_names_the_setting(web, server):
    answer = web.post(f"{server.public_http}/api/talent/events", json=BODY, timeout=60)
    assert answer.status_code == 501
    assert "--tracker-tenant" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "server", [["--tracker-tenant", "projects/p/tenants/t", "--allowed-origins", SHOP]], indirect=True
)
@pytest.mark.parametrize(
    ("origin", "status", "allowed"), [(SHOP, 200, SHOP), ("https://other.example", 403, None), ("http://[", 403, None)]
)
def test_only_pages_of_allowed_origins_send_events(web, server, catalog, origin, status, allowed):
    pixel = {"userEvent": '{"eventType":"login","visitorId":"v"}'}
    for path, body in (("api/talent/events", BODY), (f"v2/{catalog}/userEvents:collect", pixel)):
        answer = web.post(f"{server.public_http}/{path}", json=body, headers={"Origin": origin}, timeout=60)
        assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (status, allowed)
    stored = web.get(f"{server.http}/v1/{catalog}/userEvents", timeout=60).json()
    assert stored.get("totalSize", "0") == ("1" if allowed else "0")
    script = web.get(f"{server.public_http}/job_events.js", timeout=60)
    assert script.status_code == 200
    assert {name.strip() for name in script.headers["Vary"].split(",")} == {"accept-encoding", "origin"}


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--tracker-tenant", "projects/p"], 2),
        (["--pixel-path", "shop.js"], 2),
        (["--tracker-tenant", "projects/p/tenants/t", "--tenants", "projects/p/tenants/other"], 1),
    ],
)
def test_a_setting_that_can_not_be_used_ends_the_start(tmp_path, flags, code):
    command = [
        sys.executable,
        "-m",
        "service",
        "serve",
        "--grpc-address",
        "127.0.0.1:0",
        "--http-address",
        "127.0.0.1:0",
    ]
    database = ["--database", f"sqlite:///{tmp_path}/footfall.db"]
    done = subprocess.run(
        [*command, *database, *flags], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    assert flags[0] in done.stderr
