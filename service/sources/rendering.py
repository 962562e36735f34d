"""What files of exports hold of some messages: JSON lines, or columns of Parquet.

CPU work, for `children`.
"""

from __future__ import annotations

import gzip
from array import array
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from service.events.json_lines import Renderer
from service.sources.event_files import CONTENTS, SUFFIXES
from service.storage.records import Payloads


class Column(NamedTuple):
    """Values of a column as Arrow lays them out, little-endian.

    Attributes:
        valid: A bit for each value, the first lowest; None: there are no nulls.
        offsets: Of texts: where each begins in `values`, and where the last ends, 32 bits each; None for times.
        values: UTF-8, or microseconds since the Unix epoch in 64 bits each.
    """

    valid: bytes | None
    offsets: bytes | None
    values: bytes


class Rendered(NamedTuple):
    """A piece of a file.

    Attributes:
        total: How many messages it holds.
        content: Bytes of the file, or for Parquet its columns.
    """

    total: int
    content: bytes | list[Column]


def render(content_name: str, export_format: str, payloads: Payloads) -> Rendered:
    """Makes a piece of a file.

    Args:
        content_name: A key of `CONTENTS`.
        export_format: A key of `SUFFIXES`.
        payloads: What the piece is to hold.

    Raises:
        JsonError: One of them is not a message of the type.
    """
    messages = list(payloads.each())
    texts = list(map(_renderer(content_name).render, messages))
    suffix = SUFFIXES[export_format]
    if suffix == ".parquet":
        return Rendered(len(texts), _columns(content_name, messages, texts))
    lines = b"\n".join([*texts, b""])
    return Rendered(len(texts), gzip.compress(lines, mtime=0) if suffix == ".jsonl.gz" else lines)


@cache
def _renderer(content_name: str) -> Renderer:
    return Renderer(CONTENTS[content_name].message)


def _columns(content_name: str, payloads: list[bytes], texts: list[bytes]) -> list[Column]:
    """The columns in the order of the schema: texts, times, the JSON."""
    content = CONTENTS[content_name]
    messages = list(map(content.message.FromString, payloads))
    return [
        *(_text_column([make(message) for message in messages]) for make in content.texts.values()),
        *(Column(None, None, array("q", map(make, messages)).tobytes()) for make in content.times.values()),
        _bytes_column(texts, None),
    ]


def _text_column(values: list[str | None]) -> Column:
    return _bytes_column([value.encode() if value else b"" for value in values], _valid(values))


def _bytes_column(values: list[bytes], valid: bytes | None) -> Column:
    return Column(valid, array("i", accumulate(map(len, values), initial=0)).tobytes(), b"".join(values))


def _valid(values: Iterable[str | None]) -> bytes | None:
    bits = "".join("0" if value is None else "1" for value in values)
    return int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little") if "0" in bits else None
