"""Defends the settings of what any page on the internet may use: what, where, and for which catalogs and tenant."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.server import ROOT, Server

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


CATALOG = "projects/shop/locations/global/catalogs/default_catalog"
EVENT = {"eventType": "login", "visitorId": "v"}


@pytest.mark.parametrize("server", [["--catalogs", "projects/shop/locations/*/catalogs/*"]], indirect=True)
def test_nobody_makes_up_catalogs(web, server):
    pixel = {"userEvent": json.dumps(EVENT)}
    for catalog, status in ((CATALOG, 200), (CATALOG.replace("shop", "made-up"), 404)):
        answer = web.post(f"{server.public_http}/v2/{catalog}/userEvents:collect", json=pixel, timeout=60)
        assert answer.status_code == status
        image = web.get(
            f"{server.public_http}/v2/{catalog}/userEvents:collect", params={"user_event": "{}"}, timeout=60
        )
        assert image.headers["content-type"] == "image/gif"
        assert image.headers["x-footfall-rejected"] == ("MISSING_FIELD" if status == 200 else "CATALOG_NOT_FOUND")


@pytest.mark.parametrize(
    "server", [["--public-parts", "scripts", "--tracker-tenant", "projects/p/tenants/t"]], indirect=True
)
def test_what_is_not_public_is_guarded_as_everything_is(web, server):
    assert web.get(f"{server.public_http}/v2_event.js", timeout=60).status_code == 200
    for path, body in (
        (f"v2/{CATALOG}/userEvents:collect", {"userEvent": json.dumps(EVENT)}),
        ("api/talent/events", BODY),
    ):
        assert web.post(f"{server.public_http}/{path}", json=body, timeout=60).status_code == 404
        foreign = web.post(f"{server.http}/{path}", json=body, headers={"Origin": SHOP}, timeout=60)
        assert foreign.status_code == 403
        assert "Access-Control-Allow-Origin" not in foreign.headers
        preflight = web.options(f"{server.http}/{path}", headers={"Origin": SHOP}, timeout=60)
        assert "Access-Control-Allow-Origin" not in preflight.headers
        assert web.post(f"{server.http}/{path}", json=body, timeout=60).status_code == 200


TOKEN = "partner-token"
SIGNALS_OF = "projects/default/tenants/default"
SEND = {
    "query": "mutation ($input: SendSignalInput!) { sendSignal(input: $input) }",
    "variables": {"input": {"typeCode": "ApplicationComplete", "token": "t"}},
}


@pytest.mark.parametrize("more", [[], ["--graphiql"]])
def test_graphql_is_public_for_those_who_have_a_token(tmp_path, web, more):
    parts = ["--public-address", "127.0.0.1:0", "--public-parts", "scripts"]
    with Server(tmp_path, *parts, *more, env={"FOOTFALL_GRAPHQL_TOKENS": TOKEN}) as server:
        url, stored = f"{server.public_http}/graphql", f"{server.http}/v1/{SIGNALS_OF}/signals"
        for headers in ({}, {"Authorization": "Bearer another"}):
            [error] = web.post(url, json=SEND, headers=headers, timeout=60).json()["errors"]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert web.get(stored, timeout=60).json().get("totalSize", "0") == "0"
        known = {"Authorization": f"Bearer {TOKEN}", "Host": "signals.example"}
        assert web.post(url, json=SEND, headers=known, timeout=60).json() == {"data": {"sendSignal": True}}
        assert web.get(stored, timeout=60).json()["totalSize"] == "1"

        page = web.get(url, headers=known, timeout=60)
        assert (page.status_code, page.headers["allow"]) == (405, "POST")
        for path in ("graphql/graphiql.js", f"v1/{SIGNALS_OF}/signals", "console/"):
            assert web.get(f"{server.public_http}/{path}", timeout=60).status_code == 404
        asked = web.options(url, headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"}, timeout=60)
        assert not {name.lower() for name in asked.headers} & {
            "access-control-allow-origin", "access-control-allow-headers",
        }  # fmt: skip
        assert web.get(f"{server.http}/graphql", timeout=60).status_code == (200 if more else 405)


def test_graphql_that_asks_for_no_token_is_not_public(web, server):
    assert web.post(f"{server.public_http}/graphql", json=SEND, timeout=60).status_code == 404
    assert web.post(f"{server.http}/graphql", json=SEND, timeout=60).json() == {"data": {"sendSignal": True}}


def test_without_collect_no_catalogs_need_be_named(tmp_path, web):
    with Server(tmp_path, "--public-address", "127.0.0.1:0", "--public-parts", "scripts,job-events") as server:
        assert web.get(f"{server.public_http}/job_events.js", timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--tracker-tenant", "projects/p"], 2),
        (["--pixel-path", "shop.js"], 2),
        (["--pixel-path", "/job_events.js"], 1),
        (["--pixel-path", "/console/main.js"], 1),
        (["--pixel-path", "/v2/projects/p/locations/l/catalogs/c/branches/0/products/shop.js"], 1),
        (["--public-parts", "collect,console"], 2),
        (["--public-address", "127.0.0.1:0"], 1),
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
    assert "Traceback" not in done.stderr
