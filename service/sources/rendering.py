"""What files of exports hold of some messages: JSON lines, or columns of Parquet.

CPU work, for `children`.
"""

from __future__ import annotations

import gzip
import os
from array import array
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from service.sources.event_files import CONTENTS, SUFFIXES, Content
from service.storage.records import Payloads

if TYPE_CHECKING:
    from service.events.json_lines import Piece, Renderer


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
    piece = _renderer(content_name).read(payloads.data, payloads.lengths())
    suffix = SUFFIXES[export_format]
    if suffix == ".parquet":
        return Rendered(piece.total, _columns(CONTENTS[content_name], piece, payloads))
    lines = piece.json(b"\n").values
    return Rendered(piece.total, gzip.compress(lines, mtime=0) if suffix == ".jsonl.gz" else lines)


@cache
def _renderer(content_name: str) -> Renderer:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else numpy starts threads that wait by spinning, for nothing
    from service.events.json_lines import Renderer  # noqa: PLC0415  numpy is large, and the server has no use for it

    return Renderer(CONTENTS[content_name].message)


def _columns(content: Content, piece: Piece, payloads: Payloads) -> list[Column]:
    """The columns in the order of the schema: texts, times, the JSON."""
    jsons = piece.json()
    columns = []
    for make in content.texts.values():
        if isinstance(make, str):
            texts = piece.texts(make)
            columns.append(Column(texts.filled(), texts.offsets.tobytes(), texts.values))
        else:
            columns.append(_made_column([make(content.message.FromString(each)) for each in payloads.each()]))
    columns += (Column(None, None, piece.times(path).tobytes()) for path in content.times.values())
    return [*columns, Column(None, jsons.offsets.tobytes(), jsons.values)]


def _made_column(values: list[str | None]) -> Column:
    texts = [value.encode() if value else b"" for value in values]
    return Column(_valid(values), array("i", accumulate(map(len, texts), initial=0)).tobytes(), b"".join(texts))


def _valid(values: Iterable[str | None]) -> bytes | None:
    bits = "".join("0" if value is None else "1" for value in values)
    return int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little") if "0" in bits else None
