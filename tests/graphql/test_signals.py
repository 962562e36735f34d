"""sendSignal and sendSignals over HTTP: what SEEK's documentation prints, its limits, and its errors."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport

from tests.graphql.conftest import SEEKS_OWN, SEND, SEND_ALL, SIGNALS
from tests.support.reflected import ReflectedClient

BOTH = SEEKS_OWN["input"]["signals"]
APPLICATION, POSITION = BOTH
COMPLETE = {"typeCode": "ApplicationComplete", "token": "eyJqb2JJZCI6MCwiY2FuZGlkYXRlSWQiOjAsInNlc3Npb25JZCI6IiJ9"}


def many(count, **changes):
    return [{**copy.deepcopy(APPLICATION), "token": f"token-{number}", **changes} for number in range(count)]


def test_what_the_documentation_prints_is_stored_as_it_stands(endpoint):
    assert endpoint.answer(SEND_ALL, SEEKS_OWN["input"]) == {"data": {"sendSignals": True}}

    application, position = endpoint.signals()
    assert application.signal.token == "globalPublicTest-WfRFAhG25YC8ADe3QvxAVz"
    current = application.signal.current
    assert (current.status.label, current.status.index, current.status.total) == ("Successful", 11, 14)
    assert (current.phase.label, current.phase.index, current.phase.total) == ("HIRED", 5, 7)
    assert current.success
    assert not application.signal.previous.HasField("success"), "null"
    assert application.signal.previous.phase.label == "OFFER"
    assert application.signal_time.ToJsonString() == "2020-01-02T00:00:00Z"
    assert list(position.signal.position_profile_ids) == ["seekAnzPublicTest:positionProfile:jobAd:27cuZeA47"]
    assert position.signal.current.HasField("success")
    assert not position.signal.current.success


def test_the_same_signal_again_is_stored_once_and_succeeds(endpoint):
    for _ in range(2):
        assert endpoint.answer(SEND_ALL, SEEKS_OWN["input"]) == {"data": {"sendSignals": True}}
        for signal in BOTH:
            assert endpoint.answer(SEND, signal) == {"data": {"sendSignal": True}}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: endpoint.answer(SEND, COMPLETE), range(40)))
    assert answers == [{"data": {"sendSignal": True}}] * 40
    assert len(endpoint.signals()) == 3
    assert len(endpoint.signals(f"token = {COMPLETE['token']}")) == 1


def test_a_client_library_sends_both_mutations_with_variables(endpoint):
    transport = RequestsHTTPTransport(url=endpoint.url, use_json=True, timeout=60)
    with Client(transport=transport, fetch_schema_from_transport=True) as client:
        one, all_ = gql(SEND), gql(SEND_ALL)
        one.variable_values = {"input": COMPLETE}
        assert client.execute(one) == {"sendSignal": True}
        all_.variable_values = {"input": {"signals": [APPLICATION, POSITION]}}
        assert client.execute(all_) == {"sendSignals": True}
        one.variable_values = {"input": {**COMPLETE, "token": "a b"}}
        with pytest.raises(TransportQueryError) as failed:
            client.execute(one)
    [error] = failed.value.errors
    assert error["message"] == "/input/token: Is not valid"
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert {each.signal.type_code for each in endpoint.signals()} == {
        "ApplicationComplete",
        "ApplicationStatusUpdate",
        "PositionStatusUpdate",
    }


def test_a_hundred_signals_pass_and_one_more_does_not(endpoint):
    error = endpoint.error(SEND_ALL, {"signals": many(101)})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["inputPath"] == ["input", "signals"]
    assert "at most 100" in error["message"]
    assert endpoint.signals() == []
    assert endpoint.answer(SEND_ALL, {"signals": many(100)}) == {"data": {"sendSignals": True}}
    assert len(endpoint.signals()) == 100


def test_a_bad_token_names_its_path_and_keeps_the_others_out(endpoint):
    signals = many(5)
    signals[3]["token"] = "with space"
    assert endpoint.error(SEND_ALL, {"signals": signals}) == {
        "message": "/input/signals/3/token: Is not valid",
        "locations": [{"line": 1, "column": 40}],
        "path": ["sendSignals"],
        "extensions": {
            "code": "BAD_USER_INPUT",
            "inputPath": ["input", "signals", 3, "token"],
            "violations": [
                {
                    "path": ["input", "signals", 3, "token"],
                    "message": "/input/signals/3/token: Is not valid",
                    "description": "`signals[3].token` must have no white space and no control characters, but is "
                    '"with space".',
                    "reason": "INVALID_VALUE",
                }
            ],
        },
    }
    assert endpoint.signals() == [], "all or nothing"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"token": ""}, "/input/token: Is not valid"),
        ({"token": "x" * 1_025}, "/input/token: Is not valid"),
        ({"token": " t"}, "/input/token: Is not valid"),
        ({"token": "t\u0000"}, "/input/token: Is not valid"),
        ({"token": None}, "/input/token: Is required"),
        ({"token": 5}, "/input/token: String cannot represent a non string value: 5"),
        ({"positionProfileIds": ["p", "a b"]}, "/input/positionProfileIds/1: Is not valid"),
        ({"current": None}, "/input/current: Is required"),
        ({"typeCode": "Hired"}, "/input/typeCode: Must be one of ApplicationComplete, "),
        ({"typeCode": None}, "/input/typeCode: "),
        ({"color": "red"}, "/input/color: Is not known"),
        ({"current": {**APPLICATION["current"], "timestamp": "yesterday"}}, "/input/current/timestamp: Must be an RFC"),
        ({"current": {**APPLICATION["current"], "timestamp": 5}}, "/input/current/timestamp: "),
        ({"previous": {"timestamp": "2020-01-01T00:00:00Z"}}, "/input/previous/status: Is required"),
        (
            {"current": {**APPLICATION["current"], "status": {"label": "l", "index": 3, "total": 2}}},
            "/input/current/status/index: Must be from 0 to total (2), but is 3.",
        ),
        (
            {"current": {**APPLICATION["current"], "status": {"label": "l", "index": 2**31, "total": 2}}},
            "/input/current/status/index: Int cannot represent",
        ),
        ({"token": "", "current": None}, "/input/token: Is not valid (and 1 more)"),
    ],
)
def test_bad_input_names_its_place(shared, changes, message):
    error = shared.error(SEND, {**APPLICATION, **changes})
    assert error["message"].startswith(message)
    extensions = error["extensions"]
    assert extensions["code"] == "BAD_USER_INPUT"
    pointer = "".join(f"/{step}" for step in extensions["inputPath"])
    assert message.startswith(f"{pointer}: ")
    assert all(violation["description"] and violation["reason"] for violation in extensions["violations"])


def test_a_single_signal_is_a_list_of_one(endpoint):
    assert endpoint.answer(SEND_ALL, {"signals": COMPLETE}) == {"data": {"sendSignals": True}}
    assert len(endpoint.signals()) == 1
    assert endpoint.error(SEND_ALL, {"signals": []})["message"] == "/input/signals: Is required"


def test_signals_written_into_the_document(endpoint):
    given = '{typeCode: "ApplicationComplete", token: "t", timestamp: "2020-01-01T00:00:00Z"}'
    written = f"mutation {{ sendSignal(input: {given}) }}"
    assert endpoint.answer(written) == {"data": {"sendSignal": True}}
    position = (
        'mutation { sendSignal(input: {typeCode: "PositionStatusUpdate", positionProfileIds: "p", current: %s}) }'
    )
    state = '{status: {label: "l", index: 1, total: 2}, success: null, timestamp: "2020-01-01T00:00:00Z"}'
    assert endpoint.answer(position % state) == {"data": {"sendSignal": True}}
    assert len(endpoint.signals()) == 2
    error = endpoint.error('mutation { sendSignal(input: {typeCode: "ApplicationComplete", token: 5}) }')
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_the_deprecated_mutation_completes_an_application(endpoint):
    query = "mutation ($input: SendApplicationSignalInput!) { sendApplicationSignal(input: $input) }"
    given = {"schemeId": "globalPublicTest", "token": "t", "typeCode": "ApplicationComplete"}
    assert endpoint.answer(query, given) == {"data": {"sendApplicationSignal": True}}
    for field in ("schemeId", "typeCode"):
        error = endpoint.error(query, {**given, field: "another"})
        assert error["extensions"]["inputPath"] == ["input", field]
    assert endpoint.error(query, {**given, "token": "a b"})["message"] == "/input/token: Is not valid"
    assert [each.signal.type_code for each in endpoint.signals()] == ["ApplicationComplete"]


def test_newest_states_after_signals_in_any_order(endpoint):
    def step(day, label):
        current = {"status": {"label": label, "index": day, "total": 9}, "timestamp": f"2020-01-0{day}T00:00:00Z"}
        return {"typeCode": "PositionStatusUpdate", "positionProfileIds": ["p", "q"], "current": current}

    endpoint.answer(SEND_ALL, {"signals": [step(2, "Interviews"), step(5, "Filled"), step(3, "Offers")]})
    endpoint.answer(SEND, step(4, "Offer accepted"))
    for position in "pq":
        state = endpoint._stored.call(
            SIGNALS, "LookupSignalState", parent=endpoint.tenant, position_profile_id=position
        )
        assert state.signal.signal.current.status.label == "Filled"


def test_what_fails_between_restarts_is_not_lost(endpoint):
    endpoint.answer(SEND_ALL, {"signals": many(20)})
    endpoint.server.kill()
    endpoint.server.flags += ("--http-address", endpoint.server.http.removeprefix("http://"))
    endpoint.server.start()
    assert endpoint.answer(SEND_ALL, {"signals": many(20)}) == {"data": {"sendSignals": True}}
    with endpoint.server.channel() as channel:
        page = ReflectedClient(channel).call(SIGNALS, "ListSignals", parent=endpoint.tenant)
    assert page.total_size == 20
