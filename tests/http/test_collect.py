"""The pixel over HTTP: images, beacons, fetch, and what a rejected event looks like to each."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from google.api.httpbody_pb2 import HttpBody

EVENT = {"eventType": "home-page-view", "visitorId": "v", "eventTime": "2026-01-01T00:00:00Z"}
BAD = {"eventType": "home-page-view"}
TEXT = json.dumps(EVENT, separators=(",", ":"))


@pytest.fixture
def url(server, catalog):
    return f"{server.public_http}/v2/{catalog}/userEvents:collect"


@pytest.fixture
def events(web, server, catalog):
    """The events stored so far, as they were sent."""

    def read():
        found = web.get(f"{server.http}/v1/{catalog}/userEvents", timeout=60).json()
        return [each["userEvent"] for each in found.get("userEvents", [])]

    return read


@pytest.fixture
def rejected(web, server, catalog):
    """What was rejected so far."""

    def read():
        return web.get(f"{server.http}/v1/{catalog}/rejectedEvents", timeout=60).json().get("rejectedEvents", [])

    return read


def collect(event: object, **fields: object) -> dict[str, object]:
    """The JSON of a collect request."""
    return {"userEvent": json.dumps(event), **fields}


@pytest.mark.parametrize("name", ["user_event", "userEvent"])
def test_an_image(web, url, events, name):
    query = f"key=K&{name}={quote(TEXT)}&uri=https%3A%2F%2Fshop.example%2F&ets=1700000000000"
    answer = web.get(f"{url}?{query}", timeout=60)
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"GIF89a")
    [event] = events()
    assert event["uri"] == "https://shop.example/"
    assert event["userInfo"]["ipAddress"] == "127.0.0.1"
    assert event["userInfo"]["userAgent"].startswith("python-requests/")


@pytest.mark.parametrize(
    ("query", "headers"),
    [({"$alt": "json;enum-encoding=int"}, {}), ({"alt": "json"}, {}), ({}, {"accept": "application/json"})],
)
def test_json_for_who_asks(web, url, query, headers):
    answer = web.get(url, params={"userEvent": TEXT, **query}, headers=headers, timeout=60)
    assert answer.json()["contentType"] == "image/gif"


def test_the_media_itself_for_who_asks(web, url):
    answer = web.get(
        url, params={"userEvent": TEXT, "alt": "media"}, headers={"accept": "application/json"}, timeout=60
    )
    assert answer.headers["content-type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")


def test_protobuf_for_who_asks(web, url):
    answer = web.get(url, params={"userEvent": TEXT, "alt": "proto"}, timeout=60)
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert HttpBody.FromString(answer.content).content_type == "image/gif"


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain;charset=UTF-8", "", "application/x-www-form-urlencoded"]
)
def test_a_beacon(web, url, events, content_type):
    headers = {"content-type": content_type}
    web.post(url, data=json.dumps(collect(EVENT)), headers=headers, timeout=60).raise_for_status()
    assert len(events()) == 1


def test_a_form(web, url, events):
    web.post(url, data={"user_event": TEXT, "uri": "https://shop.example/"}, timeout=60).raise_for_status()
    assert events()[0]["uri"] == "https://shop.example/"


@pytest.mark.parametrize("lines", [False, True])
def test_several_events_in_one_body(web, url, events, lines):
    items = [collect({**EVENT, "visitorId": f"v{number}"}) for number in range(5)]
    body = "\n".join(map(json.dumps, items)) if lines else json.dumps(items)
    web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60).raise_for_status()
    assert sorted(event["visitorId"] for event in events()) == [f"v{number}" for number in range(5)]


def test_blank_lines_are_no_events(web, url, events):
    items = [json.dumps(collect({**EVENT, "visitorId": f"v{number}"})) for number in range(3)]
    body = f"{items[0]}\r\n" + " \n" * 2**20 + f"  {items[1]}\n{items[2]}\n\n"
    web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60).raise_for_status()
    assert sorted(event["visitorId"] for event in events()) == ["v0", "v1", "v2"]


def test_an_event_on_many_lines_is_one(web, url, events):
    body = json.dumps(collect(EVENT), indent=1).replace("\n", "\n" * 2**17)
    web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60).raise_for_status()
    assert len(events()) == 1


def test_the_good_ones_of_several_are_stored_and_the_others_recorded(web, url, events, rejected):
    lines = [json.dumps(collect(EVENT)), json.dumps(collect(BAD)), '{"nothing": 1}', "{"]
    answer = web.post(url, data="\n".join(lines), headers={"content-type": "text/plain"}, timeout=60)
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(events()) == 1
    reasons = [each["status"]["details"][0]["reason"] for each in rejected()]
    assert reasons == ["INCORRECT_JSON_FORMAT", "UNKNOWN_FIELD", "MISSING_FIELD"]


def test_several_events_in_one_body_are_one_commit(web, server, url, events, rejected):
    def single_commits() -> str:
        lines = web.get(f"{server.http}/metrics", timeout=60).text.splitlines()
        return next(line for line in lines if line.startswith("footfall_write_batch_rows_count"))

    web.post(url, json=collect(EVENT), timeout=60).raise_for_status()
    before = single_commits()
    items = [collect({**EVENT, "visitorId": f"v{number}"}) for number in range(5)]
    body = "\n".join(map(json.dumps, [*items, collect(BAD), *items]))
    assert web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60).status_code == 400
    assert (len(events()), len(rejected())) == (6, 1)
    assert single_commits() == before  # which counts what is written one by one


def test_a_body_that_is_no_json_is_recorded(web, url, rejected):
    body = '{\n"userEvent":'
    assert web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60).status_code == 400
    [only] = rejected()
    assert only["raw"] == body


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-dest": "image", "origin": "https://shop.example"}])
def test_a_rejected_image_shows_nothing_broken(web, url, events, rejected, headers):
    answer = web.get(url, params={"user_event": json.dumps(BAD)}, headers=headers, timeout=60)
    assert answer.status_code == 200
    assert answer.content.startswith(b"GIF89a")
    assert answer.headers["x-footfall-rejected"] == "MISSING_FIELD"
    assert events() == []
    assert len(rejected()) == 1


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({"$alt": "json"}, {}),
        ({}, {"accept": "application/json"}),
        ({}, {"sec-fetch-dest": "empty"}),
        ({}, {"origin": "https://shop.example"}),
    ],
)
def test_a_script_is_told(web, url, rejected, query, headers):
    answer = web.get(url, params={"user_event": json.dumps(BAD), **query}, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert len(rejected()) == 1


def test_a_get_over_16_kib(web, url, rejected):
    answer = web.get(url, params={"user_event": "x" * 16_400, "alt": "json"}, timeout=60)
    assert "POST" in answer.json()["error"]["message"]
    image = web.get(url, params={"user_event": "x" * 16_400}, timeout=60)
    assert (image.status_code, image.headers["x-footfall-rejected"]) == (200, "TOO_LONG")
    assert len(rejected()) == 2


@pytest.mark.parametrize("query", ["user_event=%FF", "user_event=x&nothing=1", "ets=x", "&".join(["a=b"] * 2_000)])
def test_a_query_that_can_not_be_read_shows_nothing_broken_and_is_recorded(web, url, rejected, query):
    answer = web.get(f"{url}?{query}", timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.headers["x-footfall-rejected"]
    [only] = rejected()
    assert only["raw"] == query


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "MISSING_FIELD"),
        ("[]", "MISSING_FIELD"),
        ("{}\n" * 1_001, "TOO_MANY"),
        ("{}\n" + "x\n" * 2**21, "TOO_MANY"),
        ("[" + "{}," * 1_000 + "{}]", "TOO_MANY"),
        ("[" + "{}," * 1_000_000 + "{}]", "TOO_LONG"),
    ],
    ids=["nothing", "empty", "lines", "millions of lines", "list", "long"],
)
def test_too_many_events_or_none(web, url, rejected, body, reason):
    answer = web.post(url, data=body, headers={"content-type": "text/plain"}, timeout=60)
    assert (answer.status_code, answer.json()["error"]["details"][0]["reason"]) == (400, reason)
    [only] = rejected()
    assert body.startswith(only.get("raw", ""))


def test_a_form_with_characters_of_utf_8(web, url, events):
    body = f"user_event={json.dumps({**EVENT, 'visitorId': 'é'}, ensure_ascii=False)}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    web.post(url, data=body, headers=headers, timeout=60).raise_for_status()
    assert events()[0]["visitorId"] == "é"


def test_a_preflight(web, url):
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    answer = web.options(url, headers=headers, timeout=60)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("server", [("--allowed-origins", "https://shop.example")], indirect=True)
def test_only_named_origins_may_read(web, url):
    mine = web.get(url, params={"user_event": TEXT}, headers={"origin": "https://shop.example"}, timeout=60)
    assert mine.headers["access-control-allow-origin"] == "https://shop.example"
    assert mine.headers["vary"] == "origin"
    other = web.get(url, params={"user_event": TEXT}, headers={"origin": "https://other.example"}, timeout=60)
    assert "access-control-allow-origin" not in other.headers
