"""The forms in which events come: what Google's imports call `data_schema`. Pure: rows in, events out."""

from __future__ import annotations

from typing import Final

from service.sources.schemas import ga4, ga360, user_event
from service.sources.schemas.mapping import UNMAPPABLE, LineReader, Mapped, MappingError

__all__ = ["DATA_SCHEMAS", "UNMAPPABLE", "LineReader", "Mapped", "MappingError", "line_reader"]

_FILES: Final[dict[str, LineReader]] = {
    "user_event": user_event.map_line,
    "user_event_ga360": ga360.map_line,
    "user_event_ga4": ga4.map_line,
}
_TABLES: Final[dict[str, LineReader]] = {**_FILES, "user_event": user_event.map_table_line}

DATA_SCHEMAS: Final = tuple(_FILES)
"""The names that a request may give; an empty one is the first of them."""


def line_reader(data_schema: str, *, table: bool = False) -> LineReader:
    """How the lines of a source are read.

    Args:
        data_schema: One of `DATA_SCHEMAS`, or empty.
        table: Whether they are rows of a table, as `rows.to_json_line` writes them, and not lines of a file.

    Raises:
        KeyError: There is no such schema.
    """
    return (_TABLES if table else _FILES)[data_schema or DATA_SCHEMAS[0]]
