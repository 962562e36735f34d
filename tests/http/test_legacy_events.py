"""Legacy client events: as a plain POST, and as messages of a Pub/Sub push subscription, with and without tokens."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.server import Server

TYPES = {
    "APPLICATION_START": "APPLICATION_START",
    "APPLICATION_FINISH": "APPLICATION_FINISH",
    "APPLICATION_QUICK_SUBMISSION": "APPLICATION_QUICK_SUBMISSION",
    "APPLICATION_REDIRECT": "APPLICATION_REDIRECT",
    "APPLICATION_COMPANY_SUBMIT": "APPLICATION_COMPANY_SUBMIT",
    "VIEW": "VIEW",
    "BOOKMARK": "BOOKMARK",
    "IMPRESSION": "IMPRESSION",
    "NOTIFICATION": "NOTIFICATION",
    "HIRED": "HIRED",
    "SENT_CV": "SENT_CV",
    "INTERVIEW_GRANTED": "INTERVIEW_GRANTED",
    "APPLICATION_START_FROM_START": "APPLICATION_START_FROM_SEARCH",
    "APPLICATION_REDIRECT_FROM_START": "APPLICATION_REDIRECT_FROM_SEARCH",
    "VIEW_DIRECT": "VIEW_REDIRECT",
    "APPLICATION_START_FROM_SEARCH": "APPLICATION_START_FROM_SEARCH",
    "APPLICATION_REDIRECT_FROM_SEARCH": "APPLICATION_REDIRECT_FROM_SEARCH",
    "VIEW_REDIRECT": "VIEW_REDIRECT",
}
ACCOUNT = "pusher@my-project.iam.gserviceaccount.com"
AUDIENCE = "https://footfall.example/push"
_numbers = itertools.count(1)


@pytest.fixture
def project() -> str:
    """A project of the test's own."""
    return f"projects/legacy-{next(_numbers)}"


def event(**fields: Any) -> dict[str, Any]:
    """An event as the page on it has one; None takes a field away."""
    content = {
        "eventId": "e",
        "eventType": "VIEW",
        "requestId": "r",
        "relatedJobNames": ["jobs/j"],
        "eventTimestampMillis": "1546300800123",
        "details": {"context": "list"},
        **fields,
    }
    return {name: value for name, value in content.items() if value is not None}


def message(data: Any) -> dict[str, Any]:
    """What Pub/Sub posts, as its page prints it."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    number = str(next(_numbers))
    return {
        "message": {
            "attributes": {"key": "value"},
            "data": base64.b64encode(raw).decode(),
            "messageId": number,
            "message_id": number,
            "orderingKey": "key",
            "publishTime": "2021-02-26T19:13:55.749Z",
            "publish_time": "2021-02-26T19:13:55.749Z",
        },
        "subscription": "projects/myproject/subscriptions/mysubscription",
        "deliveryAttempt": 5,
    }


def post(web: requests.Session, url: str, parent: str, body: Any, verb: str = "", **headers: str) -> requests.Response:
    return web.post(f"{url}/v1/{parent}/legacyClientEvents{verb}", json=body, headers=headers, timeout=60)


def push(web: requests.Session, server: Server, parent: str, data: Any) -> tuple[str, dict[str, Any]]:
    """The outcome of an acknowledged message, and the whole answer."""
    answer = post(web, server.http, parent, message(data), ":push")
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"].removeprefix("OUTCOME_"), answer.json()


def listed(web: requests.Session, server: Server, parent: str, what: str) -> list[dict[str, Any]]:
    answer = web.get(f"{server.http}/v1/{parent}/{what}", timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json().get(what, [])


@pytest.mark.parametrize("pushed", [False, True], ids=["posted", "pushed"])
def test_each_type_is_read_back_as_v4s(web, server: Server, project: str, pushed: bool):
    for name in TYPES:
        sent = event(eventId=name, eventType=name)
        if pushed:
            outcome, answer = push(web, server, project, sent)
            assert (outcome, answer["eventTime"]) == ("STORED", "2019-01-01T00:00:00.123Z")
        else:
            assert post(web, server.http, project, sent).json() == sent
    tenant = f"{project}/tenants/default"
    stored = {each["clientEvent"]["eventId"]: each for each in listed(web, server, tenant, "clientEvents")}
    assert {name: each["clientEvent"]["jobEvent"]["type"] for name, each in stored.items()} == TYPES
    for name, each in stored.items():
        assert each["clientEvent"] == {
            "requestId": "r",
            "eventId": name,
            "createTime": "2019-01-01T00:00:00.123Z",
            "jobEvent": {"type": TYPES[name], "jobs": [f"{tenant}/jobs/j"]},
        }
        assert (each["form"], each["details"]) == ("CLIENT_EVENT_FORM_LEGACY", {"context": "list"})
        assert each["source"] == ("EVENT_SOURCE_PUBSUB_PUSH" if pushed else "EVENT_SOURCE_WRITE")
        assert each.get("originalType", TYPES[name]) == name


def test_a_redelivered_message_is_stored_once(web, server: Server, project: str):
    assert [push(web, server, project, event())[0] for _ in range(3)] == ["STORED", "REPEATED", "REPEATED"]
    tenant = f"{project}/tenants/default"
    assert push(web, server, tenant, event())[0] == "REPEATED"
    assert len(listed(web, server, tenant, "clientEvents")) == 1
    assert listed(web, server, tenant, "rejectedEvents") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (event(eventType="EVENT_TYPE_UNSPECIFIED"), "MISSING_FIELD"),
        (event(eventType="NO_SUCH_TYPE"), "INCORRECT_JSON_FORMAT"),
        (event(eventId=None), "MISSING_FIELD"),
        (event(relatedJobNames=["projects/other/jobs/j"]), "INVALID_RESOURCE_ID"),
        (event(colour="red"), "UNKNOWN_FIELD"),
        (b"not JSON", "INCORRECT_JSON_FORMAT"),
        (b"\xff\xfe", "INCORRECT_JSON_FORMAT"),
        ([event()], "INCORRECT_JSON_FORMAT"),
        (event(requestId="another"), "EVENT_ID_TAKEN"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_poison_message_is_acknowledged_and_kept(web, server: Server, project: str, data: Any, reason: str):
    tenant = f"{project}/tenants/default"
    assert push(web, server, project, event())[0] == "STORED"
    outcome, answer = push(web, server, project, data)
    assert outcome == "REJECTED"
    assert answer["status"]["details"][0]["reason"] == reason
    (kept,) = listed(web, server, tenant, "rejectedEvents")
    assert (kept["source"], kept["status"]) == ("EVENT_SOURCE_PUBSUB_PUSH", answer["status"])
    assert kept["raw"] == (data.decode(errors="backslashreplace") if isinstance(data, bytes) else json.dumps(data))
    assert len(listed(web, server, tenant, "clientEvents")) == 1


@pytest.mark.parametrize(
    "body", [{}, {"message": {}}, {"message": 7}, {"message": {"data": "!"}}, {"message": {"attributes": {"a": "b"}}}]
)
def test_an_envelope_without_an_event_is_acknowledged_and_kept(web, server: Server, project: str, body: Any):
    answer = post(web, server.http, project, body, ":push")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "OUTCOME_REJECTED")
    (kept,) = listed(web, server, f"{project}/tenants/default", "rejectedEvents")
    assert json.loads(kept["raw"]) == body


def test_a_payload_may_come_unwrapped(web, server: Server, project: str):
    answer = post(web, server.http, project, event(), ":push")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "OUTCOME_STORED")
    assert push(web, server, project, event())[0] == "REPEATED"


POISON = [
    b"not json",
    b"\xff\xfe",
    b"[1]",
    b"null",
    b'{"details": {"k": "\\ud800"}}',
    b'{"eventTimestampMillis": 1e999}',
    b"[" * 100_000,
    b'{"message": {"attributes": {"k": "\\ud800"}, "data": "e30="}}',
    b"{}",
    b"",
]


def unwrapped(web: requests.Session, url: str, parent: str, body: bytes, **headers: str | None) -> requests.Response:
    """What a subscription with --push-no-wrapper posts."""
    sent: Any = {"Content-Type": "application/json", **headers}  # None: without that header
    return web.post(f"{url}/v1/{parent}/legacyClientEvents:push", data=body, headers=sent, timeout=60)


@pytest.mark.parametrize("body", POISON, ids=range(len(POISON)))
def test_an_unwrapped_poison_message_is_acknowledged_and_kept(web, server: Server, project: str, body: bytes):
    answer = unwrapped(web, server.http, project, body)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "OUTCOME_REJECTED"), answer.text
    (kept,) = listed(web, server, f"{project}/tenants/default", "rejectedEvents")
    assert (kept["source"], kept["status"]) == ("EVENT_SOURCE_PUBSUB_PUSH", answer.json()["status"])
    assert kept["raw"] == (body or b"{}").decode(errors="backslashreplace")[: len(kept["raw"])]
    assert kept.get("rawTruncated", False) == (len(kept["raw"]) < len(body))


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/json; charset=utf-8"])
def test_a_push_may_have_any_content_type_that_no_form_has(web, server: Server, project: str, content_type: str):
    for body, outcome in ((json.dumps(event()).encode(), "OUTCOME_STORED"), (b"poison", "OUTCOME_REJECTED")):
        answer = unwrapped(web, server.http, project, body, **{"Content-Type": content_type})
        assert (answer.status_code, answer.json()["outcome"]) == (200, outcome)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_push_without_a_token_is_nothing_that_a_page_could_send(
    web, server: Server, project: str, content_type: str | None
):
    answer = unwrapped(web, server.http, project, json.dumps(event()).encode(), **{"Content-Type": content_type})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["reason"] == "UNSUPPORTED_CONTENT_TYPE"


def test_another_tenant_wants_full_names(web, server: Server, project: str):
    tenant = f"{project}/tenants/t"
    assert push(web, server, tenant, event())[0] == "REJECTED"
    assert push(web, server, tenant, event(relatedJobNames=[f"{tenant}/jobs/j"]))[0] == "STORED"


def test_a_posted_event_that_breaks_rules_is_told_with_all_of_them(web, server: Server, project: str):
    answer = post(web, server.http, project, {"details": {}})
    assert answer.status_code == 400
    (bad,) = [each for each in answer.json()["error"]["details"] if "fieldViolations" in each]
    assert [(each["field"], each["reason"]) for each in bad["fieldViolations"]] == [
        (f"legacy_client_event.{name}", "MISSING_FIELD")
        for name in ("event_id", "event_type", "request_id", "related_job_names", "event_timestamp_millis")
    ]


def test_a_posted_id_that_is_taken_is_a_conflict(web, server: Server, project: str):
    assert [post(web, server.http, project, event()).status_code for _ in range(2)] == [200, 200]
    assert post(web, server.http, project, event(details={"context": "mail"})).status_code == 409


@pytest.mark.parametrize("verb", ["", ":push"])
@pytest.mark.parametrize("server", [["--tenants", "projects/p/tenants/t"]], indirect=True)
def test_an_undeclared_tenant_is_not_served(web, server: Server, project: str, verb: str):
    assert post(web, server.http, project, event() if not verb else message(event()), verb).status_code == 404


def test_v3_as_its_page_prints_it(web, server: Server, project: str):
    body = {
        "clientEvent": {
            "requestId": "r",
            "eventId": "e",
            "createTime": "2019-01-01T00:00:00Z",
            "jobEvent": {"type": "VIEW", "jobs": [f"{project}/jobs/j"]},
            "extraInfo": {"k": "v"},
        }
    }
    answer = web.post(f"{server.http}/v3/{project}/clientEvents", json=body, timeout=60)
    assert (answer.status_code, answer.json()) == (200, body["clientEvent"])


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_legacy_form_repeats_a_finer_time_and_not_the_other_way_round(
    web, server: Server, project: str, version: str
):
    parent, tenant = (project if version == "v3" else f"{project}/tenants/default"), f"{project}/tenants/default"

    def post_finer(event_id: str) -> int:
        said = {
            "requestId": "r",
            "eventId": event_id,
            "createTime": "2019-01-01T00:00:00.123456Z",
            "jobEvent": {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]},
        }
        url = f"{server.http}/{version}/{parent}/clientEvents"
        body = {"clientEvent": said} if version == "v3" else said
        return web.post(url, json=body, timeout=60).status_code

    legacy = event(details=None)
    assert [post_finer("e"), post_finer("e")] == [200, 200]
    assert push(web, server, project, legacy)[0] == "REPEATED"
    assert push(web, server, project, event())[0] == "REJECTED"  # its details are not stored
    assert push(web, server, project, {**legacy, "eventTimestampMillis": "1546300800124"})[0] == "REJECTED"
    assert push(web, server, project, {**legacy, "eventId": "f"})[0] == "STORED"
    assert post_finer("f") == 409
    times = {
        each["clientEvent"]["eventId"]: each["clientEvent"]["createTime"]
        for each in listed(web, server, tenant, "clientEvents")
    }
    assert times == {"e": "2019-01-01T00:00:00.123456Z", "f": "2019-01-01T00:00:00.123Z"}


# Tokens.


class Issuer:
    """Signs tokens as Google does, and shows its keys."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.fetches = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetches += 1
                public = RSAAlgorithm.to_jwk(issuer.key.public_key(), as_dict=True)
                body = json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/certs"

    def token(self, key: Any = None, kid: str = "k1", **claims: Any) -> str:
        now = int(time.time())
        said = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 3_600,
            "email": ACCOUNT,
            "email_verified": True,
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, key or self.key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever)
    thread.start()
    yield issuer
    issuer.server.shutdown()
    thread.join()
    issuer.server.server_close()


@pytest.fixture(scope="module")
def guarded(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants tokens, with a listener for the public."""
    flags = [
        "--public-address", "127.0.0.1:0", "--push-audiences", f"{AUDIENCE},https://other.example",
        "--push-service-accounts", ACCOUNT, "--push-keys-url", issuer.url,
        "--catalogs", "projects/*/locations/*/catalogs/*",
    ]  # fmt: skip
    with Server(tmp_path_factory.mktemp("guarded"), *flags) as running:
        yield running


def pushed_with(web: requests.Session, url: str, project: str, **headers: str) -> tuple[int, str]:
    """Status and reason of a push with these headers."""
    answer = post(web, url, project, message(event()), ":push", **headers)
    details = answer.json().get("error", {}).get("details", [{}])
    return answer.status_code, details[0].get("reason", "")


def test_a_good_token_opens_both_listeners(web, guarded: Server, issuer: Issuer, project: str):
    for url in (guarded.http, guarded.public_http):
        for changed in ({}, {"iss": "accounts.google.com"}, {"aud": "https://other.example"}):
            headers = {"Authorization": f"Bearer {issuer.token(**changed)}", "Host": "footfall.example"}
            assert pushed_with(web, url, project, **headers) == (200, "")
    assert issuer.fetches == 1
    assert len(listed(web, guarded, f"{project}/tenants/default", "clientEvents")) == 1


BAD_TOKENS: dict[str, tuple[dict[str, Any], int, str]] = {
    "another audience": ({"aud": "https://evil.example"}, 401, "PUSH_TOKEN_INVALID"),
    "no audience": ({"aud": None}, 401, "PUSH_TOKEN_INVALID"),
    "another issuer": ({"iss": "https://evil.example"}, 401, "PUSH_TOKEN_INVALID"),
    "expired": ({"exp": 1_600_000_000}, 401, "PUSH_TOKEN_INVALID"),
    "for ever": ({"exp": None}, 401, "PUSH_TOKEN_INVALID"),
    "an unknown key": ({"kid": "k2"}, 401, "PUSH_TOKEN_INVALID"),
    "another account": ({"email": "other@my-project.iam.gserviceaccount.com"}, 403, "PUSH_ACCOUNT_NOT_ALLOWED"),
    "no account": ({"email": None}, 403, "PUSH_ACCOUNT_NOT_ALLOWED"),
    "an unverified account": ({"email_verified": False}, 403, "PUSH_ACCOUNT_NOT_ALLOWED"),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_bad_token_is_refused(web, guarded: Server, issuer: Issuer, project: str, name: str):
    changed, status, reason = BAD_TOKENS[name]
    headers = {"Authorization": f"Bearer {issuer.token(**changed)}"}
    assert pushed_with(web, guarded.public_http, project, **headers) == (status, reason)
    assert listed(web, guarded, f"{project}/tenants/default", "clientEvents") == []


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "PUSH_TOKEN_MISSING"),
        ("Bearer ", "PUSH_TOKEN_MISSING"),
        ("Basic YTpi", "PUSH_TOKEN_MISSING"),
        ("Bearer nonsense", "PUSH_TOKEN_INVALID"),
        ("Bearer a.b.c", "PUSH_TOKEN_INVALID"),
    ],
)
def test_no_token_is_refused(web, guarded: Server, project: str, authorization: str | None, reason: str):
    headers = {"Authorization": authorization} if authorization else {}
    for url in (guarded.http, guarded.public_http):
        assert pushed_with(web, url, project, **headers) == (401, reason)
    assert listed(web, guarded, f"{project}/tenants/default", "rejectedEvents") == []


def test_a_token_of_another_key_or_of_none_is_refused(web, guarded: Server, issuer: Issuer, project: str):
    forged = issuer.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    unsigned = jwt.encode({"aud": AUDIENCE, "email": ACCOUNT}, None, algorithm="none", headers={"kid": "k1"})
    for token in (forged, unsigned):
        headers = {"Authorization": f"Bearer {token}"}
        assert pushed_with(web, guarded.http, project, **headers) == (401, "PUSH_TOKEN_INVALID")


def test_a_body_is_not_read_before_its_caller_is_known(web, guarded: Server, project: str):
    path = f"{guarded.public_http}/v1/{project}/legacyClientEvents:push"
    answer = web.post(path, data=b"[" * 2**20, headers={"Content-Type": "text/plain"}, timeout=60)
    assert (answer.status_code, answer.json()["error"]["details"][0]["reason"]) == (401, "PUSH_TOKEN_MISSING")


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", "nonsense", None])
def test_with_a_token_a_body_may_be_of_any_type(
    web, guarded: Server, issuer: Issuer, project: str, content_type: str | None
):
    headers = {"Authorization": f"Bearer {issuer.token()}", "Content-Type": content_type}
    for url in (guarded.http, guarded.public_http):
        answer = unwrapped(web, url, project, b"poison", **headers)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "OUTCOME_REJECTED")
    assert unwrapped(web, guarded.http, project, json.dumps(event()).encode(), **headers).status_code == 200
    tenant = f"{project}/tenants/default"
    assert [kept["raw"] for kept in listed(web, guarded, tenant, "rejectedEvents")] == ["poison"] * 2
    assert len(listed(web, guarded, tenant, "clientEvents")) == 1


def test_the_public_gets_nothing_else_with_a_token(web, guarded: Server, issuer: Issuer, project: str):
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    assert post(web, guarded.public_http, project, event(), **headers).status_code == 404
    assert web.get(f"{guarded.public_http}/v1/{project}/tenants/default/clientEvents", timeout=60).status_code == 404


def test_without_tokens_the_public_has_no_endpoint(web, server: Server, project: str):
    assert post(web, server.public_http, project, message(event()), ":push").status_code == 404


def test_while_the_keys_cannot_be_had_pubsub_sends_again(web, issuer: Issuer, tmp_path, project: str):
    flags = ["--push-audiences", AUDIENCE, "--push-service-accounts", ACCOUNT]
    with Server(tmp_path, *flags, "--push-keys-url", "http://127.0.0.1:1/certs") as running:
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        assert pushed_with(web, running.http, project, **headers) == (503, "PUSH_KEYS_UNAVAILABLE")


@pytest.mark.parametrize("flags", [["--push-audiences", AUDIENCE], ["--push-service-accounts", ACCOUNT]])
def test_half_of_what_tokens_need_ends_the_start(tmp_path, flags: list[str]):
    server = Server(tmp_path, *flags)
    with pytest.raises(AssertionError, match="go together"):
        server.start()
