"""Times of plain events: seconds since the Unix epoch, which are above 0, and microseconds; in JSON and on the wire."""

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


def text(seconds: int, micros: int) -> str:
    """As proto3 JSON has it: with no digits of the fraction, three or six."""
    if not micros:
        return f"{_second(seconds)}Z"
    millis, rest = divmod(micros, 1_000)
    return f"{_second(seconds)}.{micros:06}Z" if rest else f"{_second(seconds)}.{millis:03}Z"


def encoder(field: int) -> Callable[[int, int], bytes]:
    """Encodes a Timestamp."""
    heads = plain_fields.heads(field)
    whole, nanos = plain_fields.integer(1), plain_fields.integer(2)

    def encode(seconds: int, micros: int) -> bytes:
        data = whole(seconds) + nanos(micros * 1_000) if micros else whole(seconds)
        return heads[len(data)] + data

    return encode


@lru_cache(maxsize=1024)
def _hour(text: str) -> int:
    """Of an hour such as `2024-01-31T13:`."""
    return timestamp(f"{text}00:00Z")["seconds"]


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None).isoformat()
