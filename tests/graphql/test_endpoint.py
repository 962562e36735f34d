"""/graphql as an HTTP endpoint: tokens, ids, what is no request, and what one request may ask for."""

from __future__ import annotations

import json

import pytest
from graphql import build_client_schema, get_introspection_query

from tests.graphql.conftest import SEND, SEND_ALL, TOKENS
from tests.support.server import Server

COMPLETE = {"typeCode": "ApplicationComplete", "token": "t"}


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_each_configured_token_lets_in(guarded, token, scheme):
    assert guarded.answer(SEND, COMPLETE, Authorization=f"{scheme} {token}") == {"data": {"sendSignal": True}}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Authorization header missing"),
        ({"Authorization": "Bearer another"}, "Access token is not valid"),
        ({"Authorization": "Bearer first-toke"}, "Access token is not valid"),
        ({"Authorization": "Bearer"}, "Access token is not valid"),
        ({"Authorization": "Basic first-token"}, "Access token is not valid"),
        ({"Authorization": "first-token"}, "Access token is not valid"),
    ],
)
@pytest.mark.parametrize("given", [COMPLETE, {"nonsense": 1}], ids=["good", "bad"])
def test_without_a_token_nothing_is_looked_at(guarded, headers, message, given):
    before = guarded.signals()
    assert guarded.error(SEND, given, **headers) == {
        "message": message,
        "locations": [{"line": 1, "column": 39}],
        "path": ["sendSignal"],
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    assert guarded.signals() == before
    assert guarded.error("nonsense", **headers)["extensions"]["code"] == "UNAUTHENTICATED"
    assert guarded.error(get_introspection_query(), **headers)["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("query", "given"),
    [("{" + "a " * 9_000 + "}", None), ("{a" * 990, None), (SEND + " " * 2_000, COMPLETE), (SEND, ["x" * 70_000])],
    ids=["fields", "deep", "spaces", "body"],
)
def test_of_what_is_long_the_caller_without_a_token_is_told_no_place(guarded, query, given):
    before = len(guarded.rejected())
    unauthenticated = {"message": "Authorization header missing", "extensions": {"code": "UNAUTHENTICATED"}}
    assert guarded.error(query, given) == unauthenticated
    assert guarded.post(data=b"{" * 70_000, headers={"Content-Type": "application/json"}).json() == {
        "errors": [unauthenticated]
    }
    assert len(guarded.rejected()) == before


def test_refused_signals_are_kept_where_the_operator_wants_that(guarded):
    before = len(guarded.rejected())
    authorization = {"Authorization": f"Bearer {TOKENS[0]}"}
    bad = {**COMPLETE, "token": "a b"}
    guarded.error(SEND, bad, **authorization)
    guarded.error(SEND_ALL, {"signals": [COMPLETE, bad, COMPLETE, {**bad, "token": ""}]}, **authorization)
    guarded.error(SEND, {**COMPLETE, "token": 5}, **authorization)
    kept = guarded.rejected()[: len(guarded.rejected()) - before][::-1]
    raw = [json.loads(each.raw) for each in kept]
    assert raw[:3] == [bad, bad, {**bad, "token": ""}], "of a batch, those that were wrong"
    assert raw[3]["variables"] == {"input": {**COMPLETE, "token": 5}}
    assert [each.source for each in kept] == [1, 6, 6, 1]
    assert "/input/token" in kept[3].status.message


def test_the_id_of_a_request_comes_back(shared):
    for given in (COMPLETE, {}):
        body = {"query": SEND, "variables": {"input": given}}
        assert shared.post(body, headers={"X-Request-Id": "my-id-1"}).headers["x-request-id"] == "my-id-1"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'[{"query": "{__typename}"}]', "application/json", 400),
        (b'{"query": 5}', "application/json", 400),
        (b'{"query": "{__typename}", "variables": []}', "application/json", 400),
        (b'{"query": "{__typename}", "operationName": 5}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"query": "{__typename}"}', "text/plain", 415),
        (b"query={__typename}", "application/x-www-form-urlencoded", 415),
        (b" " * (2 * 2**20 + 1), "application/json", 413),
    ],
)
def test_what_is_no_request(shared, body, content_type, status):
    response = shared.post(data=body, headers={"Content-Type": content_type})
    assert response.status_code == status
    [error] = response.json()["errors"]
    assert error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_other_methods_are_refused_and_say_what_is_taken(shared):
    for method in ("get", "put", "delete"):
        response = getattr(shared._web, method)(shared.url, timeout=60)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "nonsense",
        "mutation { }",
        "{ unknown }",
        "query a { __typename } query b { __typename }",
        "fragment a on Query { __typename }",
        "mutation ($input: SendSignalInput!) { sendSignal }",
        "mutation { sendSignal(input: {}) }",
        "subscription { a }",
        "query ($n: Nothing) { __typename }",
        "{" * 50_000,
        "{a" * 5_000,
    ],
)
def test_documents_that_do_not_fit(shared, query):
    answer = shared.answer(query)
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


def test_missing_variables_are_named(shared):
    error = shared.error(SEND)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "$input" in error["message"]


SPREADS = " ".join(f"fragment f{n} on Mutation {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))
ALIASES = " ".join(f"a{n}: sendSignals(input: $input)" for n in range(11))


@pytest.mark.parametrize(
    "query",
    [
        f"mutation ($input: SendSignalsInput!) {{ {ALIASES} }}",
        f"mutation ($input: SendSignalsInput!) {{ ...all }} fragment all on Mutation {{ {ALIASES} }}",
        f"mutation {{ ...f0 }} {SPREADS} fragment f40 on Mutation {{ __typename }}",
        "mutation { ...f } fragment f on Mutation { ...f }",
        "{ __schema { types { " + "name " * 500 + "} } }",
        "{ __schema { types { " + "fields { type { " * 20 + "name" + " } }" * 20 + " } } }",
        "{ " + "__typename " * 20_000 + "}",
    ],
    ids=["aliases", "fragment", "doubling", "cycle", "wide", "deep", "long"],
)
def test_one_request_can_not_ask_for_the_work_of_many(shared, query):
    before = len(shared.signals())
    answer = shared.answer(query, {"signals": [COMPLETE]})
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(shared.signals()) == before


def test_some_mutations_may_share_a_request(shared):
    query = "mutation ($input: SendSignalInput!) { a: sendSignal(input: $input) b: sendSignal(input: $input) }"
    assert shared.answer(query, COMPLETE) == {"data": {"a": True, "b": True}}


POSITION = {
    "typeCode": "PositionStatusUpdate",
    "positionProfileIds": [f"p{number}" for number in range(100)],
    "current": {"status": {"label": "l", "index": 1, "total": 2}, "timestamp": "2020-01-01T00:00:00Z"},
}


@pytest.mark.parametrize(
    "given",
    [
        {"signals": [{}] * 500_000},
        {"signals": [{**POSITION, "positionProfileIds": ["p"] * 30_000}]},
        {"signals": [[[[0] * 500] * 10] * 10]},
        {f"field{number}": 1 for number in range(30_000)},
    ],
    ids=["signals", "positions", "nested", "fields"],
)
def test_variables_of_very_many_values_are_not_looked_at(guarded, given):
    before = len(guarded.rejected())
    authorization = {"Authorization": f"Bearer {TOKENS[0]}"}
    error = guarded.error(SEND_ALL, given, **authorization)
    assert error["message"] == "/input: Has more than 25,000 values"
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input"]
    [violation] = error["extensions"]["violations"]
    assert violation["reason"] == "TOO_MANY"
    assert len(guarded.rejected()) == before + 1


def test_the_largest_batch_passes(endpoint):
    signals = [{**POSITION, "positionProfileIds": [f"s{s}p{p}" for p in range(100)]} for s in range(100)]
    assert endpoint.answer(SEND_ALL, {"signals": signals}) == {"data": {"sendSignals": True}}


def test_of_very_much_that_is_wrong_a_part_is_named(shared):
    error = shared.error(SEND_ALL, {"signals": [{}] * 12_000})
    assert error["message"] == "/input/signals/0/typeCode: Is required (and 99 more)"
    assert len(error["extensions"]["violations"]) == 100


def test_tools_read_the_schema(shared):
    schema = build_client_schema(shared.answer(get_introspection_query(input_value_deprecation=True))["data"])
    assert set(schema.mutation_type.fields) == {"sendSignal", "sendSignals", "sendApplicationSignal"}
    assert str(schema.mutation_type.fields["sendSignal"].type) == "Boolean"
    fields = schema.type_map["SendSignalInput"].fields
    assert {name: str(field.type) for name, field in fields.items()} == {
        "typeCode": "String!",
        "token": "String",
        "candidateApplicationProfileId": "String",
        "positionProfileIds": "[String!]",
        "current": "SendSignal_StateInput",
        "previous": "SendSignal_StateInput",
        "timestamp": "DateTime",
    }
    assert str(schema.type_map["SendSignalsInput"].fields["signals"].type) == "[SendSignalInput!]!"


def test_pages_of_other_origins_are_kept_out(shared):
    body = {"query": SEND, "variables": {"input": COMPLETE}}
    assert shared.post(body, headers={"Origin": "https://elsewhere.example"}).status_code == 403


def test_a_tenant_that_is_not_served_is_forbidden(tmp_path):
    import requests

    with Server(tmp_path, "--strict") as server:
        body = {"query": SEND, "variables": {"input": COMPLETE}}
        [error] = requests.post(f"{server.http}/graphql", json=body, timeout=60).json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "--tenants" in error["message"]
    with pytest.raises(AssertionError, match="--graphql-tenant can't be used"):
        Server(tmp_path, "--strict", "--graphql-tenant", "projects/p/tenants/t").start()


def test_without_a_tenant_there_is_no_endpoint(tmp_path):
    import requests

    with Server(tmp_path, "--graphql-tenant", "") as server:
        assert requests.post(f"{server.http}/graphql", json={"query": SEND}, timeout=60).status_code == 404
