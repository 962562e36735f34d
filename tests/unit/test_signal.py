"""Every rule for hiring signals, each at its limit, and what makes two of them the same."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from generated.footfall.v1.signal_pb2 import Signal
from service.events import filters, signal
from service.events.signal import check, signal_record
from tests.unit.strategies import messages

TIME = "2024-01-31T13:00:00Z"
STATE = {"status": {"label": "Interview", "index": 2, "total": 5}, "timestamp": TIME}
COMPLETE = {"typeCode": "ApplicationComplete", "token": "t"}
APPLICATION = {"typeCode": "ApplicationStatusUpdate", "token": "t", "current": STATE}
POSITION = {"typeCode": "PositionStatusUpdate", "positionProfileIds": ["p"], "current": STATE}
KINDS = [COMPLETE, APPLICATION, POSITION]
NOW_US = 1_700_000_000_000_000


def made(content: dict[str, Any], **changes: Any) -> Signal:
    """The signal of `content` with `changes` on top; None takes a field away."""
    fields = {name: value for name, value in {**content, **changes}.items() if value is not None}
    return json_format.ParseDict(fields, Signal())


def found(content: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
    return [(item.field, item.reason) for item in check(made(content, **changes))]


@pytest.mark.parametrize("content", KINDS)
def test_the_least_of_each_type_passes(content):
    assert found(content) == []


def test_everything_passes():
    full = {"phase": {"label": "HIRED", "index": 0, "total": 1}, "success": True, **STATE}
    everything = {
        "token": "t",
        "candidateApplicationProfileId": "c",
        "positionProfileIds": ["p", "q"],
        "current": full,
        "previous": full,
        "timestamp": TIME,
        "requestId": "r",
    }
    for code in signal.TYPE_CODES:
        assert found(everything, typeCode=code) == []


@pytest.mark.parametrize(
    ("content", "left_out", "field"),
    [
        (COMPLETE, "typeCode", "type_code"),
        (COMPLETE, "token", "token"),
        (APPLICATION, "token", "token"),
        (APPLICATION, "current", "current"),
        (POSITION, "positionProfileIds", "position_profile_ids"),
        (POSITION, "current", "current"),
    ],
)
def test_what_each_type_needs(content, left_out, field):
    assert found(content, **{left_out: None}) == [(field, "MISSING_FIELD")]


def test_a_candidate_profile_stands_in_for_the_token_of_an_update_but_not_of_a_completion():
    assert found(APPLICATION, token=None, candidateApplicationProfileId="c") == []
    assert found(COMPLETE, token=None, candidateApplicationProfileId="c") == [("token", "MISSING_FIELD")]


def test_other_type_codes_are_refused_by_name():
    [violation] = check(made(COMPLETE, typeCode="applicationComplete"))
    assert violation.field == "type_code"
    assert '"applicationComplete"' in violation.description
    assert all(code in violation.description for code in signal.TYPE_CODES)


GOOD = ["t", "x" * 1_024, "eyJqb2JJZCI6MH0=+/", "globalPublicTest-WfRFAhG25YC8ADe3QvxAVz", "é" * 1_024]
BAD = ["", "x" * 1_025, "a b", " a", "a\n", "a\tb", "a\u00a0b", "a\u2028", "a\0b", "a\x7f", "a\x85b", "a\x9f"]


@pytest.mark.parametrize("value", GOOD)
def test_identifiers_are_not_looked_into(value):
    assert found(COMPLETE, token=value) == []
    assert found(APPLICATION, token=None, candidateApplicationProfileId=value) == []
    assert found(POSITION, positionProfileIds=["p", value]) == []


@pytest.mark.parametrize("value", BAD)
def test_identifiers_of_a_bad_structure(value):
    reason = "TOO_LONG" if len(value) > 1_024 else "INVALID_VALUE"
    assert found(COMPLETE, token=value) == [("token", reason)]
    assert found(POSITION, token=value) == [("token", reason)], "beside the subject, too"
    assert found(APPLICATION, candidateApplicationProfileId=value) == [("candidate_application_profile_id", reason)]
    assert found(POSITION, positionProfileIds=["p", value]) == [("position_profile_ids[1]", reason)]


def test_up_to_a_hundred_positions():
    assert found(POSITION, positionProfileIds=[f"p{n}" for n in range(100)]) == []
    assert found(POSITION, positionProfileIds=[""] * 101) == [("position_profile_ids", "TOO_MANY")]


@pytest.mark.parametrize("field", ["current", "previous"])
@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"status": None}, "status", "MISSING_FIELD"),
        ({"timestamp": None}, "timestamp", "MISSING_FIELD"),
        ({"status": {"index": 1, "total": 1}}, "status.label", "MISSING_FIELD"),
        ({"status": {"label": "", "index": 1, "total": 1}}, "status.label", "MISSING_FIELD"),
        ({"status": {"label": "x" * 1_001, "index": 1, "total": 1}}, "status.label", "TOO_LONG"),
        ({"status": {"label": "l", "total": 1}}, "status.index", "MISSING_FIELD"),
        ({"status": {"label": "l", "index": 1}}, "status.total", "MISSING_FIELD"),
        ({"status": {"label": "l", "index": -1, "total": 1}}, "status.index", "INVALID_VALUE"),
        ({"status": {"label": "l", "index": 2, "total": 1}}, "status.index", "INVALID_VALUE"),
        ({"status": {"label": "l", "index": 0, "total": 0}}, "status.total", "INVALID_VALUE"),
        ({"phase": {"label": "l", "index": 2, "total": 1}}, "phase.index", "INVALID_VALUE"),
        ({"phase": {"index": 1, "total": 1}}, "phase.label", "MISSING_FIELD"),
    ],
)
def test_states(field, changes, where, reason):
    state = {name: value for name, value in {**STATE, **changes}.items() if value is not None}
    for content in KINDS:
        assert found(content, **{field: state}) == [(f"{field}.{where}", reason)]


@pytest.mark.parametrize(("index", "total"), [(0, 1), (1, 1), (11, 14), (2**31 - 1, 2**31 - 1)])
@pytest.mark.parametrize("label", ["x", "x" * 1_000, "最終面接", "a b\nc"])
def test_places_within_the_process(index, total, label):
    assert (
        found(POSITION, current={"status": {"label": label, "index": index, "total": total}, "timestamp": TIME}) == []
    )


def test_times_outside_what_can_be_written():
    for field in ("timestamp", "current.timestamp", "previous.timestamp"):
        message = made(APPLICATION, previous=STATE)
        holder = message if field == "timestamp" else getattr(message, field.partition(".")[0])
        holder.timestamp.seconds = 253_402_300_800
        assert [(item.field, item.reason) for item in check(message)] == [(field, "INVALID_TIMESTAMP")]


def test_all_violations_at_once_in_the_order_of_field_numbers():
    bad = {"typeCode": "Hired", "token": "", "current": {}, "previous": {"timestamp": TIME}}
    assert [field for field, _ in found(bad)] == [
        "type_code",
        "token",
        "current.status",
        "current.timestamp",
        "previous.status",
    ]


def test_a_signal_that_could_not_be_read_back():
    assert found(COMPLETE, requestId="r" * 2**20) == [("", "TOO_LONG")]


def identity(content, **changes):
    return signal_record(made(content, **changes), NOW_US).fingerprint


@pytest.mark.parametrize("content", KINDS)
@pytest.mark.parametrize(
    "changes",
    [
        {"previous": STATE},
        {"requestId": "r"},
        {"requestId": "another"},
    ],
)
def test_what_is_no_part_of_the_identity(content, changes):
    assert identity(content, **changes) == identity(content)


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        *((content, {"token": "u"}) for content in (COMPLETE, APPLICATION)),
        (COMPLETE, {"timestamp": TIME}),
        (APPLICATION, {"candidateApplicationProfileId": "c"}),
        (APPLICATION, {"current": {**STATE, "success": True}}),
        (APPLICATION, {"current": {**STATE, "success": False}}),
        (POSITION, {"current": {**STATE, "timestamp": "2024-01-31T13:00:00.000000001Z"}}),
        (POSITION, {"current": {**STATE, "phase": STATE["status"]}}),
        (POSITION, {"positionProfileIds": ["p", "q"]}),
        (POSITION, {"typeCode": "ApplicationStatusUpdate", "token": "t"}),
    ],
)
def test_what_makes_another_signal(content, changes):
    assert identity(content, **changes) != identity(content)


def test_what_a_signal_names_beside_its_subject_is_no_part_of_its_identity():
    assert identity(APPLICATION, positionProfileIds=["p"]) == identity(APPLICATION)
    assert identity(POSITION, token="t", candidateApplicationProfileId="c", timestamp=TIME) == identity(POSITION)


def test_positions_are_a_set():
    assert identity(POSITION, positionProfileIds=["q", "p", "q"]) == identity(POSITION, positionProfileIds=["p", "q"])


def test_what_a_signal_is_about():
    everything = {"token": "t", "candidateApplicationProfileId": "c", "positionProfileIds": ["q", "p", "q"]}
    about = {
        code: {(item.value, item.is_subject) for item in signal.identifiers(made(everything, typeCode=code))}
        for code in signal.TYPE_CODES
    }
    application = {("t", True), ("c", True), ("p", False), ("q", False)}
    assert about["ApplicationComplete"] == about["ApplicationStatusUpdate"] == application
    assert about["PositionStatusUpdate"] == {("t", False), ("c", False), ("p", True), ("q", True)}
    assert len(signal.identifiers(made(everything, typeCode="PositionStatusUpdate"))) == 4, "each once"


def test_the_time_of_a_signal():
    def time_us(content, **changes):
        return signal_record(made(content, **changes), NOW_US).signal_time_us

    assert time_us(COMPLETE) == NOW_US
    assert time_us(COMPLETE, timestamp="1970-01-01T00:00:01Z") == 1_000_000
    assert time_us(APPLICATION, timestamp="1970-01-01T00:00:01Z") == 1_706_706_000_000_000, "that of its current state"


def test_it_is_stored_as_it_was_sent():
    sent = made(POSITION, positionProfileIds=["q", "p", "q"], requestId="r", token="t")
    record = signal_record(sent, NOW_US)
    assert (
        Signal.FromString(record.payload)
        == sent
        == made(POSITION, positionProfileIds=["q", "p", "q"], requestId="r", token="t")
    )
    assert record.request_id == "r"
    assert signal_record(made(POSITION), NOW_US).request_id is None


@given(messages(Signal))
def test_any_signal_is_judged_and_what_passes_has_a_record(message):
    violations = check(message)
    before = message.SerializeToString(deterministic=True)
    if violations:
        assert all(item.description and item.reason for item in violations)
        return
    record = signal_record(message, NOW_US)
    assert any(item.is_subject for item in record.identifiers)
    assert len({item[:2] for item in record.identifiers}) == len(record.identifiers)
    assert message.SerializeToString(deterministic=True) == before
    assert signal_record(Signal.FromString(record.payload), NOW_US) == record


_IDENTIFIERS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=1_024)
_STAGES = st.integers(1, 2**31 - 1).flatmap(
    lambda total: st.builds(
        Signal.Stage,
        label=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1_000),
        index=st.integers(0, total),
        total=st.just(total),
    )
)


@given(
    st.sampled_from(signal.TYPE_CODES),
    _IDENTIFIERS,
    st.lists(_IDENTIFIERS, min_size=1, max_size=5),
    _STAGES,
    st.none() | _STAGES,
    st.none() | st.booleans(),
)
def test_what_keeps_the_rules_passes(code, token, positions, status, phase, success):
    state = Signal.State(status=status, phase=phase, success=success)
    state.timestamp.FromJsonString(TIME)
    message = Signal(type_code=code, token=token, position_profile_ids=positions, current=state)
    assert check(message) == []


@given(st.text(max_size=40))
def test_identifiers_are_what_python_calls_free_of_white_space_and_controls(text):
    import unicodedata

    bad = not text or any(character.isspace() or unicodedata.category(character) == "Cc" for character in text)
    surrogate = any(unicodedata.category(character) == "Cs" for character in text)
    if not surrogate:
        assert bool(check(Signal(type_code="ApplicationComplete", token=text))) == bad


def test_the_filter_of_lists():
    wanted = filters.parse(
        'typeCode = PositionStatusUpdate token="a==" position_profile_id=p requestId = r '
        'signalTime > "2024-01-01T00:00:00Z"',
        filters.SIGNAL_LIST,
    )
    assert wanted == filters.SignalFilter(
        from_us=1_704_067_200_000_001,
        event_types=frozenset({"PositionStatusUpdate"}),
        tokens=frozenset({"a=="}),
        position_ids=frozenset("p"),
        request_ids=frozenset("r"),
    )
    assert filters.parse(filters.to_text(wanted, filters.SIGNAL_LIST), filters.SIGNAL_LIST) == wanted
    assert filters.parse("candidateApplicationProfileId = c", filters.SIGNAL_LIST).application_ids == frozenset("c")
