"""What became of events."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import grpc

from footfall_client.contract import message_type

_KEPT: Final = 1_000  # verdicts in one report, of events that were not stored


class Outcome(enum.Enum):
    """What became of one event."""

    STORED = 1
    """It is on the server's disk, and was not before."""

    REPEATED = 2
    """The same event was stored before."""

    REJECTED = 3
    """The server does not take it: something is wrong with the event."""

    FAILED = 4
    """It could not be delivered. Whether it is stored is not known; sent again, it is stored once."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that an event broke.

    Attributes:
        field: Its path, such as `user_event.visitor_id`.
        description: The rule and what was found.
        reason: UPPER_SNAKE, such as MISSING_FIELD.
    """

    field: str
    description: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event.

    Attributes:
        event: The event, as it was added.
        outcome: What became of it.
        code: The error that it met; OK when it is stored.
        message: The error in words.
        reason: UPPER_SNAKE, such as MISSING_FIELD; may be empty.
        violations: All rules that the event broke.
    """

    event: Any
    outcome: Outcome
    code: grpc.StatusCode = grpc.StatusCode.OK
    message: str = ""
    reason: str = ""
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of events since the report before.

    Attributes:
        stored_count: How many are stored, and were not before.
        repeated_count: How many were stored before.
        rejected_count: How many the server does not take.
        failed_count: How many could not be delivered.
        not_stored: Verdicts of the rejected and failed ones, the first 1,000.
    """

    stored_count: int = 0
    repeated_count: int = 0
    rejected_count: int = 0
    failed_count: int = 0
    not_stored: tuple[Verdict, ...] = ()


@dataclass(slots=True)
class Tally:
    """Counts verdicts for the next report."""

    _counts: Counter[Outcome] = field(default_factory=Counter)
    _not_stored: list[Verdict] = field(default_factory=list)

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Counts them."""
        for verdict in verdicts:
            self._counts[verdict.outcome] += 1
            if verdict.outcome in (Outcome.REJECTED, Outcome.FAILED) and len(self._not_stored) < _KEPT:
                self._not_stored.append(verdict)

    def report(self) -> Report:
        """The report, and begins the next one."""
        counts, not_stored = self._counts, self._not_stored
        self._counts, self._not_stored = Counter(), []
        return Report(
            stored_count=counts[Outcome.STORED],
            repeated_count=counts[Outcome.REPEATED],
            rejected_count=counts[Outcome.REJECTED],
            failed_count=counts[Outcome.FAILED],
            not_stored=tuple(not_stored),
        )


_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def of_status(event: Any, outcome: Outcome, status: Any) -> Verdict:
    """The verdict that a google.rpc.Status is."""
    reason, violations = "", []
    info, bad_request = message_type("google.rpc.ErrorInfo")(), message_type("google.rpc.BadRequest")()
    for detail in status.details:
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad_request):
            violations += [
                Violation(each.field, each.description, each.reason) for each in bad_request.field_violations
            ]
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    return Verdict(event, outcome, code, status.message, reason, tuple(violations))
