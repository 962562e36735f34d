"""Many google.protobuf.Timestamps as JSON, in columns of digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from service.events.wire_arrays import Bytes, Ints

FIRST_SECOND: Final = -62_135_596_800  # 0001-01-01T00:00:00Z
LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
WHOLE_WIDTH: Final = 20  # of `"2026-01-31T23:59:59`
ROW_WIDTH: Final = 22  # of that and `Z"`
FRACTION_WIDTH: Final = 10  # of `.123456789`
_DAY: Final = 86_400  # seconds
_DATE_WIDTH: Final = 12  # of `"2026-01-31T`
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT: Final = 1_024
_TWO_DIGITS: Final = np.array([list(b"%02d" % number) for number in range(100)], np.uint8)
_THREE_DIGITS: Final = np.array([list(b"%03d" % number) for number in range(1_000)], np.uint8)


def whole_seconds(seconds: Ints) -> Bytes:
    """A row of `ROW_WIDTH` bytes for each, in quotation marks; they are from `FIRST_SECOND` to `LAST_SECOND`."""
    days, rest = np.divmod(seconds, _DAY)
    rows = np.empty((len(seconds), ROW_WIDTH), np.uint8)
    begins = np.flatnonzero(np.diff(days, prepend=days[0] - 1))  # events come by time: there are few days
    dates = np.array([list(_date(day)) for day in days[begins].tolist()], np.uint8)
    rows[:, :_DATE_WIDTH] = np.repeat(dates, np.diff(begins, append=len(days)), axis=0)
    minutes, second = np.divmod(rest.astype(np.int32), 60)
    hour, minute = np.divmod(minutes, 60)
    rows[:, 12:14] = _TWO_DIGITS[hour]
    rows[:, 14] = rows[:, 17] = ord(":")
    rows[:, 15:17] = _TWO_DIGITS[minute]
    rows[:, 18:20] = _TWO_DIGITS[second]
    rows[:, 20:] = list(b'Z"')
    return rows


def fractions(nanos: Ints) -> tuple[Bytes, Ints]:
    """A row of `FRACTION_WIDTH` bytes for each, and how many of them to take: 0, 4, 7 or 10, as proto3 JSON has it."""
    micros, nano = np.divmod(nanos.astype(np.int32), 1_000)
    milli, micro = np.divmod(micros, 1_000)
    rows = np.empty((len(nanos), FRACTION_WIDTH), np.uint8)
    rows[:, 0] = ord(".")
    rows[:, 1:4], rows[:, 4:7], rows[:, 7:10] = _THREE_DIGITS[milli], _THREE_DIGITS[micro], _THREE_DIGITS[nano]
    widths = np.select([nano > 0, micro > 0, milli > 0], [10, 7, 4], 0)
    return rows, widths.astype(np.int64)


@lru_cache(_KEPT)
def _date(day: int) -> bytes:
    return f'"{(_EPOCH + timedelta(days=day)).date().isoformat()}T'.encode()
