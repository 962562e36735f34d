"""What files of user events or products hold, as exports write them and imports read them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from google.protobuf.message import Message

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2beta.export_config_pb2 import OutputConfig
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
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
        texts: Columns to ask for, beside that one: the path of a string field, null where it is not set, or how to
            make their value of a message.
        times: The same for times: paths of google.protobuf.Timestamps.
        kinds: Those of these columns that have few different values.
    """

    message: type[Message]
    json_column: str
    texts: Mapping[str, str | Callable[[Any], str | None]]
    times: Mapping[str, str]
    kinds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The full name of the type."""
        return str(self.message.DESCRIPTOR.full_name)


USER_EVENTS = Content(
    UserEvent,
    "user_event",
    {
        "event_type": "event_type",
        "visitor_id": "visitor_id",
        "user_id": "user_info.user_id",
        "session_id": "session_id",
    },
    {"event_time": "event_time"},
    ("event_type",),
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
    ("type", "availability"),
)


CONTENTS = {content.name: content for content in (USER_EVENTS, PRODUCTS)}
"""What can be exported, by the full name of the message."""


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
    parquet, arrow = pyarrow()
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


def pyarrow() -> tuple[Any, Any]:
    """pyarrow.parquet and pyarrow.

    Raises:
        ObjectError: It is not installed.
    """
    try:
        import pyarrow as arrow  # noqa: PLC0415  an optional, heavy library
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ObjectError("Parquet needs pyarrow: pip install 'footfall[parquet]'") from error
    return parquet, arrow
