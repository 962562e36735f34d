"""Requests as Google's pages print them, sent with curl; only host, project and token are ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")

WRITE = {
    "eventType": "detail-page-view",
    "visitorId": "visitor0",
    "eventTime": "2020-01-01T03:33:33.000001Z",
    "experimentIds": ["321"],
    "attributionToken": "ABC",
    "attributes": {
        "example_text_attribute": {"text": ["text_1", "text_2"]},
        "example_number_attribute": {"numbers": [3.14, 42, 1.00009]},
    },
    "productDetails": [{"product": {"id": "abc"}}],
    "userInfo": {
        "userId": "abc",
        "ipAddress": "0.0.0.0",
        "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "directUserRequest": True,
    },
    "uri": "http://example",
    "referrerUri": "http://example",
    "pageViewId": "currentPageUri",
}
HEADERS = ("-H", "Authorization: Bearer TOKEN", "-H", "Content-Type: application/json; charset=utf-8")


@pytest.fixture
def curl(server, catalog):
    """Sends a request below the catalog; returns the answer, as JSON if it is."""

    def send(path: str, body: object = None, *more: str) -> object:
        data = () if body is None else ("-X", "POST", "-d", body if isinstance(body, str) else json.dumps(body))
        url = f"{server.http}/v2/{catalog}/{path}"
        done = subprocess.run(
            ["curl", "--noproxy", "*", "-sS", "--fail-with-body", *more, *HEADERS, *data, url],
            capture_output=True,
            timeout=60,
            check=True,
        )
        return done.stdout if done.stdout.startswith(b"GIF89a") else json.loads(done.stdout)

    return send


@pytest.fixture
def ended(web, server):
    """Waits for an operation; returns it as it ended."""

    def wait(operation):
        url = f"{server.http}/v2/{operation['name']}:wait"
        return web.post(url, json={"timeout": "60s"}, timeout=90).json()

    return wait


@pytest.fixture
def stored(web, server, catalog):
    """The events that there are."""

    def read():
        found = web.get(f"{server.http}/v1/{catalog}/userEvents", timeout=60).json()
        return [each["userEvent"] for each in found.get("userEvents", [])]

    return read


def test_write(curl, stored):
    assert curl("userEvents:write", WRITE) == WRITE
    assert stored() == [WRITE]


def test_collect(curl, stored):
    query = (
        "key=API_KEY&user_event=%7B%22eventType%22%3A%22home-page-view%22%2C%22visitorId%22%3A%22v%22%7D"
        "&uri=https%3A%2F%2Fexample.com%2F&ets=1700000000000"
    )
    assert curl(f"userEvents:collect?{query}").startswith(b"GIF89a")
    [event] = stored()
    assert event["eventTime"] == "2023-11-14T22:13:20Z"


def test_collect_of_google_analytics(curl, stored):
    row = {
        "event_name": "view_item",
        "event_timestamp": "1700000000000000",
        "user_pseudo_id": "1.2",
        "items": [{"item_id": "abc"}],
    }
    assert curl(f"userEvents:collect?prebuilt_rule=ga4_bq&raw_json={quote(json.dumps(row))}").startswith(b"GIF89a")
    [event] = stored()
    assert (event["eventType"], event["visitorId"]) == ("detail-page-view", "1.2")


def test_import_of_objects(server, curl, ended):
    bucket = server.buckets / "bucket" / "dir"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "one.json").write_text(json.dumps(WRITE) + "\n" + '{"eventType":"home-page-view"}\n')
    request = {
        "inputConfig": {"gcsSource": {"inputUris": ["gs://bucket/dir/*.json"], "dataSchema": "user_event"}},
        "errorsConfig": {"gcsPrefix": "gs://bucket/errors"},
    }
    done = ended(curl("userEvents:import", request))
    assert (done["metadata"]["successCount"], done["metadata"]["failureCount"]) == ("1", "1")


def test_inline_import(curl, ended):
    events = [{"eventType": "home-page-view", "visitorId": f"v{number}"} for number in range(2)]
    done = ended(curl("userEvents:import", {"inputConfig": {"userEventInlineSource": {"userEvents": events}}}))
    assert done["metadata"]["successCount"] == "2"


def test_purge(curl, ended, stored):
    curl("userEvents:write", {**WRITE, "eventTime": "2019-12-23T18:27:00Z"})
    tried = ended(curl("userEvents:purge", {"filter": "eventType = add-to-cart", "force": "false"}))
    assert tried["done"]
    assert "purgedEventsCount" not in tried["response"]
    window = 'eventTime > "2019-12-23T18:25:43.511Z" eventTime < "2019-12-23T18:30:43.511Z"'
    done = ended(curl("userEvents:purge", {"filter": window, "force": "true"}))
    assert done["response"]["purgedEventsCount"] == "1"
    assert stored() == []


def test_rejoin(curl, ended):
    curl("userEvents:write", WRITE)
    assert ended(curl("userEvents:rejoin", {"userEventRejoinScope": "UNJOINED_EVENTS"}))["done"]
