"""Times of plain events, in JSON and on the wire: seconds since the Unix epoch, which are above 0, and a fraction."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Final

from service.events import plain_fields
from service.events.identity import varint
from service.events.plain_json import timestamp

WHOLE: Final = len("2024-01-31T13:00:00Z")  # characters of one without a fraction
MICROS: Final = 1_000_000  # in a second
SIZE: Final = 20  # bytes that one takes on the wire at most

_FIVE_BYTES: Final = 1 << 28  # from here on a varint takes so many: 1978
_SIX_BYTES: Final = 1 << 35  # 3058
_FRACTIONS: Final = {3: 1_000_000, 6: 1_000, 9: 1}  # digits, and nanoseconds of the last
_TWO_DIGITS: Final = {f"{value:02}": value for value in range(60)}


def read(text: str) -> tuple[int, int]:
    """Seconds and microseconds.

    Raises:
        ValueError, KeyError: It is not plain.
    """
    if len(text) == WHOLE and text[16] == ":" and text[19] == "Z":
        return _hour(text[:14]) + _TWO_DIGITS[text[14:16]] * 60 + _TWO_DIGITS[text[17:19]], 0
    time = timestamp(text)
    return time["seconds"], time["nanos"] // 1_000


def read_nanos(text: str) -> tuple[int, int]:
    """Seconds and nanoseconds of a time that is written as proto3 JSON has it.

    Raises:
        ValueError, KeyError: It is not plain.
    """
    if len(text) == WHOLE:
        return read(text)
    seconds, _ = read(f"{text[: WHOLE - 1]}Z")
    fraction = text[WHOLE:-1]
    digits = len(fraction)
    if digits not in _FRACTIONS or not (fraction.isascii() and fraction.isdigit()) or fraction.endswith("000"):
        raise ValueError
    if text[WHOLE - 1] != "." or text[-1] != "Z":
        raise ValueError
    return seconds, int(fraction) * _FRACTIONS[digits]


def text(seconds: int, micros: int) -> str:
    """As proto3 JSON has it: with no digits of the fraction, three or six."""
    if not micros:
        return f"{_second(seconds)}Z"
    millis, rest = divmod(micros, 1_000)
    return f"{_second(seconds)}.{micros:06}Z" if rest else f"{_second(seconds)}.{millis:03}Z"


class Time:
    """Encodes a Timestamp, which is the field of this number."""

    def __init__(self, field: int) -> None:
        self._heads = plain_fields.heads(field)
        self._tag = varint(1 << 3)
        self._nanos = plain_fields.Integer(2)

    def encode(self, seconds: int, nanos: int) -> bytes:
        """The field."""
        data = self._tag + (_five_bytes(seconds) if _FIVE_BYTES <= seconds < _SIX_BYTES else varint(seconds))
        return plain_fields.delimited(self._heads, data + self._nanos.encode(nanos) if nanos else data)


def _five_bytes(seconds: int) -> bytes:
    """A varint of so many bytes: seven bits go into each, and all but the last say that more follow."""
    groups = (
        seconds & 0x7F
        | (seconds & 0x7F << 7) << 1
        | (seconds & 0x7F << 14) << 2
        | (seconds & 0x7F << 21) << 3
        | (seconds & 0x7F << 28) << 4
    )
    return (groups | 0x80_80_80_80).to_bytes(5, "little")


@lru_cache(maxsize=1024)
def _hour(text: str) -> int:
    """Of an hour such as `2024-01-31T13:`."""
    return timestamp(f"{text}00:00Z")["seconds"]


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None).isoformat()
