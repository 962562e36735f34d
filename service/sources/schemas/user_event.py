"""The schema `user_event`: a UserEvent as proto3 JSON, or a table whose columns are its fields."""

from __future__ import annotations

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import json
from service.events.json import JsonError
from service.events.plain_json import Plain
from service.sources.schemas.mapping import Mapped, MappingError, Row
from service.sources.schemas.message_rows import decode_row
from service.sources.schemas.rows import to_json_line

_NAME = UserEvent.DESCRIPTOR.full_name
_PLAIN = Plain(UserEvent)


def map_line(line: bytes) -> list[Mapped]:
    """The event of a line of a file.

    Raises:
        MappingError: It is not a UserEvent.
    """
    event = _PLAIN.read(line)
    if event is not None:
        return [Mapped(0, event)]
    try:
        return [Mapped(0, UserEvent.FromString(json.decode(_NAME, line)))]
    except JsonError as error:
        raise MappingError(error.violations) from None


def map_table_line(line: bytes) -> list[Mapped]:
    """The event of a table's row, as `to_json_line` writes it.

    Raises:
        MappingError: It is not a UserEvent.
    """
    try:
        return [Mapped(0, UserEvent.FromString(decode_row(UserEvent.DESCRIPTOR, line)))]
    except JsonError as error:
        raise MappingError(error.violations) from None


def map_row(row: Row) -> list[Mapped]:
    """The event of a table's row as BigQuery's client gives it.

    Raises:
        MappingError: It is not a UserEvent.
    """
    return map_table_line(to_json_line(row))
