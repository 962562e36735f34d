"""What reading a row gives: events, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.errors import Violation

UNMAPPABLE: Final = "UNMAPPABLE_EVENT"
"""Reason of a violation: the row is what it should be, and yet no event can be made of it."""

Row = Mapping[str, Any]


class MappingError(ValueError):
    """A row, or a piece of one, that no event can be made of.

    Attributes:
        violations: Why; each with the path of the column, such as `items[2].quantity`. Never empty.
    """

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations)
        self.violations = list(dict.fromkeys(violations))  # a column that is read twice is wrong once

    def __str__(self) -> str:
        return self.violations[0].description


class Mapped(NamedTuple):
    """One event of a row.

    Attributes:
        place: Which of the row's it is: 0, or the place of the hit in `hits` where a row is a whole session.
        event: The event, not yet held against the rules; or why this piece of the row is none.
        piece: The piece of the row that it was made of; None: all of it.
    """

    place: int
    event: UserEvent | MappingError
    piece: Row | None = None


LineReader = Callable[[bytes], list[Mapped]]
"""Reads one line of JSON; raises MappingError where nothing of it can be read."""
