"""footfall.v1.SignalService over gRPC and REST: sent one by one and by the batch, listed, and the newest of each."""

from __future__ import annotations

import random
from typing import Any

import pytest
import requests
from google.api_core.exceptions import InvalidArgument, NotFound
from google.protobuf import json_format

from tests.contract.refusals import refused
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

SERVICE = "footfall.v1.SignalService"
STORED, REPEATED, REJECTED = 1, 2, 3
WRITE, BATCH = 1, 6
TOKEN, APPLICATION, POSITION = 1, 2, 3
COMPLETE: dict[str, Any] = {"type_code": "ApplicationComplete", "token": "t/+="}


def state(day: int = 1, label: str = "Interview", **fields: Any) -> dict[str, Any]:
    """A state that took effect on some day of 2020."""
    return {
        "status": {"label": label, "index": 1, "total": 5},
        "timestamp": {"seconds": 1_577_836_800 + day * 86_400},
        **fields,
    }


def application(token: str = "t", day: int = 1, **fields: Any) -> dict[str, Any]:
    return {"type_code": "ApplicationStatusUpdate", "token": token, "current": state(day), **fields}


def position(*positions: str, day: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "type_code": "PositionStatusUpdate",
        "position_profile_ids": positions or ["p"],
        "current": state(day),
        **fields,
    }


@pytest.fixture
def call(reflected: ReflectedClient, tenant: str):
    """Calls a method for the test's tenant."""
    return lambda method, **fields: reflected.call(SERVICE, method, **{"parent": tenant, **fields})


@pytest.fixture(params=["grpc", "rest"])
def send(request, reflected: ReflectedClient, server: Server, tenant: str):
    """Sends a signal over one way or the other; returns the StoredSignal, or raises as the official clients do."""
    if request.param == "grpc":
        return lambda signal: reflected.call(SERVICE, "SendSignal", parent=tenant, signal=signal)

    def over_rest(signal):
        body = json_format.MessageToJson(reflected.message("footfall.v1.Signal", **signal))
        answer = requests.post(
            f"{server.http}/v1/{tenant}/signals:send",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        if not answer.ok:
            raise InvalidArgument(answer.json()["error"]["message"])
        return json_format.ParseDict(answer.json(), reflected.message("footfall.v1.StoredSignal"))

    return over_rest


@pytest.mark.parametrize(
    "signal",
    [
        COMPLETE,
        {**COMPLETE, "timestamp": {"seconds": 5, "nanos": 7}, "request_id": "r"},
        application(candidate_application_profile_id="c", position_profile_ids=["p"]),
        {"type_code": "ApplicationStatusUpdate", "candidate_application_profile_id": "c", "current": state()},
        position("p", "q", previous=state(phase={"label": "OPEN", "index": 0, "total": 1}, success=False)),
    ],
)
def test_a_signal_comes_back_as_it_was_sent(send, call, reflected, tenant: str, signal) -> None:
    stored = send(signal)
    assert stored.name.startswith(f"{tenant}/signals/")
    assert stored.signal == reflected.message("footfall.v1.Signal", **signal)
    assert stored.source == WRITE
    happened = signal.get("timestamp") or signal.get("current", {}).get("timestamp")
    assert stored.signal_time.seconds == (happened["seconds"] if happened else stored.receive_time.seconds)

    assert reflected.call(SERVICE, "GetSignal", name=stored.name) == stored
    assert list(call("ListSignals").signals) == [stored]


def test_the_same_again_is_the_same_signal(send, call) -> None:
    first = send(application(request_id="first"))
    again = send(application(request_id="second", previous=state()))
    assert again == first, "as it first came"
    assert send(application(day=2)).name != first.name
    assert call("ListSignals").total_size == 2


def test_what_is_wrong_is_told_all_at_once(reflected, tenant: str, call) -> None:
    with refused(InvalidArgument) as refusal:
        call("SendSignal", signal={"type_code": "ApplicationStatusUpdate", "token": "a b", "current": {}})
    fields = [each.field for each in refusal.violations]
    assert fields == ["signal.token", "signal.current.status", "signal.current.timestamp"]
    assert "and 2 more" in refusal.message
    with refused(InvalidArgument) as refusal:
        call("SendSignal")
    assert refusal.reason == "MISSING_FIELD"
    with refused(InvalidArgument):
        reflected.call(SERVICE, "SendSignal", parent="projects/p", signal=COMPLETE)
    assert call("ListSignals").total_size == 0
    assert not reflected.rejected(tenant), "who called has the error"


def test_a_batch_has_a_verdict_for_each(call) -> None:
    send = [COMPLETE, application(), {**COMPLETE, "token": ""}, application(), {"type_code": "Hired"}]
    answer = call("SendSignals", signals=send)
    assert [result.outcome for result in answer.results] == [STORED, STORED, REJECTED, REPEATED, REJECTED]
    assert (answer.stored_count, answer.repeated_count, answer.rejected_count) == (2, 1, 2)
    names = [result.name for result in answer.results]
    assert names[1] == names[3]
    assert [bool(name) for name in names] == [True, True, False, True, False]
    assert "`signal.token`" in answer.results[2].status.message
    assert answer.results[2].status.details
    listed = call("ListSignals").signals
    assert {signal.name for signal in listed} == {names[0], names[1]}
    assert {signal.source for signal in listed} == {BATCH}
    assert [result.outcome for result in call("SendSignals", signals=send).results] == [
        REPEATED,
        REPEATED,
        REJECTED,
        REPEATED,
        REJECTED,
    ]


def test_a_batch_of_all_or_nothing(call) -> None:
    good = [application(f"t{number}") for number in range(3)]
    with refused(InvalidArgument) as refusal:
        call("SendSignals", signals=[*good, application("a b"), {**COMPLETE, "token": ""}], all_or_nothing=True)
    assert [each.field for each in refusal.violations] == ["signals[3].token", "signals[4].token"]
    assert call("ListSignals").total_size == 0
    assert call("SendSignals", signals=good, all_or_nothing=True).stored_count == 3


def test_a_hundred_to_a_batch(call) -> None:
    for wrong in ([], [application(f"t{number}") for number in range(101)]):
        with refused(InvalidArgument) as refusal:
            call("SendSignals", signals=wrong)
        assert [each.field for each in refusal.violations] == ["signals"]
    assert call("ListSignals").total_size == 0
    assert call("SendSignals", signals=[application(f"t{number}") for number in range(100)]).stored_count == 100


def test_a_batch_over_rest_takes_the_variables_of_seeks_mutation(server: Server, tenant: str) -> None:
    """A single position where a list is expected, too."""
    current = {"status": {"label": "l", "index": 1, "total": 2}, "success": None, "timestamp": "2020-01-02T00:00:00Z"}
    body = {"signals": [{"typeCode": "PositionStatusUpdate", "positionProfileIds": "p", "current": current}]}
    answer = requests.post(f"{server.http}/v1/{tenant}/signals:batchSend", json=body, timeout=60).json()
    assert answer["storedCount"] == "1"
    found = requests.get(f"{server.http}/v1/{tenant}/signalStates:lookup?positionProfileId=p", timeout=60).json()
    assert found["signal"]["signal"]["positionProfileIds"] == ["p"]


@pytest.fixture
def various(call) -> dict[str, str]:
    """Signals by short names; the names that they are stored under."""
    signals = {
        "complete": {**COMPLETE, "timestamp": {"seconds": 1_577_836_800}, "request_id": "r1"},
        "applied": application("t1", 1, request_id="r1", position_profile_ids=["p1"]),
        "hired": application("t1", 3, candidate_application_profile_id="c1"),
        "other": application("t2", 2, request_id="r2"),
        "closed": position("p1", "p2", day=4),
    }
    results = call("SendSignals", signals=list(signals.values())).results
    return {result.name: short for result, short in zip(results, signals, strict=True)}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "complete applied other hired closed"),
        ('token = "t1"', "applied hired"),
        ('token = "t/+="', "complete"),
        ("candidateApplicationProfileId = c1", "hired"),
        ("candidate_application_profile_id = c1 token = t1", "hired"),
        ("candidateApplicationProfileId = c1 token = t2", ""),
        ("positionProfileId = p1", "applied closed"),
        ("positionProfileId = p2", "closed"),
        ("positionProfileId = nothing", ""),
        ("requestId = r1", "complete applied"),
        ("requestId = r1 typeCode = ApplicationComplete", "complete"),
        ("typeCode = PositionStatusUpdate", "closed"),
        ('signalTime > "2020-01-02T00:00:00Z" signalTime < "2020-01-05T00:00:00Z"', "other hired"),
        ('signalTime: ["2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"]', "applied other"),
    ],
)
def test_filters(call, various, wanted: str, expected: str) -> None:
    page = call("ListSignals", filter=wanted)
    assert " ".join(various[signal.name] for signal in page.signals) == expected
    assert page.total_size == len(page.signals)
    backwards = call("ListSignals", filter=wanted, order_by="signal_time desc")
    assert [signal.name for signal in backwards.signals] == [signal.name for signal in page.signals][::-1]


@pytest.mark.parametrize("wanted", ["token", "typeCode = Hired", "color = red", "token > t", "requestId = (a OR b)"])
def test_filters_that_are_none(call, wanted: str) -> None:
    with refused(InvalidArgument) as refusal:
        call("ListSignals", filter=wanted)
    assert refusal.reason == "INVALID_FILTER"


def pages(call, method: str, items: str, **fields: Any) -> list[Any]:
    found, token = [], ""
    while True:
        page = call(method, page_token=token, **fields)
        found += getattr(page, items)
        token = page.next_page_token
        if not token:
            return found


def test_pages_leave_nothing_out(call) -> None:
    for start in range(0, 250, 50):
        call("SendSignals", signals=[application(f"t{n}", n // 7) for n in range(start, start + 50)])
    names = [signal.name for signal in pages(call, "ListSignals", "signals", page_size=33)]
    assert len(set(names)) == len(names) == 250
    assert names == [signal.name for signal in call("ListSignals", page_size=1_000).signals]
    token = call("ListSignals", page_size=10).next_page_token
    for changes in ({"filter": "requestId = r"}, {"order_by": "signal_time desc"}, {"parent": "projects/p/tenants/x"}):
        with refused(InvalidArgument):
            call("ListSignals", page_token=token, **changes)


def test_newest_states_equal_what_the_signals_say(call) -> None:
    chance = random.Random(5)
    sent = [position(f"p{chance.randrange(40)}", day=day) for day in range(150)]
    chance.shuffle(sent)
    for start in range(0, 150, 50):
        call("SendSignals", signals=sent[start : start + 50])
    newest: dict[str, int] = {}
    for signal in sent:
        [of], seconds = signal["position_profile_ids"], signal["current"]["timestamp"]["seconds"]
        newest[of] = max(newest.get(of, 0), seconds)

    listed = pages(call, "ListSignalStates", "signal_states", subject_kind=POSITION, page_size=7)
    assert [(each.position_profile_id, each.signal.signal_time.seconds) for each in listed] == sorted(newest.items())
    for each in listed:
        assert call("LookupSignalState", position_profile_id=each.position_profile_id) == each
    assert not call("ListSignalStates", subject_kind=TOKEN).signal_states


def test_states_of_applications(call, various) -> None:
    by_token = pages(call, "ListSignalStates", "signal_states", subject_kind=TOKEN, page_size=1)
    assert {each.token: various[each.signal.name] for each in by_token} == {
        "t/+=": "complete",
        "t1": "hired",
        "t2": "other",
    }
    [by_profile] = call("ListSignalStates", subject_kind=APPLICATION).signal_states
    assert (by_profile.candidate_application_profile_id, various[by_profile.signal.name]) == ("c1", "hired")
    assert various[call("LookupSignalState", position_profile_id="p1").signal.name] == "closed"


def test_states_that_there_are_not(call, reflected, tenant: str) -> None:
    with refused(NotFound):
        call("LookupSignalState", token="unheard-of")
    for wrong in ({}, {"token": ""}, {"token": "a b"}):
        with refused(InvalidArgument):
            call("LookupSignalState", **wrong)
    for kind in (0, 4, -1):
        with refused(InvalidArgument) as refusal:
            call("ListSignalStates", subject_kind=kind)
        assert [each.field for each in refusal.violations] == ["subject_kind"]
    for name in (f"{tenant}/signals/1000000", f"{tenant}/signals/x", f"{tenant}/signals/01"):
        with refused(NotFound):
            reflected.call(SERVICE, "GetSignal", name=name)
    with refused(InvalidArgument):
        reflected.call(SERVICE, "GetSignal", name="signals/1")


@pytest.mark.parametrize("server", [["--record-rejected-calls"]], indirect=True)
def test_refused_signals_are_kept_where_the_operator_wants_that(call, reflected, tenant: str) -> None:
    with refused(InvalidArgument) as refusal:
        call("SendSignal", signal={**COMPLETE, "token": "a b"})
    call("SendSignals", signals=[COMPLETE, {**COMPLETE, "token": ""}])
    batch, single = reflected.rejected(tenant)
    assert (single.source, batch.source) == (WRITE, BATCH)
    assert single.status.message == refusal.message
    assert '"token":"a b"' in single.raw
