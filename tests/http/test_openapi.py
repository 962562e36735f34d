"""Defends /openapi.json: it has every binding and no other, and says what the server takes and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
import requests

from service.doors.http.bindings import Binding
from tests.http.test_bindings import _bindings
from tests.support.server import Server

PARENT = "projects/p/locations/global/catalogs"
USER_EVENT = "google.cloud.retail.v2.UserEvent"
PRODUCT = "google.cloud.retail.v2.Product"
# Every kind of field that proto3 JSON knows.
EVENT: dict[str, Any] = {
    "eventType": "purchase-complete",
    "visitorId": "v",
    "eventTime": "2026-01-01T00:00:00.5Z",
    "experimentIds": ["e1", "e2"],
    "attributionToken": "t",
    "productDetails": [{"product": {"id": "shoe"}, "quantity": 2}, {"product": {"id": "hat"}}],
    "attributes": {"colour": {"text": ["red", "blue"]}, "size": {"numbers": [41.5, -1e-7]}},
    "purchaseTransaction": {"id": "o", "revenue": 19.99, "tax": 1.5, "cost": 3, "currencyCode": "EUR"},
    "userInfo": {"userId": "u", "ipAddress": "192.0.2.1", "userAgent": "a", "directUserRequest": True},
    "uri": "https://shop.example/ü?x=1",
    "cartId": "c",
}
NEW_PRODUCT: dict[str, Any] = {
    "title": "A shoe",
    "categories": ["Shoes > Running"],
    "brands": ["B"],
    "description": "d",
    "attributes": {"sole": {"text": ["soft"], "searchable": True, "indexable": False}},
    "priceInfo": {"currencyCode": "EUR", "price": 59.9, "originalPrice": 79.9, "cost": 20},
    "rating": {"ratingCount": 3, "averageRating": 4.5, "ratingHistogram": [0, 0, 0, 1, 2]},
    "availableTime": "2026-01-01T00:00:00Z",
    "availability": "IN_STOCK",
    "availableQuantity": 7,
    "images": [{"uri": "https://shop.example/i.png", "height": 10, "width": 20}],
    "ttl": "3600.5s",
}
JOB_EVENT = {
    "eventId": "e",
    "requestId": "r",
    "createTime": "2026-01-01T00:00:00Z",
    "jobEvent": {"type": "VIEW", "jobs": ["projects/p/tenants/t/jobs/j"]},
}


@pytest.fixture(scope="module")
def document(server: Server, web: requests.Session) -> dict[str, Any]:
    answer = web.get(f"{server.http}/openapi.json", timeout=30)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def matching(document: dict[str, Any], method: str, path: str) -> list[tuple[str, dict[str, Any]]]:
    """The operations that a request's path belongs to: those with a verb are meant where there are several."""
    found = []
    for http_method, template, operation in operations(document):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if http_method == method and re.fullmatch(pattern, path):
            found.append((template, operation))
    return [each for each in found if ":" in each[0]] or found


def valid(document: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    return not problems(document, schema, value)


def problems(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_its_schemas_are_schemas_and_its_references_lead_somewhere(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        place = document
        for part in reference.split("/"):
            place = place[part]
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used == set(document["components"]["schemas"])
    for _, path, operation in operations(document):
        named = {each.get("name") for each in operation["parameters"] if each.get("in") == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), path
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_it_has_every_binding_that_is_served_and_no_other(
    document: dict[str, Any], server: Server, web: requests.Session
):
    expected = set()
    for parameter in _bindings():
        binding: Binding = parameter.values[0]
        path = re.sub(r"\*\*?", "1", re.sub(r"\{[^=}]+=([^}]*)\}", r"\1", binding.template))
        answer = web.request(binding.http_method, server.http + path, json={} if binding.body else None, timeout=30)
        if "is in the contract" in answer.text:
            continue
        [(template, operation)] = matching(document, binding.http_method, path)
        assert f".{binding.method.name}" in operation["operationId"]
        expected.add((binding.http_method, template))
    streams = {(method, path) for method, path, _ in operations(document) if path.endswith((":watch", ":upload"))}
    assert len(streams) == 4
    assert {(method, path) for method, path, _ in operations(document)} == expected | streams


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        (USER_EVENT, EVENT, True),
        (USER_EVENT, {"event_type": "search"}, False),
        (USER_EVENT, {"eventTime": "yesterday"}, False),
        (USER_EVENT, {"experimentIds": "e"}, False),
        (USER_EVENT, {"attributes": {"a": {"text": "red"}}}, False),
        (USER_EVENT, {"nothing": 1}, False),
        (PRODUCT, NEW_PRODUCT, True),
        (PRODUCT, {"availability": "NEVER"}, False),
        (PRODUCT, {"ttl": "1h"}, False),
        (PRODUCT, {"ttl": "3600s", "expireTime": "2026-01-01T00:00:00Z"}, False),
        (PRODUCT, {"rating": {"ratingCount": 2**31}}, False),
        (PRODUCT, {"variants": [{"variants": [NEW_PRODUCT]}]}, True),
        ("google.cloud.talent.v4.ClientEvent", JOB_EVENT, True),
        ("footfall.v1.CountUserEventsResponse", {"totalCount": "9223372036854775807"}, True),
        ("footfall.v1.CountUserEventsResponse", {"totalCount": 1}, False),
        ("footfall.v1.RejectedEvent", {"status": {"details": [{"@type": "t", "x": [1]}]}}, True),
        ("footfall.v1.RejectedEvent", {"status": {"details": [{"x": 1}]}}, False),
    ],
)
def test_messages_look_as_proto3_json_does(document: dict[str, Any], name: str, value: Any, fits: bool):
    assert valid(document, component(name), value) is fits, problems(document, component(name), value)


def test_what_the_contract_says_is_told(document: dict[str, Any]):
    [(_, operation)] = matching(document, "GET", f"/v1/{PARENT}/c/userEvents")
    by_name = {each.get("name"): each for each in operation["parameters"]}
    assert operation["summary"] == "Lists user events of a catalog, ordered by event time, then by identity"
    assert by_name["pageSize"]["description"].startswith("Events per page: 100 when unset")
    assert by_name["readMask"]["schema"] == {"type": "string"}
    assert by_name["catalog"]["required"]
    assert "parent" not in by_name
    [(_, operation)] = matching(document, "POST", f"/v2/{PARENT}/c/userEvents:purge")
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["filter"]
    assert set(body["properties"]) == {"filter", "force"}
    [(_, operation)] = matching(document, "GET", f"/v1/{PARENT}/c/userEvents:count")
    [group_by] = [each for each in operation["parameters"] if each.get("name") == "groupBy"]
    assert group_by["schema"] == {
        "type": "array",
        "items": component("footfall.v1.CountUserEventsRequest.GroupBy"),
    }
    values = document["components"]["schemas"]["footfall.v1.CountUserEventsRequest.GroupBy"]
    assert "GROUP_BY_DAY" in values["enum"]
    assert "- `GROUP_BY_DAY`: The day of `event_time`, in UTC." in values["description"]


def test_answers_are_as_it_says(document: dict[str, Any], server: Server, web: requests.Session, catalog: str):
    tenant, branch = "projects/p/tenants/t", f"{catalog}/branches/0"
    imported = {"inputConfig": {"productInlineSource": {"products": [{"id": "i", **NEW_PRODUCT}]}}}
    calls: list[tuple[str, str, Any, int]] = [
        ("POST", f"/v2/{branch}/products?productId=shoe", NEW_PRODUCT, 200),
        ("PATCH", f"/v2beta/{branch}/products/shoe?updateMask=title", {"title": "Another"}, 200),
        ("GET", f"/v2alpha/{branch}/products/shoe", None, 200),
        ("GET", f"/v2/{branch}/products?readMask=*", None, 200),
        ("POST", f"/v2/{branch}/products:import", imported, 200),
        ("POST", f"/v2/{catalog}/userEvents:write", EVENT, 200),
        ("POST", f"/v2/{catalog}/userEvents:write", {"eventType": "search"}, 400),
        ("POST", f"/v2/{catalog}/userEvents:collect?$alt=json", {"userEvent": "{}"}, 400),
        ("GET", f"/v2/{catalog}/userEvents:collect?$alt=json&userEvent={quote(json.dumps(EVENT))}", None, 200),
        ("POST", f"/v1/{catalog}/userEvents:batchWrite", {"userEvents": [EVENT, {"eventType": "login"}]}, 200),
        ("GET", f"/v1/{catalog}/userEvents?prettyPrint=true", None, 200),
        ("GET", f"/v1/{catalog}/userEvents?fields=userEvents(userEvent/attributes),totalSize", None, 200),
        ("GET", f"/v1/{catalog}/userEvents:count?groupBy=GROUP_BY_DAY&groupBy=GROUP_BY_JOINED", None, 200),
        ("GET", f"/v1/{catalog}/rejectedEvents", None, 200),
        ("POST", f"/v2/{catalog}/userEvents:purge", {"filter": 'eventType = "login"'}, 200),
        ("POST", f"/v2/{catalog}/userEvents:rejoin", {}, 200),
        ("GET", f"/v2/{catalog}/operations", None, 200),
        ("GET", f"/v1/{catalog}/operations?filter=done=true", None, 200),
        ("GET", f"/v1/{catalog}/operations/none", None, 404),
        ("POST", f"/v4/{tenant}/clientEvents", JOB_EVENT, 200),
        ("POST", f"/v1/{tenant}/clientEvents:batchCreate", {"clientEvents": [JOB_EVENT, {}]}, 200),
        ("GET", f"/v1/{tenant}/clientEvents", None, 200),
        ("GET", f"/v1/{tenant}/clientEvents:count?groupBy=GROUP_BY_DAY", None, 200),
    ]  # fmt: skip
    for method, path, body, status in calls:
        answer = web.request(method, server.http + path, json=body, timeout=30)
        assert answer.status_code == status, (method, path, answer.text)
        [(_, operation)] = matching(document, method, path.partition("?")[0])
        said = operation["responses"].get(str(status), document["components"]["responses"]["Error"])
        schema = said["content"]["application/json"]["schema"]
        assert problems(document, schema, answer.json()) == [], (method, path, answer.text)


def test_the_public_does_not_see_it(server: Server, web: requests.Session):
    for path in ("/openapi.json", "/api", "/", "/console/main.js", "/metrics"):
        assert web.get(server.http + path, timeout=30).status_code == 200
        assert web.get(server.public_http + path, timeout=30).status_code == 404


def test_pages_let_nothing_in_from_elsewhere(server: Server, web: requests.Session):
    for path in ("/", "/api", "/console/console.css"):
        headers = web.get(server.http + path, timeout=30).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert "http://" not in web.get(f"{server.http}/", timeout=30).text
