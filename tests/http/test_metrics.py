"""Defends /metrics: what happened is what is counted, whatever way it came in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from generated.google.cloud.retail.v2.user_event_service_pb2 import WriteUserEventRequest
from tests.http.conftest import ANY_CATALOG
from tests.support.server import ROOT, Server

RETAIL = "google.cloud.retail.v2.UserEventService"
LOG = "footfall.v1.EventLogService"
EVENT = {"eventType": "home-page-view", "visitorId": "v"}
BAD = {"eventType": "home-page-view"}
TIMEOUT_S = 30
FILE = {"content-type": "application/jsonl"}

Value = Callable[..., float]


@pytest.fixture
def served(tmp_path):
    """A server of the test's own, so that every number is the test's."""
    with Server(tmp_path / "server", "--public-address", "127.0.0.1:0", "--catalogs", ANY_CATALOG) as server:
        yield server


def reader(server: Server, web: requests.Session) -> Value:
    """What gives the sum of the samples of a name and labels as they are now; 0 when there is none."""

    def value(name: str, **labels: str) -> float:
        text = web.get(f"{server.http}/metrics", timeout=TIMEOUT_S).text
        samples = [sample for family in parse(text) for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    return value


@pytest.fixture
def value(served: Server, web: requests.Session) -> Value:
    return reader(served, web)


@pytest.fixture
def post(served: Server, web: requests.Session) -> Callable[..., requests.Response]:
    def post(path: str, body: Any, **options: Any) -> requests.Response:
        return web.post(f"{served.http}{path}", json=body, timeout=TIMEOUT_S, **options)

    return post


def test_calls_are_counted_by_method_and_code_through_every_door(served: Server, catalog: str, post, value: Value):
    assert [post(f"/v2/{catalog}/userEvents:write", body).status_code for body in (EVENT, EVENT, BAD)] == [
        200,
        200,
        400,
    ]
    with served.channel() as channel:
        request = WriteUserEventRequest(parent=catalog)
        request.user_event.event_type, request.user_event.visitor_id = "login", "v"
        channel.unary_unary(f"/{RETAIL}/WriteUserEvent")(request.SerializeToString(), timeout=TIMEOUT_S)
    method = {"service": RETAIL, "method": "WriteUserEvent"}
    assert value("footfall_calls_total", **method, code="OK") == 3
    assert value("footfall_calls_total", **method, code="INVALID_ARGUMENT") == 1
    assert value("footfall_call_seconds_count", **method) == 4
    assert value("footfall_call_seconds_bucket", **method, le="+Inf") == 4
    assert 0 < value("footfall_call_seconds_sum", **method) < 4 * TIMEOUT_S
    assert value("footfall_calls_total") == 4


def test_answers_are_counted_by_status_and_listener(
    served: Server, catalog: str, web: requests.Session, post, value: Value
):
    web.get(f"{served.http}/nothing", timeout=TIMEOUT_S)
    web.get(f"{served.http}/v2/{catalog}/userEvents:write", timeout=TIMEOUT_S)
    web.post(f"{served.http}/v2/{catalog}/userEvents:write", data="{", timeout=TIMEOUT_S)
    web.get(f"{served.http}/healthz", headers={"host": "evil.example"}, timeout=TIMEOUT_S)
    web.get(f"{served.http}/readyz", headers={"host": "evil.example"}, timeout=TIMEOUT_S)
    web.get(f"{served.public_http}/v2/{catalog}/userEvents", timeout=TIMEOUT_S)
    answers = {
        status: value("footfall_http_answers_total", listener="private", status=status)
        for status in ("404", "405", "400", "403")
    }
    assert answers == {"404": 1, "405": 1, "400": 1, "403": 1}
    assert value("footfall_http_answers_total", listener="public") == 1
    assert value("footfall_calls_total") == 0


def test_rejections_are_counted_by_way_in_and_reason(served: Server, catalog: str, web, post, value: Value):
    tenant = "projects/p/tenants/t"
    job_event = {"eventId": "e", "createTime": "2026-01-01T00:00:00Z", "requestId": "r"}
    job_event["jobEvent"] = {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]}
    post(f"/v2/{catalog}/userEvents:write", BAD)
    post(f"/v2/{catalog}/userEvents:collect", {"userEvent": json.dumps(BAD)})
    post(f"/v2/{catalog}/userEvents:collect", {"userEvent": "{"})
    post(f"/v2/{catalog}/userEvents:collect", {"nothing": 1})
    post(f"/v1/{catalog}/userEvents:batchWrite", {"userEvents": [BAD, EVENT, {**BAD, "visitorId": "v" * 200}]})
    for request_id in ("r", "another"):
        post(f"/v4/{tenant}/clientEvents", {**job_event, "requestId": request_id})
    post(f"/v1/{tenant}/clientEvents:batchCreate", {"clientEvents": [{**job_event, "requestId": "another"}]})
    lines = "\n".join([json.dumps({**EVENT, "eventTime": "2026-01-01T00:00:00Z"}), json.dumps(EVENT), "{", "{"])
    answer = web.post(f"{served.http}/v1/{catalog}/userEvents:upload", data=lines, headers=FILE, timeout=TIMEOUT_S)
    _ended(post, answer.json()["name"])
    bucket = served.buckets / "shop"
    bucket.mkdir()
    (bucket / "products.jsonl").write_text(
        '{"id": "shoe", "title": "A shoe", "categories": ["Shoes"]}\n{"id": "hat"}\n'
    )
    source = {"inputConfig": {"gcsSource": {"inputUris": ["gs://shop/products.jsonl"], "dataSchema": "product"}}}
    answer = post(f"/v2/{catalog}/branches/0/products:import", source)
    _ended(post, answer.json()["name"])

    found = {
        (source, reason): value("footfall_rejected_total", source=source, reason=reason)
        for source, reason in [
            ("WRITE", "MISSING_FIELD"),
            ("WRITE", "EVENT_ID_TAKEN"),
            ("BATCH", "MISSING_FIELD"),
            ("BATCH", "TOO_LONG"),
            ("BATCH", "EVENT_ID_TAKEN"),
            ("COLLECT", "MISSING_FIELD"),
            ("UPLOAD", "MISSING_FIELD"),
            ("UPLOAD", "INCORRECT_JSON_FORMAT"),
            ("OBJECT_IMPORT", "MISSING_FIELD"),
        ]
    }
    assert found == {
        ("WRITE", "MISSING_FIELD"): 1,
        ("WRITE", "EVENT_ID_TAKEN"): 1,
        ("BATCH", "MISSING_FIELD"): 1,
        ("BATCH", "TOO_LONG"): 1,
        ("BATCH", "EVENT_ID_TAKEN"): 1,
        ("COLLECT", "MISSING_FIELD"): 1,
        ("UPLOAD", "MISSING_FIELD"): 1,
        ("UPLOAD", "INCORRECT_JSON_FORMAT"): 2,
        ("OBJECT_IMPORT", "MISSING_FIELD"): 1,
    }
    assert value("footfall_rejected_total", source="COLLECT") == 3
    assert value("footfall_rejected_total") == sum(found.values()) + 2
    assert value("footfall_stored", kind="rejected_events") == 3 + 3 + 1


def _ended(post, name: str) -> None:
    while not post(f"/v1/{name}:wait", {"timeout": "20s"}).json().get("done"):
        pass


def test_the_database_is_measured(served: Server, catalog: str, post, value: Value):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: post(f"/v2/{catalog}/userEvents:write", EVENT), range(64)))
    assert value("footfall_write_batch_rows_sum") == 64
    batches = value("footfall_write_batch_rows_count")
    assert 0 < batches <= 64
    assert value("footfall_write_batch_rows_bucket", le="1024.0") == batches
    assert value("footfall_write_batch_seconds_count") == batches
    assert value("footfall_write_queue_depth") == 0
    assert value("footfall_write_queue_bytes") == 0
    assert value("footfall_stored", kind="user_events") == 64
    _ended(post, post(f"/v2/{catalog}/userEvents:purge", {"filter": 'eventType = "x"'}).json()["name"])
    bad = {"inputConfig": {"gcsSource": {"inputUris": ["gs://none/x"]}}}
    assert post(f"/v2/{catalog}/userEvents:import", bad).status_code == 404
    assert value("footfall_operations", kind="purge-user-events", state="SUCCEEDED") == 1
    assert value("footfall_operations") == 1
    assert value("footfall_database_readable") == 1
    assert value("footfall_database_bytes", part="main") == served.database.stat().st_size
    assert value("footfall_database_bytes", part="wal") > 0
    assert value("footfall_database_free_bytes") > 0
    assert value("process_resident_memory_bytes") > 2**20


def test_calls_at_work_and_refused_ones(tmp_path, catalog: str, web: requests.Session):
    with Server(tmp_path / "server", "--max-concurrent-long-calls", "1") as server:
        value = reader(server, web)
        watch = f"{server.http}/v1/{catalog}/events:watch"
        with requests.Session() as other, other.get(watch, stream=True, timeout=TIMEOUT_S) as stream:
            lines = stream.iter_lines()
            next(lines)
            assert value("footfall_calls_in_flight", kind="long") == 1
            assert web.get(watch, timeout=TIMEOUT_S).status_code == 503
            assert value("footfall_calls_total", service=LOG, method="WatchEvents", code="UNAVAILABLE") == 1
        while value("footfall_calls_in_flight", kind="long"):
            pass  # until the server has noticed that the watcher has left
        assert value("footfall_calls_total", service=LOG, method="WatchEvents", code="CANCELLED") == 1


def test_both_formats_of_prometheus(served: Server, catalog: str, web: requests.Session, post):
    post(f"/v2/{catalog}/userEvents:write", EVENT)
    url = f"{served.http}/metrics"
    plain = web.get(url, timeout=TIMEOUT_S)
    assert plain.headers["content-type"].startswith("text/plain; version=")
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    open_ = web.get(url, headers=accept, timeout=TIMEOUT_S)
    assert open_.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name for family in parse_openmetrics(open_.text)}
    assert families == {family.name for family in parse(plain.text)}

    documented = set(re.findall(r"^\| `(footfall_\w+)`", (ROOT / "docs/METRICS.md").read_text("utf-8"), re.MULTILINE))
    served_names = {family.name + ("_total" if family.type == "counter" else "") for family in parse(plain.text)}
    assert documented == {name for name in served_names if name.startswith("footfall_")}
