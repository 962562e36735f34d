"""Rows of BigQuery as lines of JSON, so that they can be decoded as those of a file are.

What was null is left out, and types that JSON lacks are written as strings.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from service.sources.lines import Chunk
from service.sources.schemas.mapping import Row

KEPT_BYTES: Final = 20 * 1024
"""Of a row that is too long: a little more than a rejection keeps."""


def to_json_line(row: Row) -> bytes:
    """The row as JSON without a line break at its end.

    A record of nothing but nulls and empty lists is null itself, as BigQuery shows one that a query built. TIMESTAMP
    becomes RFC 3339; DATETIME, which has no zone, is taken for UTC.
    """
    text = json.dumps(_present(dict(row)) or {}, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def rows_to_json_lines(rows: Iterable[Row]) -> bytes:
    """The rows as lines of JSON, each with its line break."""
    return b"".join(to_json_line(row) + b"\n" for row in rows)


def row_chunks(
    batches: Iterable[Iterable[Row]], *, offset: int, chunk_bytes: int, max_line_bytes: int
) -> Iterator[Chunk]:
    """Rows as chunks of lines, as those of a file: offsets count rows, and the row at offset 0 is line 1.

    A row over `max_line_bytes` comes as a chunk of its own, cut to its beginning.
    """
    data, first = bytearray(), offset
    for row in (row for batch in batches for row in batch):
        line = to_json_line(row)
        long = len(line) > max_line_bytes
        if data and (long or len(data) + len(line) > chunk_bytes):
            yield Chunk(bytes(data), first + 1, offset + 1, offset)
            data, first = bytearray(), offset
        offset += 1
        if long:
            yield Chunk(line[:KEPT_BYTES], offset, offset + 1, offset, too_long=True)
            first = offset
        else:
            data += line + b"\n"
    if data:
        yield Chunk(bytes(data), first + 1, offset + 1, offset)


def _present(value: Any) -> Any:
    """`value` in JSON's types, without what is null or empty; None if nothing is left of it."""
    kind = type(value)  # rows have hundreds of values: asking for classes in turn takes twice as long
    if kind in _AS_IT_IS:
        return value
    if kind is dict:
        return {name: left for name, item in value.items() if (left := _present(item)) is not None} or None
    if kind is list:
        return [_element(item) for item in value] or None
    if kind is float:
        return value if isfinite(value) else _NOT_FINITE[str(value)]
    return _text(value)


_AS_IT_IS: Final = frozenset({str, int, bool, type(None)})
_NOT_FINITE: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}  # as proto3 JSON writes them


def _element(item: Any) -> Any:
    """An item of a list keeps its place, whatever is left of it."""
    left = _present(item)
    return {} if left is None and isinstance(item, dict) else left


def _text(value: Any) -> str:
    match value:
        case datetime():
            utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return f"{utc.isoformat()}Z"
        case date() | time():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
