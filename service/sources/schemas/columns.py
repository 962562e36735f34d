"""Reads values out of rows: of JSON lines, where whole numbers may be strings, and of BigQuery's client."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar

from service.events import paths
from service.events.errors import Findings, Violation, violation
from service.sources.schemas.mapping import UNMAPPABLE, MappingError, Row

NOT_SET: Final = "(not set)"
"""What Google Analytics writes where it knows nothing."""

INT32: Final = range(-(2**31), 2**31)
INT64: Final = range(-(2**63), 2**63)

_T = TypeVar("_T")

_BOOLEANS: Final = {"true": True, "false": False}
_WRONG_TYPE: Final = "INCORRECT_JSON_FORMAT"


class Record:
    """A record of a row. A column that is null, or not there, reads as nothing.

    Args:
        columns: The record.
        path: Its place in the row; empty for the row itself.
        found: Takes what can't be read as asked.
    """

    __slots__ = ("_columns", "_found", "_path")

    def __init__(self, columns: Row, path: str, found: Findings) -> None:
        self._columns = columns
        self._path = path
        self._found = found

    def text(self, column: str) -> str:
        """A string, or a whole number as one: analytics makes numbers of texts that look like them."""
        value = self._columns.get(column)
        if value is None or value == NOT_SET:
            return ""
        if isinstance(value, str):
            return value if value.isascii() or _is_unicode(value) else self._wrong(column, "valid Unicode", value, "")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._wrong(column, "a string", value, "")

    def needed(self, column: str, rule: str) -> str:
        """A text; where there is none, `rule` says why no event can be made of the row."""
        before = len(self._found)
        text = self.text(column)
        if not text and len(self._found) == before:
            self.unmappable(column, rule)
        return text

    def whole(self, column: str, allowed: range = INT64) -> int | None:
        """A whole number, or a string or a float that is one."""
        value = self._columns.get(column)
        if value is None:
            return None
        number = _whole(value)
        if number is None or number not in allowed:
            return self._wrong(column, f"a whole number from {allowed[0]} to {allowed[-1]}", value, None)
        return number

    def needed_whole(self, column: str, rule: str, allowed: range = INT64) -> int:
        """A whole number; where there is none, `rule` says why no event can be made of the row."""
        before = len(self._found)
        number = self.whole(column, allowed)
        if number is None and len(self._found) == before:
            self.unmappable(column, rule)
        return number or 0

    def number(self, column: str) -> float | None:
        """A number, or a string that is one."""
        value = self._columns.get(column)
        if value is None:
            return None
        number = _number(value)
        return number if number is not None else self._wrong(column, "a number", value, None)

    def flag(self, column: str) -> bool:
        """A truth value, false when absent."""
        value = self._columns.get(column)
        if isinstance(value, str):
            value = _BOOLEANS.get(value, value)
        if value is None or isinstance(value, bool):
            return bool(value)
        return self._wrong(column, "true or false", value, default=False)

    def record(self, column: str) -> Record:
        """A record within; an empty one when absent."""
        value = self._columns.get(column)
        path = self.path(column)
        if value is not None and not isinstance(value, dict):
            value = self._wrong(column, "a record", value, None)
        return Record(value or {}, path, self._found)

    def records(self, column: str) -> list[Record]:
        """The records of a repeated column; a single one counts as a list of one."""
        value = self._columns.get(column)
        if value is None:
            return []
        path = self.path(column)
        records = []
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            place = f"{path}[{index}]"
            if isinstance(item, dict):
                records.append(Record(item, place, self._found))
            else:
                self._found.add(violation(place, f"must be a record, but is {_shown(item)}.", _WRONG_TYPE))
        return records

    def path(self, column: str) -> str:
        """The place of a column of this record in the row."""
        return paths.join(self._path, column)

    def other(self, columns: Row, path: str) -> Record:
        """A record from elsewhere in the row, whose findings go where those of this one go."""
        return Record(columns, path, self._found)

    @property
    def columns(self) -> Row:
        """The record as it came."""
        return self._columns

    def unmappable(self, column: str, rule: str) -> None:
        """Adds that no event can be made of the row, for what `rule` says of a column."""
        self._found.add(violation(self.path(column), rule, UNMAPPABLE))

    def _wrong(self, column: str, expected: str, value: Any, default: _T) -> _T:
        rule = f"must be {expected}, but is {_shown(value)}."
        self._found.add(violation(self.path(column), rule, _WRONG_TYPE))
        return default


def parse(line: bytes | str) -> Row:
    """The row that a line of JSON holds.

    Raises:
        MappingError: It is not a JSON object.
    """
    try:
        text = line if isinstance(line, str) else line.decode("utf-8-sig")
        row = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _not_json(f"is not JSON: {error}.") from None
    if not isinstance(row, dict):
        raise _not_json(f"must be a JSON object, but is {_shown(row)}.")
    return row


def _not_json(rule: str) -> MappingError:
    return MappingError([Violation("", f"The text {rule}", _WRONG_TYPE)])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"a number can't be {name}")


def _whole(value: Any) -> int | None:
    try:
        if isinstance(value, str):
            return int(value) if value.isascii() and value.removeprefix("-").isdigit() else None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        number = int(value)
    except (ValueError, OverflowError):  # thousands of digits; infinity
        return None
    return number if number == value else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        return None if isinstance(value, str) and "_" in value else float(value)
    except (ValueError, OverflowError):
        return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "a record"
        case list():
            return "a list"
        case str() | bool() | int() | float():
            return paths.quoted(value)
        case _:
            return paths.cut(str(value))
