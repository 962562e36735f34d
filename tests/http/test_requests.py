"""Requests as people and browsers type them: query forms, response forms, streams, and what is told of a wrong one."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
import requests
from google.rpc import code_pb2, error_details_pb2, status_pb2

from tests.http import raw
from tests.support.server import Server

FILE = {"content-type": "application/jsonl"}
EVENT = {"eventType": "search", "visitorId": "v", "eventTime": "2026-01-01T00:00:00Z", "searchQuery": "shoes"}
LINE = '{{"eventType":"home-page-view","visitorId":"v{0}","eventTime":"2026-01-01T00:00:00.{0:06d}Z"}}\n'


def write(web: requests.Session, server: Server, catalog: str, **query: str) -> requests.Response:
    return web.post(f"{server.http}/v2/{catalog}/userEvents:write", params=query, json=EVENT, timeout=60)


def error(answer: requests.Response) -> dict:
    """The error of an answer, in the one shape that there is."""
    assert answer.status_code == answer.json()["error"]["code"]
    told = answer.json()["error"]["details"][-1]
    assert told == {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": answer.headers["x-request-id"]}
    return answer.json()["error"]


def fields(answer: requests.Response) -> dict[str, str]:
    """The reason for each field that was wrong."""
    [bad] = [each for each in error(answer)["details"] if each["@type"].endswith("google.rpc.BadRequest")]
    return {each.get("field", ""): each["reason"] for each in bad["fieldViolations"]}


@pytest.mark.parametrize("name", ["writeAsync", "write_async"])
def test_both_spellings_of_a_parameter(web, server, catalog, name):
    assert write(web, server, catalog, **{name: "true"}).json() == EVENT


def test_enums_as_numbers(web, server, catalog):
    write(web, server, catalog)
    stored = web.get(f"{server.http}/v1/{catalog}/userEvents", params={"$alt": "json;enum-encoding=int"}, timeout=60)
    assert stored.json()["userEvents"][0]["source"] == 1
    named = web.get(f"{server.http}/v1/{catalog}/userEvents", timeout=60)
    assert named.json()["userEvents"][0]["source"] == "EVENT_SOURCE_WRITE"


def test_parts_of_a_response(web, server, catalog):
    write(web, server, catalog)
    wanted = "userEvents(userEvent/visitorId,joined),totalSize"
    got = web.get(f"{server.http}/v1/{catalog}/userEvents", params={"fields": wanted}, timeout=60)
    assert got.json() == {"userEvents": [{"userEvent": {"visitorId": "v"}, "joined": True}], "totalSize": "1"}


@pytest.mark.parametrize("wanted", ["a(", "a,", ")", "a//b", "(" * 5_000, "a(" * 100])
def test_parts_that_can_not_be_read(web, server, catalog, wanted):
    got = web.get(f"{server.http}/v1/{catalog}/userEvents", params={"fields": wanted}, timeout=60)
    assert fields(got) == {"fields": "INVALID_VALUE"}


def test_protobuf_comes_when_asked_for(web, server, catalog):
    answer = write(web, server, catalog, alt="proto")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert answer.content.startswith(b"\x0a\x06search")


def test_pretty(web, server, catalog):
    assert write(web, server, catalog, prettyPrint="true").text.startswith('{\n  "eventType": "search",\n')
    assert "\n" not in write(web, server, catalog, prettyPrint="false").text
    refused = web.get(f"{server.http}/v1/{catalog}/userEvents", params={"pageSize": "x", "prettyPrint": ""}, timeout=60)
    assert refused.text.startswith('{\n  "error": {\n')


def test_what_carries_no_media_is_json(web, server, catalog):
    assert write(web, server, catalog, alt="media").json() == EVENT


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/{catalog}/userEvents?pageSize=x&alt=proto", 400, code_pb2.INVALID_ARGUMENT),
        ("GET", "/v9?%24alt=proto", 404, code_pb2.NOT_FOUND),
        ("PUT", "/v1/{catalog}/userEvents?$alt=proto", 405, code_pb2.UNIMPLEMENTED),
    ],
)
def test_an_error_is_protobuf_for_who_asked_for_that(web, server, catalog, method, path, status, code):
    answer = web.request(method, server.http + path.format(catalog=catalog), timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/x-protobuf")
    error = status_pb2.Status.FromString(answer.content)
    assert error.code == code
    [told] = [each for each in error.details if each.Is(error_details_pb2.RequestInfo.DESCRIPTOR)]
    assert error_details_pb2.RequestInfo.FromString(told.value).request_id == answer.headers["x-request-id"]


def test_answers_are_not_kept_by_anyone(web, server, catalog):
    write(web, server, catalog)
    for path in (f"v1/{catalog}/userEvents", f"v1/{catalog}/userEvents/x", "readyz", "healthz", "nothing"):
        assert web.get(f"{server.http}/{path}", timeout=60).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "reasons"),
    [
        ({"pageSize": "x"}, {"page_size": "INVALID_VALUE"}),
        ({"page_size": "-1"}, {"page_size": "INVALID_VALUE"}),
        ({"nothing": "1"}, {"nothing": "INVALID_VALUE"}),
        ({"pageSize": ["1", "2"]}, {"pageSize": "INVALID_VALUE"}),
        ({"filter.x": "1"}, {"filter.x": "INVALID_VALUE"}),
        ({"alt": "xml"}, {"alt": "INVALID_VALUE"}),
        ({"readMask": "userEvent.nothing"}, {"read_mask": "INVALID_VALUE"}),
    ],
)
def test_a_wrong_parameter_is_named(web, server, catalog, query, reasons):
    answer = web.get(f"{server.http}/v1/{catalog}/userEvents", params=query, timeout=60)
    assert answer.status_code == 400
    assert set(fields(answer)) == set(reasons)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "user_event"),
        (b"[]", "user_event"),
        (b"\xff", "user_event"),
        (b'{"eventType": 3, "visitorId": "v"}', "user_event.event_type"),
        (b'{"event": "search"}', "user_event.event"),
        (b'{"productDetails": [{"product": {"nothing": 1}}]}', "user_event.product_details[0].product.nothing"),
    ],
)
def test_a_wrong_body_is_named(web, server, catalog, body, field):
    url = f"{server.http}/v2/{catalog}/userEvents:write"
    answer = web.post(url, data=body, headers={"content-type": "application/json"}, timeout=60)
    assert answer.status_code == 400
    assert field in fields(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/x", 404),
        ("PUT", "/v1/{catalog}/userEvents", 405),
        ("POST", "/healthz", 405),
        ("TRACE", "/healthz", 405),
    ],
)
def test_what_is_not_there(web, server, catalog, method, path, status):
    answer = web.request(method, server.http + path.format(catalog=catalog), timeout=60)
    assert error(answer)["code"] == status


@pytest.mark.parametrize("path", ["/%FF", "/v2/projects/p%C3%28/operations/x", "/%ED%A0%80?a=%FF"])
@pytest.mark.parametrize("listener", ["http", "public_http"])
def test_a_path_that_is_no_text(server, listener, path):
    answer = raw.head(getattr(server, listener), f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert raw.status(answer) in (400, 404)
    assert b"application/json" in answer


def test_a_request_id_comes_back_and_is_logged_with_nothing_of_the_request(web, server, catalog):
    answer = web.get(f"{server.http}/v1/{catalog}/userEvents", headers={"x-request-id": "mine-1"}, timeout=60)
    assert answer.headers["x-request-id"] == "mine-1"
    other = web.get(f"{server.http}/healthz", headers={"x-request-id": "not one"}, timeout=60)
    assert other.headers["x-request-id"] != "not one"


@pytest.mark.uvicorn
def test_what_libraries_log_is_json_too(server):
    assert raw.status(raw.exchange(server.http, b"NO HTTP AT ALL\r\n\r\n")) == 400
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    [said] = [line for line in lines if line.get("logger") == "uvicorn.error"]
    assert (said["level"], said["event"]) == ("warning", "Invalid HTTP request received.")


def test_health_and_readiness(web, server):
    assert web.get(f"{server.http}/healthz", timeout=60).status_code == 200
    assert web.get(f"{server.http}/readyz", timeout=60).json() == {"status": "SERVING"}


def test_a_file_is_uploaded_as_it_is(web, server, catalog):
    url = f"{server.http}/v1/{catalog}/userEvents:upload"
    lines = "".join(LINE.format(number) for number in range(5_000)).encode()
    operation = web.post(url, params={"fileName": "five.jsonl"}, data=lines, headers=FILE, timeout=60).json()
    done = web.post(f"{server.http}/v1/{operation['name']}:wait", json={"timeout": "60s"}, timeout=90).json()
    assert done["done"]
    assert done["metadata"]["successCount"] == "5000"


def test_an_empty_upload(web, server, catalog):
    operation = web.post(f"{server.http}/v1/{catalog}/userEvents:upload", timeout=60).json()
    done = web.post(f"{server.http}/v1/{operation['name']}:wait", json={}, timeout=90).json()
    assert done["response"]


def test_events_are_watched_as_json_lines(web, server, catalog):
    with web.get(f"{server.http}/v1/{catalog}/events:watch", stream=True, timeout=60) as stream:
        messages = (json.loads(line) for line in stream.iter_lines())
        assert list(next(messages)) == ["resumeToken"]
        write(web, server, catalog)
        assert next(messages)["userEvent"]["userEvent"] == EVENT


def test_events_are_watched_by_a_browser_and_taken_up_again(web, server, catalog):
    headers = {"accept": "text/event-stream"}
    url = f"{server.http}/v1/{catalog}/events:watch"
    with web.get(url, headers=headers, stream=True, timeout=60) as stream:
        token = next(line for line in stream.iter_lines() if line.startswith(b"id: ")).decode().removeprefix("id: ")
    write(web, server, catalog)
    with web.get(url, headers={**headers, "last-event-id": token}, stream=True, timeout=60) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        data = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith(b"data: "))
        seen = next(message for message in data if "userEvent" in message)
    assert seen["userEvent"]["userEvent"] == EVENT


def test_rejected_events_are_watched_by_who_wants_them(web, server, catalog):
    url = f"{server.http}/v1/{catalog}/events:watch"
    collect = f"{server.http}/v2/{catalog}/userEvents:collect"
    lines = "\n".join([json.dumps({"userEvent": json.dumps(EVENT)}), '{"userEvent": "{}"}', "{"])
    with web.get(url, params={"includeRejected": "true"}, stream=True, timeout=60) as stream:
        messages = (json.loads(line) for line in stream.iter_lines(chunk_size=1))
        first = next(messages)
        web.post(collect, data=lines, timeout=60)
        seen = [next(messages) for _ in range(3)]
    assert [next(iter(message)) for message in seen] == ["userEvent", "rejectedEvent", "rejectedEvent"]
    listed = web.get(f"{server.http}/v1/{catalog}/rejectedEvents", timeout=60).json()["rejectedEvents"]
    assert [message["rejectedEvent"] for message in seen[1:]] == listed[::-1]
    for start, left in ((first, seen), (seen[0], seen[1:]), (seen[1], seen[2:])):
        query = {"includeRejected": "true", "resumeToken": start["resumeToken"]}
        with web.get(url, params=query, stream=True, timeout=60) as stream:
            messages = (json.loads(line) for line in stream.iter_lines(chunk_size=1))
            assert next(messages) == {"resumeToken": start["resumeToken"]}
            assert [next(messages) for _ in left] == left
    with web.get(url, params={"resumeToken": first["resumeToken"]}, stream=True, timeout=60) as stream:
        messages = (json.loads(line) for line in stream.iter_lines(chunk_size=1))
        web.post(collect, json={"userEvent": json.dumps({**EVENT, "visitorId": "w"})}, timeout=60)
        events = [next(messages).get("userEvent", {}).get("userEvent", {}).get("visitorId") for _ in range(3)]
    assert events == [None, "v", "w"]


def test_a_watch_that_can_not_begin_is_an_ordinary_error(web, server, catalog):
    answer = web.get(f"{server.http}/v1/{catalog}/events:watch", params={"resumeToken": "x"}, timeout=60)
    assert fields(answer) == {"resume_token": "INVALID_PAGE_TOKEN"}


def test_a_body_over_the_limit(tmp_path, web):
    with Server(tmp_path, "--max-message-bytes", "65536") as server:
        url = f"{server.http}/v2/projects/p/locations/global/catalogs/c/userEvents:write"
        answer = web.post(url, json={"uri": "x" * 70_000}, timeout=60)
        assert error(answer)["code"] == 413
        parts = (b"x" * 1_000 for _ in range(100))
        answer = web.post(url, data=parts, headers={"content-type": "application/json"}, timeout=60)
        assert error(answer)["code"] == 413


def test_a_drain_waits_for_requests(tmp_path, web, catalog):
    with Server(tmp_path) as server:
        url = f"{server.http}/v1/{catalog}/userEvents:upload"
        sent, go_on = threading.Event(), threading.Event()

        def parts():
            yield LINE.format(1).encode()
            sent.set()
            go_on.wait(60)
            yield LINE.format(2).encode()

        answers: list[requests.Response] = []
        upload = threading.Thread(
            target=lambda: answers.append(requests.post(url, data=parts(), headers=FILE, timeout=60))
        )
        upload.start()
        sent.wait(60)
        with web.get(f"{server.http}/v1/{catalog}/events:watch", stream=True, timeout=60) as stream:
            lines = stream.iter_lines()
            next(lines)
            os.kill(server.pid, signal.SIGTERM)
            [last] = map(json.loads, lines)  # a watch ends by itself
            assert last["error"]["status"] == "UNAVAILABLE"
        go_on.set()
        upload.join()
        assert server.wait() == 0
    assert answers[0].json()["name"]
