"""What a page of another origin can make a browser send changes nothing and shows nothing."""

from __future__ import annotations

import pytest

from tests.http import raw

PURGE = {"filter": "*", "force": True}


def stored(web, server, catalog) -> int:
    counted = web.get(f"{server.http}/v1/{catalog}/userEvents:count", timeout=60).json()
    return int(counted.get("totalCount", 0))


@pytest.fixture
def one_event(web, server, catalog):
    event = {"eventType": "login", "visitorId": "v"}
    web.post(f"{server.http}/v2/{catalog}/userEvents:write", json=event, timeout=60).raise_for_status()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": "evil.example"},
        {"host": "evil.example:8080", "origin": "http://evil.example:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
@pytest.mark.usefixtures("one_event")
def test_a_foreign_page_purges_nothing(web, server, catalog, headers):
    url = f"{server.http}/v2/{catalog}/userEvents:purge"
    answer = web.post(url, json=PURGE, headers=headers, timeout=60)
    assert answer.status_code == 403
    assert answer.json()["error"]["details"][0]["reason"] in ("HOST_NOT_ALLOWED", "ORIGIN_NOT_ALLOWED")
    assert "access-control-allow-origin" not in answer.headers
    assert stored(web, server, catalog) == 1


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
@pytest.mark.usefixtures("one_event")
def test_what_a_form_can_send_is_refused(web, server, catalog, content_type):
    url = f"{server.http}/v2/{catalog}/userEvents:purge"
    answer = web.post(url, data=b'{"filter":"*","force":true}', headers={"content-type": content_type}, timeout=60)
    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["error"]["message"]
    assert stored(web, server, catalog) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_file_that_a_form_can_send_is_refused(web, server, catalog, content_type):
    url = f"{server.http}/v1/{catalog}/userEvents:upload"
    line = b'{"eventType":"login","visitorId":"v","eventTime":"2026-01-01T00:00:00Z"}'
    for body in (line, iter([line])):  # the second one has no Content-Length
        answer = web.post(url, data=body, headers={"content-type": content_type}, timeout=60)
        assert answer.status_code == 400
        assert "application/octet-stream" in answer.json()["error"]["message"]
    assert web.get(f"{server.http}/v1/{catalog}/operations", timeout=60).json() == {}


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_foreign_page_reads_nothing(web, server, catalog, headers):
    answer = web.get(f"{server.http}/v1/{catalog}/userEvents", headers=headers, timeout=60)
    assert answer.status_code == 403


def test_a_preflight_allows_nothing(web, server, catalog):
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = web.options(f"{server.http}/v2/{catalog}/userEvents:purge", headers=headers, timeout=60)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_server_s_own_pages_may(web, server, catalog):
    own = {"origin": server.http, "sec-fetch-site": "same-origin"}
    answer = web.post(f"{server.http}/v2/{catalog}/userEvents:purge", json=PURGE, headers=own, timeout=60)
    assert answer.json()["name"]


@pytest.mark.parametrize("server", [("--http-hosts", "events.internal")], indirect=True)
def test_a_host_that_the_operator_names(web, server, catalog):
    answer = web.get(f"{server.http}/v1/{catalog}/userEvents", headers={"host": "events.internal:8080"}, timeout=60)
    assert answer.status_code == 200


@pytest.mark.uvicorn
def test_a_request_without_a_host(server):
    answer = raw.exchange(server.http, b"GET /v1/projects/p/locations/l/catalogs/c/userEvents HTTP/1.0\r\n\r\n")
    assert raw.status(answer) == 403


@pytest.mark.parametrize(
    "path", ["/v1/{catalog}/userEvents", "/v2/{catalog}/operations", "/v2/{catalog}/userEvents:purge", "/readyz", "/"]
)
def test_the_public_listener_has_nothing_else(web, server, catalog, path):
    url = server.public_http + path.format(catalog=catalog)
    assert web.get(url, timeout=60).status_code == 404
    assert web.post(url, json=PURGE, timeout=60).status_code == 404


def test_the_public_listener_has_the_pixel(web, server, catalog):
    event = '{"eventType":"login","visitorId":"v"}'
    url = f"{server.public_http}/v2/{catalog}/userEvents:collect"
    headers = {"origin": "https://shop.example", "host": "pixel.shop.example"}
    answer = web.get(url, params={"user_event": event}, headers=headers, timeout=60)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert stored(web, server, catalog) == 1
