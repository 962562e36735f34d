"""Events over REST in their most usual form go a shorter way; nobody can tell by what is stored or answered."""

from __future__ import annotations

import json

import pytest

JSON = {"content-type": "application/json"}
EVENT = {
    "eventType": "detail-page-view",
    "visitorId": "v",
    "eventTime": "2026-01-01T00:00:00.250Z",
    "productDetails": [{"product": {"id": "p"}, "quantity": 2}, {"product": {"id": "q"}}],
    "attributes": {"ab": {"text": ["é", "\n\u2028\x7f"]}, "a": {"numbers": [1.0, 2.5]}, "b": {"text": ["x"]}},
    "pageCategories": ["Shoes > Boots"],
    "userInfo": {"userId": "u", "ipAddress": "192.0.2.1", "userAgent": "test", "directUserRequest": True},
    "uri": "https://shop.example/p?a=b&c=<d>",
    "sessionId": "s",
}
# The fields, and whatever makes the text another than the usual form.
FORMS = {
    "usual": json.dumps(EVENT).encode(),
    "with its own characters": json.dumps(EVENT, ensure_ascii=False, indent=1).encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + json.dumps(EVENT).encode(),
    "with a list for a map": json.dumps(
        {**EVENT, "attributes": [{"key": key, "value": value} for key, value in EVENT["attributes"].items()]}
    ).encode(),
    "with null": json.dumps({**EVENT, "completionDetail": None}).encode(),
    "in another order": json.dumps(dict(reversed(EVENT.items()))).encode(),
    "with names of the schema": json.dumps(EVENT)
    .replace("eventType", "event_type")
    .replace("visitorId", "visitor_id")
    .encode(),
}


def write(web, server, catalog: str, body: bytes, **query: str):
    url = f"{server.http}/v2/{catalog}/userEvents:write"
    return web.post(url, params=query, data=body, headers=JSON, timeout=60)


def listed(web, server, catalog: str) -> list[dict]:
    return web.get(f"{server.http}/v1/{catalog}/userEvents", timeout=60).json()["userEvents"]


def test_an_event_is_the_same_in_every_form(web, server, catalog):
    answers = [write(web, server, catalog, body) for body in FORMS.values()]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["content-type"] for answer in answers} == {"application/json; charset=UTF-8"}
    assert len({answer.content for answer in answers}) == 1
    [stored] = listed(web, server, catalog)
    assert stored["userEvent"] == answers[0].json() == EVENT
    assert stored["source"] == "EVENT_SOURCE_WRITE"


@pytest.mark.parametrize("version", ["v2", "v2beta", "v2alpha"])
def test_an_event_is_the_same_in_every_version(web, server, catalog, version):
    url = f"{server.http}/{version}/{catalog}/userEvents:write"
    assert web.post(url, json=EVENT, timeout=60).json() == EVENT


def test_events_without_a_time_are_each_their_own(web, server, catalog):
    event = {"eventType": "login", "visitorId": "v"}
    answers = [write(web, server, catalog, json.dumps(event).encode()).json() for _ in range(3)]
    stored = [each["userEvent"] for each in listed(web, server, catalog)]
    assert sorted(answers, key=str) == sorted(stored, key=str)
    assert all({**event, "eventTime": answer["eventTime"]} == answer for answer in answers)


def test_what_is_added_to_a_cart_without_a_quantity_is_one(web, server, catalog):
    event = {**EVENT, "eventType": "add-to-cart"}
    answer = write(web, server, catalog, json.dumps(event).encode()).json()
    assert [detail["quantity"] for detail in answer["productDetails"]] == [2, 1]


def test_answers_come_as_they_are_asked_for(web, server, catalog):
    body = FORMS["usual"]
    assert write(web, server, catalog, body, fields="visitorId,userInfo/userId").json() == {
        "visitorId": "v",
        "userInfo": {"userId": "u"},
    }
    assert write(web, server, catalog, body, prettyPrint="true").text.startswith('{\n  "eventType"')
    assert write(web, server, catalog, body, alt="proto").headers["content-type"] == "application/x-protobuf"
    assert write(web, server, catalog, body, writeAsync="true").json() == EVENT
    assert len(listed(web, server, catalog)) == 1


@pytest.mark.parametrize(("catalog", "status"), [("a%20b", 400), ("%2E%2E", 400)])
def test_a_catalog_that_can_not_be_is_refused(web, server, catalog, status):
    url = f"{server.http}/v2/projects/p/locations/global/catalogs/{catalog}/userEvents:write"
    answer = web.post(url, data=FORMS["usual"], headers=JSON, timeout=60)
    assert answer.status_code == status
    [bad] = [each for each in answer.json()["error"]["details"] if "fieldViolations" in each]
    assert [each["field"] for each in bad["fieldViolations"]] == ["parent"]


@pytest.mark.parametrize("server", [("--strict",)], indirect=True)
def test_strict_rules_hold(web, server, catalog):
    event = {**EVENT, "eventType": "add-to-cart"}
    answer = write(web, server, catalog, json.dumps(event).encode())
    assert answer.status_code == 400
    assert "user_event.product_details[1].quantity" in answer.text


@pytest.mark.parametrize("server", [("--closed-event-types",)], indirect=True)
def test_closed_types_are_closed(web, server, catalog):
    answer = write(web, server, catalog, json.dumps({**EVENT, "eventType": "login"}).encode())
    assert answer.status_code == 400
    assert "UNSUPPORTED_EVENT_TYPE" in answer.text
    assert write(web, server, catalog, FORMS["usual"]).status_code == 200


CLIENT_EVENT = {
    "requestId": "r",
    "eventId": "e",
    "createTime": "2026-01-01T00:00:00.123456789Z",
    "jobEvent": {"type": "VIEW", "jobs": ["projects/p/tenants/{}/jobs/1", "projects/p/tenants/{}/jobs/2"]},
}


def client_event(tenant: str, **fields: object) -> dict:
    return {**json.loads(json.dumps(CLIENT_EVENT).replace("{}", tenant)), **fields}


def create(web, server, tenant: str, event: dict, version: str = "v4", **query: str):
    url = f"{server.http}/{version}/projects/p/tenants/{tenant}/clientEvents"
    return web.post(url, json=event, params=query, timeout=60)


def test_a_client_event_is_the_same_in_every_form(web, server):
    event = client_event("forms")
    as_number = {**event, "jobEvent": {**event["jobEvent"], "type": 2}}
    answers = [create(web, server, "forms", each) for each in (event, as_number, event, dict(reversed(event.items())))]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json() == event
    assert create(web, server, "forms", {"clientEvent": event}, "v4beta1").json() == event
    url = f"{server.http}/v1/projects/p/tenants/forms/clientEvents"
    [stored] = web.get(url, timeout=60).json()["clientEvents"]
    assert stored["clientEvent"] == event
    assert stored["source"] == "EVENT_SOURCE_WRITE"


def test_a_client_event_comes_back_as_it_is_asked_for(web, server):
    event = client_event("asked")
    assert create(web, server, "asked", event, fields="eventId").json() == {"eventId": "e"}
    numbers = create(web, server, "asked", event, **{"$alt": "json;enum-encoding=int"}).json()
    assert numbers["jobEvent"]["type"] == 2


def test_the_id_of_a_client_event_stands_for_one_content(web, server):
    event = client_event("taken")
    assert create(web, server, "taken", event).status_code == 200
    other = create(web, server, "taken", {**event, "requestId": "other"})
    assert other.status_code == 409
    assert "EVENT_ID_TAKEN" in other.text
    metrics = web.get(f"{server.http}/metrics", timeout=60).text.splitlines()
    assert [line for line in metrics if "EVENT_ID_TAKEN" in line]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"eventId": ""}, "client_event.event_id"),
        ({"jobEvent": {"type": "VIEW", "jobs": ["projects/p/tenants/other/jobs/1"]}}, "client_event.job_event.jobs[0]"),
        ({"createTime": "2026-01-01"}, "client_event.create_time"),
    ],
)
def test_a_wrong_client_event_is_told_so(web, server, fields, field):
    answer = create(web, server, "wrong", client_event("wrong", **fields))
    assert answer.status_code == 400
    assert f'"{field}"' in answer.text


def test_a_tenant_that_can_not_be_is_refused(web, server):
    answer = create(web, server, "a%20b", client_event("a b"))
    assert answer.status_code == 400
    assert '"parent"' in answer.text
