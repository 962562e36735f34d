"""Rows of a table whose columns are the fields of a message, messages as RECORD and lists as REPEATED."""

from __future__ import annotations

import json as standard_json
from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf.duration_pb2 import Duration

from service.events import json
from service.events.json import JsonError
from service.sources.schemas.columns import parse
from service.sources.schemas.mapping import MappingError


def decode_row(desc: Any, line: bytes) -> bytes:
    """The message of a row, in wire format.

    Names of columns count whatever their case, as BigQuery's do. A Duration may be a RECORD of seconds and nanos, as
    Google's schema of product tables has it.

    Args:
        desc: The message's descriptor.
        line: The row, as `rows.to_json_line` writes it.

    Raises:
        JsonError: It is not such a message.
    """
    try:
        return json.decode(desc.full_name, line)
    except JsonError as error:
        try:
            row = parse(line)
        except MappingError:
            raise error from None
        return json.decode(desc.full_name, standard_json.dumps(_as_json(desc, row)))


def _as_json(desc: Any, value: Any) -> Any:
    """`value`, the row or a column of it, in the form that JSON has for the message; a map may be a list of entries."""
    if isinstance(value, list):
        return [_record(desc, item) for item in value]
    if isinstance(value, Mapping) and desc.GetOptions().map_entry:
        content = desc.fields_by_name["value"].message_type
        return {key: _as_json(content, item) if content else item for key, item in value.items()}
    return _record(desc, value)


def _record(desc: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if desc.full_name == Duration.DESCRIPTOR.full_name:
        return _duration(value)
    names = _names(desc)
    renamed = {}
    for column, item in value.items():
        name, content = names.get(column.lower(), (column, None))
        # Where two columns have one name, the second keeps its own and is refused as unknown.
        renamed[column if name in renamed else name] = _as_json(content, item) if content else item
    return renamed


def _duration(value: Mapping[str, Any]) -> Any:
    """Seconds and nanos as JSON has them; a record of anything else stays as it is, to be refused."""
    parts = {column.lower(): item for column, item in value.items()}
    seconds, nanos = parts.pop("seconds", 0), parts.pop("nanos", 0)
    if parts or type(seconds) is not int or type(nanos) is not int:
        return value
    try:
        return Duration(seconds=seconds, nanos=nanos).ToJsonString()
    except ValueError:
        return value


@cache
def _names(desc: Any) -> dict[str, tuple[str, Any]]:
    """JSON name and message type of the fields, by both their names in lower case."""
    return {
        name.lower(): (field.json_name, field.message_type)
        for field in desc.fields
        for name in (field.name, field.json_name)
    }
