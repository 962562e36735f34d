"""Files of user events or products as exports write them and imports read them again: JSON lines, gzip, Parquet."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from google.protobuf.message import Message

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2beta.export_config_pb2 import OutputConfig
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import json
from service.events.record import microseconds
from service.sources.lines import Chunk
from service.sources.objects import ObjectError

PARQUET_MAGIC = b"PAR1"
_ROWS_PER_CHUNK = 120

SUFFIXES = {
    str(OutputConfig.GcsDestination.EXPORT_FORMAT_UNSPECIFIED): ".jsonl",
    str(OutputConfig.GcsDestination.JSON_LINES): ".jsonl",
    str(OutputConfig.GcsDestination.JSON_LINES_GZIP): ".jsonl.gz",
    str(OutputConfig.GcsDestination.PARQUET): ".parquet",
}


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        message: The type of what it holds.
        json_column: In Parquet, the column that has all of it as JSON, from which an import reads it.
        texts: Columns to ask for, beside that one: how to make their value of a message.
        times: The same for times, in microseconds since the Unix epoch.
    """

    message: type[Message]
    json_column: str
    texts: Mapping[str, Callable[[Any], str | None]]
    times: Mapping[str, Callable[[Any], int]]


USER_EVENTS = Content(
    UserEvent,
    "user_event",
    {
        "event_type": lambda event: event.event_type,
        "visitor_id": lambda event: event.visitor_id,
        "user_id": lambda event: event.user_info.user_id or None,
        "session_id": lambda event: event.session_id or None,
    },
    {"event_time": lambda event: microseconds(event.event_time)},
)
CLIENT_EVENTS = Content(ClientEvent, "client_event", {}, {})
PRODUCTS = Content(
    Product,
    "product",
    {
        "id": lambda product: product.id,
        "type": lambda product: Product.Type.Name(product.type),
        "primary_product_id": lambda product: product.primary_product_id or None,
        "title": lambda product: product.title,
        "availability": lambda product: Product.Availability.Name(product.availability or Product.IN_STOCK),
    },
    {},
)


class WrittenFile(Protocol):
    """A file being written."""

    def write(self, payloads: Sequence[bytes]) -> None:
        """Adds serialised messages."""

    def close(self) -> None:
        """Completes the file."""


class _JsonLines:
    def __init__(self, file: BinaryIO, content: Content) -> None:
        self._file = file
        self._type = content.message.DESCRIPTOR.full_name

    def write(self, payloads: Sequence[bytes]) -> None:
        self._file.write(b"".join(json.encode(self._type, payload).encode() + b"\n" for payload in payloads))

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path, content: Content) -> None:
        parquet, arrow = _pyarrow()
        self._arrow = arrow
        self._content = content
        text, time = arrow.string(), arrow.timestamp("us", tz="UTC")
        columns = [*((name, text) for name in content.texts), *((name, time) for name in content.times)]
        self._schema = arrow.schema([*columns, (content.json_column, text)])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, payloads: Sequence[bytes]) -> None:
        content = self._content
        rows = []
        for payload in payloads:
            message = content.message.FromString(payload)
            columns = {**content.texts, **content.times}
            row: dict[str, Any] = {name: make(message) for name, make in columns.items()}
            row[content.json_column] = json.encode(message.DESCRIPTOR.full_name, payload)
            rows.append(row)
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def written_file(path: Path, export_format: str, content: Content) -> WrittenFile:
    """A new file at `path`.

    Args:
        path: Overwritten when it exists.
        export_format: Number of an ExportFormat; a key of `SUFFIXES`.
        content: What it is to hold.

    Raises:
        ObjectError: Parquet, and pyarrow is not installed.
    """
    suffix = SUFFIXES[export_format]
    if suffix == ".parquet":
        return _Parquet(path, content)
    if suffix == ".jsonl.gz":
        return _JsonLines(cast("BinaryIO", gzip.GzipFile(path, "wb", mtime=0)), content)
    return _JsonLines(path.open("wb"), content)


def is_parquet(file: BinaryIO) -> bool:
    """Whether a file is Parquet, told by its first bytes."""
    magic = file.read(len(PARQUET_MAGIC))
    file.seek(0)
    return magic == PARQUET_MAGIC


def parquet_chunks(file: BinaryIO, line: int, content: Content) -> Iterator[Chunk]:
    """What a Parquet file holds that an export wrote, as lines of JSON from number `line` (1-based) on.

    Raises:
        ObjectError: It is not such a file, or pyarrow is not installed.
    """
    parquet, arrow = _pyarrow()
    number = 1
    try:
        for batch in parquet.ParquetFile(file).iter_batches(columns=[content.json_column], batch_size=_ROWS_PER_CHUNK):
            following = number + batch.num_rows
            if following > line:
                rows = batch.column(0).to_pylist()[max(0, line - number) :]
                data = b"".join(f"{row}\n".encode() for row in rows)
                yield Chunk(data, max(number, line), following, following - 1)
            number = following
    except (arrow.ArrowInvalid, arrow.ArrowKeyError, OSError, IndexError) as error:
        raise ObjectError(f"no Parquet file with a column {content.json_column} of JSON: {error}") from error


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415  an optional, heavy library
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise ObjectError("Parquet needs pyarrow: pip install 'footfall[parquet]'") from error
    return pyarrow.parquet, pyarrow
