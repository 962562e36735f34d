"""The rules of a hiring signal, and what makes two of them the same. A signal is its own normal form.

The rules are those of SEEK's sendSignal (developer.seek.com, "Selection signals"); where it names no limit, the limits
are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from generated.footfall.v1.signal_pb2 import Signal
from generated.footfall.v1.signal_service_pb2 import ListSignalStatesRequest
from service.events import limits, paths
from service.events.errors import Findings, Violation, missing, violation
from service.events.identity import canonical_bytes, fingerprint
from service.events.record import microseconds

APPLICATION_COMPLETE: Final = "ApplicationComplete"
APPLICATION_STATUS_UPDATE: Final = "ApplicationStatusUpdate"
POSITION_STATUS_UPDATE: Final = "PositionStatusUpdate"
TYPE_CODES: Final = (APPLICATION_COMPLETE, APPLICATION_STATUS_UPDATE, POSITION_STATUS_UPDATE)

MAX_SIGNALS: Final = 100  # in one call
IDENTIFIER_LENGTH: Final = 1_024  # characters
MAX_POSITIONS: Final = 100
LABEL_LENGTH: Final = 1_000  # characters

_is_identifier = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f]{{1,{IDENTIFIER_LENGTH}}}").fullmatch
_TOKEN: Final = ListSignalStatesRequest.SUBJECT_KIND_TOKEN
_APPLICATION: Final = ListSignalStatesRequest.SUBJECT_KIND_CANDIDATE_APPLICATION_PROFILE_ID
_POSITION: Final = ListSignalStatesRequest.SUBJECT_KIND_POSITION_PROFILE_ID


class Identifier(NamedTuple):
    """An application or position that a signal names.

    Attributes:
        kind: What it is.
        value: The identifier.
        is_subject: Whether the signal tells where that one stands, rather than naming it beside its subject.
    """

    kind: ListSignalStatesRequest.SubjectKind
    value: str
    is_subject: bool


class SignalRecord(NamedTuple):
    """What is stored of a signal; times in microseconds since the Unix epoch."""

    fingerprint: bytes
    type_code: str
    signal_time_us: int
    request_id: str | None
    payload: bytes
    identifiers: tuple[Identifier, ...]


def check(signal: Signal) -> list[Violation]:
    """Holds a signal against all rules at once.

    Returns:
        The violations in the order of field numbers, at most `errors.MAX_VIOLATIONS`; empty if the signal is accepted.
    """
    found = Findings()
    try:
        limits.check_size(found, signal)
        _check_type(found, signal.type_code)
        _check_identifiers(found, signal)
        _check_states(found, signal)
        if signal.HasField("timestamp"):
            limits.check_timestamp(found, "timestamp", signal.timestamp)
    except Findings.Enough:
        pass
    return found


def _check_type(found: Findings, type_code: str) -> None:
    if not type_code:
        found.add(missing("type_code"))
    elif type_code not in TYPE_CODES:
        found.add(violation("type_code", f"must be one of {', '.join(TYPE_CODES)}, but is {paths.quoted(type_code)}."))


def _check_identifiers(found: Findings, signal: Signal) -> None:
    has_token, has_application = signal.HasField("token"), signal.HasField("candidate_application_profile_id")
    if has_token:
        check_identifier(found, "token", signal.token)
    elif signal.type_code == APPLICATION_COMPLETE:
        found.add(missing("token"))
    elif signal.type_code == APPLICATION_STATUS_UPDATE and not has_application:
        rule = "or `candidate_application_profile_id` must say which application it is, but neither does."
        found.add(violation("token", rule, "MISSING_FIELD"))
    if has_application:
        check_identifier(found, "candidate_application_profile_id", signal.candidate_application_profile_id)
    positions = signal.position_profile_ids
    if not positions and signal.type_code == POSITION_STATUS_UPDATE:
        found.add(missing("position_profile_ids"))
    if len(positions) > MAX_POSITIONS:
        found.add(limits.too_many("position_profile_ids", MAX_POSITIONS, len(positions)))
        return
    for index, position in enumerate(positions):
        check_identifier(found, f"position_profile_ids[{index}]", position)


def check_identifier(found: Findings, field: str, identifier: str) -> None:
    """A token or the like: 1 to 1,024 characters without white space and control characters. It is not looked into."""
    if _is_identifier(identifier):
        return
    if not 0 < len(identifier) <= IDENTIFIER_LENGTH:
        rule = f"must have 1 to {IDENTIFIER_LENGTH:,} characters, but has {len(identifier):,}."
        found.add(violation(field, rule, "TOO_LONG" if identifier else "INVALID_VALUE"))
    else:
        rule = f"must have no white space and no control characters, but is {paths.quoted(identifier)}."
        found.add(violation(field, rule))


def _check_states(found: Findings, signal: Signal) -> None:
    if signal.HasField("current"):
        _check_state(found, "current", signal.current)
    elif signal.type_code in (APPLICATION_STATUS_UPDATE, POSITION_STATUS_UPDATE):
        found.add(missing("current"))
    if signal.HasField("previous"):
        _check_state(found, "previous", signal.previous)


def _check_state(found: Findings, field: str, state: Signal.State) -> None:
    if state.HasField("status"):
        _check_stage(found, f"{field}.status", state.status)
    else:
        found.add(missing(f"{field}.status"))
    if state.HasField("phase"):
        _check_stage(found, f"{field}.phase", state.phase)
    if state.HasField("timestamp"):
        limits.check_timestamp(found, f"{field}.timestamp", state.timestamp)
    else:
        found.add(missing(f"{field}.timestamp"))


def _check_stage(found: Findings, field: str, stage: Signal.Stage) -> None:
    if not stage.label:
        found.add(missing(f"{field}.label"))
    elif len(stage.label) > LABEL_LENGTH:
        found.add(limits.too_long(f"{field}.label", LABEL_LENGTH, len(stage.label)))
    has_total = stage.HasField("total")
    if not stage.HasField("index"):
        found.add(missing(f"{field}.index"))
    elif stage.index < 0 or (has_total and stage.index > stage.total > 0):
        up_to = f"to total ({stage.total:,})" if has_total else "on"
        found.add(violation(f"{field}.index", f"must be from 0 {up_to}, but is {stage.index:,}."))
    if not has_total:
        found.add(missing(f"{field}.total"))
    elif stage.total < 1:
        found.add(violation(f"{field}.total", f"must be at least 1, but is {stage.total:,}."))


def identifiers(signal: Signal) -> tuple[Identifier, ...]:
    """The applications and positions that a signal names, each once."""
    is_of_position = signal.type_code == POSITION_STATUS_UPDATE
    return tuple(_identifiers(signal, application=not is_of_position, position=is_of_position))


def _identifiers(signal: Signal, *, application: bool, position: bool) -> Iterator[Identifier]:
    if signal.token:
        yield Identifier(_TOKEN, signal.token, application)
    if signal.candidate_application_profile_id:
        yield Identifier(_APPLICATION, signal.candidate_application_profile_id, application)
    for each in sorted(set(signal.position_profile_ids)):
        yield Identifier(_POSITION, each, position)


def signal_record(signal: Signal, now_us: int) -> SignalRecord:
    """The record of `signal`, which passed its check.

    Args:
        signal: What was sent; it stays as it is.
        now_us: The time of receipt, which stands in for the time of an ApplicationComplete without one.
    """
    named = identifiers(signal)
    return SignalRecord(
        fingerprint=fingerprint(canonical_bytes(_identity(signal, named))),
        type_code=signal.type_code,
        signal_time_us=_time_us(signal, now_us),
        request_id=signal.request_id or None,
        payload=canonical_bytes(signal),
        identifiers=named,
    )


def _identity(signal: Signal, named: Iterable[Identifier]) -> Signal:
    """What the same signal has in common each time that it comes: subject, type, and current state with its time."""
    identity = Signal(type_code=signal.type_code)
    for kind, value, is_subject in named:
        if not is_subject:
            continue
        if kind == _TOKEN:
            identity.token = value
        elif kind == _APPLICATION:
            identity.candidate_application_profile_id = value
        else:
            identity.position_profile_ids.append(value)
    if signal.HasField("current"):
        identity.current.CopyFrom(signal.current)
    if signal.type_code == APPLICATION_COMPLETE and signal.HasField("timestamp"):
        identity.timestamp.CopyFrom(signal.timestamp)
    return identity


def _time_us(signal: Signal, now_us: int) -> int:
    if signal.type_code == APPLICATION_COMPLETE and signal.HasField("timestamp"):
        return microseconds(signal.timestamp)
    return microseconds(signal.current.timestamp) if signal.HasField("current") else now_us
