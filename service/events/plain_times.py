"""Times of plain events, in JSON and on the wire: seconds since the Unix epoch, which are above 0, and a fraction."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from service.events import plain_fields
from service.events.plain_json import timestamp

WHOLE: Final = len("2024-01-31T13:00:00Z")  # characters of one without a fraction
MICROS: Final = 1_000_000  # in a second
SIZE: Final = 20  # bytes that one takes on the wire at most

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


def encoder(field: int) -> Callable[[int, int], bytes]:
    """Encodes a Timestamp of seconds and nanoseconds."""
    heads = plain_fields.heads(field)
    whole, nanos = plain_fields.integer(1), plain_fields.integer(2)

    def encode(seconds: int, nanoseconds: int) -> bytes:
        data = whole(seconds) + nanos(nanoseconds) if nanoseconds else whole(seconds)
        return heads[len(data)] + data

    return encode


@lru_cache(maxsize=1024)
def _hour(text: str) -> int:
    """Of an hour such as `2024-01-31T13:`."""
    return timestamp(f"{text}00:00Z")["seconds"]


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None).isoformat()
